"""The detectors, in the order in which they judge a reading."""

from geofence.detectors import low_battery, sos, zone

__all__ = ["low_battery", "sos", "zone"]
