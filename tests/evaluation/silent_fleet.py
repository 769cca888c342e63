"""A fleet of bracelets that do not exist, with the truth attached: each case is a script of what one person's devices say.

Two ordinary days teach the engine the device, then something happens, or nothing. Cadences, jitter and lost messages
come from a fixed seed. Home is a circle of 200 m; times are Zibo's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from geofence.geometry import Circle, Frame
from geofence.person import Person
from geofence.reading import Fix, FixSource, Reading, ReadingKind
from geofence.zone import Zone

SEED = 20_261_120
TIME_ZONE = ZoneInfo("Asia/Shanghai")
HOME = Frame.at(36.81, 118.05)
#: The morning after two days of learning.
DAY = datetime(2026, 11, 22, 8, 0, tzinfo=TIME_ZONE).astimezone(UTC)
ORDINARY_DAYS = 2
#: Seconds between messages at home, one of these for each person.
CADENCES_S = (60.0, 300.0, 300.0, 600.0, 1_200.0)
OUTSIDE_S = 30.0
#: Messages that never arrive. Ratio.
LOST_SHARE = 0.02
#: Each case is played with so many persons.
PERSONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One detection that must come, and until when."""

    kind: str
    reason: str
    after: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person's story."""

    name: str
    person: Person
    readings: tuple[Reading, ...]
    #: Silence is judged up to here.
    until: datetime
    expected: tuple[Expected, ...]
    #: When the device really fell silent for long, for the naive rule.
    outages: int


