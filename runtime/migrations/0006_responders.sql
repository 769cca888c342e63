-- Whose area it is, who goes, and what is handed to others: police, finders, the city's platform.

-- The statistical divisions; which level a code names, the code itself says.
CREATE TABLE divisions ( -- writer: api
    code       text PRIMARY KEY CHECK (code ~ '^[0-9]{12}$'),
    level      text NOT NULL CHECK (level IN ('province', 'city', 'county', 'town', 'village')),
    name       text NOT NULL,
    name_en    text NOT NULL DEFAULT '',
    -- Of its seat, WGS-84, degrees; null: not known.
    latitude   double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude  double precision CHECK (longitude BETWEEN -180 AND 180),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

-- Where responders start from: service stations of villages, towns and counties.
CREATE TABLE stations ( -- writer: api
    station_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The programme's own number, for imports that run twice.
    external_id text NOT NULL UNIQUE,
    name        text NOT NULL,
    division    text NOT NULL REFERENCES divisions (code),
    latitude    double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude   double precision CHECK (longitude BETWEEN -180 AND 180),
    -- Null: always. Else like zones.schedule, local time.
    duty        jsonb,
    active      boolean NOT NULL DEFAULT true,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX stations_division ON stations (division text_pattern_ops);

-- Where a responder starts from, and with how many cases at once; duty hours stand beside them already.
ALTER TABLE receivers
    -- station:… or coordinator:… and the programme's own number, for imports that run twice.
    ADD COLUMN external_id text UNIQUE,
    ADD COLUMN station_id bigint REFERENCES stations ON DELETE SET NULL,
    ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    -- Open cases accepted at once; null: any number.
    ADD COLUMN capacity int CHECK (capacity BETWEEN 1 AND 1000),
    ADD CONSTRAINT receivers_place CHECK ((latitude IS NULL) = (longitude IS NULL));
CREATE INDEX receivers_place ON receivers (latitude, longitude) WHERE latitude IS NOT NULL;

-- Who said what to one incident: accept, arrive, found, decline.
CREATE TABLE responses ( -- writer: alerts
    incident_id bigint NOT NULL REFERENCES incidents,
    -- user:<id> for a login, receiver:<id> for somebody without one: a person answers once, by whatever way.
    party       text NOT NULL,
    user_id     bigint,
    receiver_id bigint,
    state       text NOT NULL CHECK (state IN ('accepted', 'arrived', 'found', 'declined')),
    -- The first to accept; when they step back, the next.
    leads       boolean NOT NULL DEFAULT false,
    accepted_at timestamptz,
    arrived_at  timestamptz,
    ended_at    timestamptz,
    PRIMARY KEY (incident_id, party),
    CHECK (NOT (leads AND state = 'declined'))
);
CREATE UNIQUE INDEX responses_one_lead ON responses (incident_id) WHERE leads;
CREATE INDEX responses_active ON responses (incident_id) WHERE state IN ('accepted', 'arrived');

-- What an incident's timeline tells of it:
-- incident_events.kind: joined, arrived, found, declined, stepped_back, lead_passed, link_given, link_revoked, finder_report, cap_issued

-- What a searcher needs to know of a person, after the fields of the Herbert protocol.
CREATE TABLE person_profiles ( -- writer: api
    person_id      bigint PRIMARY KEY REFERENCES persons ON DELETE CASCADE,
    -- How the person likes to be called; stands on sheets instead of the name.
    called         text NOT NULL DEFAULT '',
    gender         text NOT NULL DEFAULT '' CHECK (gender IN ('', 'female', 'male')),
    height_cm      int CHECK (height_cm BETWEEN 80 AND 230),
    -- Build, hair, glasses, scars, usual clothes.
    description    text NOT NULL DEFAULT '',
    gait           text NOT NULL DEFAULT '',
    -- Stick, frame, wheelchair, hearing aid, glasses.
    aids           text NOT NULL DEFAULT '',
    medication     text NOT NULL DEFAULT '',
    routine        text NOT NULL DEFAULT '',
    -- Where the person goes and by what: on foot, bus 12, an old bicycle.
    travel_habits  text NOT NULL DEFAULT '',
    -- Dialect, words left, hard of hearing.
    speech         text NOT NULL DEFAULT '',
    calms          text NOT NULL DEFAULT '',
    -- [{"name", "kind": home | work | relative | market | park | temple | other, "latitude", "longitude", "note"}], WGS-84.
    places         jsonb NOT NULL DEFAULT '[]',
    -- Whom else to ask: [{"name", "relation", "phone"}].
    key_people     jsonb NOT NULL DEFAULT '[]',
    updated_at     timestamptz NOT NULL,
    updated_by     bigint REFERENCES users ON DELETE SET NULL
);

-- One photo a person, made smaller and without what a camera writes into it.
CREATE TABLE person_photos ( -- writer: api
    person_id  bigint PRIMARY KEY REFERENCES persons ON DELETE CASCADE,
    image      bytea NOT NULL CHECK (octet_length(image) <= 2000000),
    media_type text NOT NULL CHECK (media_type = 'image/jpeg'),
    width_px   int NOT NULL,
    height_px  int NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by bigint REFERENCES users ON DELETE SET NULL
);

-- A page for somebody without a login: one incident, one time window.
CREATE TABLE handover_links ( -- writer: alerts
    link_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id  bigint NOT NULL REFERENCES incidents,
    -- police: everything a search needs. sheet: to be printed. finder: behind the code on a sheet.
    kind         text NOT NULL CHECK (kind IN ('police', 'sheet', 'finder')),
    token_digest bytea NOT NULL UNIQUE,
    -- Of a finder's link: the sheet it is printed on; ends with it.
    sheet_id     bigint REFERENCES handover_links,
    -- For whom, as the giver wrote it.
    label        text NOT NULL DEFAULT '',
    -- Whether the sheet carries the full name.
    with_name    boolean NOT NULL DEFAULT false,
    -- What the person wears today.
    wearing      text NOT NULL DEFAULT '',
    -- Scaled clock, as everything of the domain.
    since        timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    created_by   bigint,
    revoked_at   timestamptz,
    revoked_by   bigint,
    CHECK (until > since),
    CHECK ((kind = 'finder') = (sheet_id IS NOT NULL))
);
CREATE INDEX handover_links_incident ON handover_links (incident_id);

-- What finders told. Their number is for the family and whoever leads, not for the timeline.
CREATE TABLE finder_reports ( -- writer: alerts
    report_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id  bigint NOT NULL REFERENCES incidents,
    link_id      bigint NOT NULL REFERENCES handover_links,
    -- 1 for the first of its incident.
    number       int NOT NULL,
    at           timestamptz NOT NULL,
    -- In the finder's words, or by their device with their consent.
    place        text NOT NULL DEFAULT '',
    latitude     double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude    double precision CHECK (longitude BETWEEN -180 AND 180),
    accuracy_m   double precision,
    note         text NOT NULL DEFAULT '',
    callback     text NOT NULL DEFAULT '',
    -- Digest of link and address, to count by; says nothing about the finder.
    sender       bytea NOT NULL,
    -- Real time, by the database's clock: the limit is on people, not on a simulated day.
    received_wall timestamptz NOT NULL DEFAULT now(),
    UNIQUE (incident_id, number)
);
CREATE INDEX finder_reports_sender ON finder_reports (sender, received_wall);
CREATE INDEX finder_reports_link ON finder_reports (link_id, received_wall);

-- CAP 1.2 messages as they were issued; later ones refer to the earlier ones.
CREATE TABLE cap_messages ( -- writer: alerts
    incident_id bigint NOT NULL REFERENCES incidents,
    number      int NOT NULL,
    identifier  text NOT NULL UNIQUE,
    sender      text NOT NULL,
    message_type text NOT NULL CHECK (message_type IN ('Alert', 'Update', 'Cancel')),
    sent        timestamptz NOT NULL,
    issued_by   bigint,
    xml         text NOT NULL,
    PRIMARY KEY (incident_id, number)
);

-- Where the city's platform hears of incidents.
CREATE TABLE platform_hooks ( -- writer: alerts
    hook_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL,
    url           text NOT NULL,
    secret        text NOT NULL CHECK (length(secret) >= 32),
    -- Prefix of the statistical code whose incidents it hears of; '' is all.
    division      text NOT NULL DEFAULT '' CHECK (division ~ '^[0-9]{0,12}$'),
    with_position boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    bigint,
    disabled_at   timestamptz
);

-- Its outbox: what a platform has not been told yet, and when it was.
CREATE TABLE platform_events ( -- writer: alerts
    event_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- Order in which they happened.
    serial       bigint GENERATED ALWAYS AS IDENTITY,
    hook_id      bigint NOT NULL REFERENCES platform_hooks,
    incident_id  bigint NOT NULL REFERENCES incidents,
    event        text NOT NULL CHECK (event IN ('incident.opened', 'incident.updated', 'incident.resolved')),
    -- The incident as it was then.
    incident     jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts     int NOT NULL DEFAULT 0,
    with_position boolean,
    detail       text NOT NULL DEFAULT '',
    created_wall timestamptz NOT NULL DEFAULT now(),
    next_attempt_wall timestamptz NOT NULL DEFAULT now(),
    delivered_wall timestamptz
);
CREATE INDEX platform_events_due ON platform_events (next_attempt_wall) WHERE state = 'pending';
CREATE INDEX platform_events_hook ON platform_events (hook_id, serial);

CREATE FUNCTION queue_platform_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO platform_events (hook_id, incident_id, event, incident)
    SELECT h.hook_id, NEW.incident_id,
        CASE WHEN TG_OP = 'INSERT' THEN 'incident.opened'
             WHEN NEW.state = 'resolved' AND OLD.state <> 'resolved' THEN 'incident.resolved'
             ELSE 'incident.updated' END,
        jsonb_build_object('incident_id', NEW.incident_id, 'state', NEW.state, 'severity', NEW.severity,
            'severity_reasons', NEW.severity_reasons, 'kind', NEW.kind, 'kinds', NEW.kinds,
            'opened_at', NEW.opened_at, 'updated_at', NEW.updated_at, 'resolved_at', NEW.resolved_at,
            'outcome', NEW.outcome, 'division', p.division, 'external_id', p.external_id)
    FROM platform_hooks h JOIN persons p ON p.person_id = NEW.person_id
    WHERE h.disabled_at IS NULL AND starts_with(p.division, h.division);
    RETURN NULL;
END $$;
CREATE TRIGGER incidents_opened_for_platforms AFTER INSERT ON incidents
    FOR EACH ROW EXECUTE FUNCTION queue_platform_event();
CREATE TRIGGER incidents_changed_for_platforms AFTER UPDATE ON incidents FOR EACH ROW
    WHEN ((OLD.state, OLD.severity, OLD.kinds) IS DISTINCT FROM (NEW.state, NEW.severity, NEW.kinds))
    EXECUTE FUNCTION queue_platform_event();

-- Somebody without a login looked, through this link.
ALTER TABLE access_log ADD COLUMN link_id bigint;

-- The corners of a feature, so that those around a place are found by an index and not by reading all of them.
CREATE FUNCTION geojson_box(geometry jsonb) RETURNS box LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT box(point(min((corner ->> 0)::float8), min((corner ->> 1)::float8)),
               point(max((corner ->> 0)::float8), max((corner ->> 1)::float8)))
    FROM jsonb_path_query(geometry, 'strict $.coordinates.** ? (@.type() == "array" && @[0].type() == "number")') AS corner
$$;
ALTER TABLE danger_areas ADD COLUMN extent box GENERATED ALWAYS AS (geojson_box(geometry)) STORED;
CREATE INDEX danger_areas_extent ON danger_areas USING gist (extent);
