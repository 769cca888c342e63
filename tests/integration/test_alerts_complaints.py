"""What users of other trackers complain about, one test a complaint: the thread is named, and we do not have it.

The number is the row in the list of complaints this product was designed against; those about the engine or the wire
have their tests there.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest

from alerts import restraint, service
from alerts.delivery import Delivery
from alerts.lifecycle import Outcome
from alerts.pipeline import Pipeline
from alerts.settings import AlertsSettings
from runtime import database
from runtime.clock import ManualClock
from runtime.service import Stop
from tests.alerts.scene import DAY, NIGHT, Database, never, receiving, webhook

LOG = {"kind": "log"}
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SENT = "SELECT count(*) AS n FROM notifications WHERE purpose = 'alert'"


async def sent(scene: Database) -> int:
    return int((await scene.row(SENT))["n"])


async def answer(scene: Database, person: int, clock: ManualClock) -> None:
    incident = await scene.incident(person)
    await service.acknowledge(scene.connection, incident_id=incident["incident_id"], user_id=None, at=clock.now())


async def resolve(scene: Database, person: int, clock: ManualClock) -> None:
    incident = await scene.incident(person)
    await service.resolve(
        scene.connection,
        incident_id=incident["incident_id"],
        user_id=None,
        at=clock.now(),
        outcome=Outcome.FALSE_ALARM,
    )


async def test_13_an_sos_that_is_hours_old_is_still_news_and_says_when(scene, pipeline, clock):
    """traccar #5217: a notification for something five hours old. An SOS is news however late, with its time."""
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.detection(person, "sos", "pressed", clock.now() - 5 * HOUR, {"place": "unknown", "late_s": 18_000})
    await pipeline.work()
    body = (await scene.row("SELECT body FROM notifications"))["body"]
    assert "21:40按下了手环求助键" in body
    assert "信号晚到了约300分钟" in body


async def test_16_one_crossing_is_one_notification(scene, pool, pipeline, clock):
    """traccar #5000, #5089: three notifications for one crossing."""
    person = await scene.person()
    await scene.family(person, LOG)
    for _ in range(3):
        await scene.exit(person, clock.now())
    others = [Pipeline(pool=pool, clock=clock, wake_delivery=lambda: None) for _ in range(2)]
    await asyncio.gather(pipeline.work(), *(other.work() for other in others))
    await pipeline.work()
    assert await sent(scene) == 1


async def test_17_one_faulty_device_does_not_send_hundreds_of_messages(scene, pipeline, clock):
    """traccar #4675, #5367, #2980: hundreds of SMS in half an hour from one faulty device."""
    person = await scene.person()
    await scene.family(person, LOG)
    device = await scene.bracelet(person, clock.now())
    for _ in range(30):
        await scene.detection(person, "off_route", "far", clock.now(), {}, device_id=device)
        await pipeline.work()
        await scene.rows("UPDATE notifications SET state = 'delivered', attempts = 1 WHERE state = 'pending'")
        await resolve(scene, person, clock)
        clock.advance(MINUTE)
    budget = restraint.BUDGETS[restraint.Scope.DEVICE]
    assert await sent(scene) <= budget.most
    assert (await scene.row("SELECT count(*) AS n FROM withheld"))["n"] == 30 - budget.most, "none is lost: it waits"


async def test_18_reminders_go_on_until_somebody_acknowledges(scene, pipeline, clock):
    """thingsboard #12501: reminders until the alarm is acknowledged have to be built by oneself."""
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.sos(person, clock.now())
    await pipeline.work()
    for _ in range(3):
        clock.advance(15 * MINUTE)
        await pipeline.work()
        await pipeline.work()
    assert await sent(scene) == 4
    await answer(scene, person, clock)
    clock.advance(3 * HOUR)
    await pipeline.work()
    assert await sent(scene) == 4


async def test_19_an_answer_while_the_next_step_is_sent_sends_nothing_twice(scene, pipeline, clock, database_url):
    """thingsboard #8520, PR #12321: duplicates exactly when the stop rule matched."""
    persons = [await scene.person(f"人{number}") for number in range(6)]
    for person in persons:
        await scene.family(person, LOG, priority=1)
        await scene.family(person, LOG, priority=2)
        await scene.exit(person, clock.now())
    await pipeline.work()
    clock.advance(2 * MINUTE)

    async def acknowledge(person: int) -> None:
        incident = await scene.incident(person)
        async with await database.connect(database_url) as connection:
            await service.acknowledge(connection, incident_id=incident["incident_id"], user_id=None, at=clock.now())

    answers = [acknowledge(person) for person in persons]
    await asyncio.gather(pipeline.fire_due(), *answers, pipeline.fire_due())
    await pipeline.work()
    assert await scene.rows("SELECT 1 FROM notifications WHERE state = 'pending'") == []
    doubled = "SELECT receiver_id FROM notifications GROUP BY receiver_id HAVING count(*) > 1"
    assert await scene.rows(doubled) == []