class Script:
    """Writes what one person's devices say, in order of time."""

    def __init__(self, number: int) -> None:
        self.random = np.random.default_rng([SEED, number])
        self.cadence_s = float(CADENCES_S[number % len(CADENCES_S)])
        self.cadence = timedelta(seconds=self.cadence_s)
        self.at = DAY - timedelta(days=ORDINARY_DAYS)
        self.readings: list[Reading] = []
        self.battery_pct = 90.0
        self.drain_pct_per_h = 0.0
        #: The next message may be lost; the one that ends a silence is not.
        self.heard = True

    def home(self, until: datetime, **said: Any) -> None:
        """At home, heartbeats and fixes in turn."""
        number = 0
        while self.at < until:
            number += 1
            self._say(self.random.normal(0, 8), self.random.normal(0, 8), with_fix=number % 2 == 1, **said)
            self._pass(self.cadence_s * float(self.random.uniform(0.9, 1.1)))
        self.at = until

    def walk(self, until: datetime, *, since: datetime | None = None, frozen: bool = False, **said: Any) -> None:
        """Away from home at 1 m/s, a message every half minute."""
        begun = since or self.at
        while self.at < until:
            way_m = (self.at - begun).total_seconds()
            noise = self.random.normal(0, 3, 2) if not frozen else (0.0, 0.0)
            self._say(120 + (0 if frozen else way_m) + noise[0], noise[1], steps=45, **said)
            self._pass(OUTSIDE_S)
        self.at = until

    def silent(self, until: datetime) -> None:
        """Nothing is said."""
        self._pass((until - self.at).total_seconds())
        self.at, self.heard = until, False

    def _pass(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.battery_pct = max(0.0, self.battery_pct - self.drain_pct_per_h * seconds / 3_600)

    def _say(self, east_m: float, north_m: float, *, with_fix: bool = True, **said: Any) -> None:
        lost, self.heard = self.heard and self.random.random() < LOST_SHARE, True
        if lost:
            return
        device_id, worn = said.pop("device_id", "A"), said.pop("worn", True)
        fix = Fix(
            latitude=HOME.latitude + north_m / HOME.metres_per_degree_north,
            longitude=HOME.longitude + east_m / HOME.metres_per_degree_east,
            accuracy_m=12.0,
            source=FixSource.GNSS,
        )
        self.readings.append(
            Reading(
                person_id=0,
                device_id=device_id,
                kind=ReadingKind.LOCATION if with_fix else ReadingKind.HEARTBEAT,
                at=self.at,
                received_at=self.at + timedelta(seconds=1),
                fix=fix if with_fix else None,
                battery_pct=round(self.battery_pct, 1),
                worn=worn,
                **said,
            )
        )


Play = Callable[[Script], tuple[datetime, tuple[Expected, ...], int]]


def cases() -> list[Case]:
    """Every case with every person."""
    return [_case(name, play, number) for name, play in PLAYS.items() for number in range(PERSONS)]


def _case(name: str, play: Play, number: int) -> Case:
    script = Script(number)
    script.home(DAY)
    until, expected, outages = play(script)
    home = Zone(zone_id=1, name="home", shape=Circle(frame=HOME, radius_m=200.0))
    return Case(
        name=name,
        person=Person(person_id=0, time_zone=TIME_ZONE, zones=(home,)),
        readings=tuple(sorted(script.readings, key=lambda reading: reading.received_at)),
        until=until,
        expected=expected,
        outages=outages,
    )


def _hours(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def _silence(reason: str, after: datetime, within: timedelta) -> Expected:
    return Expected(kind="silence", reason=reason, after=after, until=after + within)


def _patience(script: Script) -> timedelta:
    """Nobody should wait for longer: seven and a half intervals, as some messages are lost, or half an hour."""
    return timedelta(seconds=max(1_800.0, 7.5 * script.cadence_s))


def nothing_happens(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """A third ordinary day."""
    script.home(_hours(24))
    return _hours(24), (), 0


def two_missed_messages(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Silent for less than twice its interval, several times."""
    for hour in (2, 5, 8, 11):
        script.home(_hours(hour))
        script.silent(script.at + timedelta(seconds=1.7 * script.cadence_s))
    script.home(_hours(14))
    return _hours(14), (), 0


def flat_at_home(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Silent for six hours by day, and back."""
    script.home(_hours(3))
    fell = script.at
    script.silent(_hours(9))
    script.home(_hours(12))
    return _hours(12), (_silence("no_contact", fell, _patience(script)),), 1


def lost_after_leaving(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Leaves at 23:10 with 6 %, is silent 90 s later, and is found at 01:00."""
    script.home(_hours(15.1))
    script.battery_pct = 6.0
    script.walk(script.at + timedelta(seconds=260))
    fell = script.at
    script.silent(_hours(17))
    script.home(_hours(18))
    return _hours(18), (_silence("no_contact_outside", fell, timedelta(minutes=6)),), 1


def silent_on_the_charger(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """On the charger at home from 22:30 it says nothing until six: its business."""
    script.home(_hours(14.4))
    script.home(_hours(14.6), charging=True)
    script.silent(_hours(22))
    script.home(_hours(24))
    return _hours(24), (), 0


def never_back_from_the_charger(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """... and is still silent at nine: once."""
    script.home(_hours(14.4))
    script.home(_hours(14.6), charging=True)
    script.silent(_hours(25))
    expected = _silence("no_contact", _hours(22), timedelta(minutes=75))
    return _hours(25), (expected,), 1


def no_fix_outside(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Outside, still speaking, but with no fix any more."""
    script.home(_hours(5))
    script.walk(_hours(5.25))
    fell = script.at
    while script.at < _hours(6):
        script._say(0, 0, with_fix=False)
        script._pass(OUTSIDE_S)
    script.home(_hours(8))
    return _hours(8), (_silence("contact_but_no_fix", fell, timedelta(minutes=17)),), 0


def stuck_fix(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Walks out of the house while the position stands still to the last digit."""
    script.home(_hours(5))
    began = script.at
    script.walk(_hours(5.3), frozen=True)
    script.home(_hours(7))
    return _hours(7), (_silence("fix_frozen", began, timedelta(minutes=8)),), 0


def one_of_two(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Two bracelets; the spare one dies, the other goes on."""
    began = script.at
    script.home(_hours(2), device_id="B")
    fell, script.at = script.at, began
    script.home(_hours(9))
    return _hours(9), (_silence("no_contact", fell, timedelta(hours=1.2)),), 1


def clock_restarts(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """The device's clock falls back by three hours: what it says is history until it has caught up; one alert."""
    script.home(_hours(3))
    fell, back = script.at, timedelta(hours=3)
    first = len(script.readings)
    script.home(_hours(9))
    script.readings[first:] = [msgspec.structs.replace(each, at=each.at - back) for each in script.readings[first:]]
    return _hours(6), (_silence("no_contact", fell, _patience(script)),), 1


def flat_before_morning(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """70 % at eight and 4 points an hour: 22 % at eight in the evening, empty before two."""
    script.battery_pct, script.drain_pct_per_h = 70.0, 4.0
    script.home(_hours(14))
    expected = Expected(kind="low_battery", reason="empty_before_morning", after=_hours(12), until=_hours(14))
    return (
        _hours(14),
        (expected, Expected(kind="low_battery", reason="below_low", after=_hours(12), until=_hours(14))),
        0,
    )


def lasts_the_night(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """70 % and 2 points an hour: 26 % at six."""
    script.battery_pct, script.drain_pct_per_h = 70.0, 2.0
    script.home(_hours(21.9))
    return _hours(21.9), (), 0


def washed(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Taken off at home for a quarter of an hour, three times: every day's business."""
    for hour in (1, 4, 7):
        script.home(_hours(hour))
        script.home(_hours(hour + 0.25), worn=False)
    script.home(_hours(9))
    return _hours(9), (), 0


def charged_beside_the_bed(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Off the wrist and on the charger for two hours, and put on again."""
    script.home(_hours(10))
    script.home(_hours(12), worn=False, charging=True)
    script.home(_hours(14))
    return _hours(14), (), 0


def left_on_the_table(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Taken off at eleven and not put on again before three: told once, after half an hour and two messages."""
    script.home(_hours(3))
    taken = script.at
    script.home(_hours(7), worn=False)
    script.home(_hours(9))
    return _hours(9), (_strap("not_worn", taken, timedelta(minutes=35) + 3 * script.cadence),), 0


def taken_off_to_slip_away(script: Script) -> tuple[datetime, tuple[Expected, ...], int]:
    """Walks out, and a quarter of an hour later the bracelet is off the wrist and lies still."""
    script.home(_hours(5))
    script.walk(_hours(5.25))
    taken = script.at
    script.walk(_hours(5.5), worn=False)
    script.home(_hours(8))
    return _hours(8), (_strap("outside_home", taken, timedelta(minutes=3)),), 0


def _strap(reason: str, after: datetime, within: timedelta) -> Expected:
    return Expected(kind="strap_removed", reason=reason, after=after, until=after + within)


PLAYS: dict[str, Play] = {
    play.__name__: play
    for play in (
        nothing_happens, two_missed_messages, flat_at_home, lost_after_leaving, silent_on_the_charger,
        never_back_from_the_charger, no_fix_outside, stuck_fix, one_of_two, clock_restarts, flat_before_morning,
        lasts_the_night, washed, charged_beside_the_bed, left_on_the_table, taken_off_to_slip_away,
    )
}  # fmt: skip
