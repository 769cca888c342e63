"""Impacts, straps and beds in words a test can be read by; the movements are made up, with the scores they get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from geofence.motion import MotionSummary
from geofence.reading import BedReport, BedStatus, Fix, Reading, ReadingKind, SafetyEvent, SafetyEventType
from tests.geofence.scenes import BRACELET, Story, reading, sos

#: Score 0.82: turned by 85 degrees, then hardly a movement.
FALL = MotionSummary(
    peak_g=3.0, over_2g_share=0.1, lowest_before_g=0.5, falling_share=0.1, core_sd_g=0.7, jerk_g_per_s=60.0,
    impulse_g=0.35, before_sd_g=0.1, before_turn_g=0.25, after_sd_g=0.05, after_turn_g=0.1, after_offset_g=0.03,
    posture_change_deg=85.0, settle_s=1.0,
)  # fmt: skip
#: Score 0.988.
SURE_FALL = replace(
    FALL, peak_g=4.0, core_sd_g=0.9, jerk_g_per_s=110.0, impulse_g=0.5, posture_change_deg=90.0, after_sd_g=0.03,
    after_turn_g=0.05,
)  # fmt: skip
#: Score 0.65.
SOFTER_FALL = replace(FALL, peak_g=2.8, core_sd_g=0.5, posture_change_deg=75.0)
#: Score 0.46: as soft as sliding from a bed.
SLID_DOWN = replace(FALL, peak_g=2.5, core_sd_g=0.5, posture_change_deg=60.0)
#: Score 0.16.
SAT_DOWN = replace(SLID_DOWN, peak_g=2.2, posture_change_deg=30.0)

BED = "zb-bed"


def impact(
    seconds: float,
    motion: MotionSummary | None = None,
    fix_: Fix | None = None,
    *,
    event_id: str = "i1",
    impact_g: float | None = 3.4,
    **further: Any,
) -> Reading:
    event = SafetyEvent(event_id=event_id, type=SafetyEventType.IMPACT, impact_g=impact_g, motion=motion)
    return msgspec.structs.replace(sos(seconds, event_id, fix_, **further), event=event)


def strap_event(seconds: float, type_: str, *, event_id: str = "s1", **further: Any) -> Reading:
    return sos(seconds, event_id, type=SafetyEventType(f"strap_{type_}"), **further)


def bed(seconds: float, status: str, **further: Any) -> Reading:
    return reading(seconds, kind=ReadingKind.BED, bed=BedReport(status=BedStatus(status)), device_id=BED, **further)


def beats(story: Story, *seconds: float, device_id: str = BRACELET, **further: Any) -> None:
    """Heartbeats that say the same."""
    for each in seconds:
        story.hear(reading(each, device_id=device_id, **further))


def reasons(story: Story, kind: str) -> list[str]:
    return [detection.reason for detection in story.detections if detection.kind == kind]
