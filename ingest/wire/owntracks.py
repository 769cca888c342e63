"""OwnTracks: a phone with its app becomes a bracelet. JSON, told apart by `_type`.

The fields are those of the OwnTracks Booklet (https://owntracks.org/booklet/tech/json/). Crossings of the phone's own
regions are not used: who is inside is judged by our zones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from geofence.reading import Fix, FixSource, ReadingKind
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
from ingest.wire.message import Decoded, Ignored, RejectionReason, Report, Status, Unkept

#: User and device; what may follow is the kind of message, which `_type` tells too.
_LEVELS = 3
#: No hyphen, so that the first one of a device id ends the user: nobody can choose a name that speaks for another.
_USER = re.compile(r"[A-Za-z0-9_]+")
_ID = re.compile(DEVICE_ID)
_KPH = 1 / 3.6
#: Battery states: 1 unplugged, 2 charging, 3 full and still plugged in. 0 is unknown.
_CHARGING = {1: False, 2: True, 3: True}


def device_of(levels: list[str]) -> str | None:
    """`owntracks/{user}/{device}` and below; the device id is `{user}-{device}`."""
    if len(levels) < _LEVELS or not _USER.fullmatch(levels[1]) or not levels[2]:
        return None
    device_id = f"{levels[1]}-{levels[2]}"
    return device_id if _ID.fullmatch(device_id) else None


def decode(levels: list[str], payload: bytes) -> tuple[Decoded, ...]:
    """One message, by its `_type`. Never raises."""
    try:
        told = json_object(payload)
        _same_device(told.get("topic"), levels)
        kind = told.get("_type")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise _unreadable(kind)
        return (reader(told),)
    except RefusedError as refused:
        return (refused.rejection,)


def _same_device(topic: object, levels: list[str]) -> None:
    """The app may name its topic, as a bridge from HTTP does; `tid`, two characters to show, names nobody."""
    if isinstance(topic, str) and topic.split("/")[:_LEVELS] != levels[:_LEVELS]:
        raise RefusedError(RejectionReason.WRONG_DEVICE, "another device than the topic's at `$.topic`")


def _unreadable(kind: object) -> RefusedError:
    if not isinstance(kind, str):
        return RefusedError(RejectionReason.INVALID_FIELD, "no text at `$._type`")
    advice = "remove the app's encryption key and use TLS" if kind == "encrypted" else "docs/wire.md lists what is read"
    return RefusedError(RejectionReason.UNSUPPORTED, f"_type is {kind[:20]!r}: {advice}")


def _location(told: Mapping[str, Any]) -> Report:
    speed_kph = number(told, "vel", 0, LARGEST_SPEED_MPS / _KPH)
    state = number(told, "bs", 0, 3)
    return Report(
        kind=ReadingKind.LOCATION,
        at=datetime.fromtimestamp(needed_number(told, "tst", EARLIEST_S, LATEST_S), UTC),
        fix=Fix(
            latitude=needed_number(told, "lat", -90, 90),
            longitude=needed_number(told, "lon", -180, 180),
            accuracy_m=accuracy_m(number(told, "acc", 0, float("inf")), FixSource.GNSS),
            altitude_m=number(told, "alt", LEAST_ALTITUDE_M, LARGEST_ALTITUDE_M),
            speed_mps=None if speed_kph is None else speed_kph * _KPH,
            heading_deg=number(told, "cog", 0, 360),
        ),
        battery_pct=number(told, "batt", 0, 100),
        charging=None if state is None else _CHARGING.get(int(state)),
    )


def _will(_: Mapping[str, Any]) -> Status:
    """The broker's word that the phone is gone. Its `tst` is when the phone connected, not when it left."""
    return Status(online=False)


def _ignored(what: Unkept) -> Callable[[Mapping[str, Any]], Decoded]:
    return lambda _: Ignored(what=what)


_READERS: dict[str, Callable[[Mapping[str, Any]], Decoded]] = {
    "location": _location,
    "lwt": _will,
    "transition": _ignored(Unkept.TRANSITION),
    "waypoint": _ignored(Unkept.WAYPOINT),
    "waypoints": _ignored(Unkept.WAYPOINT),
    **{
        kind: _ignored(Unkept.OTHER)
        for kind in ("beacon", "card", "cmd", "configuration", "dump", "request", "status", "steps")
    },
}