async def test_20_a_second_occurrence_after_the_answer_is_told_again(scene, pipeline, clock):
    """thingsboard #11434, #5561, #12183: a second incident only updates the first, so nobody is told."""
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.exit(person, clock.now())
    await pipeline.work()
    await answer(scene, person, clock)
    clock.advance(MINUTE)
    await scene.detection(person, "fall", "sure_pattern", clock.now(), {})
    await pipeline.work()
    assert (await scene.incident(person))["state"] == "open"
    assert await sent(scene) == 2


async def test_21_severity_falls_and_incidents_end_without_any_reading(scene, pipeline, clock):
    """thingsboard #11803: could not clear after a quiet period, because rules only run when data arrives."""
    clock.advance(8 * HOUR)
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.battery(person, clock.now())
    await pipeline.work()
    clock.advance(20 * HOUR)
    await pipeline.work()
    assert (await scene.incident(person))["outcome"] == "cleared"
    await scene.battery(person, clock.now())
    await pipeline.work()
    assert (await scene.incident(person))["state"] == "open", "tomorrow's is news again"


async def test_22_each_guardian_chooses_and_floors_cannot_be_switched_off(scene, pipeline, clock):
    """thingsboard #3368: families need to choose what they are told of."""
    person = await scene.person()
    picky = await scene.family(person, LOG, priority=1)
    await scene.rows("UPDATE receivers SET unwanted_kinds = '{strap_removed,sos}' WHERE receiver_id = %s", picky)
    await scene.detection(person, "strap_removed", "not_worn", clock.now(), {})
    await pipeline.work()
    assert await sent(scene) == 0
    await scene.sos(person, clock.now())
    await pipeline.work()
    assert await sent(scene) == 1


async def test_23_a_flapping_connection_is_told_to_nobody(scene, pipeline, clock):
    """traccar #4832, #5101, #2736: online and offline every two or three minutes."""
    person = await scene.person()
    await scene.family(person, LOG)
    device = await scene.bracelet(person, clock.now())
    for _ in range(10):
        await scene.detection(person, "silence", "no_contact", clock.now(), {}, device_id=device)
        await pipeline.work()
        clock.advance(MINUTE)
        await scene.heard(device, clock.now())
        clock.advance(MINUTE)
        await pipeline.work()
    clock.advance(3 * MINUTE)
    await pipeline.work()
    assert await sent(scene) == 0
    assert set(await scene.decisions()) == {"heard_again"}


async def test_27_a_bracelet_taken_off_outside_is_no_nuisance_of_the_device(scene, pipeline, clock):
    """OpenSeizureDetector #108: a real seizure was missed because the watch lay on the bedside table."""
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.detection(person, "strap_removed", "outside_home", clock.now(), NIGHT)
    await pipeline.work()
    assert (await scene.incident(person))["severity"] == "critical"
    assert await sent(scene) == 1
    clock.advance(MINUTE)
    await scene.back(person, clock.now())
    await pipeline.work()
    assert (await scene.incident(person))["state"] == "open", "a bracelet nobody wears cannot say who is back"


async def test_33_what_is_held_back_is_counted_and_named(scene, pipeline, clock):
    """thingsboard #15685: rate limits trip, and the user cannot learn what was dropped."""
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.battery(person, clock.now())
    await pipeline.work()
    incident = await scene.incident(person)
    (event,) = await scene.rows(
        "SELECT data FROM incident_events WHERE incident_id = %s AND kind = 'withheld'", incident["incident_id"]
    )
    assert event["data"] == {"reasons": {"daytime": 1}}
    waits = await scene.row("SELECT reason, told_at FROM withheld")
    assert (waits["reason"], waits["told_at"]) == ("daytime", None)


@pytest.mark.alone
async def test_34_a_slow_endpoint_slows_nobody_else(scene, pool, pipeline, clock):
    """tile38 #574, #176, #495: a slow endpoint slows the database and is not counted."""
    settings = AlertsSettings(database_url="-", alerts_health_port=0)
    async with receiving(never) as deaf, receiving() as hook:
        stop = Stop()
        delivery = Delivery(pool=pool, clock=clock, settings=settings)
        task = asyncio.create_task(delivery.run(stop))
        for number in range(12):
            person = await scene.person(f"人{number}")
            await scene.family(person, webhook(deaf.url))
            await scene.exit(person, clock.now())
        other = await scene.person("另一位")
        await scene.family(other, webhook(hook.url))
        await scene.exit(other, clock.now())
        await pipeline.work()
        delivery.wake()
        await hook.arrived(1, within_s=3)
        await scene.rows("UPDATE notifications SET state = 'cancelled' WHERE state = 'pending'")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_37_somebody_is_woken_when_he_walks_out_at_three(scene, pipeline, clock):
    """OpenTagViewer #10: nobody is woken when the man walks out at 3 a.m."""
    person = await scene.person()
    asleep = await scene.family(person, LOG)
    await scene.rows(
        """UPDATE receivers SET quiet_hours = '[{"days": [1,2,3,4,5,6,7], "from": "21:00", "until": "07:00"}]'"""
    )
    await scene.exit(person, clock.now(), evidence=NIGHT)
    await pipeline.work()
    assert [row[2] for row in await scene.sent()] == [asleep], "quiet hours are not for this"


