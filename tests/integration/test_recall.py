"""What a batch is judged with is read when it is first needed: the same as if all had been read, whatever changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import psycopg
import pytest
import pytest_asyncio
from psycopg.types.json import Jsonb

from geofence import snapshot
from geofence.engine import FRESH
from ingest.batching import Batcher
from ingest.pipeline import Pipeline
from ingest.recall import queries, recall
from ingest.recall.recall import Recall
from ingest.registry import Registry
from ingest.sequence import NumberBook, Numbers
from ingest.sources import Envelope
from ingest.states import StateBook
from runtime import database
from runtime.clock import SystemClock
from runtime.service import Stop
from tests.geofence.scenes import BRACELET, Story, at
from tests.ingest.envelopes import envelope
from tests.integration.ingest_process import whole_book
from tests.integration.ingest_running import rows
from tests.registry_rows import add_person


def bracelet(number: int) -> str:
    """Of equal length, so that a state can be lent to another."""
    return f"zb-{number:06d}"


class Reader:
    """Ingest without a broker: what it knows, and how it comes to know more."""

    def __init__(self, url: str) -> None:
        self.url, self.registry = url, Registry(url)
        self.book, self.numbers = StateBook(), NumberBook()
        self.recall = Recall(url, self.registry)
        self.following: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self.registry.open()
        self.following = asyncio.create_task(self.registry.follow())
        async with await database.connect(self.url) as connection:
            self.book.expect(await queries.deadlines(connection))

    async def bring(self, *device_ids: str, due: Sequence[int] = ()) -> None:
        batch = [_said_by(device_id) for device_id in device_ids]
        await self.recall.bring(batch, due, self.book, self.numbers)

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not happened():  # noqa: ASYNC110 - PostgreSQL tells another task
                await asyncio.sleep(0.01)

    def zones(self, person_id: int) -> list[str]:
        return [zone.name for zone in self.registry.persons[person_id].zones]


@pytest_asyncio.fixture
async def reader(database_url: str) -> AsyncIterator[Reader]:
    reader = Reader(database_url)
    yield reader
    if reader.following is not None:
        reader.following.cancel()
        await asyncio.gather(reader.following, return_exceptions=True)
    await reader.recall.close()


def _said_by(device_id: str) -> Envelope:
    return envelope(f"tongxing/v1/{device_id}/location", b"{}")


def run(url: str, query: Any, *parameters: object) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(query, parameters)


def add_zone(url: str, person_id: int, name: str) -> None:
    ring = [[118.0, 36.8], [118.01, 36.8], [118.01, 36.81], [118.0, 36.8]]
    run(
        url,
        "INSERT INTO zones (person_id, name, geometry) VALUES (%s, %s, %s)",
        person_id,
        name,
        Jsonb({"type": "Polygon", "coordinates": [ring]}),
    )


def leave_behind(url: str, person_id: int, device_id: str, seconds: float, due_at: datetime | None = None) -> None:
    """Somebody suspected since then, and heard of a minute later without a change."""
    story = Story()
    story.fix(0, 0)
    story.fix(seconds, 300.0)
    data = snapshot.freeze(story.state).replace(BRACELET.encode(), device_id.encode())
    run(url, "INSERT INTO engine_states VALUES (%s, %s, %s)", person_id, data, due_at)
    run(
        url,
        """
        INSERT INTO device_states (device_key, last_seen_at, online, last_seq, seq_gaps, location_at)
        SELECT device_key, %s, true, 40 + person_id, int8send(40 + person_id) || '\\x02', %s FROM devices WHERE device_id = %s
        """,
        at(seconds + 60),
        at(seconds + 60),
        device_id,
    )
    run(
        url,
        """
        INSERT INTO latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m, source,
            safety, revision)
        SELECT person_id, device_key, %s, %s, 36.81, 118.05, 10, 'gnss', 'suspect', 0 FROM devices WHERE device_id = %s
        """,
        at(seconds + 60),
        at(seconds + 60),
        device_id,
    )


async def test_a_batch_brings_whom_it_is_about_and_nobody_else(database_url: str, reader: Reader) -> None:
    one, two, three = (add_person(database_url, bracelet=bracelet(n)) for n in (1, 2, 3))
    for number, person_id in enumerate((one, two, three), 1):
        leave_behind(database_url, person_id, bracelet(number), 60.0, at(360))
    await reader.open()
    assert (set(reader.registry.devices), reader.registry.persons) == ({bracelet(1), bracelet(2), bracelet(3)}, {})
    assert (len(reader.book), reader.book.next_due()) == (3, at(360))
    await reader.bring(bracelet(1), bracelet(1), "stranger", due=[two])
    assert set(reader.registry.persons) == {one, two}
    assert [reader.book.lacks(person_id) for person_id in (one, two, three)] == [False, False, True]
    assert len(reader.book) == 3
    keys = {device_id: device.device_key for device_id, device in reader.registry.devices.items()}
    assert reader.numbers == {keys[bracelet(1)]: Numbers(40 + one, 2)}
    with pytest.raises(LookupError):
        reader.book.state(three)
    # What is there is not read again; what was learnt since of a device's numbers stays.
    reader.numbers.seal({keys[bracelet(1)]: Numbers(99)})
    run(database_url, "UPDATE engine_states SET snapshot = ''")
    await reader.bring(bracelet(1), bracelet(2), due=[one, two])
    assert reader.numbers[keys[bracelet(1)]] == Numbers(99)
    assert reader.book.state(one).zone.safety == "suspect"


async def test_person_by_person_is_the_same_as_all_at_once(database_url: str, reader: Reader) -> None:
    persons = {n: add_person(database_url, bracelet=bracelet(n)) for n in range(1, 8)}
    for number, person_id in persons.items():
        leave_behind(database_url, person_id, bracelet(number), 60.0 + number)
    await reader.open()
    for number in persons:
        await reader.bring(bracelet(number))
    async with await database.connect(database_url) as connection:
        whole = await whole_book(connection)
    everybody = Registry(database_url)
    await everybody.load()
    for person_id in persons.values():
        state = reader.book.state(person_id)
        assert snapshot.freeze(state) == snapshot.freeze(whole.state(person_id))
        assert state.order.newest[0][2] == state.track.place.at > at(120)  # type: ignore[union-attr]
    assert reader.registry.persons == everybody.persons
    assert reader.registry.devices == everybody.devices


async def test_who_has_not_spoken_is_read_ahead_a_few_at_a_time_and_again_after_a_change(
    database_url: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall, "AHEAD", 3)
    persons = {n: add_person(database_url, bracelet=bracelet(n)) for n in range(1, 8)}
    for number, person_id in persons.items():
        leave_behind(database_url, person_id, bracelet(number), 60.0 + number)
    await reader.open()
    await reader.bring(bracelet(5))
    read = [len(reader.registry.persons)]
    while await reader.recall.ahead(reader.book, reader.numbers):
        read.append(len(reader.registry.persons))
    assert read == [1, 4, 7]
    assert not any(reader.book.lacks(person_id) for person_id in persons.values())
    assert len(reader.numbers) == len(persons)
    # Nothing is left to be read when they speak.
    monkeypatch.setattr(queries, "persons", None)
    monkeypatch.setattr(queries, "states", None)
    monkeypatch.setattr(queries, "numbers", None)
    await reader.bring(*(bracelet(n) for n in persons), due=list(persons.values()))
    monkeypatch.undo()
    add_zone(database_url, persons[2], "park")
    await reader.until(lambda: reader.registry.lacks(persons[2]))
    while await reader.recall.ahead(reader.book, reader.numbers):
        pass
    assert reader.zones(persons[2]) == ["home", "park"]


async def test_ingest_reads_ahead_while_nobody_speaks(database_url: str, reader: Reader) -> None:
    persons = {add_person(database_url, bracelet=bracelet(n)) for n in range(1, 2 * recall.AHEAD + 2)}
    await reader.open()
    registry, batcher, stop = reader.registry, Batcher(messages=100, age_s=0.01), Stop()
    pipeline = Pipeline(database_url, registry, batcher, cast("Any", None), SystemClock())
    await pipeline.start(stop)
    assert registry.persons == {}
    running = asyncio.create_task(pipeline.run(stop))
    async with asyncio.timeout(20):
        while set(registry.persons) != persons:  # noqa: ASYNC110 - another task reads
            await asyncio.sleep(0.01)
    stop.request()
    await running


async def test_a_change_while_somebody_is_being_read_is_not_missed(
    database_url: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add_person(database_url, bracelet=bracelet(1))
    await reader.open()
    read, times = queries.persons, 0

    async def overtaken(connection: database.Connection, person_ids: Any) -> Any:
        """The rows as they were; then somebody draws a zone, and we hear of it before we have looked at them."""
        nonlocal times
        times += 1
        found, version = await read(connection, person_ids), reader.registry.version
        if times <= 3:
            add_zone(database_url, one, f"park {times}")
            await reader.until(lambda: reader.registry.version > version + 1)
        return found

    monkeypatch.setattr(queries, "persons", overtaken)
    await reader.bring(bracelet(1))
    # The next reading does not wait for ever for somebody who goes on drawing.
    assert (times, reader.zones(one)) == (3, ["home", "park 1", "park 2"])
    assert reader.registry.lacks(one)
    await reader.bring(bracelet(1))
    assert (times, reader.zones(one)) == (4, ["home", "park 1", "park 2", "park 3"])
    assert not reader.registry.lacks(one)


async def test_everything_that_may_have_changed_meanwhile_counts_for_who_is_being_read(
    database_url: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection that hears of changes was lost and is there again while rows are on their way."""
    one = add_person(database_url, bracelet=bracelet(1))
    await reader.open()
    read, times = queries.persons, 0

    async def overtaken(connection: database.Connection, person_ids: Any) -> Any:
        nonlocal times
        times += 1
        found, version = await read(connection, person_ids), reader.registry.version
        if times == 1:
            reader.registry._changed.put_nowait("")
            await reader.until(lambda: reader.registry.version > version + 1)
        return found

    monkeypatch.setattr(queries, "persons", overtaken)
    await reader.bring(bracelet(1))
    assert (times, list(reader.registry.persons)) == (2, [one])


