"""Traccar's position forwarder: what its two hundred protocols decode to reaches us as one JSON object a position.

Its settings are in docs/wire.md (https://www.traccar.org/forward/); the fields are those of `Position` and `Device` in
its API reference. An alarm gives a safety event beside the position. The event's id is made of its kind and the
device's time, so a repeat is the same event.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from geofence.reading import Fix, FixSource, ReadingKind, SafetyEvent, SafetyEventType
from ingest.wire.fields import (
    DEVICE_ID,
    EARLIEST_S,
    LARGEST_ALTITUDE_M,
    LARGEST_SPEED_MPS,
    LATEST_S,
    LEAST_ALTITUDE_M,
    RefusedError,
    accuracy_m,
    json_object,
    needed_number,
    number,
)
from ingest.wire.message import Decoded, Ignored, RejectionReason, Report, Unkept

_LEVELS = (2, 3)
_ID = re.compile(DEVICE_ID)
#: Metres a second in a knot.
_KNOT_MPS = 1_852 / 3_600
#: Traccar's names of alarms that are safety events here. The others are counted: a low battery is judged by its level,
#: and fences are ours.
ALARMS = {
    "sos": SafetyEventType.SOS,
    "fallDown": SafetyEventType.IMPACT,
    "removing": SafetyEventType.STRAP_REMOVED,
}


def device_of(levels: list[str]) -> str | None:
    """`traccar/{uniqueId}` or `traccar/{uniqueId}/position`; the device id is Traccar's `uniqueId`."""
    if len(levels) not in _LEVELS or levels[2:] not in ([], ["position"]):
        return None
    return levels[1] if _ID.fullmatch(levels[1]) else None


def decode(levels: list[str], payload: bytes) -> tuple[Decoded, ...]:
    """One forwarded position. Never raises."""
    try:
        told = json_object(payload)
        _same_device(told.get("device"), levels[1])
        return _position(told.get("position"))
    except RefusedError as refused:
        return (refused.rejection,)


def _same_device(device: object, device_id: str) -> None:
    named = device.get("uniqueId") if isinstance(device, dict) else None
    if named != device_id:
        detail = "another device than the topic's, or none, at `$.device.uniqueId`"
        raise RefusedError(RejectionReason.WRONG_DEVICE, detail)


def _position(position: object) -> tuple[Decoded, ...]:
    """The reading, the safety events that came with it, and what is only counted."""
    if not isinstance(position, dict):
        raise RefusedError(RejectionReason.INVALID_FIELD, "no object at `$.position`")
    told = position.get("attributes")
    attributes: Mapping[str, Any] = told if isinstance(told, dict) else {}
    alarms = [alarm.strip() for alarm in str(attributes.get("alarm") or "").split(",") if alarm.strip()]
    said_at = _instant(position, "deviceTime") or _instant(position, "fixTime") or _instant(position, "serverTime")
    calls = [alarm for alarm in dict.fromkeys(alarms) if alarm in ALARMS]
    reading: Report | None = None
    try:
        reading = _reading(position, attributes, said_at)
    except RefusedError:
        # A position that is wrong is a message lost, but never the call for help in it.
        if not calls:
            raise
    moment = _digest(position) if said_at is None else f"{said_at.timestamp():.3f}"
    fix = reading.fix if reading else None
    events = (_event(alarm, f"traccar-{alarm}-{moment}", said_at, fix, attributes) for alarm in calls)
    others = len(alarms) - len(calls)
    counted = (Ignored(what=Unkept.ALARM, count=others),) if others else ()
    return (*((reading,) if reading else ()), *events, *counted)


def _reading(position: Mapping[str, Any], attributes: Mapping[str, Any], said_at: datetime | None) -> Report:
    """A location; a heartbeat where Traccar only repeats the last place it knew."""
    source = _source(position, attributes)
    at = said_at if source is None else (_instant(position, "fixTime") or said_at)
    if at is None:
        raise RefusedError(RejectionReason.INVALID_FIELD, "no time with its offset from UTC at `$.position.fixTime`")
    charge = attributes.get("charge")
    return Report(
        kind=ReadingKind.HEARTBEAT if source is None else ReadingKind.LOCATION,
        at=at,
        fix=None if source is None else _fix(position, source),
        battery_pct=number(attributes, "batteryLevel", 0, 100),
        charging=charge if isinstance(charge, bool) else None,
    )


def _source(position: Mapping[str, Any], attributes: Mapping[str, Any]) -> FixSource | None:
    """Where the fix is from: satellites, or networks that Traccar looked up; None if it is none."""
    if attributes.get("approximate") is True:
        network = position.get("network")
        return FixSource.WIFI if isinstance(network, dict) and network.get("wifiAccessPoints") else FixSource.CELL
    return FixSource.GNSS if position.get("valid") is True and position.get("outdated") is not True else None


def _fix(position: Mapping[str, Any], source: FixSource) -> Fix:
    speed_knots = number(position, "speed", 0, LARGEST_SPEED_MPS / _KNOT_MPS)
    return Fix(
        latitude=needed_number(position, "latitude", -90, 90),
        longitude=needed_number(position, "longitude", -180, 180),
        # Traccar says 0 where the protocol has no accuracy.
        accuracy_m=accuracy_m(number(position, "accuracy", 0, float("inf")), source),
        source=source,
        altitude_m=number(position, "altitude", LEAST_ALTITUDE_M, LARGEST_ALTITUDE_M),
        speed_mps=None if speed_knots is None else speed_knots * _KNOT_MPS,
        heading_deg=number(position, "course", 0, 360),
    )


def _event(
    alarm: str, event_id: str, said_at: datetime | None, fix: Fix | None, attributes: Mapping[str, Any]
) -> Report:
    """By the device's time, not the fix's: two calls with the same old fix are two."""
    return Report(
        kind=ReadingKind.EVENT,
        at=said_at,
        fix=fix,
        event=SafetyEvent(event_id=event_id, type=ALARMS[alarm]),
        battery_pct=number(attributes, "batteryLevel", 0, 100),
    )


def _digest(position: Mapping[str, Any]) -> str:
    """Tells calls without any time apart, and a repeat from another call."""
    return hashlib.sha256(msgspec.json.encode(position, order="deterministic")).hexdigest()[:16]


def _instant(position: Mapping[str, Any], name: str) -> datetime | None:
    """Traccar writes 2026-11-20T12:00:00.000+00:00; before version 5 its offset had no colon."""
    told = position.get(name)
    try:
        at = datetime.fromisoformat(told) if isinstance(told, str) else None
        seconds = at.timestamp() if at is not None and at.tzinfo is not None else 0.0
    except (ValueError, OverflowError):
        return None
    return datetime.fromtimestamp(seconds, UTC) if EARLIEST_S <= seconds <= LATEST_S else None
