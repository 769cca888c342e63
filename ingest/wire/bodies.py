"""What a native message says, by the last level of its topic: fields and ranges are those of docs/wire.md."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from geofence.datum import Datum, to_wgs84
from geofence.reading import (
    BedReport,
    BedStatus,
    Fix,
    FixSource,
    ReadingKind,
    SafetyEvent,
    SafetyEventType,
)
from ingest.wire import motion
from ingest.wire.fields import (
    STORABLE,
    AccuracyM,
    AltitudeM,
    HeadingDeg,
    Instant,
    Latitude,
    Longitude,
    Percent,
    RefusedError,
    Sequence,
    ShortText,
    SpeedMps,
    Steps,
    accuracy_m,
)
from ingest.wire.message import Answer, Decoded, Rejection, RejectionReason, Report, Status


class _Up(Struct, kw_only=True):
    at: Instant
    seq: Sequence | None = None
    published_at: Instant | None = None


class _Position(Struct, kw_only=True):
    latitude: Latitude
    longitude: Longitude
    accuracy_m: AccuracyM | None = None
    source: FixSource = FixSource.GNSS
    datum: str = "wgs84"


class LocationBody(_Position, kw_only=True):
    """One fix."""

    at: Instant
    seq: Sequence | None = None
    published_at: Instant | None = None
    altitude_m: AltitudeM | None = None
    speed_mps: SpeedMps | None = None
    heading_deg: HeadingDeg | None = None
    battery_pct: Percent | None = None
    charging: bool | None = None
    worn: bool | None = None
    steps: Steps | None = None
    at_home: bool | None = None


class HeartbeatBody(_Up, kw_only=True):
    """Alive, without a fix."""

    battery_pct: Percent | None = None
    charging: bool | None = None
    worn: bool | None = None
    steps: Steps | None = None
    at_home: bool | None = None
    signal_dbm: Annotated[float, Meta(ge=-150, le=0)] | None = None
    firmware: ShortText | None = None


class BedBody(_Up, kw_only=True):
    """One report of a bed."""

    status: BedStatus
    heart_rate_bpm: Annotated[float, Meta(ge=0, le=300)] | None = None
    breathing_rate_bpm: Annotated[float, Meta(ge=0, le=100)] | None = None
    movement_pct: Percent | None = None
    quality_pct: Percent | None = None
    breathing_amplitude_pct: Annotated[float, Meta(ge=0, le=1000)] | None = None
    apnea_s: Annotated[float, Meta(ge=0, le=600)] | None = None


#: Digits of the longest whole number that any field may hold.
MAX_DIGITS = 19
EventId = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,64}\Z")] | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class _EventCore(Struct, kw_only=True):
    """What an event needs so that it can be believed at all."""

    id: EventId
    type: SafetyEventType


class _EventExtras(Struct, kw_only=True):
    """What an event may say besides; each is left away if it is wrong."""

    at: Instant | None = None
    seq: Sequence | None = None
    published_at: Instant | None = None
    impact_g: Annotated[float, Meta(ge=0, le=100)] | None = None
    battery_pct: Percent | None = None


EVENT_FIELDS = frozenset(
    name for part in (_EventCore, _EventExtras, _Position) for name in part.__struct_fields__
).union(motion.FIELDS)


class _Status(Struct, kw_only=True):
    online: bool
    at: Instant | None = None
    seq: Sequence | None = None
    published_at: Instant | None = None
    firmware: ShortText | None = None
    model: ShortText | None = None
    gateway: ShortText | None = None


class _Answer(_Up, kw_only=True):
    id: Annotated[str, Meta(min_length=1, max_length=64, pattern=STORABLE)]
    result: Literal["done", "refused", "failed"]
    detail: Annotated[str, Meta(max_length=200, pattern=STORABLE)] | None = None


S = TypeVar("S", bound=Struct)

_DATUMS = {str(datum): datum for datum in Datum}
_WGS84 = str(Datum.WGS84)
#: A member of an enumeration takes as long to look up as a field to read.
_LOCATION = ReadingKind.LOCATION


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _in_wgs84(position: _Position) -> tuple[float, float]:
    """Latitude and longitude in WGS-84, whatever they came in.

    Raises:
        RefusedError: the datum is not known.
    """
    if position.datum == _WGS84:
        return position.latitude, position.longitude
    if position.datum not in _DATUMS:
        detail = f"datum is {position.datum[:20]!r}; known are {', '.join(_DATUMS)}"
        raise RefusedError(RejectionReason.DATUM_UNSUPPORTED, detail)
    return to_wgs84(position.latitude, position.longitude, _DATUMS[position.datum])


def _guarded(kind: type[S], build: Callable[[S], Decoded]) -> Callable[[bytes], Decoded]:
    """A decoder that turns every way in which a payload can be wrong into a rejection."""
    decoder = msgspec.json.Decoder(kind)

    def decode(payload: bytes) -> Decoded:
        try:
            return build(decoder.decode(payload))
        except RefusedError as refused:
            return refused.rejection
        except msgspec.ValidationError as error:
            return rejected(error)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return malformed(error)

    return decode


def rejected(error: msgspec.ValidationError) -> Rejection:
    """A field is wrong; or the whole is no object, which has no field to name."""
    field = "$" in str(error) or "field" in str(error)
    return Rejection(reason=RejectionReason.INVALID_FIELD if field else RejectionReason.MALFORMED, detail=str(error))


def malformed(error: Exception) -> Rejection:
    """It is not even JSON."""
    return Rejection(reason=RejectionReason.MALFORMED, detail=f"not one JSON object: {error}")


def location_report(told: LocationBody) -> Report:
    """A fix as a reading.

    Raises:
        RefusedError: its datum is not known.
    """
    latitude, longitude = _in_wgs84(told)
    return Report(
        kind=_LOCATION,
        at=datetime.fromtimestamp(told.at, UTC),
        seq=told.seq,
        published_s=told.published_at,
        fix=Fix(
            latitude=latitude,
            longitude=longitude,
            accuracy_m=accuracy_m(told.accuracy_m, told.source),
            source=told.source,
            altitude_m=told.altitude_m,
            speed_mps=told.speed_mps,
            heading_deg=told.heading_deg,
        ),
        battery_pct=told.battery_pct,
        charging=told.charging,
        worn=told.worn,
        steps=told.steps,
        at_home=told.at_home,
    )


def heartbeat_report(told: HeartbeatBody) -> Report:
    """A sign of life as a reading."""
    return Report(
        kind=ReadingKind.HEARTBEAT,
        at=_instant(told.at),
        seq=told.seq,
        published_s=told.published_at,
        battery_pct=told.battery_pct,
        charging=told.charging,
        worn=told.worn,
        steps=told.steps,
        at_home=told.at_home,
        signal_dbm=told.signal_dbm,
        firmware=told.firmware,
    )


def bed_report(told: BedBody) -> Report:
    """A bed's report as a reading."""
    return Report(
        kind=ReadingKind.BED,
        at=_instant(told.at),
        seq=told.seq,
        published_s=told.published_at,
        bed=BedReport(
            status=told.status,
            # Zero means that the bed has no reading, not that a heart stands still.
            heart_rate_bpm=told.heart_rate_bpm or None,
            breathing_rate_bpm=told.breathing_rate_bpm or None,
            movement_pct=told.movement_pct,
            quality_pct=told.quality_pct,
            breathing_amplitude_pct=told.breathing_amplitude_pct,
            apnea_s=told.apnea_s,
        ),
    )


