-- Who may write what ingest writes: a partition of persons has one owner at a time, and each new one a higher epoch.
-- Checked inside the transaction of every batch, so that an owner who was deposed and does not know it cannot commit.
CREATE TABLE ingest_owners ( -- writer: ingest
    partition int PRIMARY KEY CHECK (partition >= 0),
    epoch     bigint NOT NULL,
    since     timestamptz NOT NULL DEFAULT now()
);
