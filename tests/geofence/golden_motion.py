"""Words of the traces for impacts, straps and falls: `impact like a fall`, `not worn`, `strap opened`, `home is heard`."""

from __future__ import annotations

import re
from typing import Any

from geofence.detection import Detection
from geofence.motion import MotionSummary
from geofence.reading import ReadingKind, SafetyEvent, SafetyEventType
from tests.geofence.impacts import FALL, SAT_DOWN, SLID_DOWN, SURE_FALL

#: How an impact's movement is called; the scores are in `tests.geofence.impacts`.
LIKE: dict[str, MotionSummary] = {
    "a fall": FALL,
    "a hard fall": SURE_FALL,
    "sliding down": SLID_DOWN,
    "sitting down": SAT_DOWN,
}
SAYS: dict[str, dict[str, Any]] = {
    "worn": {"worn": True},
    "not worn": {"worn": False},
    "home is heard": {"at_home": True},
    "home is not heard": {"at_home": False},
    "no steps": {"steps": 0},
}
#: What starts the words of each kind.
KINDS = {"FALL (": "fall", "FALL AT THE BED": "bedside_fall", "NOT WORN": "strap_removed"}


def about_motion(values: dict[str, Any], part: str) -> bool:
    """Add one part of a line to a reading's values, if it is one of ours."""
    if part in SAYS:
        values |= SAYS[part]
    elif match := re.fullmatch(r"impact(?: (\w\d+))?(?: like (.+))?", part):
        event = SafetyEvent(
            event_id=match[1] or "i1", type=SafetyEventType.IMPACT, motion=LIKE[match[2]] if match[2] else None
        )
        values |= {"kind": ReadingKind.EVENT, "event": event}
    elif match := re.fullmatch(r"strap (opened|closed)(?: (\w\d+))?", part):
        type_ = SafetyEventType.STRAP_REMOVED if match[1] == "opened" else SafetyEventType.STRAP_FASTENED
        values |= {"kind": ReadingKind.EVENT, "event": SafetyEvent(event_id=match[2] or match[1], type=type_)}
    else:
        return False
    return True


def told(detection: Detection) -> str | None:
    """What was concluded, in words; None: not one of ours."""
    reason, evidence = detection.reason.replace("_", " "), detection.evidence
    night = ", night" if evidence["night"] else ""
    match str(detection.kind):
        case "fall":
            score = "" if evidence["score_pct"] is None else f", like a fall to {evidence['score_pct']:.0f} %"
            cause = f", {_cause(evidence)}" if "cause_1" in evidence else ""
            late_s = float(evidence["late_s"] or 0)
            return f"FALL ({reason}{score}{cause}{f', {late_s / 60:.0f} min late' if late_s else ''}{night})"
        case "bedside_fall":
            return f"FALL AT THE BED ({reason}{night})"
        case "strap_removed":
            return f"NOT WORN ({reason}, {evidence['off_min']:.0f} min{night})"
        case _:
            return None


def _cause(evidence: Any) -> str:
    """The strongest reason in words of a nurse, as far as these stories have them."""
    key = str(evidence["cause_1"])
    words = {"posture_change_deg": "turned by {:.0f} degrees", "peak_g": "{:.1f} g at the strongest"}
    return words.get(key, key + " {:g}").format(evidence[key])
