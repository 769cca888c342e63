"""Who wears what, and how each person is judged: held as far as it was needed, and doubted on NOTIFY."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import psycopg
import structlog
from psycopg.types.json import set_json_loads

from geofence.danger_map import NO_DANGERS, Danger, DangerError, DangerMap, danger_from_geojson
from geofence.geometry import Shape, ShapeError
from geofence.person import Person
from geofence.policy import Policy, usable_overrides
from geofence.reading import ReadingKind
from geofence.zone import ScheduleError, Zone, schedule_from_rows, shapes_from_geojson
from ingest import wire
from ingest.recall import queries
from runtime import database

log = structlog.get_logger(__name__)

#: From this many changed persons on everybody's devices are read again. Count.
RELOAD_ALL_FROM = 200

#: Persons that are made of their rows before others have a turn: a safety event does not wait for thousands. Count.
AT_ONCE = 50

#: What NOTIFY says when the map of dangers has changed: it is everybody's.
DANGERS = "dangers"

#: Which kinds of message a kind of device may send.
SPOKEN_BY: dict[str, frozenset[ReadingKind]] = {
    "bracelet": frozenset({ReadingKind.LOCATION, ReadingKind.HEARTBEAT, ReadingKind.EVENT}),
    "bed": frozenset({ReadingKind.BED, ReadingKind.HEARTBEAT}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One registered device and its wearer."""

    device_key: int
    device_id: str
    kind: str
    person_id: int
    #: Formats of its credentials (`ingest.identity`); None: it has none of its own.
    formats: frozenset[str] | None = None

    def speaks(self, foreign: str | None) -> bool:
        """Whether it may be heard in another maker's format, or in ours (None).

        One with credentials is heard in their formats and natively. One without speaks through a gateway, or to a
        broker that is open.
        """
        return foreign is None or self.formats is None or foreign in self.formats


class Registry:
    """Devices and persons by id: devices all of them, persons as far as they were asked for. `follow` keeps it fresh.

    A person whose row has changed is stale: the old one serves until it is read again, when next needed.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self.devices: dict[str, Device] = {}
        self.persons: dict[int, Person] = {}
        #: One map that every person refers to.
        self.dangers: DangerMap = NO_DANGERS
        #: Grows with every change that we hear of.
        self.version = 0
        self._stale: set[int] = set()
        #: Who is being read at the moment: what changes meanwhile may or may not be in the rows.
        self._asked: frozenset[int] = frozenset()
        self._changed: asyncio.Queue[str] = asyncio.Queue()
        self._listening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read who wears what, and hear of every change from before then on: `follow` need not read it all again."""
        self._listening = asyncio.create_task(self._listen())
        await self._changed.get()
        await self._read()

    def whose(self, topic: str) -> int | str:
        """The person whose device a topic names; the topic itself stands for a stranger."""
        device = self.devices.get(wire.device_of(topic) or "")
        return topic if device is None else device.person_id

    def lacks(self, person_id: int) -> bool:
        """Whether somebody has to be read before they are judged."""
        return person_id in self._stale or person_id not in self.persons

    async def bring(self, connection: database.Connection, person_ids: Collection[int] | None) -> set[int]:
        """Read some persons, or everybody.

        Returns:
            Those who are not registered; nor are their devices, any more.
        """
        if person_ids is not None and not person_ids:
            return set()
        # Zones are most of what is read; a quarter of the time of Python's own parser.
        set_json_loads(msgspec.json.decode, connection)
        wanted = set(self.persons) if person_ids is None else set(person_ids)
        self._asked, self._stale = frozenset(wanted), self._stale - wanted
        try:
            rows = await queries.persons(connection, person_ids)
            for begin in range(0, len(rows), AT_ONCE):
                for person in _persons(rows[begin : begin + AT_ONCE], self.dangers):
                    self._learn(person)
                    wanted.discard(person.person_id)
                await asyncio.sleep(0)
        except BaseException:
            self._stale |= self._asked
            raise
        finally:
            self._asked = frozenset()
        for person_id in wanted:
            self.persons.pop(person_id, None)
        if wanted:
            self.devices = {key: device for key, device in self.devices.items() if device.person_id not in wanted}
        return wanted

    async def load(self, person_ids: Collection[int] | None = None) -> None:
        """Read everything, or only some persons and their devices, at once: for whoever judges no batches."""
        await self._read(person_ids)
        connection = await database.connect_when_up(self._url, autocommit=True)
        async with connection:
            await self.bring(connection, person_ids)

    async def follow(self) -> None:
        """Refresh on every change, until cancelled."""
        changed = self._changed
        listening = self._listening or asyncio.create_task(self._listen())
        try:
            while True:
                payloads = {await changed.get()}
                while not changed.empty():
                    payloads.add(changed.get_nowait())
                everything = not payloads.isdisjoint({"", DANGERS})
                wanted = None if everything else {int(payload) for payload in payloads}
                self._doubt(wanted)
                try:
                    await self._read(wanted)
                except psycopg.OperationalError as error:
                    log.warning("registry_unread", error=str(error).strip())
                    await asyncio.sleep(database.RETRY_EVERY_S)
                    changed.put_nowait("")
                    continue
                log.info("registry_refreshed", devices=len(self.devices))
        finally:
            listening.cancel()

    async def _listen(self) -> None:
        async for _, payload in database.notifications(self._url, "registry"):
            self._changed.put_nowait(payload)

    async def _read(self, person_ids: Collection[int] | None = None) -> None:
        """Who wears what: everybody's and the map of dangers, or only some persons'."""
        wanted = None if person_ids is None or len(person_ids) >= RELOAD_ALL_FROM else set(person_ids)
        connection = await database.connect_when_up(self._url)
        async with connection:
            rows = await queries.devices(connection, wanted)
            known = set(self.persons) if person_ids is None else self.persons.keys() & person_ids
            gone = known - await queries.registered(connection, known)
            if person_ids is None:
                self._see(danger_map_of(await queries.dangers(connection)))
        if gone:
            # Another mapping: a batch is being judged with this one.
            self.persons = {key: person for key, person in self.persons.items() if key not in gone}
        kept = {} if wanted is None else {k: v for k, v in self.devices.items() if v.person_id not in wanted}
        self.devices = kept | {str(row["device_id"]): _device(row) for row in rows}
        self.version += 1

    def _doubt(self, person_ids: Collection[int] | None) -> None:
        """Persons, or all of them, may have changed."""
        self._stale.update(self._asked.union(self.persons) if person_ids is None else person_ids)
        self.version += 1

    def _see(self, dangers: DangerMap) -> None:
        """The map of dangers; if it is another, who refers to the old one is stale."""
        if dangers.dangers != self.dangers.dangers:
            self.dangers = dangers
            self._stale.update(self._asked, self.persons)

    def _learn(self, person: Person) -> None:
        """Somebody as just read. Whoever is as before stays the same object: what was worked out of them holds on."""
        known = self.persons.get(person.person_id)
        if known is None or known != person:
            self.persons[person.person_id] = person


