-- From detections to a person who answers. Written by alerts.

CREATE TABLE incidents ( -- writer: alerts
    incident_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id       bigint NOT NULL,
    state           text NOT NULL CHECK (state IN ('open', 'acknowledged', 'responding', 'resolved')),
    severity        text NOT NULL CHECK (severity IN ('info', 'warning', 'urgent', 'critical')),
    -- Why that severity, one machine word each.
    severity_reasons text[] NOT NULL DEFAULT '{}',
    -- The gravest kind in it (the earlier of two equals), and all kinds in it.
    kind            text NOT NULL,
    kinds           text[] NOT NULL,
    -- Scaled clock.
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by bigint,
    responding_at   timestamptz,
    responding_by   bigint,
    resolved_at     timestamptz,
    resolved_by     bigint,
    outcome         text CHECK (outcome IN ('found', 'returned', 'false_alarm', 'test')),
    note            text NOT NULL DEFAULT '',
    -- Grows with every change: the live stream asks for what is newer.
    revision        bigint NOT NULL,
    CHECK ((state = 'resolved') = (outcome IS NOT NULL))
);
CREATE UNIQUE INDEX incidents_one_open ON incidents (person_id) WHERE state <> 'resolved';
CREATE INDEX incidents_revision ON incidents (revision);
CREATE INDEX incidents_person ON incidents (person_id, opened_at DESC);
CREATE SEQUENCE incidents_revisions;

-- What waits to be handled. A trigger fills it in the transaction that stores the detection, so whatever is committed is
-- seen: by no order of clocks or commits can a detection fall behind a "newest handled so far".
CREATE TABLE unhandled_detections ( -- writer: alerts
    detection_id uuid PRIMARY KEY REFERENCES detections ON DELETE CASCADE,
    person_id    bigint NOT NULL
);
CREATE INDEX unhandled_detections_person ON unhandled_detections (person_id);
CREATE FUNCTION queue_detection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unhandled_detections (detection_id, person_id) VALUES (NEW.detection_id, NEW.person_id);
    RETURN NULL;
END $$;
CREATE TRIGGER detections_queued AFTER INSERT ON detections FOR EACH ROW EXECUTE FUNCTION queue_detection();

-- Every detection is handled once: it opened, joined or closed an incident, or needed none.
CREATE TABLE handled_detections ( -- writer: alerts
    detection_id uuid PRIMARY KEY,
    incident_id  bigint REFERENCES incidents,
    decision     text NOT NULL,
    handled_at   timestamptz NOT NULL
);
CREATE INDEX handled_detections_incident ON handled_detections (incident_id);

-- Everything that happened, in order.
CREATE TABLE incident_events ( -- writer: alerts
    event_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents,
    at          timestamptz NOT NULL,
    -- opened, detection, severity, escalated, reopened, acknowledged, responding, resolved, note,
    -- step, nobody_reached, notified, notification_failed, unreached
    kind        text NOT NULL,
    user_id     bigint,
    data        jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX incident_events_incident ON incident_events (incident_id, event_id);

CREATE TABLE ladders ( -- writer: alerts
    ladder_id   text PRIMARY KEY,
    title       text NOT NULL,
    -- From the last step to the first of the next round, until somebody acknowledges. Null: said once.
    repeat_after interval CHECK (repeat_after >= interval '1 minute')
);

CREATE TABLE ladder_steps ( -- writer: alerts
    ladder_id text NOT NULL REFERENCES ladders ON DELETE CASCADE,
    position  int NOT NULL CHECK (position >= 0),
    -- After the incident opened (or was reopened).
    delay     interval NOT NULL CHECK (delay >= interval '0'),
    -- first_family, all_family, coordinators, station, county, centre
    audiences text[] NOT NULL,
    PRIMARY KEY (ladder_id, position)
);

-- The steps of one incident: timers as rows.
CREATE TABLE escalations ( -- writer: alerts
    incident_id bigint NOT NULL REFERENCES incidents,
    -- 1 when opened; one more each time it is reopened or the ladder repeats.
    round       int NOT NULL,
    position    int NOT NULL,
    -- The ladder this round was unrolled from; editing the ladder does not move a round under way.
    ladder_id   text NOT NULL,
    due_at      timestamptz NOT NULL,
    audiences   text[] NOT NULL,
    state       text NOT NULL CHECK (state IN ('pending', 'fired', 'cancelled')),
    PRIMARY KEY (incident_id, round, position)
);
CREATE INDEX escalations_due ON escalations (due_at) WHERE state = 'pending';

-- The outbox: one message to one receiver through one channel.
CREATE TABLE notifications ( -- writer: alerts
    notification_id uuid PRIMARY KEY,
    incident_id     bigint NOT NULL REFERENCES incidents,
    -- What the message speaks of.
    detection_id    uuid,
    -- Written in the transaction that handled that detection: its latency is ours, not the ladder's.
    direct          boolean NOT NULL DEFAULT false,
    -- alert or all_clear
    purpose         text NOT NULL,
    receiver_id     bigint NOT NULL,
    round           int NOT NULL,
    position        int NOT NULL,
    -- Index into the receiver's channels: the first that works is used.
    channel_index   int NOT NULL,
    channel         jsonb NOT NULL,
    -- What hangs together when it hangs (a host, a service): one of them must not hold up the others.
    destination     text NOT NULL,
    language        text NOT NULL,
    title           text NOT NULL,
    body            text NOT NULL,
    state           text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'cancelled')),
    attempts        int NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    -- Real time, by the database's clock: retries and claims wait for networks, not for the scaled clock.
    next_attempt_wall timestamptz NOT NULL,
    -- Set while a process is sending. Run out without a recorded attempt: that process died, so it is sent again.
    claimed_until_wall timestamptz,
    delivered_wall  timestamptz
);
CREATE INDEX notifications_due ON notifications (next_attempt_wall) WHERE state = 'pending';
CREATE INDEX notifications_receiver ON notifications (receiver_id);
CREATE INDEX notifications_incident ON notifications (incident_id);

CREATE TABLE notification_attempts ( -- writer: alerts
    notification_id uuid NOT NULL REFERENCES notifications,
    attempt         int NOT NULL,
    -- Real time: when the message was handed to the channel, and for how long it was busy.
    handed_wall     timestamptz NOT NULL,
    duration_ms     double precision NOT NULL,
    outcome         text NOT NULL,
    detail          text NOT NULL,
    PRIMARY KEY (notification_id, attempt)
);
