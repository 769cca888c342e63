"""Text frames of elder watches, `[3G*id*length*command,...]`, as vendors' gateways pass them through; often several.

The frames are those of the "SeTracker" family ([3G*, [SG*, [ZJ*, [CS* and others): UD and its variants are positions,
AL is one with an alarm, LK keeps the link. Vendors publish the protocol; what of it is read is in docs/wire.md. Times
are UTC, coordinates WGS-84, speeds km/h. Steps are counted from midnight, not from the last message, and left away.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from geofence.reading import Fix, FixSource, ReadingKind, SafetyEvent, SafetyEventType
from ingest.wire.fields import (
    ACCURACY_BY_SOURCE_M,
    DEVICE_ID,
    LARGEST_ALTITUDE_M,
    LARGEST_SPEED_MPS,
    LEAST_ALTITUDE_M,
)
from ingest.wire.message import Decoded, Ignored, Rejection, RejectionReason, Report, Unkept

_LEVELS = 2
_ID = re.compile(DEVICE_ID)
#: Maker, id, a running number that some makers put in, length of the content in bytes (hexadecimal).
_HEAD = re.compile(r"\[([0-9A-Za-z]{2})\*([^*\[\]]{1,64})\*(?:[0-9A-Fa-f]{4}\*)?([0-9A-Fa-f]{4})\*")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_POSITION = re.compile(r"(?:UD|AL|WT)(?:\d|_[A-Z]+)?", re.ASCII)
#: A number as watches write it; some pad with a blank.
_NUMBER = re.compile(r" *-?\d{1,10}(?:\.\d{0,12})?", re.ASCII)
_KPH = 1 / 3.6
#: Place of the state among the fields of a position; after it come the networks in sight.
_STATE = 15

#: Bits of the state that are safety events. 21 and 22 are a fall, by maker.
ALARM_BITS = {
    16: SafetyEventType.SOS,
    20: SafetyEventType.STRAP_REMOVED,
    21: SafetyEventType.IMPACT,
    22: SafetyEventType.IMPACT,
}
#: Bits that say that it is on no wrist: one for as long as that is so, one when it is taken off. Neither: it is worn.
_OFF_BITS = (3, 20)
#: Bits that are alarms but none of ours: low battery, the watch's own fences, as state and as alarm.
_OTHER_ALARM_BITS = (0, 1, 2, 17, 18, 19)
#: Readings of the body: counted, there is no table for a bracelet's yet.
BODY: dict[str, tuple[Unkept, ...]] = {
    "heart": (Unkept.HEART_RATE,),
    "pulse": (Unkept.HEART_RATE,),
    "hrtstart": (Unkept.HEART_RATE,),
    "bphrt": (Unkept.BLOOD_PRESSURE, Unkept.HEART_RATE),
    "blood": (Unkept.BLOOD_PRESSURE,),
    "oxygen": (Unkept.OXYGEN,),
    "temp": (Unkept.TEMPERATURE,),
    "btemp2": (Unkept.TEMPERATURE,),
}


@dataclass(slots=True, kw_only=True)
class _Heard:
    """What the frames of one message add up to."""

    decoded: list[Decoded] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    #: Why, as far as one word says it.
    reason: RejectionReason = RejectionReason.MALFORMED
    #: A frame without a time came: the watch is alive now.
    alive: bool = False
    battery_pct: float | None = None


def device_of(levels: list[str]) -> str | None:
    """`watch/{device}`; the device id is the one that its frames carry."""
    return levels[1] if len(levels) == _LEVELS and _ID.fullmatch(levels[1]) else None


def decode(levels: list[str], payload: bytes) -> tuple[Decoded, ...]:
    """Every frame of one message; what is wrong with some of them is one rejection beside the others. Never raises."""
    heard = _Heard()
    # Lengths count bytes; names of networks may be in any encoding.
    for device_id, content in _frames(payload.decode("latin-1"), heard.problems):
        if device_id != levels[1]:
            heard.problems.append("a frame names another device than the topic")
            heard.reason = RejectionReason.WRONG_DEVICE
        else:
            _frame(content, heard)
    if heard.alive:
        heard.decoded.append(Report(kind=ReadingKind.HEARTBEAT, at=None, battery_pct=heard.battery_pct))
    if heard.problems:
        more = f" ({len(heard.problems)} problems in all)" if len(heard.problems) > 1 else ""
        heard.decoded.append(Rejection(reason=heard.reason, detail=heard.problems[0] + more))
    return tuple(heard.decoded)


def _frames(text: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    """(id, content) of each frame. A length that does not lead to a closing bracket yields to the next bracket."""
    position = 0
    while head := _HEAD.search(text, position):
        if text[position : head.start()].strip():
            problems.append("text between frames")
        end = head.end() + int(head[3], 16)
        if text[end : end + 1] != "]":
            end = text.find("]", head.end())
        if end < 0:
            problems.append("a frame without its closing bracket")
            return
        yield head[2], text[head.end() : end]
        position = end + 1
    if text[position:].strip() or not position:
        problems.append("no frame `[maker*id*length*command,...]`" if not position else "text after the last frame")


def _frame(content: str, heard: _Heard) -> None:
    command, _, rest = content.partition(",")
    values = rest.split(",") if rest else []
    if _POSITION.fullmatch(command):
        _position(command, content, values, heard)
        return
    heard.alive = True
    if command == "LK":
        # Steps, turns in sleep, battery.
        battery_pct = _number(values, 2, 0, 100)
        heard.battery_pct = heard.battery_pct if battery_pct is None else battery_pct
        return
    heard.decoded += [Ignored(what=what) for what in BODY.get(command.lower(), (Unkept.OTHER,))]


def _position(command: str, content: str, values: Sequence[str], heard: _Heard) -> None:
    """A frame with a position: the reading, the safety events in its state, the networks in sight."""
    at, state = _instant(values), _state(values)
    calls = {type_: bit for bit, type_ in ALARM_BITS.items() if state is not None and state >> bit & 1}
    problem = _problem(at, state, values)
    fix = None if problem else _fix(values)
    if problem is None:
        heard.decoded.append(_reading(at, fix, values, state or 0))
    if problem is not None and not calls:
        heard.problems.append(f"{command[:8]}: {problem}")
        return
    moment = hashlib.sha256(content.encode()).hexdigest()[:16] if at is None else f"{at.timestamp():.0f}"
    for type_ in calls:
        event = SafetyEvent(event_id=f"watch-{type_}-{moment}", type=type_)
        heard.decoded.append(
            Report(kind=ReadingKind.EVENT, at=at, fix=fix, event=event, battery_pct=_number(values, 12, 0, 100))
        )
    heard.decoded += _counted(state or 0, values[_STATE + 1 :])


def _reading(at: datetime | None, fix: Fix | None, values: Sequence[str], state: int) -> Report:
    return Report(
        kind=ReadingKind.HEARTBEAT if fix is None else ReadingKind.LOCATION,
        at=at,
        fix=fix,
        battery_pct=_number(values, 12, 0, 100),
        worn=not any(state >> bit & 1 for bit in _OFF_BITS),
    )


def _problem(at: datetime | None, state: int | None, values: Sequence[str]) -> str | None:
    """What makes a frame useless, in one phrase."""
    if at is None:
        return "no date and time, ddmmyy,hhmmss"
    if state is None:
        return "no state in hexadecimal in its 16th field"
    if values[2] not in {"A", "V"}:
        return "validity is neither A nor V"
    if _number(values, 3, -90, 90) is None or _number(values, 5, -180, 180) is None:
        return "no latitude and longitude"
    return None


def _fix(values: Sequence[str]) -> Fix | None:
    """The position. Where the satellites were not heard (V) it is the last one known, or no place at all.

    Such a place is passed on as one from a cell tower, which no zone state ever follows: the person may have walked on.
    """
    latitude, longitude = _number(values, 3, -90, 90), _number(values, 5, -180, 180)
    if latitude is None or longitude is None or (values[2] == "V" and latitude == longitude == 0):
        return None
    source = FixSource.GNSS if values[2] == "A" else FixSource.CELL
    speed_kph, true = _number(values, 7, 0, LARGEST_SPEED_MPS / _KPH), source is FixSource.GNSS
    return Fix(
        latitude=-abs(latitude) if values[4] == "S" else latitude,
        longitude=-abs(longitude) if values[6] == "W" else longitude,
        accuracy_m=ACCURACY_BY_SOURCE_M[source],
        source=source,
        altitude_m=_number(values, 9, LEAST_ALTITUDE_M, LARGEST_ALTITUDE_M) if true else None,
        speed_mps=speed_kph * _KPH if true and speed_kph is not None else None,
        heading_deg=_number(values, 8, 0, 360) if true else None,
    )


def _counted(state: int, networks: Sequence[str]) -> Iterator[Ignored]:
    others = sum(state >> bit & 1 for bit in _OTHER_ALARM_BITS)
    wifi = sum(1 for value in networks if _MAC.fullmatch(value))
    cells = _number(networks, 0, 0, 20) or 0
    for what, count in ((Unkept.ALARM, others), (Unkept.CELL, int(cells)), (Unkept.WIFI, wifi)):
        if count:
            yield Ignored(what=what, count=count)


def _instant(values: Sequence[str]) -> datetime | None:
    """`ddmmyy,hhmmss`, UTC."""
    stamp = "".join(values[:2])
    if len(stamp) != len("ddmmyyhhmmss") or not stamp.isascii() or not stamp.isdigit():
        return None
    day, month, year, hour, minute, second = (int(stamp[at : at + 2]) for at in range(0, 12, 2))
    try:
        return datetime(2_000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _state(values: Sequence[str]) -> int | None:
    told = "".join(values[_STATE : _STATE + 1])
    return int(told, 16) if re.fullmatch(r"[0-9A-Fa-f]{4,8}", told) else None


def _number(values: Sequence[str], place: int, least: float, largest: float) -> float | None:
    """The number in one field, if it is one and in range."""
    told = values[place] if place < len(values) else ""
    value = float(told) if _NUMBER.fullmatch(told) else None
    return value if value is not None and least <= value <= largest else None
