"""A call for help that the engine failed on: told all the same, from the message alone.

Only what a person needs is worked out, and nothing that can fail with it: no state is read but the last place, none is
changed. The identifier is that of the full judgement, so that a message that is judged again later is not told twice.
"""

from __future__ import annotations

from enum import StrEnum

from geofence.detection import Detection, DetectionKind, Place
from geofence.evidence import identify
from geofence.reading import Reading, SafetyEventType


class Reason(StrEnum):
    """What was told; the words after it say that the rest of the engine failed."""

    PRESSED = "pressed_judged_alone"
    IMPACT = "impact_judged_alone"


#: What is never left untold.
CALLS: dict[SafetyEventType, tuple[DetectionKind, Reason]] = {
    SafetyEventType.SOS: (DetectionKind.SOS, Reason.PRESSED),
    SafetyEventType.IMPACT: (DetectionKind.FALL, Reason.IMPACT),
}


def call(reading: Reading, last_place: Place | None) -> Detection | None:
    """The detection of a call for help or an impact; None for anything else.

    Args:
        reading: any.
        last_place: the last believed place, if it can still be known.
    """
    event, fix, at = reading.event, reading.fix, reading.at
    if event is None or event.type not in CALLS:
        return None
    kind, reason = CALLS[event.type]
    place, origin = last_place, "last_good" if last_place else "unknown"
    if fix is not None:
        origin = "own_fix"
        place = Place(latitude=fix.latitude, longitude=fix.longitude, accuracy_m=fix.accuracy_m, at=at)
    return Detection(
        detection_id=identify(reading.person_id, kind, at, reading.device_id, event.event_id),
        person_id=reading.person_id,
        device_id=reading.device_id,
        kind=kind,
        reason=reason,
        at=at,
        place=place,
        evidence={
            "event_id": event.event_id,
            "impact_g": event.impact_g,
            "late_s": round(max(0.0, (reading.received_at - at).total_seconds()), 1),
            "place": origin,
            "place_age_s": round(max(0.0, (at - place.at).total_seconds()), 1) if place else None,
        },
    )