def _device(row: Mapping[str, Any]) -> Device:
    formats = row["formats"]
    return Device(
        device_key=row["device_key"],
        device_id=row["device_id"],
        kind=sys.intern(row["kind"]),
        person_id=row["person_id"],
        formats=None if formats is None else frozenset(formats),
    )


def _persons(rows: Sequence[Mapping[str, Any]], dangers: DangerMap) -> Iterator[Person]:
    """Persons as the engine wants them, their zones drawn together."""
    shapes = iter(
        shapes_from_geojson([(zone_row["geometry"], zone_row["radius_m"]) for row in rows for zone_row in row["zones"]])
    )
    for row in rows:
        yield _person(row, [next(shapes) for _ in row["zones"]], dangers)


def _person(row: Mapping[str, Any], shapes: Sequence[Shape | Exception], dangers: DangerMap) -> Person:
    """One person. What is wrong with a zone or policy costs that one, never the person."""
    person_id = int(row["person_id"])
    try:
        time_zone = ZoneInfo(str(row["time_zone"]))
    except (ZoneInfoNotFoundError, ValueError):
        log.warning("time_zone_unknown", person_id=person_id, time_zone=row["time_zone"], used="Asia/Shanghai")
        time_zone = ZoneInfo("Asia/Shanghai")
    found = (_zone(person_id, *each) for each in zip(row["zones"], shapes, strict=True))
    zones = tuple(zone for zone in found if zone is not None)
    return Person(
        person_id=person_id,
        time_zone=time_zone,
        zones=zones,
        policy=policy_from(person_id, row["overrides"]),
        dangers=dangers,
    )


def danger_map_of(rows: Iterable[Mapping[str, Any]]) -> DangerMap:
    """The map of the area. What is wrong with a feature costs that one."""
    dangers: list[Danger] = []
    for row in rows:
        try:
            dangers.append(
                danger_from_geojson(
                    row["geometry"],
                    danger_id=row["danger_id"],
                    kind=row["kind"],
                    name=row["name"],
                    half_width_m=row["half_width_m"],
                )
            )
        except (DangerError, AttributeError) as error:
            log.warning("danger_left_out", danger_id=row["danger_id"], error=str(error))
    return DangerMap(tuple(dangers))


def _zone(person_id: int, row: Mapping[str, Any], shape: Shape | Exception) -> Zone | None:
    try:
        if isinstance(shape, Exception):
            raise shape
        return Zone(
            zone_id=row["zone_id"],
            # Most are called as others are.
            name=sys.intern(row["name"]),
            shape=shape,
            schedule=schedule_from_rows(row["schedule"]),
        )
    except (ShapeError, ScheduleError, LookupError, AttributeError, TypeError, ValueError) as error:
        log.warning("zone_left_out", person_id=person_id, zone_id=row.get("zone_id"), error=str(error))
        return None


def policy_from(person_id: int, overrides: object) -> Policy:
    """The defaults with one person's differences. A wrong entry leaves the default."""
    policy, left_out = usable_overrides(overrides)
    for name, problem in left_out.items():
        log.warning("policy_entry_left_out", person_id=person_id, threshold=name, problem=problem)
    return policy