#: What a value that is none is met with; a text with half a character in it cannot even be looked at.
NO_VALUE = (msgspec.ValidationError, UnicodeError)


def _event(payload: bytes) -> Decoded:
    """An event survives everything but a missing id or type: what else is wrong is left away.

    Python's own parser reads the NaN that some firmware sends for a position it does not have.
    """
    try:
        told = _known(json.loads(payload, parse_int=_whole))
        core = msgspec.convert(told, _EventCore)
    except msgspec.ValidationError as error:
        return rejected(error)
    except (ValueError, RecursionError) as error:
        return malformed(error)
    extras = _valid_extras(told)
    return Report(
        kind=ReadingKind.EVENT,
        at=None if extras.at is None else _instant(extras.at),
        seq=extras.seq,
        published_s=extras.published_at,
        fix=_event_fix(told),
        event=SafetyEvent(event_id=str(core.id), type=core.type, impact_g=extras.impact_g, motion=motion.motion(told)),
        battery_pct=extras.battery_pct,
    )


def _known(told: object) -> dict[str, object]:
    """An object's fields that have a meaning: the name of another may hold what no decoder takes."""
    if not isinstance(told, dict):
        raise msgspec.ValidationError(f"Expected `object`, got `{type(told).__name__}`")
    return {name: value for name, value in told.items() if name in EVENT_FIELDS}


def _whole(digits: str) -> int | float:
    """A whole number; one that is too long for any field must not cost the event, and Python refuses the longest."""
    return int(digits) if len(digits.lstrip("-")) <= MAX_DIGITS else float("inf")


def _valid_extras(told: dict[str, object]) -> _EventExtras:
    extras = _EventExtras()
    for name in _EventExtras.__struct_fields__:
        with contextlib.suppress(*NO_VALUE):
            value = getattr(msgspec.convert({name: told.get(name)}, _EventExtras), name)
            setattr(extras, name, value)
    return extras


def _event_fix(told: dict[str, object]) -> Fix | None:
    try:
        position = msgspec.convert(told, _Position)
        latitude, longitude = _in_wgs84(position)
    except (*NO_VALUE, RefusedError):
        return None
    radius_m = accuracy_m(position.accuracy_m, position.source)
    return Fix(latitude=latitude, longitude=longitude, accuracy_m=radius_m, source=position.source)


def _status(told: _Status) -> Status:
    at = None if told.at is None else _instant(told.at)
    gateway = told.gateway or None
    return Status(online=told.online, at=at, seq=told.seq, firmware=told.firmware, gateway=gateway)


def _answer(told: _Answer) -> Answer:
    return Answer(command_id=told.id, at=_instant(told.at), result=told.result, detail=told.detail, seq=told.seq)


DECODERS: dict[str, Callable[[bytes], Decoded]] = {
    "location": _guarded(LocationBody, location_report),
    "heartbeat": _guarded(HeartbeatBody, heartbeat_report),
    "bed": _guarded(BedBody, bed_report),
    "event": _event,
    "status": _guarded(_Status, _status),
    "answer": _guarded(_Answer, _answer),
}
