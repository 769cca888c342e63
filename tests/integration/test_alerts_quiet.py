"""Not crying wolf: what waits, and what company explains. Real PostgreSQL, a clock the test moves."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from alerts import outing, service
from alerts.lifecycle import Outcome
from alerts.outing import OutingNotFound, OutingRefused
from alerts.severity import Accompanied
from runtime.clock import ManualClock
from tests.alerts.scene import DAY, NIGHT, Database

LOG = {"kind": "log"}
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def titles(scene: Database) -> list[str]:
    return [row["title"] for row in await scene.rows("SELECT title FROM notifications ORDER BY created_at, title")]


async def quiet(scene: Database, receiver_id: int, begins: str, ends: str) -> None:
    hours = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": begins, "until": ends}]
    await scene.rows("UPDATE receivers SET quiet_hours = %s WHERE receiver_id = %s", json.dumps(hours), receiver_id)


async def test_bed_and_bracelet_tell_one_story(scene, pipeline, clock):
    """02:40 out of bed, 02:52 out of the house towards a canal: one incident, already holding both, already critical."""
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await scene.detection(person, "bed_exit", "left_bed", clock.now(), {"night": True})
    await pipeline.work()
    silent = await scene.incident(person)
    assert (silent["state"], silent["severity"], silent["kinds"]) == ("open", "info", ["bed_exit"])
    assert await scene.sent() == []
    assert await scene.rows("SELECT 1 FROM escalations") == []
    clock.advance(12 * MINUTE)
    await scene.exit(person, clock.now(), evidence=NIGHT | {"danger_kind": "water", "danger_m": 300.0})
    await pipeline.work()
    told = await scene.incident(person)
    assert told["incident_id"] == silent["incident_id"]
    assert (told["severity"], told["kind"], told["kinds"]) == ("critical", "zone_exit", ["bed_exit", "zone_exit"])
    assert told["severity_reasons"] == ["zone_exit", "night", "water"]
    assert await scene.sent() == [(1, 0, daughter, "pending")]
    body = (await scene.row("SELECT body FROM notifications"))["body"]
    assert "此前：02:40离床" in body
    assert "特急，因为：夜间、附近有水" in body
    assert await scene.decisions() == ["recorded", "escalated"]


async def test_out_of_bed_and_back_wakes_nobody_and_is_over_by_itself(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.detection(person, "bed_exit", "left_bed", clock.now(), {"night": True})
    await pipeline.work()
    clock.advance(HOUR)
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["state"], incident["outcome"]) == ("resolved", "cleared")
    assert await scene.sent() == []


async def test_a_battery_wakes_nobody_at_night_and_is_told_in_the_morning(scene, pipeline, clock):
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await scene.battery(person, clock.now())
    await pipeline.work()
    assert await scene.sent() == []
    incident = await scene.incident(person)
    assert "withheld" in await scene.events(incident["incident_id"])
    clock.advance(4 * HOUR + 19 * MINUTE)
    await pipeline.work()
    assert await scene.sent() == []
    clock.advance(MINUTE)
    await pipeline.work()
    assert await scene.sent() == [(1, 0, daughter, "pending")]
    assert await titles(scene) == ["张大爷 的手环电量18%，请在今晚前充电"]


async def test_quiet_hours_hold_what_can_wait_and_never_what_is_urgent(scene, pipeline, clock):
    calm, grave = await scene.person("甲"), await scene.person("乙")
    for person in (calm, grave):
        await quiet(scene, await scene.family(person, LOG), "22:00", "06:30")
    await scene.detection(calm, "strap_removed", "opened", clock.now(), {})
    await scene.exit(grave, clock.now(), evidence=DAY)
    await pipeline.work()
    assert [title[:1] for title in await titles(scene)] == ["乙"]
    clock.advance(3 * HOUR + 50 * MINUTE)
    await pipeline.work()
    assert {title[:1] for title in await titles(scene)} == {"甲", "乙"}


async def test_what_somebody_does_not_want_to_hear_is_left_away_unless_it_is_urgent(scene, pipeline, clock):
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await scene.rows("UPDATE receivers SET unwanted_kinds = '{wandering,zone_exit}' WHERE receiver_id = %s", daughter)
    await scene.detection(person, "wandering", "lapping", clock.now(), {})
    await pipeline.work()
    assert await scene.sent() == []
    clock.advance(MINUTE)
    await scene.exit(person, clock.now())
    await pipeline.work()
    assert len(await scene.sent()) == 1


async def test_a_device_that_sends_a_thousand_events_disturbs_nobody_else(scene, pipeline, clock):
    noisy, other = await scene.person("吵"), await scene.person("静")
    loud = await scene.family(noisy, LOG)
    await scene.family(other, LOG)
    device = await scene.bracelet(noisy, clock.now())
    for number in range(250):
        at = clock.now() + timedelta(milliseconds=60 * number)
        await scene.detection(noisy, "zone_exit", "two_fixes", at, DAY, device_id=device)
        await scene.detection(noisy, "zone_enter", "back_inside", at + timedelta(milliseconds=20), {}, device_id=device)
        await scene.detection(noisy, "in_vehicle", "fast", at + timedelta(milliseconds=30), {}, device_id=device)
        await scene.detection(noisy, "silence", "no_contact", at + timedelta(milliseconds=40), {}, device_id=device)
    await scene.exit(other, clock.now())
    clock.advance(MINUTE)
    await pipeline.work()
    to_loud = await scene.rows("SELECT 1 FROM notifications WHERE receiver_id = %s AND purpose = 'alert'", loud)
    assert 1 <= len(to_loud) <= 6
    assert len(await scene.rows("SELECT 1 FROM incidents WHERE person_id = %s", noisy)) <= 3
    assert (await scene.incident(other))["state"] == "open"
    assert await scene.rows("SELECT 1 FROM unhandled_detections") == []


async def test_a_spent_budget_becomes_one_digest_and_critical_is_never_held(scene, pipeline, clock):
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await scene.rows("UPDATE budgets SET most = 2 WHERE scope = 'receiver'")
    for _ in range(4):
        await scene.exit(person, clock.now())
        await pipeline.work()
        await resolve(scene, person, clock)
        clock.advance(MINUTE)
    alerts = "SELECT count(*) AS n FROM notifications WHERE purpose = 'alert'"
    assert (await scene.row(alerts))["n"] == 2
    await scene.sos(person, clock.now())
    await pipeline.work()
    assert (await scene.row(alerts))["n"] == 3, "an SOS goes whatever has been spent"
    clock.advance(HOUR)
    await pipeline.work()
    (digest,) = await scene.rows("SELECT receiver_id, title, body FROM notifications WHERE purpose = 'digest'")
    assert digest["receiver_id"] == daughter
    assert "离开安全区2次" in digest["body"]
    assert (await scene.row("SELECT count(*) AS n FROM withheld WHERE told_at IS NULL"))["n"] == 0


async def resolve(scene: Database, person: int, clock: ManualClock) -> None:
    """Somebody closes it, after the first message has gone out."""
    await scene.rows("UPDATE notifications SET state = 'delivered', attempts = 1 WHERE state = 'pending'")
    incident = await scene.incident(person)
    await service.resolve(
        scene.connection,
        incident_id=incident["incident_id"],
        user_id=None,
        at=clock.now(),
        outcome=Outcome.FALSE_ALARM,
    )


async def test_coming_and_going_at_the_edge_settles_before_it_counts(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    for _ in range(3):
        await scene.exit(person, clock.now())
        await pipeline.work()
        clock.advance(MINUTE)
        await scene.back(person, clock.now())
        await pipeline.work()
        clock.advance(MINUTE)
    assert await scene.decisions() == ["opened", "auto_resolved"] * 2 + ["opened", "settling"]
    assert (await scene.incident(person))["state"] == "open"
    await scene.exit(person, clock.now())
    await pipeline.work()
    clock.advance(11 * MINUTE)
    await pipeline.work()
    assert (await scene.incident(person))["state"] == "open", "out again before it had settled"
    await scene.back(person, clock.now())
    await pipeline.work()
    clock.advance(10 * MINUTE)
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["state"], incident["outcome"]) == ("resolved", "returned")


async def begin(scene: Database, person: int, clock: ManualClock, *, hours: float = 2) -> int:
    made = await outing.begin(
        scene.connection,
        person_id=person,
        kind=Accompanied.COMPANY,
        companion="女儿",
        since=clock.now(),
        until=clock.now() + hours * HOUR,
        user_id=None,
        at=clock.now(),
    )
    return made.outing_id


async def test_out_with_somebody_is_kept_and_told_to_nobody(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await begin(scene, person, clock)
    await scene.exit(person, clock.now(), evidence=NIGHT)
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["severity"], incident["severity_reasons"]) == ("info", ["zone_exit", "company"])
    assert await scene.sent() == []
    clock.advance(HOUR)
    await scene.back(person, clock.now())
    await scene.stands(person, "inside", clock.now())
    await pipeline.work()
    clock.advance(2 * HOUR)
    await pipeline.work()
    assert await scene.sent() == []
    assert (await scene.incident(person))["outcome"] == "returned"


@pytest.mark.parametrize("kind", ["sos", "fall", "bedside_fall", "danger_enter", "apnea"])
async def test_company_never_silences_what_is_grave(scene, pipeline, clock, kind):
    person = await scene.person()
    await scene.family(person, LOG)
    await begin(scene, person, clock)
    await scene.detection(person, kind, "seen", clock.now(), {})
    await pipeline.work()
    assert len(await scene.sent()) == 1


async def test_still_out_when_the_time_is_over_is_told_as_that(scene, pipeline, clock):
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await begin(scene, person, clock)
    await scene.exit(person, clock.now(), evidence=NIGHT)
    await scene.stands(person, "outside", clock.now())
    await pipeline.work()
    clock.advance(2 * HOUR - timedelta(seconds=1))
    await pipeline.work()
    assert await scene.sent() == []
    clock.advance(timedelta(seconds=1))
    await pipeline.work()
    assert await scene.sent() == [(1, 0, daughter, "pending")]
    assert await titles(scene) == ["张大爷 约定的时间已过，仍在“家”外，请查看"]
    incident = await scene.incident(person)
    assert (incident["state"], incident["severity"]) == ("open", "critical")
    await scene.family(person, LOG, priority=2)
    clock.advance(2 * MINUTE)
    await pipeline.work()
    assert set(await titles(scene)) == {"张大爷 约定的时间已过，仍在“家”外，请查看"}, "later steps say the same"


async def test_saying_he_is_with_me_answers_an_alarm_until_the_time_is_over(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.exit(person, clock.now())
    await scene.stands(person, "outside", clock.now())
    await pipeline.work()
    outing_id = await begin(scene, person, clock)
    incident = await scene.incident(person)
    assert incident["state"] == "acknowledged"
    assert [row[3] for row in await scene.sent()] == ["cancelled"]
    clock.advance(30 * MINUTE)
    await outing.end(scene.connection, outing_id=outing_id, user_id=None, at=clock.now())
    with pytest.raises(OutingNotFound):
        await outing.end(scene.connection, outing_id=outing_id, user_id=None, at=clock.now())
    await pipeline.work()
    assert (await scene.incident(person))["state"] == "open"
    assert {"outing", "outing_expired"} <= set(await scene.events(incident["incident_id"]))


async def test_he_is_with_me_does_not_answer_an_sos(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.exit(person, clock.now())
    await scene.sos(person, clock.now())
    await pipeline.work()
    await begin(scene, person, clock)
    assert (await scene.incident(person))["state"] == "open"


@pytest.mark.parametrize(
    ("since_h", "until_h", "says"), [(1, 1, "over before"), (0, 25, "at most"), (721, 722, "ahead")]
)
async def test_an_impossible_outing_is_refused(scene, clock, since_h, until_h, says):
    person = await scene.person()
    with pytest.raises(OutingRefused, match=says):
        await outing.begin(
            scene.connection,
            person_id=person,
            kind=Accompanied.OUTING,
            companion="",
            since=clock.now() + since_h * HOUR,
            until=clock.now() + until_h * HOUR,
            user_id=None,
            at=clock.now(),
        )


async def test_the_clock_put_back_leaves_nobody_untold(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG, priority=1)
    await scene.family(person, LOG, priority=2)
    await scene.exit(person, clock.now())
    await pipeline.work()
    clock.advance(-3 * HOUR)
    await pipeline.work()
    clock.advance(2 * MINUTE)
    await pipeline.work()
    assert len(await scene.sent()) == 2
