"""Words of the traces for beds: `bed occupied with pulse 62 moving 40 %`, `bed B empty`, and what is told of them."""

from __future__ import annotations

import re
from typing import Any

from geofence.detection import Detection
from geofence.reading import BedReport, BedStatus, ReadingKind

#: A report: which bed, what it says, its pulse, its movement.
REPORT = re.compile(r"bed(?: ([A-Z]))? (\w+)(?: with pulse (\d+))?(?: moving (\d+) %)?( with nothing at all)?")
#: What starts the words of each kind.
KINDS = {
    "up at": "bed_exit",
    "NOT BACK": "no_return",
    "STILL IN BED": "still_in_bed",
    "restless night": "restless",
    "BED SENSOR": "bed_sensor_fault",
    "turn": "turn_reminder",
}


def about_bed(values: dict[str, Any], part: str) -> bool:
    """Add one part of a line to a reading's values, if it is one of ours."""
    match = REPORT.fullmatch(part)
    if match is None:
        return False
    nothing = {"movement_pct": 0.0} if match[5] else {}
    pulse = {"heart_rate_bpm": float(match[3]), "breathing_rate_bpm": 14.0, "quality_pct": 90.0} if match[3] else {}
    moving = {"movement_pct": float(match[4])} if match[4] else {}
    bed = BedReport(status=BedStatus(match[2]), **(nothing | pulse | moving))
    values |= {"kind": ReadingKind.BED, "bed": bed, "device_id": f"bed {match[1]}" if match[1] else "bed"}
    return True


def told(detection: Detection) -> str | None:  # noqa: PLR0911 - one for each kind
    """What was concluded, in words; None: not one of ours."""
    reason, evidence = detection.reason.replace("_", " "), detection.evidence
    match str(detection.kind):
        case "bed_exit":
            return f"up at {evidence['local_time']}, nobody is called"
        case "no_return":
            return f"NOT BACK IN BED ({reason}, after {evidence['absent_min']:.0f} min)"
        case "still_in_bed":
            return f"STILL IN BED ({reason}, for {float(evidence['in_bed_min'] or 0) / 60:.0f} h)"
        case "restless":
            return f"restless night ({evidence['moved_min']:.0f} of {evidence['window_min']:.0f} min)"
        case "bed_sensor_fault":
            return f"BED SENSOR ({reason}, for {evidence['fault_min']:.0f} min)"
        case "turn_reminder":
            return f"turn him, {evidence['still_min']:.0f} min in one position"
        case _:
            return None
