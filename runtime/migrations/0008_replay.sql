-- What an engine state needs to be told again: a state is stored when it changes, readings that change nothing leave
-- only when they were heard and where (geofence.engine.with_hearsay). And messages that were sent again from quarantine.

-- Event time of the newest live reading of each kind.
ALTER TABLE device_states ADD COLUMN location_at timestamptz;
ALTER TABLE device_states ADD COLUMN heartbeat_at timestamptz;
ALTER TABLE device_states ADD COLUMN bed_at timestamptz;

-- To the bit what the device said: the engine starts from it.
ALTER TABLE latest_positions ALTER COLUMN accuracy_m TYPE double precision;

-- When `tongxing replay --quarantine` sent it again; null: never.
ALTER TABLE quarantine ADD COLUMN replayed_at timestamptz;
