-- One incident from the first sign to the safe return, and what keeps it from crying wolf. Written by alerts.

-- An incident of nobody in particular: many devices of one area silent together. Its person is null.
ALTER TABLE incidents ALTER COLUMN person_id DROP NOT NULL;
-- Over by itself: nothing more came, and nobody had to do anything.
ALTER TABLE incidents DROP CONSTRAINT incidents_outcome_check;
ALTER TABLE incidents ADD CONSTRAINT incidents_outcome_check
    CHECK (outcome IN ('found', 'returned', 'false_alarm', 'test', 'cleared'));
CREATE INDEX incidents_resolved ON incidents (resolved_at) WHERE resolved_at IS NOT NULL;

-- Somebody was known to be with the person: company or outing. Null again when the outing has run out.
ALTER TABLE handled_detections ADD COLUMN accompanied text CHECK (accompanied IN ('company', 'outing'));

-- incident_events.kind: withheld, settling, outing, outing_expired

-- Timers of incidents beside the ladder: a return that must last before it counts, a matter that is over by itself.
CREATE TABLE incident_timers ( -- writer: alerts
    incident_id bigint NOT NULL REFERENCES incidents,
    kind        text NOT NULL CHECK (kind IN ('settle', 'lapse')),
    due_at      timestamptz NOT NULL,
    PRIMARY KEY (incident_id, kind)
);
CREATE INDEX incident_timers_due ON incident_timers (due_at);

-- How long a step was meant to wait after the one before: it never lies further ahead, whatever the clock does.
ALTER TABLE escalations ADD COLUMN wait interval NOT NULL DEFAULT interval '8 hours';

-- What each ladder is climbed for. Of several that fit, the most particular one counts.
CREATE TABLE ladder_choices ( -- writer: alerts
    choice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ladder_id text NOT NULL REFERENCES ladders ON DELETE CASCADE,
    -- Null: every kind.
    kind      text,
    severity  text NOT NULL DEFAULT 'info' CHECK (severity IN ('info', 'warning', 'urgent', 'critical')),
    hours     text NOT NULL DEFAULT 'any' CHECK (hours IN ('any', 'day', 'night')),
    division  text NOT NULL DEFAULT '' CHECK (division ~ '^[0-9]{0,12}$'),
    UNIQUE NULLS NOT DISTINCT (kind, severity, hours, division)
);

-- Who is on duty when, and what a receiver would rather hear later. Floors stand in alerts.restraint, not here:
-- nobody can switch off what is urgent.
ALTER TABLE receivers DROP CONSTRAINT receivers_relation_check;
ALTER TABLE receivers ADD CONSTRAINT receivers_relation_check
    CHECK (relation IN ('family', 'coordinator', 'station', 'county', 'centre', 'fleet'));
-- Null: always. Else a list of {"days": [1..7, Monday first], "from": "HH:MM", "until": "HH:MM"}, local time.
ALTER TABLE receivers ADD COLUMN duty jsonb;
ALTER TABLE receivers ADD COLUMN quiet_hours jsonb;
ALTER TABLE receivers ADD COLUMN unwanted_kinds text[] NOT NULL DEFAULT '{}';

-- Messages that wait: for the end of quiet hours, for the morning, for a budget. Told together when the time has come.
CREATE TABLE withheld ( -- writer: alerts
    withheld_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id  bigint NOT NULL REFERENCES incidents,
    detection_id uuid NOT NULL,
    receiver_id  bigint NOT NULL,
    round        int NOT NULL,
    position     int NOT NULL,
    -- quiet_hours, daytime, device_budget, receiver_budget, channel_budget
    reason       text NOT NULL,
    created_at   timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    told_at      timestamptz,
    UNIQUE (incident_id, round, receiver_id)
);
CREATE INDEX withheld_due ON withheld (due_at) WHERE told_at IS NULL;

-- How many messages may go out before the rest waits for a digest.
CREATE TABLE budgets ( -- writer: alerts
    scope text PRIMARY KEY CHECK (scope IN ('device', 'receiver', 'channel')),
    most  int NOT NULL CHECK (most BETWEEN 1 AND 100000),
    every interval NOT NULL CHECK (every BETWEEN interval '1 minute' AND interval '1 day')
);
CREATE INDEX notifications_receiver_created ON notifications (receiver_id, created_at);
CREATE INDEX notifications_destination_created ON notifications (destination, created_at);
CREATE INDEX notifications_detection ON notifications (detection_id);
CREATE INDEX notifications_created ON notifications (created_at);
CREATE INDEX detections_device ON detections (device_id, judged_at);

-- "He is out with me", or an outing that was planned.
CREATE TABLE outings ( -- writer: alerts
    outing_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('company', 'outing')),
    -- Who is with them, as the family wrote it; may be empty.
    companion  text NOT NULL DEFAULT '',
    since      timestamptz NOT NULL,
    until      timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    created_by bigint,
    ended_at   timestamptz,
    ended_by   bigint,
    -- When its end was looked at: whoever is still outside then is told of.
    closed_at  timestamptz,
    CHECK (until > since)
);
CREATE INDEX outings_person ON outings (person_id, until);
CREATE INDEX outings_due ON outings (until) WHERE closed_at IS NULL;

-- A silence that waits a moment, to see whether the whole street has gone silent with it.
CREATE TABLE held_silences ( -- writer: alerts
    detection_id uuid PRIMARY KEY REFERENCES detections ON DELETE CASCADE,
    person_id    bigint NOT NULL,
    device_id    text NOT NULL,
    division     text NOT NULL,
    held_at      timestamptz NOT NULL,
    due_at       timestamptz NOT NULL
);
CREATE INDEX held_silences_due ON held_silences (due_at);

-- Many devices of one area silent together, one fleet incident.
CREATE TABLE outages ( -- writer: alerts
    outage_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents,
    -- The area: a prefix of the statistical code.
    division    text NOT NULL,
    since       timestamptz NOT NULL,
    until       timestamptz,
    checked_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX outages_one_open ON outages (division) WHERE until IS NULL;
CREATE TABLE outage_devices ( -- writer: alerts
    outage_id    bigint NOT NULL REFERENCES outages ON DELETE CASCADE,
    device_id    text NOT NULL,
    person_id    bigint NOT NULL,
    detection_id uuid NOT NULL,
    joined_at    timestamptz NOT NULL,
    PRIMARY KEY (outage_id, device_id)
);
