"""Ingest between a real broker and a real database."""

from __future__ import annotations

import asyncio
import json
import time

import psycopg
import pytest

from tests.integration.ingest_running import (
    device,
    publish,
    rows,
    rows_when,
    running_ingest,
    settings_for,
    unique,
)
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

#: 0.0018 degrees of latitude are 200 metres, 50 beyond the edge.
OUTSIDE = {"latitude": HOME_LATITUDE + 0.0018, "longitude": HOME_LONGITUDE, "accuracy_m": 12}
INSIDE = {"latitude": HOME_LATITUDE, "longitude": HOME_LONGITUDE, "accuracy_m": 12}


@pytest.fixture(params=["embedded", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> str:
    name = {"embedded": "broker_url", "mosquitto": "mosquitto_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


async def test_an_exit_is_detected_with_its_evidence_and_the_device_is_asked(
    database_url: str, any_broker: str
) -> None:
    bracelet = unique("zb")
    person_id = add_person(database_url, bracelet=bracelet)
    now = time.time()
    async with running_ingest(settings_for(database_url, any_broker)), device(any_broker, bracelet) as client:
        await client.subscribe(f"tongxing/v1/{bracelet}/command", qos=1)
        await publish(client, bracelet, "location", at=now - 120, seq=1, **INSIDE)
        await publish(client, bracelet, "location", at=now - 60, seq=2, **OUTSIDE)
        commands = [json.loads((await asyncio.wait_for(anext(client.messages), 10)).payload) for _ in range(2)]
        await publish(client, bracelet, "location", at=now - 20, seq=3, published_at=now, **OUTSIDE)
        found = await rows_when(database_url, "SELECT kind, reason, evidence, published_wall FROM detections", count=1)
    kind, reason, evidence, published = found[0]
    assert (kind, reason) == ("zone_exit", "two_fixes")
    assert evidence["distance_m"] == pytest.approx(50, abs=1)
    assert evidence["fixes"] == 2
    assert published is not None
    assert {command["type"] for command in commands} == {"locate", "report_interval"}
    assert rows(database_url, "SELECT safety FROM latest_positions WHERE person_id = %s", person_id) == [("outside",)]
    assert rows(database_url, "SELECT count(*) FROM locations") == [(3,)]
    assert rows(database_url, "SELECT count(*) FROM commands WHERE sent_at IS NOT NULL") == [(2,)]


async def test_a_safety_event_is_answered_after_the_commit_every_time_and_stored_once(
    database_url: str, any_broker: str
) -> None:
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    async with running_ingest(settings_for(database_url, any_broker)), device(any_broker, bracelet) as client:
        await client.subscribe(f"tongxing/v1/{bracelet}/ack", qos=1)
        for _ in range(2):
            await publish(client, bracelet, "event", id="e1", type="sos")
            answer = json.loads((await asyncio.wait_for(anext(client.messages), 10)).payload)
            assert answer["id"] == "e1"
            assert rows(database_url, "SELECT event_id FROM safety_events") == [("e1",)]
    assert [row[0] for row in rows(database_url, "SELECT kind FROM detections")] == ["sos"]


async def test_bad_messages_are_quarantined_with_a_reason_and_nothing_else_suffers(
    database_url: str, broker_url: str
) -> None:
    bracelet, bed, stranger = unique("zb"), unique("bed"), unique("nobody")
    add_person(database_url, bracelet=bracelet, bed=bed)
    at = time.time()
    good = {"at": at, **INSIDE}
    bad: list[tuple[str, bytes, str]] = [
        (f"tongxing/v1/{stranger}/location", json.dumps(good).encode(), "unknown_device"),
        (f"tongxing/v1/{bracelet}/location", b"{", "malformed"),
        (f"tongxing/v1/{bracelet}/location", b'{"at": %d, "latitude": NaN, "longitude": 1}' % at, "malformed"),
        (f"tongxing/v1/{bracelet}/location", json.dumps(good | {"latitude": 91}).encode(), "invalid_field"),
        (f"tongxing/v1/{bracelet}/location", json.dumps(good | {"at": at + 86_400}).encode(), "clock_ahead"),
        (f"tongxing/v1/{bracelet}/location", b" " * 1_000_000, "too_large"),
        ("owntracks/a-b/phone", b"{}", "unknown_topic"),
        (f"tongxing/v1/{bed}/location", json.dumps(good).encode(), "wrong_kind"),
        (f"tongxing/v1/{bracelet}/location", json.dumps(good | {"datum": "mars"}).encode(), "datum_unsupported"),
    ]
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        for topic, payload, _ in bad:
            await client.publish(topic, payload, qos=1)
        await publish(client, bracelet, "location", **good)
        await rows_when(database_url, "SELECT 1 FROM locations", count=1)
        found = await rows_when(
            database_url,
            "SELECT topic, reason, detail, length(payload), payload_size FROM quarantine ORDER BY quarantine_id",
            count=len(bad),
        )
    # Another maker's format has a session of its own: between two sessions no order is kept.
    ours = [row for row in found if row[0].startswith("tongxing/")]
    assert [row[1] for row in ours] == [reason for topic, _, reason in bad if topic.startswith("tongxing/")]
    assert [row[1] for row in found if row not in ours] == ["unknown_topic"]
    assert all(row[2] for row in found)
    assert ours[5][3:] == (4_096, 1_000_000)
    assert "latitude" in ours[3][2]


async def test_a_day_old_reading_is_history_and_a_day_old_sos_is_news(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    yesterday = time.time() - 86_400
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        for minute in range(5):
            await publish(client, bracelet, "location", at=yesterday + 60 * minute, **OUTSIDE)
        await publish(client, bracelet, "event", at=yesterday, id="old", type="sos")
        found = await rows_when(database_url, "SELECT kind, evidence FROM detections", count=1)
        await rows_when(database_url, "SELECT 1 FROM locations", count=5)
    assert [kind for kind, _ in found] == ["sos"]
    assert found[0][1]["late_s"] == pytest.approx(86_400, abs=30)
    assert rows(database_url, "SELECT count(*) FROM latest_positions") == [(0,)]


async def test_the_registry_follows_changes_while_running(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        await publish(client, bracelet, "location", **INSIDE)
        await rows_when(database_url, "SELECT 1 FROM quarantine WHERE reason = 'unknown_device'", count=1)
        add_person(database_url, bracelet=bracelet)
        deadline = time.monotonic() + 10
        while not rows(database_url, "SELECT 1 FROM locations"):
            assert time.monotonic() < deadline
            await publish(client, bracelet, "location", **INSIDE)
            await asyncio.sleep(0.1)


async def test_a_zone_that_crosses_itself_costs_that_zone_only(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    person_id = add_person(database_url, bracelet=bracelet)
    crossing = [[118.0, 36.8], [118.01, 36.81], [118.01, 36.8], [118.0, 36.81], [118.0, 36.8]]
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO zones (person_id, name, geometry) VALUES (%s, 'bow', %s)",
            (person_id, json.dumps({"type": "Polygon", "coordinates": [crossing]})),
        )
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        now = time.time()
        for at, where in ((now - 90, INSIDE), (now - 60, OUTSIDE), (now - 30, OUTSIDE)):
            await publish(client, bracelet, "location", at=at, **where)
        await rows_when(database_url, "SELECT 1 FROM detections", count=1)


async def test_silence_while_suspected_is_a_detection(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet, overrides={"suspect_silence": 61})
    now = time.time()
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        await publish(client, bracelet, "location", at=now - 100, **INSIDE)
        await publish(client, bracelet, "location", at=now - 60, **OUTSIDE)
        found = await rows_when(database_url, "SELECT kind, reason, device_id FROM detections", count=1)
    assert found == [("zone_exit", "silent_while_suspected", bracelet)]
    assert rows(database_url, "SELECT safety FROM latest_positions") == [("outside",)]


async def test_lost_messages_show_as_gaps_in_the_numbering(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    now = time.time()
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        for seq in (1, 2, 5, 6):
            await publish(client, bracelet, "heartbeat", at=now - 60 + seq, seq=seq)
        await rows_when(database_url, "SELECT 1 FROM heartbeats", count=4)
    assert rows(database_url, "SELECT last_seq, missing FROM device_states") == [(6, 2)]
    assert rows(database_url, "SELECT count(*) FROM device_numbering") == [(0,)]


async def test_what_comes_again_and_who_numbers_anew_is_counted(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    now = time.time() - 60
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        # (seconds, number): one twice, a restart, and the same twice more after the first are stored.
        for count, said in ((3, ((0, 7), (0, 7), (1, 8), (2, 0))), (4, ((2, 0), (3, 1), (3, 1)))):
            for seconds, seq in said:
                await publish(client, bracelet, "heartbeat", at=now + seconds, seq=seq)
            await rows_when(database_url, "SELECT 1 FROM heartbeats", count=count)
        counted = "SELECT repeats, restarts, restarted_at FROM device_numbering WHERE repeats = 3"
        ((repeats, restarts, restarted_at),) = await rows_when(database_url, counted, count=1)
    assert (repeats, restarts, round(restarted_at.timestamp() - now)) == (3, 1, 2)


async def test_status_and_answers_reach_their_rows(database_url: str, broker_url: str) -> None:
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    now = time.time()
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        await publish(client, bracelet, "location", at=now - 100, **INSIDE)
        await publish(client, bracelet, "location", at=now - 60, **OUTSIDE)
        given = await rows_when(database_url, "SELECT command_id::text FROM commands WHERE type = 'locate'", count=1)
        await publish(client, bracelet, "answer", id=given[0][0], result="done")
        await rows_when(database_url, "SELECT 1 FROM commands WHERE result = 'done'", count=1)
        # Only now: whoever answers is online, and a broker may hand over two topics in either order.
        await client.publish(f"tongxing/v1/{bracelet}/status", json.dumps({"online": False}), qos=1)
        await rows_when(database_url, "SELECT 1 FROM device_states WHERE NOT online", count=1)
