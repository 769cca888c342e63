"""What each kind of detection means to people, as one table: how bad it is, who is told and when, what ends it.

A kind is a word here, not an enumeration of the engine: one that a newer version concludes and that has no row is told
to somebody rather than swallowed (`UNKNOWN`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from alerts.scale import Severity


class Told(StrEnum):
    """When somebody is told of a kind that is not urgent. What is urgent is told at once, whatever stands here."""

    AT_ONCE = "at_once"
    #: Of the device more than of the person: it waits for the morning, so that it wakes no family.
    IN_THE_DAY = "in_the_day"
    #: Kept with the incident and seen by whoever opens it; nobody is called for it alone.
    NEVER = "never"


class Return(StrEnum):
    """What being back in the safe area means to a kind."""

    #: That was it: over.
    ENDS = "ends"
    #: Says nothing about it, and it keeps no incident open.
    LEAVES = "leaves"
    #: Somebody must have looked: only a person ends an incident that holds it.
    KEEPS = "keeps"


class Danger(StrEnum):
    """Circumstances that may raise a kind: which of them count for it."""

    #: Out and about: night, water, rail, highway, cold, silence, low battery.
    OUTSIDE = "outside"
    #: The same, except that the danger itself is what the kind says.
    AT_A_DANGER = "at_a_danger"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row of the table."""

    #: By itself.
    severity: Severity
    told: Told = Told.AT_ONCE
    #: What makes it worse.
    raised: Danger = Danger.NOTHING
    #: What company or a planned outing makes of it; None: nothing. SOS, falls and entering a danger are never lowered.
    accompanied: Severity | None = None
    on_return: Return = Return.LEAVES
    #: An incident of such kinds alone is over by itself when nothing more has come for so long. None: never.
    lapses_after: timedelta | None = None


_HOUR = timedelta(hours=1)

#: Sources: design section 7 and the duty rules of the programme for severities; 77.8 % of the missing are found dead
#: within 5 km, most in water (National Police Agency of Japan, 2024), for what counts as a danger outside; times after
#: which something lapses are provisional: longer than what would follow needs, shorter than its repetition.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "sos": Kind(severity=Severity.CRITICAL, on_return=Return.KEEPS),
        "fall": Kind(severity=Severity.CRITICAL, on_return=Return.KEEPS),
        "bedside_fall": Kind(severity=Severity.CRITICAL, on_return=Return.KEEPS),
        "danger_enter": Kind(severity=Severity.CRITICAL, on_return=Return.ENDS),
        "danger_approach": Kind(
            severity=Severity.URGENT, raised=Danger.AT_A_DANGER, accompanied=Severity.WARNING, on_return=Return.ENDS
        ),
        "zone_exit": Kind(
            severity=Severity.URGENT, raised=Danger.OUTSIDE, accompanied=Severity.INFO, on_return=Return.ENDS
        ),
        "wandering": Kind(
            severity=Severity.WARNING, raised=Danger.OUTSIDE, accompanied=Severity.INFO, on_return=Return.ENDS
        ),
        "off_route": Kind(
            severity=Severity.WARNING, raised=Danger.OUTSIDE, accompanied=Severity.INFO, on_return=Return.ENDS
        ),
        "in_vehicle": Kind(
            severity=Severity.WARNING, raised=Danger.OUTSIDE, accompanied=Severity.INFO, on_return=Return.ENDS
        ),
        "apnea": Kind(severity=Severity.URGENT, on_return=Return.KEEPS),
        "heart_rate": Kind(severity=Severity.WARNING, on_return=Return.KEEPS),
        "breathing_rate": Kind(severity=Severity.WARNING, on_return=Return.KEEPS),
        "no_return": Kind(severity=Severity.WARNING, on_return=Return.ENDS),
        "still_in_bed": Kind(severity=Severity.WARNING, on_return=Return.ENDS, lapses_after=12 * _HOUR),
        "strap_removed": Kind(
            severity=Severity.WARNING,
            raised=Danger.OUTSIDE,
            accompanied=Severity.INFO,
            on_return=Return.KEEPS,
            lapses_after=12 * _HOUR,
        ),
        "silence": Kind(
            severity=Severity.WARNING, told=Told.IN_THE_DAY, on_return=Return.ENDS, lapses_after=24 * _HOUR
        ),
        "bed_exit": Kind(severity=Severity.INFO, told=Told.NEVER, lapses_after=1 * _HOUR),
        "restless": Kind(severity=Severity.INFO, told=Told.NEVER, lapses_after=4 * _HOUR),
        "turn_reminder": Kind(severity=Severity.INFO, lapses_after=4 * _HOUR),
        "low_battery": Kind(severity=Severity.INFO, told=Told.IN_THE_DAY, lapses_after=20 * _HOUR),
        "bed_sensor_fault": Kind(severity=Severity.INFO, told=Told.IN_THE_DAY, lapses_after=20 * _HOUR),
        "zone_enter": Kind(severity=Severity.INFO, told=Told.NEVER),
        #: Not of the engine: many devices of one area silent together, `alerts.outage`.
        "outage": Kind(severity=Severity.WARNING, on_return=Return.KEEPS),
    }
)
#: A kind without a row is shown to somebody rather than swallowed.
UNKNOWN = Kind(severity=Severity.WARNING, on_return=Return.KEEPS)

