-- What grows without end lies in parts of a day each, so that deleting a day is dropping a table; and is summed up by the
-- hour and the day, so that the sums outlive it. These are native partitions; where TimescaleDB is, timescale.sql puts
-- hypertables and continuous aggregates in their place, behind the same names.

-- Rejected messages lie in parts by when they came, so their key needs that instant too; and numbers that a part can
-- hand out on every supported version of PostgreSQL.
CREATE SEQUENCE quarantine_ids;
SELECT setval('quarantine_ids', coalesce((SELECT max(quarantine_id) FROM quarantine), 0) + 1, false);
ALTER TABLE quarantine ALTER COLUMN quarantine_id DROP IDENTITY;
ALTER TABLE quarantine ALTER COLUMN quarantine_id SET DEFAULT nextval('quarantine_ids');
ALTER SEQUENCE quarantine_ids OWNED BY quarantine.quarantine_id;
ALTER TABLE quarantine DROP CONSTRAINT quarantine_pkey;
ALTER TABLE quarantine ADD CONSTRAINT quarantine_pkey PRIMARY KEY (quarantine_id, received_at);

-- The parts of every series. since and until are null for the one that takes what fits nowhere else.
CREATE VIEW time_parts AS
SELECT parent.relname::text COLLATE "default" AS series, child.oid::regclass::text AS part,
    (regexp_match(bound, 'FROM \(''([^'']+)''\)'))[1]::timestamptz AS since,
    (regexp_match(bound, 'TO \(''([^'']+)''\)'))[1]::timestamptz AS until,
    pg_total_relation_size(child.oid) AS bytes
FROM pg_inherits i
JOIN pg_class parent ON parent.oid = i.inhparent AND parent.relkind = 'p'
JOIN pg_class child ON child.oid = i.inhrelid
CROSS JOIN LATERAL pg_get_expr(child.relpartbound, child.oid) AS bound
WHERE parent.relnamespace = 'public'::regnamespace;

-- Make the part of one day, with the rows of that day that lie in the part for everything else. Whether it was made.
CREATE FUNCTION make_part(series name, instant name, day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    part text := format('%s_%s', series, to_char(day, 'YYYYMMDD'));
    since timestamptz := day::timestamp AT TIME ZONE 'UTC';
    until timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(part) IS NOT NULL OR (SELECT relkind FROM pg_class WHERE oid = to_regclass(series::text)) <> 'p' THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', part, series);
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
        series || '_other', instant, since, instant, until, part);
    -- Attached and not created as a partition: writers of other days do not wait for it.
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', series, part, since, until);
    RETURN true;
END $$;

-- Delete a part with everything in it.
CREATE FUNCTION drop_part(series name, part text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM time_parts t WHERE t.series = drop_part.series AND t.part = drop_part.part AND t.until IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% is no part of % that could be dropped', part, series;
    END IF;
    EXECUTE format('DROP TABLE %s', part);
END $$;

-- Key and indexes of a table, as statements that make them again for a table of its name.
CREATE FUNCTION key_and_indexes(series regclass) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(CASE WHEN x.indisprimary
        THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s', series, c.conname, pg_get_constraintdef(c.oid))
        ELSE replace(pg_get_indexdef(x.indexrelid), ' ON ONLY ', ' ON ') END ORDER BY x.indisprimary DESC, x.indexrelid)
    FROM pg_index x LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype = 'p'
    WHERE x.indrelid = series
$$;

-- Turn a plain table into one of daily parts, rows and all. A hypertable stays what it is.
CREATE FUNCTION lay_in_parts(series name, instant name, around date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    plain text := series || '_plain';
    again text[] := key_and_indexes(series::text::regclass);
    statement text;
    day date;
    moved bigint;
    there bigint;
BEGIN
    IF to_regclass('timescaledb_information.hypertables') IS NOT NULL THEN
        EXECUTE 'SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = $1' INTO there USING series;
        IF there > 0 THEN
            RETURN;
        END IF;
    END IF;
    EXECUTE format('ALTER TABLE %I RENAME TO %I', series, plain);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)'
        ' PARTITION BY RANGE (%I)', series, plain, instant);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', series || '_other', series);
    -- A clock that is wrong by weeks makes no part of its own.
    FOR day IN EXECUTE format('SELECT DISTINCT (%I AT TIME ZONE ''UTC'')::date FROM %I WHERE %I'
        ' BETWEEN received_at - interval ''31 days'' AND received_at + interval ''1 day''', instant, plain, instant)
    LOOP
        PERFORM make_part(series, instant, day);
    END LOOP;
    FOR day IN SELECT around + n FROM generate_series(0, 7) AS n LOOP
        PERFORM make_part(series, instant, day);
    END LOOP;
    EXECUTE format('INSERT INTO %I SELECT * FROM %I', series, plain);
    GET DIAGNOSTICS moved = ROW_COUNT;
    EXECUTE format('SELECT count(*) FROM %I', plain) INTO there;
    IF moved <> there THEN
        RAISE EXCEPTION '% of % rows of % were moved', moved, there, series;
    END IF;
    -- The sequence behind a default belongs to its column: handed on before the old table goes.
    IF series = 'quarantine' THEN
        ALTER SEQUENCE quarantine_ids OWNED BY quarantine.quarantine_id;
    END IF;
    EXECUTE format('DROP TABLE %I', plain);
    FOREACH statement IN ARRAY again LOOP
        EXECUTE statement;
    END LOOP;
END $$;

SELECT lay_in_parts('locations', 'at', (now() AT TIME ZONE 'UTC')::date);
SELECT lay_in_parts('bed_reports', 'at', (now() AT TIME ZONE 'UTC')::date);
SELECT lay_in_parts('heartbeats', 'at', (now() AT TIME ZONE 'UTC')::date);
SELECT lay_in_parts('quarantine', 'received_at', (now() AT TIME ZONE 'UTC')::date);
DROP FUNCTION lay_in_parts;
