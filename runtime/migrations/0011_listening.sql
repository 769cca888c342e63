-- When ingest listened. What passed between two spans is no evidence of anything: nobody was there to hear.
CREATE TABLE listened ( -- writer: ingest
    since timestamptz PRIMARY KEY,
    until timestamptz NOT NULL,
    CHECK (until >= since)
);

-- Through what a device reaches us: a base station, a home box, a relay. Its name, nobody's. What the device itself
-- last said comes before what the register says.
ALTER TABLE devices ADD COLUMN gateway text CHECK (length(gateway) BETWEEN 1 AND 64);
ALTER TABLE device_states ADD COLUMN gateway text;

-- Many devices of one gateway silent together. Null: of an area.
ALTER TABLE outages ADD COLUMN gateway text;
-- Devices in use there when it was found. Null: found by a version that did not write it down.
ALTER TABLE outages ADD COLUMN expected int;
DROP INDEX outages_one_open;
CREATE UNIQUE INDEX outages_one_open ON outages (division, coalesce(gateway, '')) WHERE until IS NULL;
