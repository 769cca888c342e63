"""What a decoder hands on: a `Message` that can be judged or stored, or a `Rejection` with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from geofence.reading import BedReport, Fix, ReadingKind, SafetyEvent

#: Bytes of a rejected payload that are kept.
KEPT_BYTES = 4_096


class RejectionReason(StrEnum):
    """Why a message was rejected; docs/wire.md says what to do about each."""

    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_DEVICE = "unknown_device"
    WRONG_KIND = "wrong_kind"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    INVALID_FIELD = "invalid_field"
    DATUM_UNSUPPORTED = "datum_unsupported"
    CLOCK_AHEAD = "clock_ahead"
    #: Ours: the engine failed on this one message. Logged as an error, never hidden.
    ENGINE_ERROR = "engine_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A message that cannot be used."""

    reason: RejectionReason
    #: One sentence for the operator; names the field.
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A decoded reading, before it is known whose it is."""

    kind: ReadingKind
    at: datetime
    seq: int | None = None
    #: Real time, for latency only.
    published_wall: datetime | None = None
    fix: Fix | None = None
    bed: BedReport | None = None
    event: SafetyEvent | None = None
    battery_pct: float | None = None
    charging: bool | None = None
    worn: bool | None = None
    steps: int | None = None
    signal_dbm: float | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A device came or went."""

    online: bool
    at: datetime | None = None
    seq: int | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command."""

    command_id: str
    at: datetime
    result: str
    detail: str | None = None
    seq: int | None = None


Decoded = Report | Status | Answer | Rejection
