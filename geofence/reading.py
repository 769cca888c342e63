"""What a device said: one `Reading`, whatever the wire format was. Structs: every message makes two (decision 0008).

Wire spellings and their ranges live in `ingest.wire`; here everything is already checked, in SI units, WGS-84 and UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from geofence.motion import MotionSummary


class ReadingKind(StrEnum):
    """What sort of message it was; also the last level of its native topic."""

    LOCATION = "location"
    HEARTBEAT = "heartbeat"
    BED = "bed"
    EVENT = "event"


class FixSource(StrEnum):
    """Where a position comes from."""

    GNSS = "gnss"
    WIFI = "wifi"
    CELL = "cell"
    BEACON = "beacon"


class BedStatus(StrEnum):
    """What the bed says about the person in it."""

    OCCUPIED = "occupied"
    EMPTY = "empty"
    #: Sitting up or on the edge.
    EDGE = "edge"
    #: The sensor cannot tell.
    FAULT = "fault"


class SafetyEventType(StrEnum):
    """What a device reports on its own account."""

    SOS = "sos"
    IMPACT = "impact"
    STRAP_REMOVED = "strap_removed"
    STRAP_FASTENED = "strap_fastened"


class Fix(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A position, WGS-84."""

    #: Degrees, -90 to 90.
    latitude: float
    #: Degrees, -180 to 180.
    longitude: float
    #: Radius in metres that holds the true place with 68 % probability, as the device claims or by its source.
    accuracy_m: float
    source: FixSource = FixSource.GNSS
    altitude_m: float | None = None
    speed_mps: float | None = None
    #: Degrees clockwise from true north.
    heading_deg: float | None = None


class BedReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a bed measured. A vital sign of None means no reading."""

    status: BedStatus
    heart_rate_bpm: float | None = None
    breathing_rate_bpm: float | None = None
    #: Share of the report's period with movement, per cent.
    movement_pct: float | None = None
    #: How far the vital signs can be trusted, per cent.
    quality_pct: float | None = None
    #: Depth of breathing over the report's period against the person's own minutes before, per cent:
    #: `geofence.breathing`. 0 is no breathing.
    breathing_amplitude_pct: float | None = None
    #: Seconds without breath, by the bed's own judgement, in a pause that goes on or ended since its last report.
    apnea_s: float | None = None


class SafetyEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An SOS, an impact, a strap opened or closed. Repeats carry the same id."""

    event_id: str
    type: SafetyEventType
    #: Peak of an impact, in g.
    impact_g: float | None = None
    #: What the body did around an impact.
    motion: MotionSummary | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message of one device of one person."""

    person_id: int
    device_id: str
    kind: ReadingKind
    #: When it was so, by the device's clock. Decides.
    at: datetime
    #: When it reached us, by our clock.
    received_at: datetime
    fix: Fix | None = None
    bed: BedReport | None = None
    event: SafetyEvent | None = None
    battery_pct: float | None = None
    charging: bool | None = None
    worn: bool | None = None
    #: Steps since the device's last message.
    steps: int | None = None
    #: The device hears the Wi-Fi or the beacon that it was taught as home; False: it listened and does not.
    at_home: bool | None = None
