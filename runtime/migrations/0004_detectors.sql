-- What the detectors need besides zones: water, rails and highways that everybody shares; the sign of home.

-- Dangers of the area, shared by all persons. Held in memory by ingest; every change is announced.
CREATE TABLE danger_areas ( -- writer: api
    danger_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Of the source it came from, so that an import that runs twice changes nothing.
    external_id text UNIQUE,
    kind       text NOT NULL CHECK (kind IN ('water', 'rail', 'highway')),
    name       text NOT NULL DEFAULT '',
    -- GeoJSON, WGS-84: LineString, MultiLineString, Polygon or MultiPolygon.
    geometry   jsonb NOT NULL
        CHECK (geometry ->> 'type' IN ('LineString', 'MultiLineString', 'Polygon', 'MultiPolygon')),
    -- Half the width that a line stands for. Metres.
    half_width_m double precision NOT NULL DEFAULT 0 CHECK (half_width_m BETWEEN 0 AND 500),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION announce_dangers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('registry', 'dangers');
    RETURN NULL;
END $$;
CREATE TRIGGER danger_areas_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON danger_areas
    FOR EACH STATEMENT EXECUTE FUNCTION announce_dangers();

-- The bracelet hears the Wi-Fi or the beacon it was taught as home.
ALTER TABLE locations ADD COLUMN at_home boolean;
ALTER TABLE heartbeats ADD COLUMN at_home boolean;
