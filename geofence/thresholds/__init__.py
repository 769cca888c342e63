"""Every threshold with default, unit, source, status and bounds: one file a family, joined in `geofence.policy`."""
