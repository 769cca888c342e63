-- Gaps in a device's numbers are stored with the last number when they were noted, so that a number that goes on by one
-- leaves them as they are.
UPDATE device_states SET seq_gaps = int8send(last_seq) || seq_gaps WHERE length(seq_gaps) > 0 AND last_seq IS NOT NULL;
