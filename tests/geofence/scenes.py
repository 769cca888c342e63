"""Persons, zones and readings in words a test can be read by: metres from home, seconds from the start."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from geofence import engine
from geofence.absence import Absence
from geofence.danger_map import NO_DANGERS, Danger, DangerMap, danger_from_geojson
from geofence.detection import Command, Detection
from geofence.engine import FRESH, Outcome, PersonState
from geofence.geometry import Circle, Frame, Polygon
from geofence.person import Person
from geofence.policy import DEFAULT, Policy
from geofence.reading import Fix, FixSource, Reading, ReadingKind, SafetyEvent, SafetyEventType
from geofence.zone import Window, Zone

HOME = Frame.at(36.81, 118.05)
ZIBO = ZoneInfo("Asia/Shanghai")
#: 20:00 in Zibo, before the night begins.
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BRACELET = "zb-000001"


def place(east_m: float, north_m: float = 0.0) -> tuple[float, float]:
    """(latitude, longitude) so many metres from home."""
    return (
        HOME.latitude + north_m / HOME.metres_per_degree_north,
        HOME.longitude + east_m / HOME.metres_per_degree_east,
    )


def circle(
    radius_m: float = 200.0,
    *,
    east_m: float = 0.0,
    north_m: float = 0.0,
    zone_id: int = 1,
    name: str = "home",
    schedule: Sequence[Window] = (),
) -> Zone:
    latitude, longitude = place(east_m, north_m)
    shape = Circle(frame=Frame.at(latitude, longitude), radius_m=radius_m)
    return Zone(zone_id=zone_id, name=name, shape=shape, schedule=tuple(schedule))


def ring(corners: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """GeoJSON corners, (longitude, latitude), of corners in metres; closed."""
    points = [place(east_m, north_m)[::-1] for east_m, north_m in corners]
    return [*points, points[0]]


def polygon(
    corners: Iterable[tuple[float, float]],
    *holes: Iterable[tuple[float, float]],
    zone_id: int = 1,
    name: str = "yard",
    schedule: Sequence[Window] = (),
) -> Zone:
    shape = Polygon.from_rings([ring(corners), *(ring(hole) for hole in holes)])
    return Zone(zone_id=zone_id, name=name, shape=shape, schedule=tuple(schedule))


def square(half_m: float, east_m: float = 0.0, north_m: float = 0.0) -> list[tuple[float, float]]:
    """Corners of a square around a place."""
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [(east_m + half_m * east, north_m + half_m * north) for east, north in signs]


def person(
    *zones: Zone,
    person_id: int = 1,
    time_zone: ZoneInfo = ZIBO,
    dangers: DangerMap = NO_DANGERS,
    **thresholds: Any,
) -> Person:
    """Somebody with these zones, a circle of 200 m around home if none is given."""
    policy = replace(DEFAULT, **thresholds) if thresholds else Policy()
    return Person(person_id=person_id, time_zone=time_zone, zones=zones or (circle(),), policy=policy, dangers=dangers)


def line(
    *corners: tuple[float, float],
    kind: str = "water",
    danger_id: int = 1,
    half_width_m: float = 5.0,
    name: str = "canal",
) -> Danger:
    """A danger along corners in metres from home."""
    geometry = {"type": "LineString", "coordinates": [place(*corner)[::-1] for corner in corners]}
    return danger_from_geojson(geometry, danger_id=danger_id, kind=kind, name=name, half_width_m=half_width_m)


def pond(
    corners: Iterable[tuple[float, float]], *, kind: str = "water", danger_id: int = 2, name: str = "pond"
) -> Danger:
    """A danger that is an area, by its corners in metres from home."""
    geometry = {"type": "Polygon", "coordinates": [ring(corners)]}
    return danger_from_geojson(geometry, danger_id=danger_id, kind=kind, name=name)


def fix(
    east_m: float,
    north_m: float = 0.0,
    *,
    accuracy_m: float = 10.0,
    source: FixSource = FixSource.GNSS,
    speed_mps: float | None = None,
) -> Fix:
    latitude, longitude = place(east_m, north_m)
    return Fix(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, source=source, speed_mps=speed_mps)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def reading(seconds: float, fix_: Fix | None = None, *, late_s: float = 0.0, **further: Any) -> Reading:
    """A location, or a heartbeat if there is no fix and nothing else is said."""
    kind = ReadingKind.LOCATION if fix_ else ReadingKind.HEARTBEAT
    values: dict[str, Any] = {"person_id": 1, "device_id": BRACELET, "kind": kind, "fix": fix_} | further
    return Reading(at=at(seconds), received_at=at(seconds + late_s), **values)


def sos(seconds: float, event_id: str = "e1", fix_: Fix | None = None, *, late_s: float = 0.0, **more: Any) -> Reading:
    event = SafetyEvent(event_id=event_id, type=more.pop("type", SafetyEventType.SOS))
    return reading(seconds, fix_, late_s=late_s, kind=ReadingKind.EVENT, event=event, **more)


@dataclass
class Story:
    """One person, judged reading by reading; remembers everything that was concluded."""

    person: Person = field(default_factory=person)
    state: PersonState = FRESH
    outcomes: list[Outcome] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    #: Spans in which we were away ourselves.
    absences: tuple[Absence, ...] = ()

    def hear(self, reading_: Reading) -> Outcome:
        self.state, outcome = engine.step(self.state, reading_, self.person, self.absences)
        self.outcomes.append(outcome)
        self._told(outcome.judgement)
        return outcome

    def fix(self, seconds: float, east_m: float, north_m: float = 0.0, **further: Any) -> Outcome:
        """A location; what belongs to a fix goes there, the rest to the reading."""
        of_fix = {name: further.pop(name) for name in ("accuracy_m", "source", "speed_mps") if name in further}
        return self.hear(reading(seconds, fix(east_m, north_m, **of_fix), **further))

    def wait(self, seconds: float) -> list[Detection]:
        """Nothing is heard until then."""
        known = len(self.detections)
        self.state, judgement = engine.run_down(self.state, self.person, at(seconds), self.absences)
        self._told(judgement)
        return self.detections[known:]

    def away(self, since: float, until: float) -> None:
        """We hear nothing of anybody."""
        self.absences = (*self.absences, Absence(since=at(since), until=at(until)))

    def _told(self, judgement: Any) -> None:
        self.detections += judgement.detections
        self.commands += judgement.commands

    @property
    def safety(self) -> str:
        return str(self.state.zone.safety)

    @property
    def told(self) -> list[str]:
        """Kinds of everything detected so far."""
        return [str(detection.kind) for detection in self.detections]


def judged(person_: Person, readings: Iterable[Reading]) -> Story:
    story = Story(person_)
    for each in readings:
        story.hear(each)
    return story


def pairs(values: Iterable[Any]) -> list[tuple[Any, Any]]:
    return list(itertools.pairwise(values))
