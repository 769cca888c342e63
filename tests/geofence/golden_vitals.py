"""Words of the traces for heart, breath, silence and batteries: `lies, pulse 38`, `depth 5 %`, and what is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from geofence.detection import Detection
from geofence.reading import BedReport, BedStatus, ReadingKind

LIES = BedReport(
    status=BedStatus.OCCUPIED, heart_rate_bpm=60.0, breathing_rate_bpm=14.0, movement_pct=0.0, quality_pct=90.0
)
#: A part such as `pulse 38` or `pulse none`, and the field it fills in.
FIELDS = {
    r"pulse (\d+|none)": "heart_rate_bpm",
    r"breath (\d+|none)": "breathing_rate_bpm",
    r"depth (\d+) %": "breathing_amplitude_pct",
    r"own pause (\d+) s": "apnea_s",
    r"quality (\d+) %": "quality_pct",
    r"stirring (\d+) %": "movement_pct",
}


def about_vitals(values: dict[str, Any], part: str) -> bool:
    """Add one part of a line to a reading's values, if it is one of ours; `lies` comes first."""
    if part == "lies":
        values |= {"kind": ReadingKind.BED, "bed": LIES, "device_id": "bed"}
        return True
    for pattern, field in FIELDS.items():
        if (match := re.fullmatch(pattern, part)) and "bed" in values:
            value = None if match[1] == "none" else float(match[1])
            values["bed"] = msgspec.structs.replace(values["bed"], **{field: value})
            return True
    return False


def told(detection: Detection) -> str | None:
    """What was concluded, in words; None: not one of ours."""
    words = TOLD.get(str(detection.kind))
    return words(detection) if words else None


def _heart(detection: Detection) -> str:
    evidence, reason = detection.evidence, detection.reason.replace("_", " ").upper()
    return f"HEART {reason} ({evidence['rate_bpm']:.0f}, limit {evidence['limit_bpm']:.0f}, for {evidence['held_s']} s)"


def _breath(detection: Detection) -> str:
    evidence, reason = detection.evidence, detection.reason.replace("_", " ").upper()
    return (
        f"BREATH {reason} ({evidence['rate_bpm']:.0f}, limit {evidence['limit_bpm']:.0f}, for {evidence['held_s']} s)"
    )


def _apnea(detection: Detection) -> str:
    evidence = detection.evidence
    if detection.reason == "single_pause":
        return f"a pause of {evidence['pause_s']} s, nobody is called"
    return (
        f"{detection.reason.replace('_', ' ').upper()} ({evidence['pause_s']} s, {evidence['pauses_count']} in an hour)"
    )


def _silence(detection: Detection) -> str:
    evidence = detection.evidence
    battery, after_s = evidence["battery_pct"], evidence["after_leaving_s"]
    further = f", {after_s} s after leaving" if after_s is not None else ""
    further += f", battery {battery:.0f} %" if battery is not None else ""
    return f"SILENCE ({detection.reason.replace('_', ' ')}, {float(evidence['silent_s'] or 0) / 60:.0f} min{further})"


TOLD: dict[str, Callable[[Detection], str]] = {
    "heart_rate": _heart,
    "breathing_rate": _breath,
    "apnea": _apnea,
    "silence": _silence,
}
