"""A pressed button. Judged however late and however bad its fix: the last good place serves, and it is said.

A bad fix is still better than none: when no good place is known, it serves with the radius it has.

Rule: every safety event of type `sos` whose id was not judged before is a detection. There is no threshold.
"""

from __future__ import annotations

from geofence.detection import Detection, DetectionKind
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.reading import SafetyEventType
from geofence.whereabouts import age_s, best_place, late_s


def step(state: None, seen: Observation) -> tuple[None, Judgement]:
    """Judge one live reading."""
    reading = seen.reading
    if reading.event is None or reading.event.type is not SafetyEventType.SOS:
        return state, NOTHING
    place, origin = best_place(seen)
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
            "late_s": late_s(seen),
            "place": origin,
            # 0 too when the button was pressed before the place was known, which a late message can tell.
            "place_age_s": age_s(place, reading.at),
            **when(seen.person, reading.at),
        },
    )
    return state, Judgement(detections=(detection,))
