-- Who wears what, where they may be, and who is told. Written by api; read by ingest and alerts.

CREATE TABLE users ( -- writer: api
    user_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text NOT NULL UNIQUE CHECK (username ~ '^[A-Za-z0-9._@-]{1,64}$'),
    password_hash text NOT NULL,
    display_name  text NOT NULL,
    role          text NOT NULL CHECK (role IN ('family', 'responder', 'operator', 'admin')),
    -- Prefix of the 12-digit statistical code whose open incidents a responder sees; '' is none but those told of.
    division      text NOT NULL DEFAULT '' CHECK (division ~ '^[0-9]{0,12}$'),
    language      text NOT NULL DEFAULT 'zh-CN' CHECK (language IN ('zh-CN', 'en')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    disabled_at   timestamptz
);

-- Bearer tokens; only a digest is kept. Expiry is real time, not the scaled clock.
CREATE TABLE sessions ( -- writer: api
    token_digest bytea PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE persons ( -- writer: api
    person_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The programme's own number, for imports that run twice.
    external_id   text UNIQUE,
    display_name  text NOT NULL,
    birth_year    int CHECK (birth_year BETWEEN 1900 AND 2100),
    -- IANA name; nights and schedules are local.
    time_zone     text NOT NULL DEFAULT 'Asia/Shanghai',
    -- 12-digit statistical code of the village or community, or a prefix of it.
    division      text NOT NULL DEFAULT '' CHECK (division ~ '^[0-9]{0,12}$'),
    -- How to approach and calm this person: for whoever goes.
    approach      text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- Which family logins may see which person.
CREATE TABLE guardians ( -- writer: api
    person_id bigint NOT NULL REFERENCES persons ON DELETE CASCADE,
    user_id   bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    relation  text NOT NULL DEFAULT '',
    PRIMARY KEY (person_id, user_id)
);
CREATE INDEX guardians_user ON guardians (user_id);

CREATE TABLE devices ( -- writer: api
    -- Short key of the time series below.
    device_key int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id  text NOT NULL UNIQUE CHECK (device_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    kind       text NOT NULL CHECK (kind IN ('bracelet', 'bed')),
    person_id  bigint REFERENCES persons ON DELETE SET NULL,
    model      text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
CREATE INDEX devices_person ON devices (person_id);

CREATE TABLE zones ( -- writer: api
    zone_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES persons ON DELETE CASCADE,
    name       text NOT NULL,
    kind       text NOT NULL DEFAULT 'safe' CHECK (kind IN ('safe')),
    -- GeoJSON, WGS-84: a Point with radius_m, or a Polygon without.
    geometry   jsonb NOT NULL CHECK (geometry ->> 'type' IN ('Point', 'Polygon')),
    radius_m   double precision CHECK (radius_m BETWEEN 20 AND 20000),
    -- Null: always. Else a list of {"days": [1..7, Monday first], "from": "HH:MM", "until": "HH:MM"}, local time.
    schedule   jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((geometry ->> 'type' = 'Point') = (radius_m IS NOT NULL))
);
CREATE INDEX zones_person ON zones (person_id);

-- What differs from the defaults of geofence.policy for one person: {"zone_confirming_fixes": 3, ...}.
CREATE TABLE policies ( -- writer: api
    person_id  bigint PRIMARY KEY REFERENCES persons ON DELETE CASCADE,
    overrides  jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by bigint REFERENCES users ON DELETE SET NULL
);

-- Who can be told. Family belongs to a person; coordinators and desks belong to a division.
CREATE TABLE receivers ( -- writer: api
    receiver_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation     text NOT NULL CHECK (relation IN ('family', 'coordinator', 'station', 'county', 'centre')),
    person_id    bigint REFERENCES persons ON DELETE CASCADE,
    division     text CHECK (division ~ '^[0-9]{0,12}$'),
    -- The login of this receiver, if any: what they are told of they may open.
    user_id      bigint REFERENCES users ON DELETE SET NULL,
    display_name text NOT NULL,
    language     text NOT NULL DEFAULT 'zh-CN' CHECK (language IN ('zh-CN', 'en')),
    -- Order within the family: 1 is called first.
    priority     int NOT NULL DEFAULT 1,
    -- Tried in order: {"kind": "webhook", "url": …, "secret": …}, {"kind": "apprise", "url": …}, {"kind": "log"}.
    channels     jsonb NOT NULL DEFAULT '[]',
    enabled      boolean NOT NULL DEFAULT true,
    CHECK ((relation = 'family') = (person_id IS NOT NULL)),
    CHECK ((relation = 'family') = (division IS NULL))
);
CREATE INDEX receivers_person ON receivers (person_id);
CREATE INDEX receivers_division ON receivers (division text_pattern_ops);
CREATE INDEX receivers_user ON receivers (user_id);

-- Who looked at whose whereabouts (PIPL). Never updated.
CREATE TABLE access_log ( -- writer: api
    access_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    user_id   bigint,
    -- Null: everybody the user may see, on one map.
    person_id bigint,
    what      text NOT NULL
);
CREATE INDEX access_log_person ON access_log (person_id, at);

-- The registry is held in memory by ingest; it is told what changed. Payload: person_id, or '' for everything.
CREATE FUNCTION announce_registry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.person_id IS NOT NULL THEN
        PERFORM pg_notify('registry', OLD.person_id::text);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.person_id IS NOT NULL THEN
        PERFORM pg_notify('registry', NEW.person_id::text);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER persons_changed AFTER INSERT OR UPDATE OR DELETE ON persons FOR EACH ROW EXECUTE FUNCTION announce_registry();
CREATE TRIGGER devices_changed AFTER INSERT OR UPDATE OR DELETE ON devices FOR EACH ROW EXECUTE FUNCTION announce_registry();
CREATE TRIGGER zones_changed AFTER INSERT OR UPDATE OR DELETE ON zones FOR EACH ROW EXECUTE FUNCTION announce_registry();
CREATE TRIGGER policies_changed AFTER INSERT OR UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION announce_registry();
