"""`tongxing replay`: a recorded day judged again gives what the live run concluded; quarantine can be sent again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from ingest.registry import Registry
from ingest.replay import replay
from runtime import clock as clocks
from runtime import database
from tests.integration.ingest_process import METRES_PER_DEGREE_NORTH
from tests.integration.ingest_running import device, publish, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

MINUTES = 30
#: 15:00 in Zibo; two simulated minutes pass in a second.
BEGINS = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
RATE = 120.0


def at_home(north_m: float) -> dict[str, float]:
    return {
        "latitude": HOME_LATITUDE + north_m / METRES_PER_DEGREE_NORTH,
        "longitude": HOME_LONGITUDE,
        "accuracy_m": 12.3,
    }


async def live_a_while(database_url: str, broker_url: str, bracelet: str, bed: str) -> datetime:
    """Half an hour: at home, the button, out across the edge and home again, the battery, a bed. Returns its end."""
    clocked = {"clock_start": BEGINS, "clock_rate": RATE, "clock_anchor": datetime.now(UTC) + timedelta(seconds=2)}
    settings = settings_for(database_url, broker_url, **clocked)
    clock = clocks.from_settings(settings)
    async with running_ingest(settings), device(broker_url, bracelet) as client, device(broker_url, bed) as other:
        for minute in range(MINUTES):
            await clock.sleep_until(BEGINS + timedelta(minutes=minute))
            north_m = 400.0 * max(0.0, 1 - abs(minute - 16) / 8)
            told: dict[str, Any] = {"battery_pct": 30.0 - 0.5 * minute, "steps": 90 if north_m else 0, "worn": True}
            at = clock.now().timestamp()
            await publish(client, bracelet, "location", at=at, seq=2 * minute, **at_home(north_m), **told)
            if minute == 5:
                # It would overtake what waits, and then it is not in the order in which it was received.
                await rows_when(database_url, "SELECT 1 FROM locations", count=minute + 1)
                await publish(client, bracelet, "event", at=at, seq=2 * minute + 1, id="e1", type="sos")
            await publish(other, bed, "bed", at=at, status="occupied" if minute < 10 else "empty", heart_rate_bpm=62)
        await rows_when(database_url, "SELECT 1 FROM locations", count=MINUTES)
        await rows_when(database_url, "SELECT 1 FROM bed_reports", count=MINUTES)
        await rows_when(database_url, "SELECT 1 FROM safety_events", count=1)
        return clock.now()


async def tongxing(database_url: str, broker_url: str, *arguments: str) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")}
    environment |= {"TONGXING_DATABASE_URL": database_url, "TONGXING_BROKER_URL": broker_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime.cli", *arguments, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_recorded_day_judged_again_is_the_live_run(database_url: str, broker_url: str, tmp_path: Path) -> None:
    bracelet, bed = unique("zb"), unique("bed")
    person_id = add_person(database_url, bracelet=bracelet, bed=bed)
    since = BEGINS - timedelta(hours=1)
    until = await live_a_while(database_url, broker_url, bracelet, bed)
    stored = rows(database_url, "SELECT detection_id, reason, evidence FROM detections ORDER BY at, kind")
    kinds = {row[0] for row in rows(database_url, "SELECT kind FROM detections")}
    assert {"zone_exit", "zone_enter", "sos", "low_battery"} <= kinds

    registry = Registry(database_url)
    await registry.load()
    connection = await database.connect(database_url)
    async with connection:
        found = await replay(connection, registry.persons, since=since, until=until)
    changed = [(each.change, each.kind, each.reason, each.at) for each in found.differences if each.change != "kept"]
    assert changed == []
    assert len(found.differences) == len(stored)
    assert found.readings == 2 * MINUTES + 1
    evidence = {row[0]: (row[1], row[2]) for row in stored}
    for each in found.differences:
        assert (each.reason, json.loads(json.dumps(each.evidence))) == evidence[each.detection_id]

    before = rows(database_url, "SELECT snapshot FROM engine_states")
    policy = tmp_path / "try.json"
    policy.write_text('{"battery_low_pct": 25}')
    span = ("--since", since.isoformat(), "--until", until.isoformat())
    code, out, _ = await tongxing(database_url, broker_url, "replay", *span, "--policy", str(policy), "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["counts"]["new"], told["counts"]["gone"]) == (1, 1)
    assert {row["kind"] for row in told["detections"] if row["change"] != "kept"} == {"low_battery"}
    assert "latitude" not in out
    assert rows(database_url, "SELECT snapshot FROM engine_states") == before

    code, out, _ = await tongxing(database_url, broker_url, "replay", *span, "--person", str(person_id))
    assert f"{len(stored)} kept, 0 otherwise, 0 new, 0 gone" in out
    assert "sos: pressed" in out
    assert "zone_name" not in out
    code, out, _ = await tongxing(database_url, broker_url, "replay", *span, "--positions")
    assert f"at {HOME_LATITUDE:.2f}" in out


async def test_what_cannot_be_used_is_said(database_url: str, broker_url: str, tmp_path: Path) -> None:
    policy = tmp_path / "bad.json"
    policy.write_text('{"battery_low_pct": 99, "no_such": 1}')
    since = ("--since", "2026-11-20T18:00:00+08:00")
    code, _, err = await tongxing(database_url, broker_url, "replay", *since, "--policy", str(policy))
    assert code == 2
    assert "battery_low_pct" in err
    assert "no such threshold" in err
    code, _, err = await tongxing(database_url, broker_url, "replay", *since, "--person", "4711")
    assert (code, "4711" in err) == (2, True)
    code, _, err = await tongxing(database_url, broker_url, "replay")
    assert (code, "--since" in err) == (2, True)
    code, _, err = await tongxing(database_url, broker_url, "replay", "--since", "2026-11-20T18:00:00")
    assert (code, "needs an offset" in err) == (2, True)


async def test_quarantined_messages_are_sent_again(database_url: str, broker_url: str) -> None:
    """A bracelet that was registered too late: nothing that it said is lost."""
    bracelet = unique("zb")
    add_person(database_url)
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        await publish(client, bracelet, "location", seq=1, **at_home(0.0))
        await publish(client, bracelet, "location", latitude="x")
        await rows_when(database_url, "SELECT 1 FROM quarantine", count=2)
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "INSERT INTO devices (device_id, kind, person_id) SELECT %s, 'bracelet', person_id FROM persons",
                (bracelet,),
            )
        await asyncio.sleep(0)
        again = ("replay", "--quarantine", "--reason", "unknown_device")
        code, out, _ = await tongxing(database_url, broker_url, *again)
        assert (code, out.split()[0]) == (0, "1")
        await rows_when(database_url, "SELECT 1 FROM locations", count=1)
        code, out, _ = await tongxing(database_url, broker_url, *again)
        assert out.split()[0] == "0"
    assert rows(database_url, "SELECT count(*) FROM quarantine WHERE replayed_at IS NOT NULL") == [(1,)]
