"""Sums and terms over HTTP: what each answer holds. Who may ask stands in test_api_access."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio

from api.keeping import summing
from runtime import database
from tests.api import world as worlds
from tests.api.world import client_of
from tests.integration.keeping_scene import HOUR, location, put, rows

#: An hour that has passed when the server's clock begins.
NOW = worlds.NOW.replace(minute=0) - HOUR


@pytest_asyncio.fixture
async def served(database_url):
    world = await worlds.seed(database_url)
    async with worlds.running(database_url) as address:
        yield database_url, address
    await world.close()


def bracelet(url):
    return rows(
        url,
        "SELECT v.device_id, v.device_key, v.person_id FROM devices v JOIN persons p USING (person_id)"
        " WHERE v.kind = 'bracelet' AND v.device_id = 'zb-wang'",
    )[0]


async def sum_up(url):
    async with await database.connect(url, autocommit=True) as connection:
        await summing.bring_up_to_date(connection, at=worlds.NOW)


async def test_hours_and_days_are_answered(served):
    url, address = served
    device_id, key, person_id = bracelet(url)
    fixes = [
        location(key, person_id, NOW - n * timedelta(minutes=1), battery_pct=80.0, worn=True, steps=2)
        for n in range(1, 61)
    ]
    put(url, "locations", fixes)
    await sum_up(url)
    async with client_of(address, "daughter") as daughter:
        hours = (await daughter.get(f"/api/v1/devices/{device_id}/hours")).json()["items"]
        (hour,) = [each for each in hours if each["readings"] == 60]
        assert (hour["heard_minutes"], hour["gaps"], hour["longest_gap_min"], hour["worn_minutes"]) == (60, 0, 0, 60)
        days = (await daughter.get(f"/api/v1/persons/{person_id}/days")).json()["items"]
        assert sum(day["steps"] or 0 for day in days) == 120
        assert rows(url, "SELECT what FROM access_log WHERE person_id = %s", person_id) == [("days",)]
        for path in (
            f"/api/v1/devices/{device_id}/hours?since=2020-01-01T00:00:00Z",
            f"/api/v1/persons/{person_id}/days?since=2020-01-01",
        ):
            assert (await daughter.get(path)).status_code == 422


async def test_an_area_of_few_persons_is_left_out(served):
    url, address = served
    await sum_up(url)
    async with client_of(address, "operator") as operator:
        answer = await operator.get("/api/v1/coverage?digits=2")
        assert answer.json() == {"items": []}


async def test_what_goes_is_shown_done_and_recorded(served):
    url, address = served
    _, key, person_id = bracelet(url)
    put(url, "locations", [location(key, person_id, NOW - timedelta(days=200))])
    put(url, "access_log", [{"at": NOW - timedelta(days=2_000), "user_id": 1, "person_id": person_id, "what": "track"}])
    async with client_of(address, "admin") as admin:
        said = (await admin.get("/api/v1/retention")).json()
        assert {item["data_class"]: (item["rows"], item["held_rows"]) for item in said["items"]} == {
            # An incident of wang's is open.
            "positions": (0, 1),
            "accesses": (1, 0),
        }
        assert {term["data_class"]: term["keep_days"] for term in said["terms"]}["positions"] == 90
        assert said["held_persons"] >= 1
        done = (await admin.post("/api/v1/retention/run")).json()["items"]
        assert [(item["data_class"], item["rows"]) for item in done] == [("accesses", 1)]
        (record,) = (await admin.get("/api/v1/retention/deletions")).json()["items"]
        assert (record["series"], record["rows"]) == ("access_log", 1)
        assert record["user_id"] == (await admin.get("/api/v1/me")).json()["user_id"]
        async with await database.connect(url, autocommit=True) as busy:
            await busy.execute("SELECT pg_advisory_lock(%s)", (0x746F6E69,))
            assert (await admin.post("/api/v1/retention/run")).status_code == 409
