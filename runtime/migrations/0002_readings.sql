-- What devices said and what the engine concluded. Written by ingest.
-- Every series is keyed by (device_key, at): the key that removes duplicates, and one that a hypertable can keep.

CREATE TABLE locations ( -- writer: ingest
    device_key  int NOT NULL,
    at          timestamptz NOT NULL,
    person_id   bigint NOT NULL,
    received_at timestamptz NOT NULL,
    latitude    double precision NOT NULL,
    longitude   double precision NOT NULL,
    accuracy_m  real NOT NULL,
    source      text NOT NULL,
    altitude_m  real,
    speed_mps   real,
    heading_deg real,
    battery_pct real,
    charging    boolean,
    worn        boolean,
    steps       int,
    seq         bigint,
    PRIMARY KEY (device_key, at)
);
CREATE INDEX locations_person ON locations (person_id, at DESC);
-- What came in since an instant: rows lie in the order they were received.
CREATE INDEX locations_received ON locations USING brin (received_at) WITH (autosummarize = on);

CREATE TABLE bed_reports ( -- writer: ingest
    device_key         int NOT NULL,
    at                 timestamptz NOT NULL,
    person_id          bigint NOT NULL,
    received_at        timestamptz NOT NULL,
    status             text NOT NULL,
    heart_rate_bpm     real,
    breathing_rate_bpm real,
    movement_pct       real,
    quality_pct        real,
    seq                bigint,
    PRIMARY KEY (device_key, at)
);
CREATE INDEX bed_reports_person ON bed_reports (person_id, at DESC);
CREATE INDEX bed_reports_received ON bed_reports USING brin (received_at) WITH (autosummarize = on);

CREATE TABLE heartbeats ( -- writer: ingest
    device_key  int NOT NULL,
    at          timestamptz NOT NULL,
    person_id   bigint NOT NULL,
    received_at timestamptz NOT NULL,
    battery_pct real,
    charging    boolean,
    worn        boolean,
    steps       int,
    signal_dbm  real,
    seq         bigint,
    PRIMARY KEY (device_key, at)
);
CREATE INDEX heartbeats_received ON heartbeats USING brin (received_at) WITH (autosummarize = on);

CREATE TABLE safety_events ( -- writer: ingest
    device_key  int NOT NULL,
    event_id    text NOT NULL,
    at          timestamptz NOT NULL,
    person_id   bigint NOT NULL,
    received_at timestamptz NOT NULL,
    type        text NOT NULL,
    latitude    double precision,
    longitude   double precision,
    accuracy_m  real,
    source      text,
    impact_g    real,
    battery_pct real,
    seq         bigint,
    PRIMARY KEY (device_key, event_id)
);
CREATE INDEX safety_events_person ON safety_events (person_id, at DESC);

-- The newest judged fix of each person, and where it stands to the safe zones.
CREATE TABLE latest_positions ( -- writer: ingest
    person_id   bigint PRIMARY KEY,
    device_key  int NOT NULL,
    at          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    latitude    double precision NOT NULL,
    longitude   double precision NOT NULL,
    accuracy_m  real NOT NULL,
    source      text NOT NULL,
    speed_mps   real,
    heading_deg real,
    battery_pct real,
    -- unknown, inside, suspect, outside: geofence.detectors.zone
    safety      text NOT NULL DEFAULT 'unknown',
    -- Grows with every change: the live stream asks for what is newer.
    revision    bigint NOT NULL
);
CREATE INDEX latest_positions_revision ON latest_positions (revision);
CREATE SEQUENCE latest_positions_revisions;

CREATE TABLE device_states ( -- writer: ingest
    device_key   int PRIMARY KEY,
    last_seen_at timestamptz NOT NULL,
    online       boolean,
    battery_pct  real,
    charging     boolean,
    worn         boolean,
    -- Beds only: the last status.
    bed_status   text,
    firmware     text,
    last_seq     bigint,
    -- Which of the 1,000 numbers before last_seq are missing, one bit each: ingest.sequence.
    seq_gaps     bytea,
    -- Messages that the numbering says were lost.
    missing      bigint NOT NULL DEFAULT 0
);

-- What the engine remembers of each person, with the readings that led to it, in one transaction.
CREATE TABLE engine_states ( -- writer: ingest
    person_id bigint PRIMARY KEY,
    snapshot  bytea NOT NULL,
    -- When silence alone may change it.
    due_at    timestamptz
);
CREATE INDEX engine_states_due ON engine_states (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE detections ( -- writer: ingest
    detection_id uuid PRIMARY KEY,
    person_id    bigint NOT NULL,
    device_id    text,
    kind         text NOT NULL,
    reason       text NOT NULL,
    at           timestamptz NOT NULL,
    -- Our clock, when the engine concluded it.
    judged_at    timestamptz NOT NULL,
    zone_id      bigint,
    latitude     double precision,
    longitude    double precision,
    accuracy_m   real,
    place_at     timestamptz,
    evidence     jsonb NOT NULL DEFAULT '{}',
    -- Real time, for latencies: when the device published, when we received.
    published_wall timestamptz,
    received_wall  timestamptz
);
CREATE INDEX detections_person ON detections (person_id, at DESC);
CREATE INDEX detections_judged ON detections (judged_at);

CREATE TABLE commands ( -- writer: ingest
    command_id  uuid PRIMARY KEY,
    person_id   bigint NOT NULL,
    device_id   text NOT NULL,
    type        text NOT NULL,
    interval_s  int,
    until       timestamptz,
    reason      text NOT NULL,
    created_at  timestamptz NOT NULL,
    sent_at     timestamptz,
    answered_at timestamptz,
    result      text,
    detail      text
);
CREATE INDEX commands_unsent ON commands (created_at) WHERE sent_at IS NULL;

CREATE TABLE quarantine ( -- writer: ingest
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at   timestamptz NOT NULL,
    topic         text NOT NULL,
    device_id     text,
    reason        text NOT NULL,
    detail        text NOT NULL,
    -- The first 4,096 bytes.
    payload       bytea NOT NULL,
    payload_size  int NOT NULL
);
CREATE INDEX quarantine_received ON quarantine (received_at DESC);
