-- Devices that said more than is judged: since when, until when, and how much of it was only stored. docs/wire.md.
CREATE TABLE device_floods ( -- writer: ingest
    device_key bigint PRIMARY KEY REFERENCES devices (device_key) ON DELETE CASCADE,
    since      timestamptz NOT NULL,
    until      timestamptz NOT NULL,
    surplus    bigint NOT NULL CHECK (surplus > 0)
);
