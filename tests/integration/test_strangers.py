"""Devices that speak and are in nobody's use: listed for who runs the fleet, registered by a person and by nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from tests.api import world as worlds
from tests.api.world import NOW, World, client_of
from tests.servers import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(databases: Databases) -> AsyncIterator[tuple[World, str]]:
    with databases.fresh() as url:
        world = await worlds.seed(url)
        rows = [
            ("tongxing/v1/new-1/location", "new-1", "unknown_device", 3),
            ("traccar/new-1/position", "new-1", "unknown_device", 2),
            ("tongxing/v1/new-bed/bed", "new-bed", "unknown_device", 1),
            ("tongxing/v1/zb-wang/location", "zb-wang", "unknown_device", 1),
            ("tongxing/v1/broken/location", "broken", "malformed", 1),
            ("tongxing/v1/ancient/location", "ancient", "unknown_device", 24 * 8),
            ("nonsense", None, "unknown_topic", 1),
        ]
        for topic, device_id, reason, hours in rows:
            await world.run(
                "INSERT INTO quarantine (received_at, topic, device_id, reason, detail, payload, payload_size)"
                " VALUES (%s, %s, %s, %s, '', '', 0)",
                NOW - timedelta(hours=hours),
                topic,
                device_id,
                reason,
            )
        async with worlds.running(url) as address:
            yield world, address
        await world.close()


async def asked(served, username, path, method="GET", **body):
    async with client_of(served[1], username) as client:
        answer = await client.request(method, f"/api/v1{path}", json=body or None)
        return answer.json()


async def test_strangers_are_listed_with_how_often_and_since_when(served):
    world, _ = served
    await world.sign_in_everybody()
    items = (await asked(served, "operator", "/strangers"))["items"]
    found = {item["device_id"]: item for item in items}
    assert set(found) == {"new-1", "new-bed"}, "in use, malformed and long gone are no strangers"
    first = found["new-1"]
    assert (first["messages"], first["formats"], first["is_bed"]) == (2, ["tongxing", "traccar"], False)
    assert first["first_heard_at"] < first["last_heard_at"]
    assert found["new-bed"]["is_bed"]
    assert [item["device_id"] for item in items] == ["new-bed", "new-1"], "the last heard first"


async def test_who_registers_one_issues_its_login_and_nobody_else_sees_the_secret(served):
    world, _ = served
    await world.sign_in_everybody()
    await asked(served, "operator", "/devices", "POST", device_id="new-1", kind="bracelet")
    [one] = [item for item in (await asked(served, "operator", "/strangers"))["items"] if item["device_id"] == "new-1"]
    assert one["standing"] == "unassigned"
    issued = await asked(served, "operator", "/devices/new-1/credentials", "POST", format="native")
    listed = await asked(served, "admin", "/devices/new-1/credentials")
    assert issued["secret"] not in str(listed)
    assert [(one["login"], one["issued_by"], one["revoked_at"]) for one in listed["items"]] == [
        ("new-1", "operator", None)
    ]
    rotated = await asked(served, "operator", "/devices/new-1/credentials/rotate", "POST", overlap_hours=2)
    assert (rotated["login"], rotated["overlap_until"] is not None) == ("new-1~2", True)
    refused = await asked(served, "operator", "/devices/new-1/credentials", "POST", format="native")
    assert (refused["status"], "rotate it instead" in refused["detail"]) == (409, True)
    left = await asked(
        served, "admin", "/devices/new-1/credentials/revoke", "POST", credential_id=issued["credential_id"]
    )
    assert {one["login"]: one["revoked_by"] for one in left["items"]} == {"new-1": "admin", "new-1~2": None}
