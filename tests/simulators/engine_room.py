"""Judges a simulated city with the real engine, without servers: messages in, detections out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.dangers.features import rows_of
from geofence import engine
from geofence.danger_map import NO_DANGERS, DangerMap, danger_from_geojson
from geofence.datum import Datum
from geofence.detection import Detection
from geofence.engine import PersonState
from geofence.observation import Judgement
from geofence.person import Person
from geofence.reading import Reading, ReadingKind
from geofence.zone import Zone, schedule_from_rows, shape_from_geojson
from ingest import wire
from ingest.wire.message import Rejection, Report
from simulators.city import City
from simulators.devices import formats
from simulators.devices.makeup import UNIFORM, Makeup
from simulators.episodes.rates import NONE, Rate
from simulators.fleet import Fleet
from simulators.ground import dangers
from simulators.message import Kind, Message
from simulators.scene import Scene
from simulators.truth import Episode, TruthLog
from tests.simulators.alarms import alarms

#: 04:45 in Zibo, 21 November 2026.
MORNING_S = datetime(2026, 11, 20, 20, 45, tzinfo=UTC).timestamp()


def persons(city: City, dangers: DangerMap = NO_DANGERS) -> dict[str, Person]:
    """By device: bracelet and bed tell of one person."""
    zone = ZoneInfo("Asia/Shanghai")
    people = {
        person.index: Person(
            person_id=person.index,
            time_zone=zone,
            dangers=dangers,
            zones=tuple(
                Zone(
                    zone_id=number,
                    name=safe.name,
                    shape=shape_from_geojson(safe.geometry(), safe.radius_m),
                    schedule=schedule_from_rows(safe.schedule()),
                )
                for number, safe in enumerate(person.zones)
            ),
        )
        for person in city.persons
    }
    return {
        device_id: people[person.index]
        for person in city.persons
        for device_id in (person.bracelet_id, person.bed_id)
        if device_id
    }


def readings(message: Message, person: Person, at_s: float) -> list[Reading]:
    """What the real decoders make of a message, in the order of its instants."""
    told = wire.decode(formats.topic(message), formats.payload(message, at_s))
    received_at = datetime.fromtimestamp(at_s, UTC)
    return sorted((_reading(one, message.device_id, person, received_at) for one in told if _counts(one)), key=_at)


def _counts(one: object) -> bool:
    if isinstance(one, Rejection):
        pytest.fail(f"the simulator said what the wire refuses: {one}")
    return isinstance(one, Report) and one.kind in set(ReadingKind)


def _at(reading: Reading) -> datetime:
    return reading.at


def _reading(report: Report, device_id: str, person: Person, received_at: datetime) -> Reading:
    return Reading(
        person_id=person.person_id,
        device_id=device_id,
        kind=report.kind,
        at=report.at or received_at,
        received_at=received_at,
        fix=report.fix,
        bed=report.bed,
        event=report.event,
        battery_pct=report.battery_pct,
        charging=report.charging,
        worn=report.worn,
        at_home=report.at_home,
        steps=report.steps,
    )


@dataclass(slots=True)
class Room:
    """A city, judged as it lives; commands and acknowledgements go back to its devices at once."""

    city: City
    start_s: float = MORNING_S
    rates: Mapping[str, Rate] = field(default_factory=lambda: NONE)
    made_of: Makeup = UNIFORM
    dangers: DangerMap = NO_DANGERS
    truth: TruthLog = field(default_factory=TruthLog)
    fleet: Fleet = field(init=False)
    detections: list[Detection] = field(default_factory=list)
    counts: Counter[Kind | str] = field(default_factory=Counter)
    _people: dict[str, Person] = field(init=False)
    _states: dict[int, PersonState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._people = persons(self.city, self.dangers)
        self.fleet = Fleet(self.city, at_s=self.start_s, rates=self.rates, truth=self.truth, made_of=self.made_of)

    def live(self, hours: float, scenes: tuple[Scene, ...] = ()) -> None:
        """So many hours from the start; scenes begin 100 s after it."""
        now_s, until_s = self.start_s, self.start_s + hours * 3600
        while now_s < until_s:
            now_s = max(self.fleet.due_s, now_s + 0.2)
            messages = self.fleet.step(now_s)
            if scenes and now_s > self.start_s + 100:
                for scene in scenes:
                    messages += self.fleet.play(scene, now_s)[1]
                scenes = ()
            for message in messages:
                self._hear(message, now_s)
        self._run_down(until_s)

    def _hear(self, message: Message, now_s: float) -> None:
        self.counts[message.kind] += 1
        if message.kind in {Kind.STATUS, Kind.ANSWER} or message.repeated:
            return
        person = self._people[message.device_id]
        for reading in readings(message, person, now_s):
            before = self._states.get(person.person_id, engine.FRESH)
            self._states[person.person_id], outcome = engine.step(before, reading, person)
            self._tell(outcome.judgement, now_s)
        if message.kind is Kind.EVENT:
            self.fleet.hear_ack(message.device_id, str(message.body["id"]))

    def _tell(self, judgement: Judgement, now_s: float) -> None:
        self.detections += judgement.detections
        for command in judgement.commands:
            self.counts["commands"] += 1
            body = {
                "id": str(command.command_id),
                "at": now_s,
                "type": command.type.value,
                "interval_s": command.interval_s,
                "until": command.until.timestamp() if command.until else None,
            }
            self.fleet.hear_command(command.device_id, body, now_s)

    def _run_down(self, until_s: float) -> None:
        """Deadlines that passed since the last reading of somebody."""
        for person in {person.person_id: person for person in self._people.values()}.values():
            state = self._states.get(person.person_id, engine.FRESH)
            self._states[person.person_id], judgement = engine.run_down(
                state, person, datetime.fromtimestamp(until_s, UTC)
            )
            self.detections += judgement.detections


def live(
    city: City, *, hours: float, scenes: tuple[Scene, ...] = (), start_s: float = MORNING_S
) -> tuple[list[Detection], Counter[Kind | str]]:
    """Everything the engine says of some hours of a city without chance, its beds at their slowest."""
    room = Room(city=city, start_s=start_s, made_of=replace(UNIFORM, bed_report_s=120.0))
    room.live(hours, scenes)
    return room.detections, room.counts


def danger_map(city: City) -> DangerMap:
    """The canals, rails and roads of a city, as the engine knows them."""
    rows = rows_of(dangers.collection(city.seed, city.towns), Datum.WGS84)
    return DangerMap(
        tuple(
            danger_from_geojson(
                row.geometry, danger_id=number, kind=row.kind, name=row.name, half_width_m=row.half_width_m
            )
            for number, row in enumerate(rows)
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found of the truth."""

    found: dict[str, list[float]]
    missed: list[Episode]
    #: Loud detections that nothing explains, and those of quiet episodes.
    false: list[Detection]


def judge(detections: Iterable[Detection], episodes: Iterable[Episode]) -> Judged:
    """Which episodes were found, after how many seconds; and what rang without one."""
    told, episodes = list(detections), list(episodes)
    found: dict[str, list[float]] = {}
    missed = []
    for one in (each for each in episodes if each.expects):
        until = one.counts_from + timedelta(seconds=one.within_s)
        hits = [
            (each.at - one.counts_from).total_seconds()
            for each in told
            if each.person_id == one.person_index and each.kind in one.expects and one.since <= each.at <= until
        ]
        if hits:
            found.setdefault(one.kind, []).append(min(hits))
        else:
            missed.append(one)
    return Judged(found=found, missed=missed, false=[one for one in alarms(told) if not _explained(one, episodes)])


def _explained(one: Detection, episodes: list[Episode]) -> bool:
    return any(
        each.person_index == one.person_id and each.brings(one.kind, one.at) and (not each.quiet or each.announced)
        for each in episodes
    )
