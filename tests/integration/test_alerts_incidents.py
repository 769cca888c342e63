"""Detections become incidents, steps fire, people answer: real PostgreSQL, a clock that the test moves."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from alerts import responding, service
from alerts.errors import IncidentNotFound
from alerts.lifecycle import IllegalTransition, Outcome
from alerts.pipeline import Pipeline
from alerts.responding import Who
from runtime import database
from tests.alerts.scene import NIGHT

LOG = {"kind": "log"}
MINUTE = timedelta(minutes=1)


async def test_a_night_exit_climbs_the_ladder_until_somebody_answers(scene, pipeline, clock):
    person = await scene.person()
    son = await scene.family(person, LOG, priority=2)
    daughter = await scene.family(person, LOG, priority=1)
    neighbour = await scene.official("coordinator", "370302001", LOG)
    await scene.official("coordinator", "3703", LOG)
    station = await scene.official("station", "370302000000", LOG)
    await scene.exit(person, clock.now(), evidence=NIGHT)
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["state"], incident["severity"], incident["severity_reasons"]) == (
        "open",
        "critical",
        ["zone_exit", "night"],
    )
    assert await scene.sent() == [(1, 0, daughter, "pending")]
    clock.advance(2 * MINUTE - timedelta(seconds=1))
    await pipeline.work()
    assert len(await scene.sent()) == 1
    clock.advance(timedelta(seconds=1))
    await pipeline.work()
    assert await scene.sent() == [
        (1, 0, daughter, "pending"),
        (1, 1, son, "pending"),
        (1, 1, neighbour, "pending"),
    ]
    clock.advance(3 * MINUTE)
    await pipeline.work()
    assert (1, 2, station, "pending") in await scene.sent()
    async with scene.connection.transaction():
        await service.acknowledge(scene.connection, incident_id=incident["incident_id"], user_id=None, at=clock.now())
    clock.advance(60 * MINUTE)
    await pipeline.work()
    assert {state for *_, state in await scene.sent()} == {"cancelled"}
    assert await scene.events(incident["incident_id"]) == [
        "opened",
        "detection",
        "step",
        "step",
        "step",
        "acknowledged",
    ]


async def test_the_ladder_repeats_until_somebody_answers(scene, pipeline, clock):
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await scene.exit(person, clock.now())
    await pipeline.work()
    clock.advance(10 * MINUTE)
    await pipeline.work()
    clock.advance(10 * MINUTE - timedelta(seconds=1))
    await pipeline.work()
    assert [row[0] for row in await scene.sent()] == [1]
    clock.advance(timedelta(seconds=1))
    await pipeline.work()
    assert await scene.sent() == [(1, 0, daughter, "pending"), (2, 0, daughter, "pending")]


async def test_timers_survive_a_restart_and_do_not_catch_up_on_rounds(scene, pool, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.exit(person, clock.now())
    await pipeline.work()
    clock.advance(timedelta(hours=5))
    again = Pipeline(pool=pool, clock=clock, wake_delivery=lambda: None)
    await again.work()
    rounds = await scene.rows("SELECT round, min(due_at) AS due_at FROM escalations WHERE state = 'pending' GROUP BY 1")
    assert [(row["round"], row["due_at"]) for row in rounds] == [(2, clock.now())]


async def test_a_step_that_reaches_nobody_falls_to_the_next_at_once(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, {"kind": "webhook", "url": "not an address"})
    county = await scene.official("county", "370302", LOG)
    await scene.exit(person, clock.now())
    await pipeline.work()
    assert await scene.sent() == [(1, 3, county, "pending")]
    incident = await scene.incident(person)
    assert (await scene.events(incident["incident_id"])).count("nobody_reached") == 3


async def test_nobody_at_all_is_on_record(scene, pipeline, clock):
    person = await scene.person()
    await scene.exit(person, clock.now())
    await pipeline.work()
    incident = await scene.incident(person)
    assert (await scene.events(incident["incident_id"])).count("nobody_reached") == 4
    assert await scene.sent() == []


async def test_coming_back_resolves_an_exit_and_tells_whoever_was_told(scene, pipeline, clock):
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await scene.family(person, LOG, priority=2)
    await scene.battery(person, clock.now() - MINUTE)
    await scene.exit(person, clock.now())
    await pipeline.work()
    await scene.rows("UPDATE notifications SET state = 'delivered', attempts = 1")
    clock.advance(MINUTE)
    await scene.back(person, clock.now())
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["state"], incident["outcome"], incident["kind"]) == ("resolved", "returned", "zone_exit")
    clear = await scene.rows("SELECT receiver_id, title, body FROM notifications WHERE purpose = 'all_clear'")
    assert [row["receiver_id"] for row in clear] == [daughter]
    assert "警报解除" in clear[0]["title"]
    assert await scene.decisions() == ["opened", "escalated", "auto_resolved"]
    clock.advance(60 * MINUTE)
    await pipeline.work()
    assert (await scene.row("SELECT count(*) AS n FROM escalations WHERE state = 'pending'"))["n"] == 0


async def test_coming_back_never_resolves_an_sos(scene, pipeline, clock):
    person = await scene.person()
    await scene.family(person, LOG)
    await scene.exit(person, clock.now())
    await pipeline.work()
    clock.advance(MINUTE)
    await scene.sos(person, clock.now())
    await pipeline.work()
    clock.advance(MINUTE)
    await scene.back(person, clock.now())
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["state"], incident["severity"], incident["kind"]) == ("open", "critical", "sos")
    assert incident["kinds"] == ["zone_exit", "sos", "zone_enter"]
    assert await scene.decisions() == ["opened", "escalated", "joined"]


async def test_sos_begins_with_family_and_coordinators_together(scene, pipeline, clock):
    person = await scene.person()
    family = {await scene.family(person, LOG, priority=n) for n in (1, 2)}
    near = await scene.official("coordinator", "370302001002", LOG)
    await scene.sos(person, clock.now())
    await pipeline.work()
    assert {receiver for _, position, receiver, _ in await scene.sent() if position == 0} == {*family, near}


async def test_good_news_without_an_incident_needs_none(scene, pipeline, clock):
    person = await scene.person()
    await scene.back(person, clock.now())
    await pipeline.work()
    assert await scene.decisions() == ["no_incident_needed"]
    assert await scene.rows("SELECT 1 FROM incidents") == []


async def test_a_low_battery_is_said_once_and_joins_an_exit_quietly(scene, pipeline, clock):
    clock.advance(timedelta(hours=8))
    alone, out = await scene.person("甲"), await scene.person("乙")
    await scene.family(alone, LOG)
    await scene.family(out, LOG)
    await scene.battery(alone, clock.now())
    await scene.exit(out, clock.now())
    await pipeline.work()
    clock.advance(timedelta(seconds=1))
    await scene.battery(out, clock.now())
    await pipeline.work()
    assert len(await scene.sent()) == 2
    assert (await scene.incident(alone))["severity"] == "info"
    joined = await scene.incident(out)
    assert (joined["severity"], joined["severity_reasons"]) == ("critical", ["zone_exit", "low_battery"])
    clock.advance(timedelta(days=1))
    await pipeline.work()
    query = "SELECT count(*) AS n FROM notifications JOIN incidents USING (incident_id) WHERE person_id = %s"
    assert (await scene.row(query, alone))["n"] == 1


async def test_something_grave_after_an_answer_asks_again(scene, pipeline, clock):
    person = await scene.person()
    who = Who(receiver_id=await scene.family(person, LOG))
    await scene.exit(person, clock.now())
    await pipeline.work()
    incident_id = (await scene.incident(person))["incident_id"]
    await responding.accept(scene.connection, incident_id=incident_id, who=who, at=clock.now())
    clock.advance(MINUTE)
    await scene.battery(person, clock.now())
    await pipeline.work()
    assert (await scene.incident(person))["state"] == "responding"
    clock.advance(MINUTE)
    await scene.sos(person, clock.now())
    await pipeline.work()
    incident = await scene.incident(person)
    assert (incident["incident_id"], incident["state"], incident["responding_at"]) == (incident_id, "open", None)
    assert [(row[0], row[3]) for row in await scene.sent()] == [(1, "cancelled"), (2, "pending")]
    assert "reopened" in await scene.events(incident_id)


async def test_what_does_not_fit_the_state_is_refused_and_changes_nothing(scene, pipeline, clock):
    person = await scene.person()
    await scene.exit(person, clock.now())
    await pipeline.work()
    incident_id = (await scene.incident(person))["incident_id"]
    await service.resolve(
        scene.connection, incident_id=incident_id, user_id=None, at=clock.now(), outcome=Outcome.FOUND, note="在菜市场"
    )
    before = await scene.incident(person)
    with pytest.raises(IllegalTransition) as refused:
        await service.acknowledge(scene.connection, incident_id=incident_id, user_id=None, at=clock.now())
    assert (refused.value.state, refused.value.event) == ("resolved", "acknowledge")
    assert await scene.incident(person) == before
    with pytest.raises(IncidentNotFound):
        await service.add_note(scene.connection, incident_id=99, user_id=None, at=clock.now(), text="?")


async def test_a_note_takes_a_revision_and_is_announced(scene, pipeline, clock, database_url):
    person = await scene.person()
    await scene.exit(person, clock.now())
    await pipeline.work()
    before = await scene.incident(person)
    heard = database.notifications(database_url, "incidents")
    assert await anext(heard) == ("", "")
    await service.add_note(
        scene.connection, incident_id=before["incident_id"], user_id=None, at=clock.now(), text="给邻居打了电话"
    )
    assert await asyncio.wait_for(anext(heard), 5) == ("incidents", str(before["incident_id"]))
    assert (await scene.incident(person))["revision"] > before["revision"]
    await heard.aclose()


async def test_two_pipelines_at_once_handle_each_detection_once(scene, pool, pipeline, clock, database_url):
    other_pool = await database.open_pool(database_url, min_size=2, max_size=8)
    other = Pipeline(pool=other_pool, clock=clock, wake_delivery=lambda: None)
    persons = [await scene.person(f"人{n}") for n in range(12)]
    for person in persons:
        await scene.family(person, LOG)
        for reading in range(3):
            await scene.exit(person, clock.now() + timedelta(seconds=reading))
    first = [pipeline.work(), other.work(), pipeline.work(), other.work()]
    await asyncio.gather(*first)
    await asyncio.gather(pipeline.work(), other.work())
    await other_pool.close()
    assert (pipeline.problem(), other.problem()) == (None, None), "they got into each other's way"
    handled = await scene.rows("SELECT decision, count(*) AS n FROM handled_detections GROUP BY 1 ORDER BY 1")
    assert handled == [{"decision": "joined", "n": 24}, {"decision": "opened", "n": 12}]
    assert len(await scene.sent()) == 12
    assert await scene.rows("SELECT 1 FROM unhandled_detections") == []


async def test_acknowledged_while_the_next_step_is_being_fired(scene, pool, pipeline, clock, database_url):
    """Whichever comes first, nothing is left that would still be sent."""
    persons = [await scene.person(f"人{n}") for n in range(8)]
    for person in persons:
        await scene.family(person, LOG, priority=1)
        await scene.family(person, LOG, priority=2)
        await scene.exit(person, clock.now())
    await pipeline.work()
    incidents = [(await scene.incident(person))["incident_id"] for person in persons]
    clock.advance(2 * MINUTE)

    async def answer(incident_id: int) -> None:
        async with await database.connect(database_url) as connection:
            await service.acknowledge(connection, incident_id=incident_id, user_id=None, at=clock.now())

    await asyncio.gather(pipeline.fire_due(), *(answer(incident_id) for incident_id in incidents))
    await pipeline.work()
    assert {row["state"] for row in await scene.rows("SELECT state FROM incidents")} == {"acknowledged"}
    assert await scene.rows("SELECT 1 FROM notifications WHERE state = 'pending'") == []
    assert await scene.rows("SELECT 1 FROM escalations WHERE state = 'pending'") == []


async def test_a_step_waits_while_somebody_is_answering(scene, pipeline, clock, database_url):
    person = await scene.person()
    await scene.family(person, LOG, priority=1)
    await scene.family(person, LOG, priority=2)
    await scene.exit(person, clock.now())
    await pipeline.work()
    incident_id = (await scene.incident(person))["incident_id"]
    clock.advance(2 * MINUTE)
    async with await database.connect(database_url) as connection, connection.transaction():
        await service.acknowledge(connection, incident_id=incident_id, user_id=None, at=clock.now())
        assert await pipeline.fire_due() == 0
    assert await pipeline.fire_due() == 0
    assert [row[3] for row in await scene.sent()] == ["cancelled"]


async def test_two_answers_at_the_same_instant(scene, pipeline, clock, database_url):
    person = await scene.person()
    await scene.exit(person, clock.now())
    await pipeline.work()
    incident_id = (await scene.incident(person))["incident_id"]

    async def answer() -> None:
        async with await database.connect(database_url) as connection:
            await service.acknowledge(connection, incident_id=incident_id, user_id=None, at=clock.now())

    results = await asyncio.gather(answer(), answer(), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["IllegalTransition", "NoneType"]


async def test_one_case_that_cannot_be_handled_does_not_hold_up_the_others(scene, pipeline, clock, monkeypatch):
    broken, fine = await scene.person("甲"), await scene.person("乙")
    await scene.exit(broken, clock.now())
    await scene.exit(fine, clock.now())
    await scene.rows(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;"
        f"CREATE TRIGGER refuse BEFORE INSERT ON incidents FOR EACH ROW WHEN (NEW.person_id = {broken})"
        " EXECUTE FUNCTION refuse()"
    )
    await pipeline.work()
    assert (await scene.incident(fine))["state"] == "open"
    assert len(await scene.rows("SELECT 1 FROM unhandled_detections")) == 1
    assert pipeline.problem() is not None


async def test_a_deleted_person_is_on_record(scene, pipeline, clock):
    person = await scene.person()
    await scene.exit(person, clock.now())
    await scene.rows("DELETE FROM persons")
    await pipeline.work()
    assert await scene.decisions() == ["person_unknown"]


async def test_a_ladder_written_wrong_is_replaced_by_ours(scene, pipeline, clock):
    person = await scene.person()
    daughter = await scene.family(person, LOG)
    await scene.rows("DELETE FROM ladder_steps WHERE ladder_id = 'default'")
    await scene.exit(person, clock.now())
    await pipeline.work()
    assert await scene.sent() == [(1, 0, daughter, "pending")]
