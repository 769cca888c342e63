-- When ingest listened. What passed between two spans is no evidence of anything: nobody was there to hear.

CREATE TABLE listened ( -- writer: ingest
    since timestamptz PRIMARY KEY,
    until timestamptz NOT NULL,
    CHECK (until >= since)
);
