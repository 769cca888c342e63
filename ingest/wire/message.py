"""What a decoder hands on: what can be judged or stored, what is only counted, or a `Rejection` with its reason."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from geofence.reading import BedReport, Fix, ReadingKind, SafetyEvent

#: Bytes of a rejected payload that are kept.
KEPT_BYTES = 4_096


class RejectionReason(StrEnum):
    """Why a message was rejected; docs/wire.md says what to do about each."""

    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_DEVICE = "unknown_device"
    #: Names another device than its topic, or comes in a format that none of its device's credentials has.
    WRONG_DEVICE = "wrong_device"
    WRONG_KIND = "wrong_kind"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    INVALID_FIELD = "invalid_field"
    DATUM_UNSUPPORTED = "datum_unsupported"
    #: Understood as far as to know that it cannot be read: encrypted, or a type that the format's makers added later.
    UNSUPPORTED = "unsupported"
    CLOCK_AHEAD = "clock_ahead"
    #: Ours: the engine failed on this one message. Logged as an error, never hidden.
    ENGINE_ERROR = "engine_error"


class Rejection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message that cannot be used."""

    reason: RejectionReason
    #: One sentence for the operator; names the field.
    detail: str


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A decoded reading, before it is known whose it is. A struct: one is made for every reading (decision 0008)."""

    kind: ReadingKind
    #: None: the device cannot say, so when it arrived.
    at: datetime | None
    seq: int | None = None
    #: Real time, unix seconds, for latency only.
    published_s: float | None = None
    fix: Fix | None = None
    bed: BedReport | None = None
    event: SafetyEvent | None = None
    battery_pct: float | None = None
    charging: bool | None = None
    worn: bool | None = None
    steps: int | None = None
    at_home: bool | None = None
    signal_dbm: float | None = None
    firmware: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A device came or went."""

    online: bool
    at: datetime | None = None
    seq: int | None = None
    firmware: str | None = None
    #: Through what it reaches us.
    gateway: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of a command."""

    command_id: str
    at: datetime
    result: str
    detail: str | None = None
    seq: int | None = None


class Unkept(StrEnum):
    """What devices of other makers tell and no table keeps yet; the docs say so for each format."""

    #: A zone of the phone's own, and its crossing: the engine judges by our zones.
    WAYPOINT = "waypoint"
    TRANSITION = "transition"
    #: Alarms that are no safety event: low battery (judged by its level), the device's own fences, others.
    ALARM = "alarm"
    #: Networks in sight, one each.
    WIFI = "wifi"
    CELL = "cell"
    HEART_RATE = "heart_rate"
    BLOOD_PRESSURE = "blood_pressure"
    OXYGEN = "oxygen"
    TEMPERATURE = "temperature"
    #: Whatever else the format has: cards, commands, media.
    OTHER = "other"


class Ignored(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Understood, counted and not kept."""

    what: Unkept
    count: int = 1


#: One message decodes to one or more of these.
Decoded = Report | Status | Answer | Ignored | Rejection
