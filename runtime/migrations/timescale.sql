-- Run after the migrations wherever TimescaleDB is available (runtime/timescale.py), every time, so each statement may
-- be repeated. Puts hypertables behind the names of the series, and continuous aggregates behind those of their hours.
CREATE EXTENSION IF NOT EXISTS timescaledb;

-- Native partitions or a plain table become a hypertable, a chunk a day, rows and all.
CREATE OR REPLACE FUNCTION pg_temp.lay_in_chunks(series name, instant name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    before text := series || '_parts';
    again text[] := key_and_indexes(series::text::regclass);
    statement text;
BEGIN
    IF EXISTS (SELECT FROM timescaledb_information.hypertables WHERE hypertable_name = series) THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER TABLE %I RENAME TO %I', series, before);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', series, before);
    IF series = 'quarantine' THEN
        ALTER SEQUENCE quarantine_ids OWNED BY quarantine.quarantine_id;
    END IF;
    PERFORM create_hypertable(series::text::regclass, by_range(instant, INTERVAL '1 day'), create_default_indexes => false);
    EXECUTE format('INSERT INTO %I SELECT * FROM %I', series, before);
    EXECUTE format('DROP TABLE %I', before);
    FOREACH statement IN ARRAY again LOOP
        EXECUTE statement;
    END LOOP;
END $$;
SELECT pg_temp.lay_in_chunks('locations', 'at');
SELECT pg_temp.lay_in_chunks('bed_reports', 'at');
SELECT pg_temp.lay_in_chunks('heartbeats', 'at');
SELECT pg_temp.lay_in_chunks('quarantine', 'received_at');

-- Chunks are the parts here. There is none for what fits nowhere: every day has its own.
CREATE OR REPLACE VIEW time_parts AS
SELECT h.table_name::text AS series, format('%I.%I', c.chunk_schema, c.chunk_name) COLLATE "default" AS part,
    c.range_start AS since, c.range_end AS until, coalesce(s.total_bytes, 0)::bigint AS bytes
FROM (VALUES ('locations'), ('bed_reports'), ('heartbeats'), ('quarantine')) AS h (table_name)
JOIN timescaledb_information.chunks c ON c.hypertable_schema = 'public' AND c.hypertable_name = h.table_name
LEFT JOIN LATERAL chunks_detailed_size(h.table_name::regclass) s
    ON s.chunk_schema = c.chunk_schema AND s.chunk_name = c.chunk_name;
CREATE OR REPLACE FUNCTION drop_part(series name, part text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    dropped int;
BEGIN
    SELECT count(*) INTO dropped FROM time_parts t
    CROSS JOIN LATERAL drop_chunks(t.series::regclass, older_than => t.until, newer_than => t.since)
    WHERE t.series = drop_part.series AND t.part = drop_part.part;
    IF dropped <> 1 THEN
        RAISE EXCEPTION '% is no part of % that could be dropped', part, series;
    END IF;
END $$;

-- Ordered as tracks and nights are asked for: one person's rows together, in time. Not before the longest backlog that a
-- device brings back has come in: rows that are late for a compressed chunk are slow.
DO $$
DECLARE
    series text;
BEGIN
    FOREACH series IN ARRAY ARRAY['locations', 'bed_reports', 'heartbeats'] LOOP
        -- Said once: it cannot be said again while a chunk is compressed.
        IF NOT (SELECT compression_enabled FROM timescaledb_information.hypertables
            WHERE hypertable_schema = 'public' AND hypertable_name = series)
        THEN
            EXECUTE format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = ''person_id'','
                ' timescaledb.compress_orderby = ''device_key, at'')', series);
        END IF;
    END LOOP;
END $$;
SELECT add_compression_policy('locations', compress_after => INTERVAL '8 days', if_not_exists => true);
SELECT add_compression_policy('bed_reports', compress_after => INTERVAL '8 days', if_not_exists => true);
SELECT add_compression_policy('heartbeats', compress_after => INTERVAL '8 days', if_not_exists => true);

-- Hours as continuous aggregates, brought up to date by `tongxing api` for as long as their readings are whole.
DO $$
DECLARE
    hours text := pg_get_viewdef('device_hours'::regclass);
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('location_hours')) = 'v' THEN
        RETURN;
    END IF;
    -- By name in their bodies only: they are replaced below.
    DROP VIEW device_hours;
    DROP TABLE location_hours, heartbeat_hours, bed_hours;
    CREATE MATERIALIZED VIEW location_hours
        WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT device_key, person_id, time_bucket(INTERVAL '1 hour', at) AS hour, count(*) AS readings,
        bit_or(1::bigint << extract(minute FROM at)::int) AS minutes,
        bit_or(1::bigint << extract(minute FROM at)::int) FILTER (WHERE worn) AS worn_minutes,
        bit_or(1::bigint << extract(minute FROM at)::int) FILTER (WHERE NOT worn) AS unworn_minutes,
        min(battery_pct) AS battery_min_pct, max(battery_pct) AS battery_max_pct, sum(steps) AS steps
    FROM locations GROUP BY 1, 2, 3 WITH NO DATA;
    CREATE MATERIALIZED VIEW heartbeat_hours
        WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT device_key, person_id, time_bucket(INTERVAL '1 hour', at) AS hour, count(*) AS readings,
        bit_or(1::bigint << extract(minute FROM at)::int) AS minutes,
        bit_or(1::bigint << extract(minute FROM at)::int) FILTER (WHERE worn) AS worn_minutes,
        bit_or(1::bigint << extract(minute FROM at)::int) FILTER (WHERE NOT worn) AS unworn_minutes,
        min(battery_pct) AS battery_min_pct, max(battery_pct) AS battery_max_pct, sum(steps) AS steps
    FROM heartbeats GROUP BY 1, 2, 3 WITH NO DATA;
    CREATE MATERIALIZED VIEW bed_hours
        WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT device_key, person_id, time_bucket(INTERVAL '1 hour', at) AS hour, count(*) AS readings,
        bit_or(1::bigint << extract(minute FROM at)::int) AS minutes,
        bit_or(1::bigint << extract(minute FROM at)::int) FILTER (WHERE status = 'occupied') AS occupied_minutes
    FROM bed_reports GROUP BY 1, 2, 3 WITH NO DATA;
    EXECUTE 'CREATE VIEW device_hours AS ' || hours;
END $$;

-- Hours are deleted where they lie: in the tables behind the aggregates.
CREATE OR REPLACE FUNCTION drop_hours(before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    behind text;
    deleted bigint;
    total bigint := 0;
BEGIN
    FOR behind IN SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)
        FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'public'
    LOOP
        EXECUTE format('DELETE FROM %s WHERE hour < %L', behind, before);
        GET DIAGNOSTICS deleted = ROW_COUNT;
        total := total + deleted;
    END LOOP;
    RETURN total;
END $$;
CREATE OR REPLACE FUNCTION erase_hours(person bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    behind text;
    deleted bigint;
    total bigint := 0;
BEGIN
    FOR behind IN SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)
        FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'public'
    LOOP
        EXECUTE format('DELETE FROM %s WHERE person_id = %s', behind, person);
        GET DIAGNOSTICS deleted = ROW_COUNT;
        total := total + deleted;
    END LOOP;
    RETURN total;
END $$;
