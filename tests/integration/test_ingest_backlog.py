"""Devices return from an outage: in order, nothing lost, no alert for what is over, at once for what is not.

A small fleet on a real broker; the scene at size is tests/benchmarks/backlog.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import aiomqtt
import pytest

from ingest.registry import Registry
from ingest.replay import Change, replay
from runtime import database
from tests.integration.ingest_running import device, publish, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

PERSONS = 60
#: Two hours, a fix a minute, a bed report every half minute.
OUTAGE_S, FIX_EVERY_S, BED_EVERY_S = 7_200, 60, 30
#: Readings in a message.
TOGETHER = 40
OUT_DEGREES = 0.005


@pytest.fixture(params=["broker_url", "mosquitto_url"])
def any_broker(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


def fix(at_s: float, *, out: bool = False, **told: Any) -> dict[str, Any]:
    latitude = HOME_LATITUDE + (OUT_DEGREES if out else 0.0)
    return {
        "kind": "location",
        "at": at_s,
        "latitude": latitude,
        "longitude": HOME_LONGITUDE,
        "accuracy_m": 12.0,
    } | told


async def return_with(client: aiomqtt.Client, device_id: str, readings: list[dict[str, Any]]) -> None:
    for begin in range(0, len(readings), TOGETHER):
        body = json.dumps({"readings": readings[begin : begin + TOGETHER]})
        await client.publish(f"tongxing/v1/{device_id}/backlog", body, qos=1, timeout=30)


def kept(now_s: float, out: range, every_s: int = FIX_EVERY_S) -> list[dict[str, Any]]:
    """What a bracelet kept; `out` is when its wearer was outside, in minutes from the beginning."""
    return [
        fix(now_s - OUTAGE_S + every_s * n, out=n in out, seq=n, steps=0, battery_pct=60.0)
        for n in range(OUTAGE_S // every_s)
    ]


async def all_at_home(url: str, broker: str, bracelets: list[str], at_s: float) -> None:
    """Everybody is heard once, just before contact is lost."""
    clocked = {"clock_start": datetime.fromtimestamp(at_s, UTC), "clock_anchor": datetime.now(UTC)}
    async with running_ingest(settings_for(url, broker, **clocked)), device(broker, "before") as client:
        for bracelet in bracelets:
            await publish(client, bracelet, "location", **told(fix(at_s)))
        await rows_when(url, "SELECT 1 FROM locations", count=len(bracelets))


async def test_two_hours_of_a_fleet_drain_without_one_false_alert(database_url: str, any_broker: str) -> None:
    random = Random(20_261_122)
    names = [(unique("zb"), unique("bed")) for _ in range(PERSONS)]
    for bracelet, bed in names:
        add_person(database_url, bracelet=bracelet, bed=bed)
    now_s = time.time()
    await all_at_home(database_url, any_broker, [bracelet for bracelet, _ in names], now_s - OUTAGE_S - 60)
    fixes, beds = OUTAGE_S // FIX_EVERY_S, OUTAGE_S // BED_EVERY_S
    async with running_ingest(settings_for(database_url, any_broker)), device(any_broker, "everybody") as client:
        for number, (bracelet, bed) in enumerate(names):
            # Every sixth was out for half an hour; one is out still, one pressed the button in the middle of it.
            out = range(100, 200) if number == 1 else range(40, 70) if number % 6 == 0 else range(0)
            readings = kept(now_s, out)
            reports = [
                {"kind": "bed", "at": now_s - OUTAGE_S + BED_EVERY_S * n, "seq": n, "status": "occupied"}
                for n in range(beds)
            ]
            for mine in (readings, reports):
                if number % 3 == 0:
                    mine.reverse()
                elif number % 3 == 1:
                    random.shuffle(mine)
            await return_with(client, bracelet, readings + readings[:5])
            await return_with(client, bed, reports)
        await publish(client, names[2][0], "event", id="in-the-gap", type="sos", at=now_s - 3_000)
        await rows_when(database_url, "SELECT 1 FROM locations", count=PERSONS * (fixes + 1), within_s=120)
        await rows_when(database_url, "SELECT 1 FROM bed_reports", count=PERSONS * beds, within_s=120)
        await rows_when(database_url, "SELECT 1 FROM detections", count=2)
    told = rows(database_url, "SELECT d.kind, b.device_id, d.evidence FROM detections d JOIN devices b USING (person_id)"
                " WHERE b.kind = 'bracelet' ORDER BY d.kind")  # fmt: skip
    assert [(kind, device_id) for kind, device_id, _ in told] == [("sos", names[2][0]), ("zone_exit", names[1][0])]
    assert told[0][2]["late_s"] == pytest.approx(3_000, abs=30)
    assert rows(database_url, "SELECT reason FROM quarantine") == []
    assert rows(database_url, "SELECT sum(missing) FROM device_states") == [(0,)]
    assert rows(database_url, "SELECT count(*) FROM locations") == [(PERSONS * (fixes + 1),)]
    await a_replay_concludes_the_same(database_url)


async def a_replay_concludes_the_same(url: str) -> None:
    registry = Registry(url)
    await registry.load()
    (began,) = rows(
        url, "SELECT min(received_at) - interval '1 day', max(received_at) + interval '1 second' FROM locations"
    )
    connection = await database.connect(url)
    async with connection:
        found = await replay(connection, registry.persons, since=began[0], until=began[1])
    assert [each.change for each in found.differences if each.kind != "sos"] == [Change.KEPT]
    assert all(each.change is Change.KEPT for each in found.differences)


async def test_still_outside_and_heard_live_first(database_url: str, any_broker: str) -> None:
    """Inside when contact was lost; the first word is live and outside; what the bracelet kept confirms it at once."""
    left, back = unique("zb"), unique("zb")
    for bracelet in (left, back):
        add_person(database_url, bracelet=bracelet)
    now_s = time.time()
    async with running_ingest(settings_for(database_url, any_broker)), device(any_broker, "both") as client:
        for bracelet, out in ((left, True), (back, False)):
            for ago_s in (590, 580):
                await publish(client, bracelet, "location", **told(fix(now_s - ago_s)))
            await rows_when(database_url, "SELECT 1 FROM locations JOIN devices USING (device_key) WHERE device_id = %s",
                            bracelet, count=2)  # fmt: skip
            await publish(client, bracelet, "location", **told(fix(now_s, out=out)))
            await return_with(client, bracelet, [fix(now_s - ago_s, out=True) for ago_s in range(60, 480, 60)])
        await rows_when(database_url, "SELECT 1 FROM detections", count=1, within_s=60)
        await rows_when(database_url, "SELECT 1 FROM locations", count=20)
    found = rows(database_url, "SELECT device_id, kind, reason FROM detections")
    assert found == [(left, "zone_exit", "two_fixes")]


def told(reading: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reading.items() if name != "kind"}


@contextlib.asynccontextmanager
async def flooding(client: aiomqtt.Client, device_id: str, began_s: float) -> AsyncIterator[None]:
    """A thousand fixes, as of one a 60 ms, as fast as the broker takes them."""

    async def flood() -> None:
        for begin in range(0, 1_000, 100):
            await asyncio.gather(*(
                publish(client, device_id, "location", **told(fix(began_s + n * 0.06, out=n % 2 == 0)))
                for n in range(begin, begin + 100)
            ))  # fmt: skip

    task = asyncio.create_task(flood())
    try:
        yield
    finally:
        await task


@pytest.mark.alone
async def test_a_device_that_floods_is_slowed_alone(database_url: str, mosquitto_url: str) -> None:
    mad, calm = unique("zb"), unique("zb")
    for bracelet in (mad, calm):
        add_person(database_url, bracelet=bracelet)
    settings = settings_for(database_url, mosquitto_url)
    async with (
        running_ingest(settings),
        device(mosquitto_url, mad, max_inflight_messages=500) as flooder,
        device(mosquitto_url, calm) as other,
    ):
        await other.subscribe(f"tongxing/v1/{calm}/ack", qos=1)
        minute_s = time.time() // 60 * 60 - 60
        async with flooding(flooder, mad, minute_s):
            took_s = []
            for number in range(10):
                pressed_at_s = time.monotonic()
                await publish(other, calm, "event", id=f"e{number}", type="sos")
                await asyncio.wait_for(anext(other.messages), 60)
                took_s.append(time.monotonic() - pressed_at_s)
            await publish(flooder, mad, "event", id="mine", type="sos")
        await rows_when(database_url, "SELECT 1 FROM locations", count=1_000)
        await rows_when(database_url, "SELECT 1 FROM safety_events", count=11)
    assert max(took_s) < 3.0
    # A thousand in one minute, of which so many are judged; one that overtook another is late and counts as neither.
    ((flooder_id, surplus),) = rows(
        database_url, "SELECT device_id, surplus FROM device_floods JOIN devices USING (device_key)"
    )
    assert flooder_id == mad
    assert 800 < surplus <= 1_000 - settings.ingest_device_per_min
    pressed = rows(database_url, "SELECT count(*) FROM detections WHERE kind = 'sos'")
    assert pressed == [(11,)]
