"""Devices of one area silent together are one incident, and no family's. Real PostgreSQL, a clock the test moves."""

from __future__ import annotations

from datetime import timedelta

from alerts.handling import HOLD_BACK
from runtime.clock import ManualClock
from tests.alerts.scene import Database

LOG = {"kind": "log"}
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def street(scene: Database, clock: ManualClock, count: int, division: str) -> list[int]:
    """Persons of one village, each with a daughter and a bracelet."""
    persons = [await scene.person(f"{division[-3:]}{number}", division) for number in range(count)]
    for person in persons:
        await scene.family(person, LOG)
        await scene.bracelet(person, clock.now())
    return persons


async def fall_silent(scene: Database, persons: list[int], clock: ManualClock) -> None:
    for person in persons:
        at = clock.now()
        await scene.detection(person, "silence", "no_contact", at, {}, device_id=f"zb-{person}")


async def test_a_street_gone_silent_is_one_incident_and_no_familys(scene, pipeline, clock):
    clock.advance(8 * HOUR)
    persons = await street(scene, clock, 12, "370302001002")
    far = await street(scene, clock, 3, "370303001001")
    fleet = await scene.official("fleet", "3703", LOG)
    # A bed tells of its silence otherwise, and is none of those that could have fallen silent.
    await scene.rows(
        "INSERT INTO devices (device_id, kind, person_id)"
        " SELECT 'bed-' || person_id || '-' || n, 'bed', person_id FROM persons, generate_series(1, 3) n"
    )
    await fall_silent(scene, persons[:10], clock)
    await pipeline.work()
    assert await scene.sent() == []
    clock.advance(HOLD_BACK)
    await pipeline.work()
    assert [row[2] for row in await scene.sent()] == [fleet]
    (outage,) = await scene.rows("SELECT * FROM incidents")
    assert (outage["person_id"], outage["kind"], outage["severity"]) == (None, "outage", "warning")
    assert "12 devices" in (await scene.row("SELECT title FROM notifications"))["title"]
    await fall_silent(scene, [persons[10], far[0]], clock)
    await pipeline.work()
    assert (await scene.decisions()).count("part_of_outage") == 11, "who lives there joins without waiting"
    clock.advance(HOLD_BACK)
    await pipeline.work()
    assert (await scene.incident(far[0]))["kind"] == "silence", "another county's bracelet is another matter"
    await scene.rows("UPDATE notifications SET state = 'delivered', attempts = 1")
    for person in persons[:10]:
        await scene.heard(f"zb-{person}", clock.now() + MINUTE)
    clock.advance(2 * MINUTE)
    await pipeline.work()
    clear = await scene.rows("SELECT receiver_id FROM notifications WHERE purpose = 'all_clear'")
    assert [row["receiver_id"] for row in clear] == [fleet]
    assert (await scene.incident(persons[10]))["kind"] == "silence", "who is silent all the same is told of then"
    assert (await scene.row("SELECT count(*) AS n FROM outages WHERE until IS NULL"))["n"] == 0


async def test_devices_of_one_gateway_silent_together_are_one_incident(scene, pipeline, clock):
    """Of a village in which most others are heard; what a device said itself comes before the register."""
    clock.advance(8 * HOUR)
    persons = await street(scene, clock, 40, "370302001002")
    fleet = await scene.official("fleet", "3703", LOG)
    await scene.rows("UPDATE devices SET gateway = 'gw-7' WHERE person_id = ANY (%s)", persons[:5])
    await scene.rows("UPDATE devices SET gateway = 'gw-old' WHERE person_id = ANY (%s)", persons[5:7])
    await scene.rows(
        "UPDATE device_states SET gateway = 'gw-7' WHERE device_key IN"
        " (SELECT device_key FROM devices WHERE person_id = ANY (%s))",
        persons[5:7],
    )
    await fall_silent(scene, persons[:6], clock)
    await pipeline.work()
    clock.advance(HOLD_BACK)
    await pipeline.work()
    assert [row[2] for row in await scene.sent()] == [fleet]
    message = await scene.row("SELECT title, body FROM notifications")
    assert "6 of 7 devices of one gateway" in message["title"]
    assert "gw-7" in message["body"]
    await fall_silent(scene, [persons[6]], clock)
    await pipeline.work()
    assert (await scene.decisions()).count("part_of_outage") == 7, "one more of it joins without waiting"
    await fall_silent(scene, [persons[20]], clock)
    await pipeline.work()
    clock.advance(HOLD_BACK)
    await pipeline.work()
    assert (await scene.incident(persons[20]))["kind"] == "silence", "a neighbour of another gateway is told of"
    outages = await scene.rows("SELECT gateway, division, expected FROM outages")
    assert outages == [{"gateway": "gw-7", "division": "370302001002", "expected": 7}]


async def test_one_silent_bracelet_is_told_after_a_short_wait(scene, pipeline, clock):
    clock.advance(8 * HOUR)
    persons = await street(scene, clock, 6, "370302001002")
    await fall_silent(scene, persons[:1], clock)
    await pipeline.work()
    clock.advance(HOLD_BACK - timedelta(seconds=1))
    await pipeline.work()
    assert await scene.sent() == []
    clock.advance(timedelta(seconds=1))
    await pipeline.work()
    assert len(await scene.sent()) == 1
    assert await scene.decisions() == ["opened"]


async def test_a_bracelet_heard_again_meanwhile_is_told_to_nobody(scene, pipeline, clock):
    (person,) = await street(scene, clock, 1, "370302001002")
    await fall_silent(scene, [person], clock)
    await pipeline.work()
    await scene.heard(f"zb-{person}", clock.now() + MINUTE)
    clock.advance(HOLD_BACK + MINUTE)
    await pipeline.work()
    assert await scene.decisions() == ["heard_again"]
    assert await scene.sent() == []


async def test_silent_while_out_does_not_wait_for_the_street(scene, pipeline, clock):
    persons = await street(scene, clock, 6, "370302001002")
    await scene.exit(persons[0], clock.now())
    await pipeline.work()
    await fall_silent(scene, persons, clock)
    await pipeline.work()
    incident = await scene.incident(persons[0])
    assert incident["severity_reasons"] == ["zone_exit", "silence"]
    assert incident["severity"] == "critical"
