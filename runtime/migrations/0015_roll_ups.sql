-- Sums by the hour and the day that outlive what they are made from: how a device did, how a person's day was. No position
-- is in them. Of a series in hours TimescaleDB makes a continuous aggregate (timescale.sql); else they are these tables.

-- Minutes of an hour are a bit each, the first one lowest: a minute counts once however many messages came in it, and
-- the minutes of two devices are put together by an OR.
CREATE TABLE location_hours ( -- writer: api
    device_key      int NOT NULL,
    person_id       bigint NOT NULL,
    -- Its beginning, by event time.
    hour            timestamptz NOT NULL,
    readings        bigint NOT NULL,
    -- In which the device was heard; worn, and not worn, by its own word.
    minutes         bigint NOT NULL,
    worn_minutes    bigint,
    unworn_minutes  bigint,
    battery_min_pct real,
    battery_max_pct real,
    steps           bigint,
    PRIMARY KEY (device_key, hour, person_id)
);
CREATE INDEX location_hours_person ON location_hours (person_id, hour);

CREATE TABLE heartbeat_hours ( -- writer: api
    device_key      int NOT NULL,
    person_id       bigint NOT NULL,
    hour            timestamptz NOT NULL,
    readings        bigint NOT NULL,
    minutes         bigint NOT NULL,
    worn_minutes    bigint,
    unworn_minutes  bigint,
    battery_min_pct real,
    battery_max_pct real,
    steps           bigint,
    PRIMARY KEY (device_key, hour, person_id)
);
CREATE INDEX heartbeat_hours_person ON heartbeat_hours (person_id, hour);

CREATE TABLE bed_hours ( -- writer: api
    device_key       int NOT NULL,
    person_id        bigint NOT NULL,
    hour             timestamptz NOT NULL,
    readings         bigint NOT NULL,
    minutes          bigint NOT NULL,
    -- In which somebody lay in it.
    occupied_minutes bigint,
    PRIMARY KEY (device_key, hour, person_id)
);
CREATE INDEX bed_hours_person ON bed_hours (person_id, hour);

-- One row a device and hour, of whatever it sent.
CREATE VIEW device_hours AS
SELECT device_key, person_id, hour, sum(readings)::bigint AS readings, bit_or(minutes) AS minutes,
    bit_or(worn_minutes) AS worn_minutes, bit_or(unworn_minutes) AS unworn_minutes,
    bit_or(occupied_minutes) AS occupied_minutes, min(battery_min_pct) AS battery_min_pct,
    max(battery_max_pct) AS battery_max_pct, sum(steps)::bigint AS steps
FROM (SELECT device_key, person_id, hour, readings, minutes, worn_minutes, unworn_minutes, NULL::bigint AS occupied_minutes,
        battery_min_pct, battery_max_pct, steps FROM location_hours
    UNION ALL SELECT device_key, person_id, hour, readings, minutes, worn_minutes, unworn_minutes, NULL,
        battery_min_pct, battery_max_pct, steps FROM heartbeat_hours
    UNION ALL SELECT device_key, person_id, hour, readings, minutes, NULL, NULL, occupied_minutes, NULL, NULL, NULL
        FROM bed_hours) each
GROUP BY device_key, person_id, hour;

-- Delete the hours before an instant, and say how many there were.
CREATE FUNCTION drop_hours(before timestamptz) RETURNS bigint LANGUAGE sql AS $$
    WITH a AS (DELETE FROM location_hours WHERE hour < before RETURNING 1),
        b AS (DELETE FROM heartbeat_hours WHERE hour < before RETURNING 1),
        c AS (DELETE FROM bed_hours WHERE hour < before RETURNING 1)
    SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b) + (SELECT count(*) FROM c)
$$;

-- Delete the hours of one person.
CREATE FUNCTION erase_hours(person bigint) RETURNS bigint LANGUAGE sql AS $$
    WITH a AS (DELETE FROM location_hours WHERE person_id = person RETURNING 1),
        b AS (DELETE FROM heartbeat_hours WHERE person_id = person RETURNING 1),
        c AS (DELETE FROM bed_hours WHERE person_id = person RETURNING 1)
    SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b) + (SELECT count(*) FROM c)
