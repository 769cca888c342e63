"""A roster for a recording: one person, one bracelet, one round zone where most fixes are."""

from __future__ import annotations

from simulators.recordings import recording as recordings
from simulators.recordings.recording import Recording


def roster(recording: Recording, *, device_id: str, radius_m: float, time_zone: str) -> dict[str, object]:
    """For `tongxing register`; with it the file's exits are judged without drawing a zone by hand."""
    latitude, longitude = recordings.most_visited(recording.fixes)
    person = {
        "external_id": f"replay-{device_id}",
        "display_name": f"recording of {device_id}",
        "birth_year": None,
        "time_zone": time_zone,
        "division": "",
        "approach": "",
        "devices": [{"device_id": device_id, "kind": "bracelet", "model": "recording"}],
        "zones": [
            {
                "name": "home",
                "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
                "radius_m": radius_m,
                "schedule": None,
            }
        ],
        "guardians": [],
        "receivers": [
            {
                "display_name": "replay",
                "priority": 1,
                "language": "en",
                "channels": [{"kind": "log"}],
                "username": None,
            }
        ],
    }
    return {"users": [], "persons": [person], "receivers": []}