async def test_38_the_quiet_nights_ring_nobody(scene, pipeline, clock):
    """companion-alzheimer #17: repeated false alarms make the family stop believing.

    A week of nights: out of bed and back, a bed whose sensor lost its Wi-Fi, a battery that runs low, restless hours, a
    short stop in the bathroom with steps, one pause of breath.
    """
    person = await scene.person()
    await scene.family(person, LOG)
    night = {"night": True}
    for _ in range(7):
        for kind, reason in (
            ("restless", "much_movement"),
            ("bed_exit", "left_at_night"),
            ("no_return", "moving_at_home"),
            ("apnea", "single_pause"),
            ("bed_sensor_fault", "unplugged"),
            ("low_battery", "below_low"),
        ):
            await scene.detection(person, kind, reason, clock.now(), night)
            await pipeline.work()
            clock.advance(20 * MINUTE)
        assert await sent(scene) == 0, "nobody's telephone rings at night"
        clock.advance(22 * HOUR)
        await scene.rows("UPDATE incidents SET state = 'resolved', outcome = 'cleared' WHERE state <> 'resolved'")
        await scene.rows("DELETE FROM withheld")


async def test_38_three_hundred_bracelets_silent_at_once_ring_no_family(scene, pipeline, clock):
    """One street's base station fails: one notice to whoever looks after the devices, and none to 300 families."""
    for number in range(300):
        person = await scene.person(f"人{number}", f"370302001{number % 9 + 1:03}")
        await scene.family(person, LOG)
        device = await scene.bracelet(person, clock.now())
        await scene.detection(person, "silence", "no_contact", clock.now(), {}, device_id=device)
    fleet = await scene.official("fleet", "370302", LOG)
    await pipeline.work()
    clock.advance(4 * MINUTE)
    await pipeline.work()
    assert [row[2] for row in await scene.sent()] == [fleet]
    assert (await scene.row("SELECT count(*) AS n FROM incidents"))["n"] == 1
    assert set(await scene.decisions()) == {"part_of_outage"}


async def test_s3_2_a_call_says_why_it_was_made(scene, pipeline, clock):
    """No peer stores the margin: how far, how sure, since when, how bad and why, what to do."""
    person = await scene.person()
    await scene.family(person, LOG)
    evidence = NIGHT | {"danger_kind": "water", "danger_m": 300.0, "suspected_since": clock.now().isoformat()}
    await scene.exit(person, clock.now(), evidence=evidence)
    await pipeline.work()
    message = await scene.row("SELECT title, body FROM notifications")
    assert len(message["title"]) <= 70
    for piece in (
        "张大爷",
        "“家”",
        "63米",
        "误差约12米",
        "连续2次定位一致",
        "02:40",
        "特急，因为：夜间、附近有水",
        "请先打电话",
    ):
        assert piece in message["body"], piece


async def test_s3_4_silence_after_leaving_is_an_emergency_and_at_home_is_not(scene, pipeline, clock):
    """Silence as a signal: 90 s after crossing the fence at night with 6 % is one thing, at home and charging another."""
    out, home = await scene.person("外"), await scene.person("家")
    for person in (out, home):
        await scene.family(person, LOG)
    await scene.detection(out, "silence", "no_contact_outside", clock.now(), {"night": True, "battery_pct": 6.0})
    await scene.detection(home, "silence", "no_contact", clock.now(), {"night": True, "charging": True})
    await pipeline.work()
    clock.advance(2 * MINUTE)
    await pipeline.work()
    assert (await scene.incident(out))["severity_reasons"] == ["silence", "night", "low_battery"]
    assert (await scene.incident(out))["severity"] == "critical"
    assert await sent(scene) == 1, "the other waits for the morning"


async def test_s3_15_left_with_the_daughter_is_logged_not_rung(scene, pipeline, clock):
    """Companion-aware quiet: lowered and logged, not suppressed."""
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.rows(
        "INSERT INTO outings (person_id, kind, since, until, created_at) VALUES (%s, 'company', %s, %s, %s)",
        person,
        clock.now() - MINUTE,
        clock.now() + HOUR,
        clock.now(),
    )
    await scene.exit(person, clock.now(), evidence=DAY)
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["severity"], incident["severity_reasons"]) == ("info", ["zone_exit", "company"])
    assert "detection" in await scene.events(incident["incident_id"])
    assert await sent(scene) == 0
