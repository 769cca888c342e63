"""What api shows and lets people do about telling: timelines, rules, outings, outages, ladders, budgets, preferences."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio

from alerts import planning
from alerts.store import figures
from runtime import database
from tests.api import world as worlds
from tests.api.world import NOW, World, client_of
from tests.servers import Databases

LADDER = {
    "title": "Nobody but the desk",
    "steps": [{"delay_s": 0, "audiences": ["county"]}, {"delay_s": 120, "audiences": ["centre"]}],
    "repeat_after_s": 600,
    "choices": [{"kind": "wandering", "hours": "night", "division": "370303"}],
}


@pytest_asyncio.fixture(loop_scope="session")
async def served(databases: Databases) -> AsyncIterator[tuple[World, str]]:
    with databases.fresh() as url:
        world = await worlds.seed(url)
        async with worlds.running(url) as address:
            yield world, address
        await world.close()


async def get(address: str, username: str, path: str, **query: Any) -> Any:
    async with client_of(address, username) as client:
        answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def send(address: str, username: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with client_of(address, username) as client:
        answer = await client.request(method, path, json=body)
        return answer.status_code, answer.json()


async def test_a_timeline_is_exported_with_positions_and_the_look_is_written_down(served: tuple[World, str]) -> None:
    world, address = served
    path = f"/api/v1/incidents/{world.incidents['wang']}"
    await send(address, "daughter", "POST", f"{path}/notes", {"text": "=HYPERLINK(1) 看见了"})
    found = await get(address, "daughter", f"{path}/timeline")
    kinds = [entry["kind"] for entry in found["entries"]]
    assert {"opened", "note"} <= set(kinds)
    assert found["person_name"] == "Name of wang"
    instants = [entry["at"] for entry in found["entries"]]
    assert instants == sorted(instants)
    assert found["truncated"] is False
    async with client_of(address, "coordinator") as client:
        answer = await client.get(f"{path}/timeline", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == kinds
    (note,) = [row for row in rows if row["kind"] == "note"]
    assert note["text"].startswith("'=HYPERLINK"), "a spreadsheet must not run what somebody wrote"
    looks = (await get(address, "daughter", f"/api/v1/persons/{world.persons['wang']}/accesses"))["items"]
    assert [(look["user"], look["what"]) for look in looks[:2]] == [
        ("Coordinator", "timeline"),
        ("Daughter", "timeline"),
    ]


async def test_positions_of_the_time_are_in_the_timeline(served: tuple[World, str]) -> None:
    world, address = served
    await world.run(
        "UPDATE incidents SET resolved_at = %s, state = 'resolved', outcome = 'found'", NOW + timedelta(minutes=10)
    )
    found = await get(address, "daughter", f"/api/v1/incidents/{world.incidents['wang']}/timeline")
    places = [entry for entry in found["entries"] if entry["kind"] == "position"]
    assert [(place["at"][:16], place["latitude"], place["source"]) for place in places] == [
        ((NOW + timedelta(minutes=5)).isoformat()[:16], 36.805, "gnss")
    ]
    assert found["outcome"] == "found"


async def test_feedback_stands_against_the_rule_that_fired(served: tuple[World, str]) -> None:
    world, address = served
    for name, outcome in (("wang", "false_alarm"), ("li", "found")):
        path = f"/api/v1/incidents/{world.incidents[name]}/resolve"
        assert (await send(address, "admin", "POST", path, {"outcome": outcome}))[0] == 200
    (rule,) = (await get(address, "operator", "/api/v1/rules", since="2026-11-01T00:00:00Z"))["items"]
    assert (rule["kind"], rule["reason"]) == ("zone_exit", "two_fixes")
    assert (rule["alerts"], rule["found"], rule["false_alarm"], rule["open"]) == (3, 2, 1, 0)
    assert rule["sentence"]["en"] == "this rule: 3 alerts, 1 false"
    assert "Name of" not in str(rule)
    assert (await get(address, "operator", "/api/v1/rules", since="2026-12-01T00:00:00Z"))["items"] == []


async def test_nobody_can_choose_that_it_was_over_by_itself(served: tuple[World, str]) -> None:
    world, address = served
    path = f"/api/v1/incidents/{world.incidents['wang']}/resolve"
    assert (await send(address, "admin", "POST", path, {"outcome": "cleared"}))[0] == 422


async def test_he_is_out_with_me(served: tuple[World, str]) -> None:
    world, address = served
    path = f"/api/v1/persons/{world.persons['wang']}/outings"
    until = (NOW + timedelta(hours=3)).isoformat()
    code, made = await send(address, "daughter", "POST", path, {"companion": "女儿", "until": until})
    assert (code, made["kind"], made["companion"]) == (201, "company", "女儿")
    incident = await get(address, "daughter", f"/api/v1/incidents/{world.incidents['wang']}")
    assert (incident["state"], incident["acknowledged_by"]) == ("acknowledged", "Daughter")
    assert "outing" in [event["kind"] for event in incident["timeline"]]
    listed = (await get(address, "daughter", path))["items"]
    assert made["outing_id"] in [one["outing_id"] for one in listed]
    code, ended = await send(address, "daughter", "POST", f"/api/v1/outings/{made['outing_id']}/end")
    assert code == 200
    assert ended["ended_at"] is not None
    assert (await send(address, "daughter", "POST", f"/api/v1/outings/{made['outing_id']}/end"))[0] == 404
    assert (await send(address, "stranger", "POST", f"/api/v1/outings/{world.outings['wang']}/end"))[0] == 404
    for hours, says in ((-1, "over before it begins"), (30, "at most 1 day")):
        wrong = {"until": (NOW + timedelta(hours=hours)).isoformat()}
        code, problem = await send(address, "daughter", "POST", path, wrong)
        assert code == 422
        assert says in problem["detail"]


async def test_a_ladder_that_would_not_work_is_refused_with_the_reason(served: tuple[World, str]) -> None:
    world, address = served
    path = "/api/v1/ladders/desk"
    refused = {
        "no receiver of centre, county has a working channel": LADDER,
        "would reach nobody: write at least one step": LADDER | {"steps": []},
        "which is a loop": LADDER | {"repeat_after_s": 30},
        "unknown audience 'police'": LADDER | {"steps": [{"delay_s": 0, "audiences": ["police"]}]},
        "write a longer delay": LADDER | {"steps": [LADDER["steps"][0], LADDER["steps"][0]]},  # type: ignore[index]
    }
    for says, body in refused.items():
        code, problem = await send(address, "admin", "PUT", path, body)
        assert code == 422, says
        assert says in problem["detail"]
        code, verdict = await send(address, "admin", "POST", "/api/v1/ladders/validate", body)
        assert code == 200
        assert says in verdict["problem"]
    assert (await get(address, "admin", "/api/v1/ladders"))["items"] == []
    await world.run("UPDATE receivers SET relation = 'county', channels = '[{\"kind\": \"log\"}]'")
    code, saved = await send(address, "admin", "PUT", path, LADDER)
    assert (code, saved["problem"]) == (200, None)
    assert saved["steps"] == LADDER["steps"]
    (listed,) = (await get(address, "admin", "/api/v1/ladders"))["items"]
    assert listed == saved
    assert listed["choices"] == [{"kind": "wandering", "severity": "info", "hours": "night", "division": "370303"}]
    async with await database.connect(world.url) as connection:
        plan = await planning.load(connection)
    (choice,) = plan.choices
    assert (choice.ladder_id, plan.ladder("desk").title) == ("desk", "Nobody but the desk")


async def test_budgets_are_read_and_changed_one_by_one(served: tuple[World, str]) -> None:
    _, address = served
    before = await get(address, "admin", "/api/v1/budgets")
    assert before["receiver"] == {"most": 12, "every_s": 3600}
    code, after = await send(address, "admin", "PUT", "/api/v1/budgets", {"receiver": {"most": 3, "every_s": 600}})
    assert code == 200
    assert after == before | {"receiver": {"most": 3, "every_s": 600}}
    assert (await send(address, "admin", "PUT", "/api/v1/budgets", {"receiver": {"most": 0, "every_s": 600}}))[0] == 422


async def test_an_outage_is_seen_and_taken_by_an_operator(served: tuple[World, str]) -> None:
    world, address = served
    [[incident_id]] = await world.run(
        "INSERT INTO incidents (person_id, state, severity, kind, kinds, opened_at, updated_at, revision)"
        " VALUES (NULL, 'open', 'warning', 'outage', '{outage}', %s, %s, nextval('incidents_revisions'))"
        " RETURNING incident_id",
        NOW,
        NOW,
    )
    [[outage_id]] = await world.run(
        "INSERT INTO outages (incident_id, division, since, checked_at) VALUES (%s, '370303', %s, %s) RETURNING outage_id",
        incident_id,
        NOW,
        NOW,
    )
    for name, joined in (("wang", NOW - timedelta(minutes=1)), ("zhao", NOW + timedelta(minutes=1))):
        await world.run(
            "INSERT INTO outage_devices (outage_id, device_id, person_id, detection_id, joined_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            outage_id,
            f"zb-{name}",
            world.persons[name],
            uuid4(),
            joined,
        )
    (found,) = (await get(address, "operator", "/api/v1/outages", open_only=True))["items"]
    assert (found["division"], found["devices"], found["heard_again"], found["expected"]) == ("370303", 2, 1, 2)
    assert "Name of" not in str(found)
    code, taken = await send(address, "operator", "POST", f"/api/v1/outages/{outage_id}/acknowledge")
    assert (code, taken["state"]) == (200, "acknowledged")
    assert (await send(address, "operator", "POST", f"/api/v1/outages/{outage_id}/acknowledge"))[0] == 409


async def test_a_family_chooses_what_waits_but_not_what_is_urgent(served: tuple[World, str]) -> None:
    world, address = served
    [[receiver_id]] = await world.run(
        "INSERT INTO receivers (relation, person_id, display_name, channels)"
        ' VALUES (\'family\', %s, \'Daughter\', \'[{"kind": "webhook", "url": "https://secret.example"}]\')'
        " RETURNING receiver_id",
        world.persons["wang"],
    )
    path = f"/api/v1/persons/{world.persons['wang']}/receivers"
    hours = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "until": "06:30"}]
    wish = {"receiver_id": receiver_id, "quiet_hours": hours, "unwanted_kinds": ["wandering", "restless"]}
    code, after = await send(address, "daughter", "PUT", path, {"items": [wish]})
    assert code == 200
    (one,) = after["items"]
    assert (one["quiet_hours"], one["unwanted_kinds"]) == (hours, ["restless", "wandering"])
    assert one["channels"] == ["webhook"]
    assert "secret.example" not in str(after)
    code, problem = await send(
        address, "daughter", "PUT", path, {"items": [wish | {"unwanted_kinds": ["sos", "fall"]}]}
    )
    assert code == 422
    assert "fall, sos is urgent by itself and is always told" in problem["detail"]
    other = f"/api/v1/persons/{world.persons['li']}/receivers"
    assert (await send(address, "stranger", "PUT", other, {"items": [wish]}))[0] == 422, "somebody else's daughter"


async def test_alerts_a_person_and_day_with_the_median(served: tuple[World, str]) -> None:
    world, address = served
    since, until = NOW - timedelta(days=2), NOW + timedelta(minutes=10)
    async with await database.connect(world.url, autocommit=True) as connection:
        found = await figures.per_person_day(connection, since=NOW - timedelta(days=2), until=NOW)
        assert (found.persons, found.alerts, found.median, found.p90) == (3, 2, 0.5, 0.5)
        assert round(found.mean, 4) == round(2 / 3 / 2, 4)
        withdrawn = "UPDATE notifications SET state = 'cancelled', attempts = 0 WHERE incident_id = %s"
        await world.run(withdrawn, world.incidents["zhao"])
        found = await figures.per_person_day(connection, since=since, until=until)
        assert (found.alerts, found.median) == (1, 0.0)
        assert (await figures.per_person_day(connection, since=until, until=until)).alerts == 0
    shown = (await get(address, "operator", "/api/v1/summary"))["alerts_per_person_day"]
    assert {"persons", "days", "alerts", "mean", "median", "p90"} == set(shown)


async def test_what_opened_silently_concerns_no_responder(served: tuple[World, str]) -> None:
    world, address = served
    path = f"/api/v1/incidents/{world.incidents['wang']}"
    status, said = await send(address, "station", "GET", path)
    assert (status, said["called"]) == (200, True)
    await world.run("DELETE FROM escalations WHERE incident_id = %s", world.incidents["wang"])
    assert (await send(address, "station", "GET", path))[0] == 404, "nobody was called: it is nobody's business yet"
    status, said = await send(address, "daughter", "GET", path)
    assert (status, said["called"]) == (200, False)
