"""Divisions, stations and coordinators over HTTP: loaded whole or not at all, and read again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from tests.api import world as worlds
from tests.api.world import World, client_of


@pytest_asyncio.fixture(loop_scope="session")
async def served(database_url: str) -> AsyncIterator[tuple[World, str]]:
    world = await worlds.seed(database_url)
    async with worlds.running(database_url) as address:
        yield world, address
    await world.close()


async def test_registers_over_http(served: tuple[World, str]) -> None:
    world, address = served
    async with client_of(address, "admin") as client:
        assert (
            await _put(client, "divisions", "code,name\n370303000000,张店区\n370303001000,某镇\n370303001001,某村\n")
            == 3
        )
        assert (
            await _put(
                client,
                "stations",
                "station_id,name,division,latitude,longitude,duty,channels\n"
                "S1,某村站,370303001001,36.8,118.0,08:00-18:00,log\nS2,某镇站,370303001000,,,,log\n",
            )
            == 2
        )
        text = (
            "coordinator_id,name,station_id,duty,username,channels\nC1,赵,S1,,coordinator,log\nC2,钱,S1,always,,log\n"
        )
        assert await _put(client, "coordinators", text) == 2
        assert await _put(client, "coordinators", text.replace("赵", "赵一")) == 2
        found = (await client.get("/api/v1/coordinators?within=370303")).json()["items"]
        assert [(one["name"], one["station_id"], one["latitude"], one["username"]) for one in found] == [
            ("赵一", "S1", 36.8, "coordinator"),
            ("钱", "S1", 36.8, None),
        ]
        assert [len(one["duty"] or []) for one in found] == [1, 0]
        stations = (await client.get("/api/v1/stations")).json()["items"]
        assert [(one["station_id"], one["coordinators"]) for one in stations] == [("S1", 2), ("S2", 0)]
        levels = [one["level"] for one in (await client.get("/api/v1/divisions?within=3703")).json()["items"]]
        assert levels == ["county", "town", "village"]
    rows = await world.run(
        "SELECT external_id, relation, division FROM receivers WHERE external_id LIKE 'station:%%' ORDER BY 1"
    )
    assert rows == [("station:S1", "coordinator", "370303001001"), ("station:S2", "station", "370303001")]


async def _put(client: httpx.AsyncClient, register: str, text: str) -> Any:
    response = await client.put(
        f"/api/v1/registers/{register}", content=text.encode(), headers={"Content-Type": "text/csv"}
    )
    return response.json().get("rows", response.json())


async def test_a_wrong_line_loads_nothing_and_is_named(served: tuple[World, str]) -> None:
    world, address = served
    async with client_of(address, "admin") as client:
        problem = await _put(client, "divisions", "code,name\n370303000000,张店区\n370303001000,镇\n370303002001,村\n")
        assert [one["where"] for one in problem["errors"]] == ["line 4.code"]
        assert "370303002000, which is neither here nor in the registry" in problem["detail"]
        await _put(client, "divisions", "code,name\n370303000000,张店区\n")
        problem = await _put(
            client, "stations", "station_id,name,division,username\nS1,a,370303000000,\nS2,b,370304000000,nobody\n"
        )
        assert [one["message"] for one in problem["errors"]] == [
            "line 3, division: '370304000000': is not in the registry: load divisions first",
            "line 3, username: 'nobody': is no login: add it with tongxing user add",
        ]
    assert await world.run("SELECT count(*) FROM stations") == [(0,)]
    assert await world.run("SELECT code FROM divisions") == [("370303000000",)]