$$;

-- Minutes in a set of them.
CREATE FUNCTION count_minutes(minutes bigint) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(bit_count(minutes::bit(64)), 0)::int
$$;

-- Lengths of the stretches of an hour that are in none of the minutes.
CREATE FUNCTION gaps_of(minutes bigint) RETURNS SETOF int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT count(*)::int FROM (
        SELECT n - row_number() OVER (ORDER BY n) AS stretch FROM generate_series(0, 59) AS n
        WHERE (minutes >> n) & 1 = 0) silent
    GROUP BY stretch
$$;

-- The way through fixes in order, metres: a fix counts once it lies further from the last one that counted than both
-- their radii together and the least distance, so that noise at rest adds nothing.
-- State: latitude, longitude and radius of the last fix that counted, and the way so far.
CREATE FUNCTION path_step(state float8[], latitude float8, longitude float8, accuracy_m float8, least_m float8)
RETURNS float8[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    moved_m float8;
BEGIN
    IF state IS NULL THEN
        RETURN ARRAY[latitude, longitude, accuracy_m, 0];
    END IF;
    moved_m := 111195.08 * sqrt((latitude - state[1]) ^ 2
        + ((longitude - state[2]) * cosd((latitude + state[1]) / 2)) ^ 2);
    IF moved_m <= greatest(least_m, accuracy_m + state[3]) THEN
        RETURN state;
    END IF;
    RETURN ARRAY[latitude, longitude, accuracy_m, state[4] + moved_m];
END $$;
CREATE FUNCTION path_end(state float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT state[4]';
CREATE AGGREGATE path_m(latitude float8, longitude float8, accuracy_m float8, least_m float8)
    (SFUNC = path_step, STYPE = float8[], FINALFUNC = path_end);

-- One day of one person, in their time zone.
CREATE TABLE person_days ( -- writer: api
    person_id       bigint NOT NULL,
    day             date NOT NULL,
    -- Hours in which a device they wear was heard, 0 to 25.
    heard_hours     int NOT NULL,
    -- Minutes in which it said that it was worn, and in which it said either way.
    worn_minutes    int NOT NULL,
    told_minutes    int NOT NULL,
    -- Null: nothing of the kind was told.
    steps           bigint,
    distance_m      real,
    -- Outside of the safe area, by the exits and returns that were detected.
    outside_minutes real NOT NULL,
    -- The night that ended on this day, from noon to noon. Null: no bed.
    in_bed_minutes  int,
    bed_exits       int NOT NULL,
    -- Rounds of telling, as the alerts a person and day are counted.
    alerts          int NOT NULL,
    PRIMARY KEY (person_id, day)
);
CREATE INDEX person_days_day ON person_days (day);

-- Days that something came in for since they were summed up.
CREATE TABLE stale_days ( -- writer: api
    person_id bigint NOT NULL,
    day       date NOT NULL,
    PRIMARY KEY (day, person_id)
);

-- How far summing up has come, in time of arrival.
CREATE TABLE roll_up_marks ( -- writer: api
    source text PRIMARY KEY,
    until  timestamptz NOT NULL
);

-- What was deleted because its time had come, or because somebody asked. Never updated.
CREATE TABLE deletions ( -- writer: api
    deletion_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    -- positions, vital_signs, …: docs/privacy.md
    data_class  text NOT NULL,
    series      text NOT NULL,
    -- The part that was dropped; null: single rows.
    part        text,
    rows        bigint NOT NULL,
    -- Rows that stayed because somebody is being looked for.
    held_rows   bigint NOT NULL DEFAULT 0,
    oldest      timestamptz,
    newest      timestamptz,
    -- What was older had to go; null: erased on request.
    cutoff      timestamptz,
    -- Null: by itself.
    user_id     bigint
);
CREATE INDEX deletions_at ON deletions (at);

-- From when on a series is whole: sums of earlier hours are never made again.
CREATE TABLE kept_since ( -- writer: api
    series text PRIMARY KEY,
    since  timestamptz NOT NULL
);
