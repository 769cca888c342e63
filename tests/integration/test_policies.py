"""A person's thresholds: over HTTP into the table, and from there into an ingest that is running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest_asyncio
from psycopg.types.json import Jsonb

from geofence.policy import DEFAULT, written
from tests.api import world as worlds
from tests.api.world import NOW, World, client_of
from tests.integration.ingest_running import device, publish, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

INSIDE = {"latitude": HOME_LATITUDE, "longitude": HOME_LONGITUDE, "accuracy_m": 12}
#: 50 metres beyond the edge.
OUTSIDE = INSIDE | {"latitude": HOME_LATITUDE + 0.0018}
DEFAULTS = written(DEFAULT)


@pytest_asyncio.fixture
async def served(database_url: str) -> AsyncIterator[tuple[World, str]]:
    world = await worlds.seed(database_url)
    async with worlds.running(database_url) as address:
        yield world, address
    await world.close()


async def put(address: str, person_id: int, body: Any, username: str = "admin") -> Any:
    async with client_of(address, username) as client:
        return await client.put(f"/api/v1/persons/{person_id}/policy", json=body)


async def read(address: str, person_id: int, username: str = "daughter") -> Any:
    async with client_of(address, username) as client:
        response = await client.get(f"/api/v1/persons/{person_id}/policy")
        assert response.status_code == 200, response.text
        return response.json()


async def test_thresholds_are_replaced_as_a_whole_and_signed(served: tuple[World, str]) -> None:
    world, address = served
    wang = world.persons["wang"]
    assert await read(address, wang) == {
        "defaults": DEFAULTS,
        "overrides": {},
        "effective": DEFAULTS,
        "updated_at": None,
        "updated_by": None,
    }
    await world.run(
        "INSERT INTO policies (person_id, overrides, updated_at, updated_by) VALUES (%s, '{}', %s, %s)",
        wang,
        NOW - timedelta(days=1),
        world.users["operator"],
    )
    assert (await read(address, wang))["updated_by"] == "Operator"
    for overrides in ({"zone_confirming_fixes": 3, "night_from": "21:00"}, {"suspect_silence": 120.0}, {}):
        response = await put(address, wang, {"overrides": overrides})
        assert response.status_code == 200, response.text
        found = await read(address, wang)
        assert response.json() == found
        assert '"zone_confirming_fixes":2,' in response.text
        assert (found["overrides"], found["defaults"]) == (overrides, DEFAULTS)
        assert found["effective"] == DEFAULTS | overrides
        assert datetime.fromisoformat(found["updated_at"]) == NOW + timedelta(minutes=10)
        assert found["updated_by"] == "Admin"
    stored = await world.run("SELECT person_id, overrides, updated_by FROM policies")
    assert stored == [(wang, {}, world.users["admin"])]


async def test_what_is_wrong_is_named_and_nothing_changes(served: tuple[World, str]) -> None:
    world, address = served
    wang = world.persons["wang"]
    await put(address, wang, {"overrides": {"zone_confirming_fixes": 3}})
    before = await read(address, wang)
    wrong = {"zone_confirming_fixes": 0, "zone_acuracy_cap_m": 80, "tracking_for": 600}
    response = await put(address, wang, {"overrides": wrong})
    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "urn:tongxing:problem:invalid")
    assert response.headers["content-type"] == "application/problem+json"
    said = {error["where"]: error["message"] for error in problem["errors"]}
    assert set(said) == {"body.overrides.zone_confirming_fixes", "body.overrides.zone_acuracy_cap_m"}
    assert "did you mean zone_accuracy_cap_m?" in said["body.overrides.zone_acuracy_cap_m"]
    assert "zone_confirming_fixes: 0 is refused" in problem["detail"]
    for body in ({}, {"overrides": []}, {"overrides": {}, "person_id": 1}, {"overrides": {"\x00": 1}}):
        assert (await put(address, wang, body)).status_code == 422
    assert await read(address, wang) == before
    assert (await put(address, 999_999, {"overrides": {}})).status_code == 404


async def test_what_was_written_by_sql_is_shown_as_it_is_and_as_it_works(served: tuple[World, str]) -> None:
    world, address = served
    wang = world.persons["wang"]
    stored = {"zone_confirming_fixes": 0, "tracking_for": 600}
    await world.run("INSERT INTO policies (person_id, overrides) VALUES (%s, %s)", wang, Jsonb(stored))
    found = await read(address, wang)
    assert found["overrides"] == stored
    assert found["effective"] == DEFAULTS | {"tracking_for": 600}
    assert found["updated_by"] is None
    await world.run("UPDATE policies SET overrides = '[1]'")
    assert (await read(address, wang))["effective"] == DEFAULTS


async def test_a_running_ingest_judges_by_them_within_seconds(
    served: tuple[World, str], database_url: str, broker_url: str
) -> None:
    _, address = served
    bracelet = unique("zb")
    person_id = add_person(database_url, bracelet=bracelet)
    begun, sent = time.time() - 590, 0
    exits = "SELECT kind, evidence ->> 'fixes' FROM detections WHERE person_id = %s AND kind = 'zone_exit'"

    async def step_out_and_back() -> None:
        """Never two fixes outside in a row: by default nobody has left."""
        nonlocal sent
        for fix in (INSIDE, OUTSIDE, INSIDE):
            sent += 1
            await publish(client, bracelet, "location", at=begun + 5 * sent, seq=sent, **fix)
        await rows_when(database_url, "SELECT FROM locations WHERE person_id = %s", person_id, count=sent)

    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        for _ in range(3):
            await step_out_and_back()
        assert rows(database_url, exits, person_id) == []
        response = await put(address, person_id, {"overrides": {"zone_confirming_fixes": 1}})
        assert response.status_code == 200, response.text
        deadline = time.monotonic() + 5
        while not (found := rows(database_url, exits, person_id)):
            assert time.monotonic() < deadline, f"{sent} fixes, and still two are waited for"
            await step_out_and_back()
            await asyncio.sleep(0.15)
    assert found[0] == ("zone_exit", "1")