async def test_who_comes_while_others_are_read_is_read_too(
    database_url: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bracelet is given out while a batch is read in which it speaks already."""
    one = add_person(database_url, bracelet=bracelet(1))
    await reader.open()
    read, come = queries.persons, list[int]()

    async def joined(connection: database.Connection, person_ids: Any) -> Any:
        if not come:
            come.append(add_person(database_url, bracelet=bracelet(2)))
            await reader.until(lambda: bracelet(2) in reader.registry.devices)
        return await read(connection, person_ids)

    monkeypatch.setattr(queries, "persons", joined)
    await reader.bring(bracelet(1), bracelet(2))
    assert set(reader.registry.persons) == {one, *come}


async def test_who_changed_is_read_again_and_who_did_not_stays_the_same(database_url: str, reader: Reader) -> None:
    """The same object: what was worked out of it, as the room of quiet readings, holds on."""
    one, two = add_person(database_url, bracelet=bracelet(1)), add_person(database_url, bracelet=bracelet(2))
    add_zone(database_url, one, "lake")
    await reader.open()
    await reader.bring(bracelet(1), bracelet(2))
    before = dict(reader.registry.persons)
    add_zone(database_url, two, "park")
    reader.registry._changed.put_nowait("")
    await reader.until(lambda: reader.registry.lacks(one) and reader.registry.lacks(two))
    await reader.until(reader.registry._changed.empty)
    await reader.bring(bracelet(1), bracelet(2))
    assert reader.registry.persons[one] is before[one]
    assert reader.registry.persons[two] is not before[two]
    assert reader.zones(two) == ["home", "park"]


async def test_who_is_deleted_is_gone_with_their_devices_and_deadlines(database_url: str, reader: Reader) -> None:
    one, two = add_person(database_url, bracelet=bracelet(1)), add_person(database_url, bracelet=bracelet(2))
    for number, person_id in ((1, one), (2, two)):
        leave_behind(database_url, person_id, bracelet(number), 60.0, at(360))
    await reader.open()
    await reader.bring(bracelet(1))
    # Before we hear of it, as when it happens in this very moment.
    assert reader.following is not None
    reader.following.cancel()
    run(database_url, "DELETE FROM persons")
    await reader.bring(bracelet(2), due=[two])
    assert set(reader.registry.persons) == {one}
    assert set(reader.registry.devices) == {bracelet(1)}
    assert reader.book.take_due(at(999)) == [one]
    # And of who was read before, when we do.
    reader.following = asyncio.create_task(reader.registry.follow())
    reader.registry._changed.put_nowait(str(one))
    await reader.until(lambda: not reader.registry.persons)
    assert not reader.registry.devices
    await reader.bring(due=[one])
    assert reader.book.next_due() is None


async def test_a_lost_connection_leaves_nothing_half_known(database_url: str, reader: Reader) -> None:
    one, two = add_person(database_url, bracelet=bracelet(1)), add_person(database_url, bracelet=bracelet(2))
    leave_behind(database_url, two, bracelet(2), 60.0, at(360))
    await reader.open()
    await reader.bring(bracelet(1))
    connection = reader.recall._connection
    assert connection is not None
    run(database_url, "SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
    reader.registry._doubt([one])
    with pytest.raises(psycopg.OperationalError):
        await reader.bring(bracelet(1), bracelet(2))
    assert reader.registry.lacks(one)
    assert reader.book.lacks(two)
    await reader.bring(bracelet(1), bracelet(2))
    assert not reader.registry.lacks(one)
    assert reader.book.state(two).zone.safety == "suspect"


async def test_nobody_without_zones_or_with_an_unreadable_state_is_left_out(database_url: str, reader: Reader) -> None:
    one, two = (
        add_person(database_url, bracelet=bracelet(1), zones=False),
        add_person(database_url, bracelet=bracelet(2)),
    )
    run(database_url, "INSERT INTO engine_states VALUES (%s, %s, %s)", two, b"\x92\x63\x80", at(0) + timedelta(days=1))
    run(database_url, "UPDATE zones SET geometry = '{}' WHERE person_id = %s", two)
    await reader.open()
    await reader.bring(bracelet(1), bracelet(2))
    assert (reader.zones(one), reader.zones(two)) == ([], [])
    assert reader.book.state(one) is reader.book.state(two) is FRESH
    assert rows(database_url, "SELECT count(*) FROM engine_states") == [(1,)]
