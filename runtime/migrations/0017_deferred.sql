-- Under load a person's newest position and a device's state are written about once a second, not with every reading
-- (decision 0016). What was heard in between is here, in the transaction of its readings, so that a process that is
-- killed leaves nothing unknown. Empty while little comes in, and after every end and start.
CREATE TABLE deferred_rows ( -- writer: ingest
    batch bigint PRIMARY KEY,
    -- ingest.deferring, MessagePack: what was put off, and what was written since.
    told  bytea NOT NULL
);
-- Gone within a second or two: compressing it is not worth the time, and what is dead should be used again soon.
ALTER TABLE deferred_rows ALTER COLUMN told SET STORAGE EXTERNAL;
ALTER TABLE deferred_rows SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000);
