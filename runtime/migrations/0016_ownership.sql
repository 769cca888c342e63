-- Who may write what ingest writes: a partition of persons has one owner at a time, and each new one a higher epoch.
-- Checked inside the transaction of every batch, so that an owner who was deposed and does not know it cannot commit.
CREATE TABLE ingest_owners ( -- writer: ingest
    partition int PRIMARY KEY CHECK (partition >= 0),
    epoch     bigint NOT NULL,
    since     timestamptz NOT NULL DEFAULT now()
);

-- One row a device, replaced with every reading: room for its next version on the same page spares the index a new entry.
ALTER TABLE device_states SET (fillfactor = 50);
