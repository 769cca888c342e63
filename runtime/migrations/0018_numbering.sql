-- What the numbers and instants of a device's messages say besides gaps (device_states.missing): docs/wire.md.
CREATE TABLE device_numbering ( -- writer: ingest
    -- Refers to nothing, as in device_states: a batch on its way when a device is deleted must not fail.
    device_key   bigint PRIMARY KEY,
    -- Readings that came again: by the device, which repeats what nobody answered, or by the broker.
    repeats      bigint NOT NULL DEFAULT 0,
    -- Times its numbering began anew, and when last, by the device's time.
    restarts     bigint NOT NULL DEFAULT 0,
    restarted_at timestamptz
);
