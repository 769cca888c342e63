"""Which of a city's detections would ring somebody's phone, by the tables of alerts."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.decision import loud
from alerts.severity import Fact
from geofence.detection import Detection


def alarms(detections: Iterable[Detection]) -> list[Detection]:
    """Those somebody is called for."""
    return [
        one
        for one in detections
        if one.kind != "zone_enter"
        and loud(Fact(kind=one.kind, reason=one.reason, night=one.evidence.get("night") is True))
    ]
