"""Every route x every role x own and other's person, over HTTP against a real database: the table of who may what.

The table stands here a second time, on purpose: it is read from the contract, not from `api.access`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from api.app import create_app
from api.settings import ApiSettings
from runtime.clock import SystemClock
from tests.api import world as worlds
from tests.api.world import World, client_of
from tests.servers import Databases

ROLES = ("daughter", "coordinator", "station", "operator", "admin")
ZONE = {"name": "garden", "geometry": {"type": "Point", "coordinates": [118.0, 36.8]}, "radius_m": 100}
BROWSER = {"endpoint": "https://fcm.googleapis.com/fcm/send/1", "p256dh": "AAAA", "auth": "AAAA"}
#: For each route: body, then what each login hears about its own person (wang) and about others (li, zhao).
#: daughter and coordinator know wang; station works in wang's division; zhao's incident is resolved.
OK, NEW, DONE, ROLE, NONE = 200, 201, 204, 403, 404
NEARBY = {
    "daughter": (OK, NONE),
    "coordinator": (OK, NONE),
    "station": (OK, NONE),
    "operator": (ROLE, ROLE),
    "admin": (OK, OK),
}
FAMILY = {
    "daughter": (OK, NONE),
    "coordinator": (ROLE, ROLE),
    "station": (ROLE, ROLE),
    "operator": (ROLE, ROLE),
    "admin": (OK, OK),
}
ADMIN = {
    "daughter": (ROLE, ROLE),
    "coordinator": (ROLE, ROLE),
    "station": (ROLE, ROLE),
    "operator": (ROLE, ROLE),
    "admin": (OK, OK),
}
FLEET = {
    "daughter": (ROLE, ROLE),
    "coordinator": (ROLE, ROLE),
    "station": (ROLE, ROLE),
    "operator": (OK, OK),
    "admin": (OK, OK),
}
DEVICE = {
    "daughter": (OK, NONE),
    "coordinator": (ROLE, ROLE),
    "station": (ROLE, ROLE),
    "operator": (OK, OK),
    "admin": (OK, OK),
}


def says(table: dict[str, tuple[int, int]], code: int) -> dict[str, tuple[int, int]]:
    """The same table for a route whose good answer has another code."""
    return {role: tuple(code if answer == OK else answer for answer in pair) for role, pair in table.items()}  # type: ignore[misc]


#: Routes about one person or thing of a person.
UNTIL = (worlds.NOW + timedelta(hours=2)).isoformat()
OF_A_PERSON: dict[tuple[str, str], tuple[Any, dict[str, tuple[int, int]]]] = {
    ("GET", "/api/v1/persons/{person_id}"): (None, NEARBY),
    ("PATCH", "/api/v1/persons/{person_id}"): ({"birth_year": 1944}, ADMIN),
    # Nobody may, while an incident is open; wang's is, zhao's is not.
    ("DELETE", "/api/v1/persons/{person_id}"): (None, says(ADMIN, 409)),
    ("GET", "/api/v1/persons/{person_id}/accesses"): (None, FAMILY),
    ("GET", "/api/v1/persons/{person_id}/position"): (None, NEARBY),
    ("GET", "/api/v1/persons/{person_id}/track"): (None, NEARBY),
    ("GET", "/api/v1/persons/{person_id}/zones"): (None, FAMILY),
    ("POST", "/api/v1/persons/{person_id}/zones"): (ZONE, says(FAMILY, NEW)),
    ("PUT", "/api/v1/zones/{zone_id}"): (ZONE, FAMILY),
    ("DELETE", "/api/v1/zones/{zone_id}"): (None, says(FAMILY, DONE)),
    ("GET", "/api/v1/persons/{person_id}/policy"): (None, FAMILY),
    ("PUT", "/api/v1/persons/{person_id}/policy"): ({"overrides": {"zone_confirming_fixes": 3}}, ADMIN),
    ("GET", "/api/v1/persons/{person_id}/days"): (None, FAMILY),
    ("GET", "/api/v1/devices/{device_id}/hours"): (None, DEVICE),
    ("GET", "/api/v1/devices/{device_id}"): (None, DEVICE),
    ("PATCH", "/api/v1/devices/{device_id}"): ({"model": "B2"}, FLEET),
    ("GET", "/api/v1/devices/{device_id}/credentials"): (None, FLEET),
    ("POST", "/api/v1/devices/{device_id}/credentials"): ({}, says(FLEET, NEW)),
    # Nobody here has one yet.
    ("POST", "/api/v1/devices/{device_id}/credentials/rotate"): ({}, says(FLEET, 409)),
    ("POST", "/api/v1/devices/{device_id}/credentials/revoke"): ({}, says(FLEET, 409)),
    ("GET", "/api/v1/incidents/{incident_id}"): (None, NEARBY),
    ("POST", "/api/v1/incidents/{incident_id}/acknowledge"): (None, NEARBY),
    ("POST", "/api/v1/incidents/{incident_id}/respond"): (None, NEARBY),
    ("POST", "/api/v1/incidents/{incident_id}/notes"): ({"text": "seen at the market"}, NEARBY),
    ("POST", "/api/v1/incidents/{incident_id}/resolve"): ({"outcome": "found"}, NEARBY),
}
OF_A_PERSON |= {
    ("GET", "/api/v1/incidents/{incident_id}/timeline"): (None, NEARBY),
    ("GET", "/api/v1/persons/{person_id}/outings"): (None, FAMILY),
    ("POST", "/api/v1/persons/{person_id}/outings"): ({"until": UNTIL}, says(FAMILY, NEW)),
    ("POST", "/api/v1/outings/{outing_id}/end"): (None, FAMILY),
    ("GET", "/api/v1/persons/{person_id}/receivers"): (None, FAMILY),
    ("PUT", "/api/v1/persons/{person_id}/receivers"): ({"items": []}, FAMILY),
    # Nobody of this town has a channel: a ladder that would be heard is in test_api_ladders.
    ("PUT", "/api/v1/ladders/{ladder_id}"): ({"steps": [{"delay_s": 0, "audiences": ["station"]}]}, says(ADMIN, 422)),
    ("POST", "/api/v1/outages/{outage_id}/acknowledge"): (None, says(FLEET, 404)),
}
CASE = "/api/v1/incidents/{incident_id}"
OF_A_PERSON |= {
    ("GET", f"{CASE}/responses"): (None, NEARBY),
    ("POST", f"{CASE}/accept"): (None, NEARBY),
    ("POST", f"{CASE}/decline"): (None, NEARBY),
    ("POST", f"{CASE}/arrive"): (None, NEARBY),
    ("POST", f"{CASE}/found"): ({}, NEARBY),
    ("GET", f"{CASE}/search"): (None, NEARBY),
    ("GET", f"{CASE}/brief"): (None, NEARBY),
    # Nobody has a photo here.
    ("GET", f"{CASE}/photo"): (None, says(NEARBY, 404)),
    ("GET", "/api/v1/persons/{person_id}/profile"): (None, FAMILY),
    ("PUT", "/api/v1/persons/{person_id}/profile"): ({"gait": "slow"}, FAMILY),
    ("GET", "/api/v1/persons/{person_id}/photo"): (None, says(FAMILY, 404)),
    ("PUT", "/api/v1/persons/{person_id}/photo"): ({}, says(FAMILY, 422)),
    ("DELETE", "/api/v1/persons/{person_id}/photo"): (None, says(FAMILY, 404)),
    ("GET", f"{CASE}/links"): (None, FAMILY),
    ("POST", f"{CASE}/links"): ({"kind": "police"}, says(FAMILY, NEW)),
    # There is no such link; those that are there: test_handover.
    ("DELETE", "/api/v1/links/{link_id}"): (None, says(FAMILY, 404)),
    ("GET", f"{CASE}/reports"): (None, NEARBY),
    ("GET", f"{CASE}/cap"): (None, ADMIN),
    # No sender is configured here.
    ("POST", f"{CASE}/cap"): (None, says(ADMIN, 409)),
    ("GET", f"{CASE}/cap/{{number}}"): (None, says(ADMIN, 404)),
    ("DELETE", "/api/v1/platform-hooks/{hook_id}"): (None, says(ADMIN, 404)),
    # JSON is no CSV.
    ("PUT", "/api/v1/registers/{register}"): ({}, says(ADMIN, 422)),
}
HOOK = {"name": "desk", "url": "https://desk.example/hook", "secret": "a-secret-of-at-least-32-characters"}
#: Routes about everything: the answer, and the persons it may speak of.
OF_ALL: dict[tuple[str, str], tuple[Any, dict[str, int]]] = {
    ("GET", "/api/v1/me"): (None, dict.fromkeys(ROLES, OK)),
    ("GET", "/api/v1/coverage"): (None, {role: pair[0] for role, pair in FLEET.items()}),
    ("GET", "/api/v1/retention"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    ("GET", "/api/v1/retention/deletions"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    # What it deletes: test_retention.
    ("POST", "/api/v1/retention/run"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    ("GET", "/api/v1/info"): (None, dict.fromkeys(ROLES, OK)),
    ("GET", "/api/v1/persons"): (None, {role: pair[0] for role, pair in NEARBY.items()}),
    ("POST", "/api/v1/persons"): ({"display_name": "Sun"}, {role: says(ADMIN, NEW)[role][0] for role in ROLES}),
    ("GET", "/api/v1/devices"): (None, {role: pair[0] for role, pair in DEVICE.items()}),
    ("POST", "/api/v1/devices"): (
        {"device_id": "zb-new", "kind": "bed"},
        {role: says(FLEET, NEW)[role][0] for role in ROLES},
    ),
    ("GET", "/api/v1/positions"): (None, {role: pair[0] for role, pair in NEARBY.items()}),
    ("GET", "/api/v1/incidents"): (None, {role: pair[0] for role, pair in NEARBY.items()}),
    ("GET", "/api/v1/live"): (None, {role: pair[0] for role, pair in NEARBY.items()}),
    ("GET", "/api/v1/quarantine"): (None, {role: pair[0] for role, pair in FLEET.items()}),
    ("GET", "/api/v1/strangers"): (None, {role: pair[0] for role, pair in FLEET.items()}),
    ("GET", "/api/v1/summary"): (None, {role: pair[0] for role, pair in FLEET.items()}),
    ("GET", "/api/v1/dangers"): (None, dict.fromkeys(ROLES, OK)),
    ("PUT", "/api/v1/dangers?datum=wgs84"): (
        {"type": "FeatureCollection", "features": []},
        {role: pair[0] for role, pair in FLEET.items()},
    ),
    ("GET", "/api/v1/push/key"): (None, dict.fromkeys(ROLES, OK)),
    # There is a receiver of each.
    ("PUT", "/api/v1/push/subscription"): (BROWSER, dict.fromkeys(ROLES, DONE)),
    ("DELETE", "/api/v1/push/subscription?endpoint=x"): (None, dict.fromkeys(ROLES, DONE)),
    ("GET", "/api/v1/rules"): (None, {role: pair[0] for role, pair in FLEET.items()}),
    ("GET", "/api/v1/outages"): (None, {role: pair[0] for role, pair in FLEET.items()}),
    ("GET", "/api/v1/ladders"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    ("POST", "/api/v1/ladders/validate"): ({"steps": []}, {role: pair[0] for role, pair in ADMIN.items()}),
    ("GET", "/api/v1/budgets"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    ("PUT", "/api/v1/budgets"): ({}, {role: pair[0] for role, pair in ADMIN.items()}),
    ("GET", "/api/v1/divisions"): (None, dict.fromkeys(ROLES, OK)),
    ("GET", "/api/v1/stations"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    ("GET", "/api/v1/coordinators"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    ("GET", "/api/v1/platform-hooks"): (None, {role: pair[0] for role, pair in ADMIN.items()}),
    ("POST", "/api/v1/platform-hooks"): (HOOK, {role: pair[0] for role, pair in says(ADMIN, NEW).items()}),
    ("DELETE", "/api/v1/token"): (None, dict.fromkeys(ROLES, DONE)),
}
PUBLIC = {
    # The code in a message's link lets one in, and the gateway's signature.
    ("GET", "/api/v1/answers/{code}"),
    ("POST", "/api/v1/answers/{code}"),
    ("POST", "/api/v1/receipts/voice"),
    ("POST", "/api/v1/token"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(databases: Databases) -> AsyncIterator[tuple[World, str]]:
    """One for all: `restore` undoes what a test may do."""
    with databases.fresh() as url:
        world = await worlds.seed(url)
        async with worlds.running(url) as address:
            yield world, address
        await world.close()


def path_of(template: str, world: World, name: str) -> str:
    return template.format(
        person_id=world.persons[name],
        zone_id=world.zones[name],
        incident_id=world.incidents[name],
        device_id=f"zb-{name}",
        outing_id=world.outings[name],
        ladder_id="default",
        outage_id=99,
        link_id=99,
        hook_id=99,
        number=1,
        register="divisions",
    )


async def ask(address: str, username: str | None, method: str, path: str, body: Any) -> tuple[int, str]:
    async with client_of(address, username) as client, client.stream(method, path, json=body) as response:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return response.status_code, ""
        await response.aread()
        return response.status_code, response.text


def test_the_table_knows_every_route() -> None:
    app = create_app(ApiSettings(database_url="postgresql://nowhere/none"), SystemClock())
    routes = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    of_all = {(method, path.partition("?")[0]) for method, path in OF_ALL}
    assert routes == set(OF_A_PERSON) | of_all | PUBLIC


@pytest.mark.parametrize("route", OF_A_PERSON, ids=" ".join)
async def test_own_and_others(route: tuple[str, str], served: tuple[World, str]) -> None:
    world, address = served
    method, template = route
    body, table = OF_A_PERSON[route]
    found, expected = {}, {}
    for role in ROLES:
        own, other = table[role]
        # zhao's incident is resolved: to the admin that is another state, not another person.
        for name in ("wang", "li") if role == "admin" else ("wang", "li", "zhao"):
            await restore(world)
            status, text = await ask(address, role, method, path_of(template, world, name), body)
            answer = own if name == "wang" else other
            found[role, name], expected[role, name] = status, answer
            if answer in (ROLE, NONE):
                assert name not in text, f"{role} was told of {name}: {text}"
    assert found == expected


async def restore(world: World) -> None:
    """Incidents, zones, credentials and tokens as at the beginning."""
    await world.sign_in_everybody()
    await world.run("DELETE FROM responses")
    await world.run("DELETE FROM credentials")
    await world.run("UPDATE outings SET ended_at = NULL, until = now() + interval '2 hours'")
    await world.run(
        "UPDATE incidents SET state = 'open', outcome = NULL, resolved_at = NULL WHERE incident_id = ANY(%s)",
        [world.incidents["wang"], world.incidents["li"]],
    )
    for name, zone_id in world.zones.items():
        await world.run(
            "INSERT INTO zones (zone_id, person_id, name, geometry, radius_m) OVERRIDING SYSTEM VALUE"
            """ VALUES (%s, %s, 'home', '{"type": "Point", "coordinates": [118, 36.8]}', 100) ON CONFLICT DO NOTHING""",
            zone_id,
            world.persons[name],
        )


@pytest.mark.parametrize("route", OF_ALL, ids=" ".join)
async def test_everything_at_once(route: tuple[str, str], served: tuple[World, str]) -> None:
    world, address = served
    method, path = route
    body, table = OF_ALL[route]
    await restore(world)
    for role in ROLES:
        status, text = await ask(address, role, method, path, body)
        assert status == table[role] or (status == 409 and path.endswith("/devices") and role == "admin"), (
            f"{role}: {text}"
        )
        if role == "operator":
            assert "Name of" not in text
            assert "36.805" not in text
        if role not in ("operator", "admin"):
            assert "Name of li" not in text
            assert "Name of zhao" not in text
            assert "zb-li" not in text


async def test_without_a_token_every_route_answers_401(served: tuple[World, str]) -> None:
    world, address = served
    for (method, template), (body, _) in (OF_ALL | OF_A_PERSON).items():
        for username in (None, "nobody"):
            status, text = await ask(address, username, method, path_of(template, world, "wang"), body)
            assert status == 401, f"{method} {template}"
            assert "wang" not in text


async def test_a_login_that_is_disabled_or_expired_is_out_at_once(served: tuple[World, str]) -> None:
    world, address = served
    for spoil in (
        "UPDATE users SET disabled_at = now() WHERE username = 'daughter'",
        "UPDATE sessions SET expires_at = now() WHERE user_id = (SELECT user_id FROM users WHERE username = 'daughter')",
    ):
        await restore(world)
        assert (await ask(address, "daughter", "GET", "/api/v1/me", None))[0] == 200
        await world.run(spoil)
        assert (await ask(address, "daughter", "GET", "/api/v1/me", None))[0] == 401
        await world.run("UPDATE users SET disabled_at = NULL")
        await world.run("DELETE FROM sessions")
    await restore(world)


@pytest.mark.parametrize(
    ("state", "notified", "division", "answer"),
    [
        ("pending", "coordinator", "", 200),
        ("delivered", "coordinator", "", 200),
        ("failed", "coordinator", "", 200),
        # Withdrawn before it left: this responder was never told.
        ("cancelled", "coordinator", "", 404),
        ("delivered", "station", "", 404),
        ("cancelled", "station", "370304", 200),
        ("cancelled", "station", "370304001", 200),
        ("cancelled", "station", "370304002", 404),
        ("cancelled", "station", "3703040011", 404),
    ],
)
async def test_what_makes_a_responder_involved(
    state: str, notified: str, division: str, answer: int, served: tuple[World, str]
) -> None:
    world, address = served
    await restore(world)
    await world.tell("li", notified, state=state)
    await world.run("UPDATE users SET division = %s WHERE username = 'coordinator'", division)
    try:
        status, text = await ask(address, "coordinator", "GET", f"/api/v1/incidents/{world.incidents['li']}", None)
        assert (status, "Approach li" in text) == (answer, answer == 200)
    finally:
        await world.run("UPDATE users SET division = '' WHERE username = 'coordinator'")
        await world.run(
            "DELETE FROM notification_attempts USING notifications n WHERE n.notification_id ="
            " notification_attempts.notification_id AND n.incident_id = %s",
            world.incidents["li"],
        )
        await world.run("DELETE FROM notifications WHERE incident_id = %s", world.incidents["li"])
