"""Fields of a message that more than one wire format has: their ranges, and what is assumed where one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from geofence.reading import FixSource
from ingest.wire.message import Rejection, RejectionReason

#: 2000-01-01 to 2100-01-01: outside of it a clock is not wrong by a day but not set at all. Seconds since 1970.
EARLIEST_S, LATEST_S = 946_684_800, 4_102_444_800
#: Most that a radius may be. Metres.
LARGEST_ACCURACY_M = 100_000.0
LEAST_ALTITUDE_M, LARGEST_ALTITUDE_M = -500.0, 9_000.0
LARGEST_SPEED_MPS = 150.0

Instant = Annotated[float, Meta(ge=EARLIEST_S, le=LATEST_S)]
Sequence = Annotated[int, Meta(ge=0, le=4_294_967_295)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
AccuracyM = Annotated[float, Meta(gt=0, le=LARGEST_ACCURACY_M)]
AltitudeM = Annotated[float, Meta(ge=LEAST_ALTITUDE_M, le=LARGEST_ALTITUDE_M)]
SpeedMps = Annotated[float, Meta(ge=0, le=LARGEST_SPEED_MPS)]
HeadingDeg = Annotated[float, Meta(ge=0, le=360)]
Steps = Annotated[int, Meta(ge=0, le=100_000)]
#: No NUL: PostgreSQL keeps none in a text.
STORABLE = r"^[^\x00]*\Z"
ShortText = Annotated[str, Meta(max_length=64, pattern=STORABLE)]
#: An id as a topic may name it and the registry may hold it.
DEVICE_ID = r"[A-Za-z0-9_-]{1,64}"

#: Accuracy of a fix that does not say: reference values for each source, on the careful side. Metres.
ACCURACY_BY_SOURCE_M = {
    FixSource.GNSS: 30.0,
    FixSource.WIFI: 60.0,
    FixSource.BEACON: 30.0,
    FixSource.CELL: 1_000.0,
}


class RefusedError(Exception):
    """A message cannot be used; says why. Never leaves `ingest.wire`."""

    def __init__(self, reason: RejectionReason, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason=reason, detail=detail)


def json_object(payload: bytes) -> Mapping[str, Any]:
    """The one JSON object that a payload is.

    Raises:
        RefusedError: it is none.
    """
    try:
        told = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(RejectionReason.MALFORMED, f"not one JSON object: {error}") from None
    if not isinstance(told, dict):
        raise RefusedError(RejectionReason.MALFORMED, f"not one JSON object but {type(told).__name__}")
    return told


def number(told: Mapping[str, Any], name: str, least: float, largest: float) -> float | None:
    """A number that may be missing; None too if it is none or out of range, as devices send -1 for *unknown*."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= largest:
        return None
    return float(value)


def needed_number(told: Mapping[str, Any], name: str, least: float, largest: float) -> float:
    """A number without which the message says nothing.

    Raises:
        RefusedError: it is missing, no number or out of range.
    """
    value = number(told, name, least, largest)
    if value is None:
        raise RefusedError(
            RejectionReason.INVALID_FIELD, f"needs a number from {least:g} to {largest:g} - at `$.{name}`"
        )
    return value


def accuracy_m(value: float | None, source: FixSource) -> float:
    """The radius of a fix: as told, as usual for its source if nothing or 0 is told, and never above the largest."""
    return min(value, LARGEST_ACCURACY_M) if value else ACCURACY_BY_SOURCE_M[source]
