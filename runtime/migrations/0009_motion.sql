-- The fourteen numbers of the movement around an impact, in the order of geofence.motion.NAMES: double precision, so
-- that a replay judges by the very same bits.
ALTER TABLE safety_events ADD COLUMN motion double precision[] CHECK (cardinality(motion) = 14);
