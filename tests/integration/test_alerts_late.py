"""News that is hours old when alerts hear of it: told where it is news still, one test a complaint as in its neighbour."""

from __future__ import annotations

from datetime import timedelta

from tests.alerts.scene import DAY

LOG = {"kind": "log"}
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def test_13_hours_old_news_is_told_only_where_it_is_news(scene, pipeline, clock):
    """Alerts were away for a day and a half: a call for help is told with its time, a battery of then is not."""
    persons = [await scene.person() for _ in range(4)]
    for person in persons:
        await scene.family(person, LOG)
        await scene.bracelet(person, clock.now())
    pressed, flat, silent, heard = persons
    clock.advance(8 * HOUR)
    await scene.sos(pressed, clock.now())
    await scene.battery(flat, clock.now())
    for person in (silent, heard):
        await scene.detection(person, "silence", "no_contact", clock.now(), {}, device_id=f"zb-{person}")
    clock.advance(24 * HOUR)
    await scene.heard(f"zb-{heard}", clock.now())
    clock.advance(2 * HOUR)
    await pipeline.work()
    clock.advance(4 * MINUTE)
    await pipeline.work()
    decisions = {row["person_id"]: row["decision"] for row in await scene.rows(
        "SELECT person_id, decision FROM handled_detections JOIN detections USING (detection_id)"
    )}  # fmt: skip
    assert decisions == {pressed: "opened", flat: "over", silent: "opened", heard: "heard_again"}
    assert {row["person_id"] for row in await scene.rows("SELECT person_id FROM incidents")} == {pressed, silent}


async def test_13_how_late_it_may_be_told_is_each_persons_policy(scene, pipeline, clock):
    """Two walk up and down a street while alerts are away for an hour; in one family only what is fresh may ring."""
    persons = [await scene.person() for _ in range(2)]
    for person in persons:
        await scene.family(person, LOG)
        await scene.detection(person, "wandering", "pacing", clock.now(), DAY)
    usual, strict = persons
    await scene.rows(
        "INSERT INTO policies (person_id, overrides, updated_at) VALUES (%s, %s, now())",
        strict,
        '{"wandering_fresh_for": 1800, "no_such_threshold": 1}',
    )
    clock.advance(60 * MINUTE)
    await pipeline.work()
    decisions = {row["person_id"]: row["decision"] for row in await scene.rows(
        "SELECT person_id, decision FROM handled_detections JOIN detections USING (detection_id)"
    )}  # fmt: skip
    assert decisions == {usual: "opened", strict: "over"}
    assert {row["person_id"] for row in await scene.rows("SELECT person_id FROM incidents")} == {usual}


async def test_13_an_exit_that_was_over_before_anybody_was_told_rings_nobody(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.exit(person, clock.now())
    clock.advance(20 * MINUTE)
    await scene.back(person, clock.now())
    clock.advance(20 * MINUTE)
    await pipeline.work()
    assert (await scene.incident(person))["state"] == "resolved"
    assert {row["state"] for row in await scene.rows("SELECT state FROM notifications")} == {"cancelled"}, (
        "no all-clear"
    )


async def test_13_what_is_not_over_yet_is_told(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.battery(person, clock.now())
    clock.advance(20 * HOUR)
    await pipeline.work()
    assert (await scene.incident(person))["kind"] == "low_battery"
