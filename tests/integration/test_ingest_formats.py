"""Other makers' devices, from a real broker into a real database: one story a format."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ingest.test_wire_watch import frame, position
from tests.integration.ingest_running import device, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

LOCATIONS = "SELECT latitude, longitude, accuracy_m, source, speed_mps, battery_pct FROM locations ORDER BY at"


@pytest.fixture(params=["embedded", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> str:
    name = {"embedded": "broker_url", "mosquitto": "mosquitto_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


async def send(client: Any, topic: str, told: Any) -> None:
    payload = told if isinstance(told, str) else json.dumps(told)
    await client.publish(topic, payload, qos=1)


async def test_a_phone_with_owntracks(database_url: str, any_broker: str) -> None:
    user = unique("li").replace("-", "_")
    add_person(database_url, bracelet=f"{user}-phone")
    topic, now = f"owntracks/{user}/phone", int(time.time())
    location = {"_type": "location", "lat": HOME_LATITUDE, "lon": HOME_LONGITUDE, "acc": 14, "vel": 36, "batt": 71}
    async with running_ingest(settings_for(database_url, any_broker)), device(any_broker, user) as client:
        await send(client, topic, location | {"tst": now - 200})
        await send(client, f"{topic}/event", {"_type": "transition", "tst": now, "event": "leave"})
        await send(client, topic, {"_type": "encrypted", "data": "x"})
        for seconds in (120, 5):
            await send(client, topic, location | {"tst": now - seconds, "lat": HOME_LATITUDE + 0.0018, "vel": 0})
        detections = await rows_when(database_url, "SELECT kind, reason FROM detections", count=1)
        await send(client, topic, {"_type": "lwt", "tst": now})
        await rows_when(database_url, "SELECT 1 FROM device_states WHERE NOT online", count=1)
    assert detections == [("zone_exit", "two_fixes")]
    assert rows(database_url, LOCATIONS)[0] == (HOME_LATITUDE, HOME_LONGITUDE, 14, "gnss", 10, 71)
    assert rows(database_url, "SELECT reason, device_id FROM quarantine") == [("unsupported", f"{user}-phone")]


async def test_traccar_forwards_a_call_for_help(database_url: str, any_broker: str) -> None:
    tracker = unique("imei")
    add_person(database_url, bracelet=tracker)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    told = {
        "position": {
            "deviceTime": at, "fixTime": at, "valid": True, "outdated": False, "latitude": HOME_LATITUDE,
            "longitude": HOME_LONGITUDE, "speed": 0.0, "accuracy": 0.0,
            "attributes": {"alarm": "sos,lowBattery", "batteryLevel": 55},
        },
        "device": {"uniqueId": tracker},
    }  # fmt: skip
    async with running_ingest(settings_for(database_url, any_broker)), device(any_broker, tracker) as client:
        for _ in range(2):
            await send(client, f"traccar/{tracker}/position", told)
        await send(client, f"traccar/{tracker}/position", told | {"device": {"uniqueId": "another"}})
        await rows_when(database_url, "SELECT 1 FROM quarantine WHERE reason = 'wrong_device'", count=1)
    assert rows(database_url, LOCATIONS) == [(HOME_LATITUDE, HOME_LONGITUDE, 30, "gnss", 0, 55)]
    assert rows(database_url, "SELECT type, latitude, battery_pct FROM safety_events") == [("sos", HOME_LATITUDE, 55)]
    assert rows(database_url, "SELECT kind FROM detections") == [("sos",)]


async def test_an_elder_watch_sends_several_frames(database_url: str, any_broker: str) -> None:
    watch = unique("w")
    add_person(database_url, bracelet=watch)
    now = time.time()

    def at(seconds_ago: float) -> str:
        return datetime.fromtimestamp(now - seconds_ago, UTC).strftime("%d%m%y,%H%M%S")

    home = f"A,{HOME_LATITUDE},N,{HOME_LONGITUDE},E"
    frames = [
        position("UD2", at=at(3_600), place=home, speed="0.0"), position("UD", at=at(20), place=home, speed="0.0"), "LK,50,100,93",
        position("AL", "00010000", at=at(10), place=home, speed="0.0"), "bphrt,120,80,71", "UD,broken",
    ]  # fmt: skip
    async with running_ingest(settings_for(database_url, any_broker)), device(any_broker, watch) as client:
        await send(client, f"watch/{watch}", "".join(frame(content, id_=watch) for content in frames))
        await rows_when(database_url, "SELECT 1 FROM quarantine", count=1)
    assert [row[:4] for row in rows(database_url, LOCATIONS)] == [(HOME_LATITUDE, HOME_LONGITUDE, 30, "gnss")] * 3
    assert rows(database_url, "SELECT battery_pct FROM heartbeats") == [(93,)]
    assert rows(database_url, "SELECT type FROM safety_events") == [("sos",)]
    assert rows(database_url, "SELECT kind FROM detections") == [("sos",)]
    assert rows(database_url, "SELECT safety FROM latest_positions") == [("inside",)]


async def test_a_native_device_may_speak_gcj02(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    # Home, as a Chinese map shows it.
    told = {"at": time.time(), "latitude": 36.810512, "longitude": 118.056076, "datum": "gcj02"}
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        await send(client, f"tongxing/v1/{bracelet}/location", told)
        ((latitude, longitude, *_),) = await rows_when(database_url, LOCATIONS, count=1)
    assert (latitude, longitude) == pytest.approx((HOME_LATITUDE, HOME_LONGITUDE), abs=1e-5)
