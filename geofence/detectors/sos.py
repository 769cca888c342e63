"""A pressed button. Judged however late and however bad its fix: the last good place serves, and it is said.

A bad fix is still better than none: when no good place is known, it serves with the radius it has.

Rule: every safety event of type `sos` whose id was not judged before is a detection. There is no threshold.
"""

from __future__ import annotations

from geofence.detection import Detection, DetectionKind, Place
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.reading import SafetyEventType
from geofence.track import usable


def step(state: None, seen: Observation) -> tuple[None, Judgement]:
    """Judge one live reading."""
    reading = seen.reading
    if reading.event is None or reading.event.type is not SafetyEventType.SOS:
        return state, NOTHING
    place, origin = _place(seen)
    detection = Detection(
        detection_id=identify(
            reading.person_id, DetectionKind.SOS, reading.at, reading.device_id, reading.event.event_id
        ),
        person_id=reading.person_id,
        device_id=reading.device_id,
        kind=DetectionKind.SOS,
        reason="pressed",
        at=reading.at,
        place=place,
        evidence={
            "event_id": reading.event.event_id,
            "late_s": round(max(0.0, (reading.received_at - reading.at).total_seconds()), 1),
            "place": origin,
            # 0 too when the button was pressed before the place was known, which a late message can tell.
            "place_age_s": round(max(0.0, (reading.at - place.at).total_seconds()), 1) if place else None,
            **when(seen.person, reading.at),
        },
    )
    return state, Judgement(detections=(detection,))


def _place(seen: Observation) -> tuple[Place | None, str]:
    """Where to go: the event's own fix if it is usable or all there is, else the last believed place."""
    fix, at = seen.reading.fix, seen.reading.at
    if fix is not None and (usable(fix, seen.person.policy) or seen.last_place is None):
        return Place(latitude=fix.latitude, longitude=fix.longitude, accuracy_m=fix.accuracy_m, at=at), "own_fix"
    return seen.last_place, "last_good" if seen.last_place else "unknown"
