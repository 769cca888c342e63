"""The live stream over real HTTP: who sees what, when it ends, and that nobody slow holds up the others."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from api import live
from runtime.service import Stop
from tests.api import world as worlds
from tests.api.world import Event, World, client_of, events


@pytest_asyncio.fixture
async def served(database_url: str) -> AsyncIterator[tuple[World, str]]:
    world = await worlds.seed(database_url)
    async with worlds.running(database_url) as address:
        yield world, address
    await world.close()


@contextlib.asynccontextmanager
async def watching(
    address: str, username: str, *, last_event_id: str | None = None
) -> AsyncIterator[AsyncIterator[Event]]:
    """An open stream whose `hello` has been heard."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    async with (
        client_of(address, username) as client,
        client.stream("GET", "/api/v1/live", headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = events(response)
        hello = await anext(stream)
        assert hello.name == "hello"
        yield stream


async def heard(stream: AsyncIterator[Event], name: str) -> Event:
    async with asyncio.timeout(60):
        async for event in stream:
            if event.name == name:
                return event
    raise AssertionError(f"the stream ended without {name}")


async def act(address: str, username: str, path: str, body: object = None) -> httpx.Response:
    async with client_of(address, username) as client:
        return await client.post(path, json=body)


async def test_everybody_sees_their_own_and_nobody_elses(served: tuple[World, str]) -> None:
    world, address = served
    async with (
        watching(address, "daughter") as daughter,
        watching(address, "stranger") as stranger,
        watching(address, "coordinator") as coordinator,
        watching(address, "station") as station,
        watching(address, "admin") as admin,
    ):
        # zhao last: whoever wrongly sees zhao or misses their own fails below.
        for name, longitude in (("li", 118.1), ("wang", 118.2), ("zhao", 118.3)):
            await world.move(name, longitude=longitude)
        seen = {}
        for role, stream, count in (
            ("daughter", daughter, 1),
            ("stranger", stranger, 1),
            ("coordinator", coordinator, 1),
            ("station", station, 1),
            ("admin", admin, 3),
        ):
            seen[role] = [(await heard(stream, "position")).data["properties"]["display_name"] for _ in range(count)]
        # An incident of everybody's, so that a further position would have to come before it.
        for name in ("wang", "li"):
            await world.run(
                "UPDATE incidents SET revision = nextval('incidents_revisions') WHERE incident_id = %s",
                world.incidents[name],
            )
            await world.run("SELECT pg_notify('incidents', %s)", str(world.incidents[name]))
        following = {}
        for role, stream in (("daughter", daughter), ("stranger", stranger), ("coordinator", coordinator)):
            async with asyncio.timeout(60):
                event = await anext(stream)
            following[role] = (event.name, event.data.get("person_name"))
    wang, li = "Name of wang", "Name of li"
    assert seen == {
        "daughter": [wang],
        "stranger": [li],
        "coordinator": [wang],
        "station": [wang],
        "admin": [li, wang, "Name of zhao"],
    }
    assert following == {
        "daughter": ("incident", wang),
        "stranger": ("incident", li),
        "coordinator": ("incident", wang),
    }


async def test_a_responder_hears_the_end_and_then_no_more(served: tuple[World, str]) -> None:
    world, address = served
    path = f"/api/v1/incidents/{world.incidents['wang']}"
    async with watching(address, "coordinator") as coordinator, watching(address, "daughter") as daughter:
        assert (await act(address, "coordinator", f"{path}/acknowledge")).status_code == 200
        assert (await heard(coordinator, "incident")).data["state"] == "acknowledged"
        assert (await act(address, "coordinator", f"{path}/resolve", {"outcome": "found"})).status_code == 200
        assert (await heard(coordinator, "incident")).data["state"] == "resolved"
        await world.move("wang", longitude=118.4)
        assert (await heard(daughter, "position")).data["properties"]["incident_id"] is None
        # A second incident that the coordinator is told of: it must be the very next thing heard.
        await world.open_incident("wang", notified="coordinator")
        async with asyncio.timeout(60):
            event = await anext(coordinator)
    assert (event.name, event.data["state"]) == ("incident", "open")


async def test_what_was_missed_is_sent_after_resuming(served: tuple[World, str]) -> None:
    world, address = served
    async with watching(address, "daughter") as stream:
        await world.move("wang", longitude=118.2)
        last = await heard(stream, "position")
    assert last.id
    await world.move("wang", longitude=118.3)
    await world.move("li", longitude=118.9)
    async with watching(address, "daughter", last_event_id=last.id) as stream:
        missed = await heard(stream, "position")
        assert missed.data["geometry"]["coordinates"] == [118.3, 36.805]
    async with watching(address, "daughter", last_event_id="not one of ours") as stream:
        await world.move("wang", longitude=118.5)
        assert (await heard(stream, "position")).data["geometry"]["coordinates"][0] == 118.5


@pytest.mark.alone
async def test_a_burst_becomes_few_batches_and_the_first_change_goes_out_at_once(served: tuple[World, str]) -> None:
    world, address = served
    async with watching(address, "admin") as stream:
        begun = time.monotonic()
        await world.move("wang", longitude=118.1)
        await heard(stream, "position")
        first_s = time.monotonic() - begun
        before = live.FAN_OUT._sum.get(), _batches()
        for step in range(40):
            await world.move("wang", longitude=118.2 + step / 1000)
        while (await heard(stream, "position")).data["geometry"]["coordinates"][0] < 118.239:
            pass
        took_s = time.monotonic() - begun
    assert first_s < 1.0
    assert _batches() - before[1] <= took_s / live.COALESCE_S + 1


def _batches() -> float:
    return next(
        sample.value for metric in live.FAN_OUT.collect() for sample in metric.samples if sample.name.endswith("_count")
    )


async def test_a_client_that_does_not_read_is_dropped_with_a_word(database_url: str, monkeypatch) -> None:
    world = await worlds.seed(database_url)
    monkeypatch.setattr(live, "COALESCE_S", 0.0)
    async with worlds.running(database_url) as address:
        async with watching(address, "admin") as slow, watching(address, "daughter") as quick:
            ended = live.ENDED.labels("too_slow")
            before = ended._value.get()
            # Long names fill the slow one's socket, which nobody reads.
            await world.run("UPDATE persons SET display_name = repeat('x', 400000) WHERE external_id = 'no-li'")
            longitude = 118.0
            async with asyncio.timeout(60):
                while ended._value.get() == before:
                    longitude += 0.001
                    await world.move("li", longitude=longitude)
                    await world.move("wang", longitude=longitude)
                    await heard(quick, "position")
            goodbye = await heard(slow, "goodbye")
        assert goodbye.data == {"reason": "too_slow"}
    await world.close()


async def test_many_who_come_at_once_do_not_empty_the_pool(served: tuple[World, str]) -> None:
    world, _ = served
    async with worlds.running(world.url, api_pool_size=2) as address, contextlib.AsyncExitStack() as streams:
        async with asyncio.timeout(60):
            opening = [streams.enter_async_context(watching(address, "daughter")) for _ in range(20)]
            opened = await asyncio.gather(*opening)
            await world.move("wang", longitude=118.7)
            for stream in opened:
                while (await heard(stream, "position")).data["geometry"]["coordinates"][0] != 118.7:
                    pass


async def test_signing_out_ends_the_stream(served: tuple[World, str], monkeypatch) -> None:
    world, _ = served
    monkeypatch.setattr(live, "PING_S", 0.1)
    async with worlds.running(world.url) as address, watching(address, "daughter") as stream:
        await heard(stream, "ping")
        async with client_of(address, "daughter") as client:
            assert (await client.delete("/api/v1/token")).status_code == 204
        assert (await heard(stream, "goodbye")).data == {"reason": "signed_out"}


@pytest.mark.alone
async def test_stopping_ends_streams_and_the_process(database_url: str) -> None:
    world = await worlds.seed(database_url)
    stop = Stop()
    async with worlds.running(database_url, stop=stop) as address, watching(address, "admin") as stream:
        begun = time.monotonic()
        stop.request()
        assert (await heard(stream, "goodbye")).data == {"reason": "stopping"}
    assert time.monotonic() - begun < 4.0
    await world.close()


async def test_the_listener_comes_back_after_its_connection_was_cut(served: tuple[World, str]) -> None:
    world, address = served
    async with watching(address, "daughter") as stream:
        cut = await world.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
        )
        assert cut
        await world.move("wang", longitude=118.6)
        assert (await heard(stream, "position")).data["geometry"]["coordinates"][0] == 118.6


async def test_watching_is_written_down_once_a_person(served: tuple[World, str]) -> None:
    world, address = served
    async with watching(address, "coordinator") as stream:
        for longitude in (118.1, 118.2):
            await world.move("wang", longitude=longitude)
            await heard(stream, "position")
    assert await world.run("SELECT user_id, person_id, what FROM access_log") == [
        (world.users["coordinator"], world.persons["wang"], "live")
    ]
