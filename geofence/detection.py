"""What the engine concluded: `Detection`, with the numbers that fired it, and `Command`, what a device should do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

#: A number, a word or an instant that fired a detection. Keys carry units: `distance_m`, `accuracy_m`, `since`.
Evidence = Mapping[str, float | int | str | bool | None]


class DetectionKind(StrEnum):
    """What was concluded. These names appear in tables, metrics, templates and result files."""

    ZONE_EXIT = "zone_exit"
    ZONE_ENTER = "zone_enter"
    DANGER_APPROACH = "danger_approach"
    DANGER_ENTER = "danger_enter"
    WANDERING = "wandering"
    OFF_ROUTE = "off_route"
    IN_VEHICLE = "in_vehicle"
    FALL = "fall"
    BEDSIDE_FALL = "bedside_fall"
    SOS = "sos"
    STRAP_REMOVED = "strap_removed"
    BED_EXIT = "bed_exit"
    NO_RETURN = "no_return"
    STILL_IN_BED = "still_in_bed"
    RESTLESS = "restless"
    BED_SENSOR_FAULT = "bed_sensor_fault"
    HEART_RATE = "heart_rate"
    BREATHING_RATE = "breathing_rate"
    APNEA = "apnea"
    TURN_REMINDER = "turn_reminder"
    SILENCE = "silence"
    LOW_BATTERY = "low_battery"


class CommandType(StrEnum):
    """What a device is asked to do."""

    #: Take a fix now and send it.
    LOCATE = "locate"
    #: Send a fix every `interval_s` until `until`.
    REPORT_INTERVAL = "report_interval"


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The position a detection speaks of, and how old it was."""

    latitude: float
    longitude: float
    accuracy_m: float
    #: When the person was there; earlier than the detection when the last good fix had to serve.
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One conclusion about one person. The same log always gives the same `detection_id`."""

    detection_id: UUID
    person_id: int
    #: The device whose reading fired it; None when a deadline passed.
    device_id: str | None
    kind: DetectionKind
    #: Why, as one machine word, for example `two_fixes`, `one_strong_moving_fix`, `silent_while_suspected`.
    reason: str
    #: Event time.
    at: datetime
    place: Place | None = None
    zone_id: int | None = None
    evidence: Evidence = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something a device of the person should do now. The same log always gives the same `command_id`."""

    command_id: UUID
    person_id: int
    device_id: str
    type: CommandType
    at: datetime
    #: Why, as one machine word.
    reason: str
    #: With REPORT_INTERVAL: seconds between fixes.
    interval_s: int | None = None
    #: With REPORT_INTERVAL: when the device goes back to its own interval.
    until: datetime | None = None