_FALL = KINDS["fall"]

#: What a reason says beyond its kind: a row of its own. Sources as above and each detector's page in docs/detectors.
BY_REASON: Mapping[tuple[str, str], Kind] = MappingProxyType(
    {
        #: A bare impact that nobody answered, or a pattern that came late: likely enough to go and look.
        ("fall", "impact_unanswered"): replace(_FALL, severity=Severity.URGENT),
        ("fall", "late_pattern"): replace(_FALL, severity=Severity.URGENT),
        ("bedside_fall", "exit_then_still"): replace(_FALL, severity=Severity.URGENT),
        #: Between two fixes beside it: over a bridge as well as into the water.
        ("danger_enter", "passed_through"): replace(KINDS["danger_enter"], severity=Severity.URGENT),
        #: A pond within one's own safe zone.
        ("danger_approach", "approaching_inside"): replace(KINDS["danger_approach"], severity=Severity.WARNING),
        ("in_vehicle", "left_by_vehicle"): replace(KINDS["in_vehicle"], severity=Severity.URGENT),
        ("strap_removed", "outside_home"): replace(KINDS["strap_removed"], severity=Severity.URGENT),
        ("strap_removed", "not_worn"): replace(KINDS["strap_removed"], told=Told.IN_THE_DAY, raised=Danger.NOTHING),
        ("silence", "no_contact_outside"): Kind(
            severity=Severity.URGENT, raised=Danger.OUTSIDE, accompanied=Severity.INFO, on_return=Return.ENDS
        ),
        ("low_battery", "below_critical"): replace(KINDS["low_battery"], severity=Severity.WARNING),
        ("low_battery", "empty_before_morning"): replace(KINDS["low_battery"], severity=Severity.WARNING),
        ("no_return", "overdue"): replace(KINDS["no_return"], severity=Severity.URGENT),
        ("no_return", "moving_at_home"): replace(KINDS["no_return"], severity=Severity.INFO, told=Told.NEVER),
        ("no_return", "bed_no_longer_tells"): replace(KINDS["no_return"], told=Told.IN_THE_DAY),
        #: A pulse was there, and for half an hour there is none: the sensor slipped, or they need help now.
        ("bed_sensor_fault", "vital_signs_lost"): Kind(severity=Severity.URGENT, on_return=Return.KEEPS),
        ("apnea", "single_pause"): Kind(severity=Severity.INFO, told=Told.NEVER, lapses_after=4 * _HOUR),
        ("apnea", "repeated_pauses"): replace(KINDS["apnea"], severity=Severity.WARNING),
        ("heart_rate", "critically_low"): replace(KINDS["heart_rate"], severity=Severity.CRITICAL),
        ("heart_rate", "critically_high"): replace(KINDS["heart_rate"], severity=Severity.CRITICAL),
        ("breathing_rate", "critically_low"): replace(KINDS["breathing_rate"], severity=Severity.CRITICAL),
    }
)

#: The kind that says the person is back.
BACK = "zone_enter"


def of(kind: str) -> Kind:
    """The row of a kind."""
    return KINDS.get(kind, UNKNOWN)


def row(kind: str, reason: str) -> Kind:
    """The row of a reason, or else of its kind."""
    return BY_REASON.get((kind, reason), of(kind))
