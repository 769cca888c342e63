"""From being told to found: who leads, who hears next, when access ends. Real PostgreSQL, real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from alerts.pipeline import Pipeline
from runtime import database
from runtime.clock import ManualClock
from tests.alerts.scene import NIGHT, Database
from tests.api import world as worlds
from tests.api.world import NOW, World, client_of

LOG = {"kind": "log"}
MINUTE = timedelta(minutes=1)
VILLAGE = "370303001001"
#: What the person's home and each coordinator's own place are, kilometres north of it.
HOME = (36.805, 118.005)
KM = 1 / 111.13292


@pytest_asyncio.fixture(loop_scope="session")
async def clock() -> ManualClock:
    return ManualClock(NOW + 10 * MINUTE)


@pytest_asyncio.fixture(loop_scope="session")
async def served(database_url: str, clock: ManualClock) -> AsyncIterator[tuple[World, str]]:
    world = await worlds.seed(database_url)
    async with worlds.running(database_url, clock=clock) as address:
        yield world, address
    await world.close()


@pytest_asyncio.fixture(loop_scope="session")
async def night(served: tuple[World, str], database_url: str, clock: ManualClock) -> AsyncIterator[Night]:
    pool = await database.open_pool(database_url, min_size=2, max_size=8)
    async with await database.connect(database_url, autocommit=True) as connection:
        pipeline = Pipeline(pool=pool, clock=clock, wake_delivery=lambda: None)
        await pipeline.seed()
        made = Night(served[0], served[1], Database(connection), pipeline, clock)
        await made.settle()
        yield made
    await pool.close()


class Night:
    """A person with family, four coordinators and a station, on whom an exit falls at 02:50."""

    def __init__(self, world: World, address: str, scene: Database, pipeline: Pipeline, clock: ManualClock) -> None:
        self.world, self.address, self.scene, self.pipeline, self.clock = world, address, scene, pipeline, clock
        self.person_id = 0
        self.incident_id = 0
        self.receivers: dict[str, int] = {}

    async def settle(self) -> None:
        # Nobody else is looked for in this night.
        await self.world.run("UPDATE incidents SET state = 'resolved', outcome = 'found' WHERE state <> 'resolved'")
        self.person_id = await self.scene.person("孙大爷", VILLAGE)
        await self.scene.family(self.person_id, LOG)
        await self.world.run(
            "INSERT INTO latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m,"
            " source, safety, revision) VALUES (%s, 1, %s, %s, %s, %s, 12, 'gnss', 'outside', 1)",
            self.person_id,
            NOW,
            NOW,
            *HOME,
        )
        for name, km, division in (
            ("zhao", 0.5, "370303001002"),
            ("qian", 1.0, "370304001001"),
            ("sun", 2.0, "370303001003"),
            ("zhou", 3.0, "370303001004"),
        ):
            await self.coordinator(name, km, division)
        self.receivers["station"] = await self.scene.official("station", "370303001", LOG)

    async def coordinator(self, name: str, km: float, division: str) -> None:
        [[user_id]] = await self.world.run(
            "INSERT INTO users (username, password_hash, display_name, role) VALUES (%s, '', %s, 'responder')"
            " RETURNING user_id",
            name,
            name.title(),
        )
        self.world.users[name] = user_id
        [[self.receivers[name]]] = await self.world.run(
            "INSERT INTO receivers (relation, division, user_id, display_name, channels, latitude, longitude, capacity,"
            " external_id) VALUES ('coordinator', %s, %s, %s, %s, %s, %s, 1, %s) RETURNING receiver_id",
            division,
            user_id,
            name.title(),
            '[{"kind": "log"}]',
            HOME[0] + km * KM,
            HOME[1],
            f"coordinator:{name}",
        )
        await self.world.sign_in_everybody()

    async def begin(self) -> None:
        """An exit, and the step of the coordinators."""
        await self.scene.exit(self.person_id, self.clock.now(), evidence=NIGHT)
        await self.work()
        self.incident_id = (await self.scene.incident(self.person_id))["incident_id"]
        await self.later(2 * MINUTE)

    async def later(self, by: timedelta) -> None:
        self.clock.advance(by)
        await self.work()

    async def work(self) -> None:
        """What alerts does, and what it sends arrives."""
        await self.pipeline.work()
        await self.scene.rows(
            "UPDATE notifications SET state = 'delivered', attempts = 1, delivered_wall = now() WHERE state = 'pending'"
        )

    async def told(self) -> set[str]:
        """Names of responders who were told of this incident."""
        rows = await self.scene.rows(
            "SELECT DISTINCT receiver_id FROM notifications WHERE incident_id = %s", self.incident_id
        )
        return {name for name, receiver_id in self.receivers.items() if receiver_id in {r["receiver_id"] for r in rows}}

    async def says(self, username: str, answer: str, *, json: Any = None) -> tuple[int, str | None]:
        async with client_of(self.address, username) as client:
            response = await client.post(f"/api/v1/incidents/{self.incident_id}/{answer}", json=json)
        return response.status_code, response.json().get("standing")

    async def state(self) -> str:
        return str((await self.scene.incident(self.person_id))["state"])

    async def sees(self, username: str) -> set[int]:
        """Answers to everything about the person and the incident."""
        paths = (
            f"incidents/{self.incident_id}",
            f"incidents/{self.incident_id}/search",
            f"incidents/{self.incident_id}/responses",
            f"persons/{self.person_id}",
            f"persons/{self.person_id}/position",
            f"persons/{self.person_id}/track",
        )
        async with client_of(self.address, username) as client:
            return {(await client.get(f"/api/v1/{path}")).status_code for path in paths}


async def test_the_two_nearest_are_told_and_see_this_person_alone(night: Night) -> None:
    await night.begin()
    assert await night.told() == {"zhao", "qian"}
    assert await night.sees("zhao") == {200}
    assert await night.sees("sun") == {404}
    async with client_of(night.address, "zhao") as client:
        assert [one["person_id"] for one in (await client.get("/api/v1/persons")).json()["items"]] == [night.person_id]
        features = (await client.get("/api/v1/positions")).json()["features"]
        assert [one["properties"]["person_id"] for one in features] == [night.person_id]


async def test_of_two_who_accept_in_the_same_millisecond_exactly_one_leads(night: Night) -> None:
    for _ in range(8):
        await night.begin()
        clients = [client_of(night.address, name) for name in ("zhao", "qian")]
        path = f"/api/v1/incidents/{night.incident_id}/accept"
        # Connections are open before the race, so that both requests leave together.
        await asyncio.gather(*(client.get("/health/live") for client in clients))
        answers = await asyncio.gather(*(client.post(path) for client in clients))
        assert sorted(answer.json()["standing"] for answer in answers) == ["joined", "leads"]
        leads = await night.scene.rows(
            "SELECT party FROM responses WHERE incident_id = %s AND leads", night.incident_id
        )
        assert len(leads) == 1
        leader = "zhao" if answers[0].json()["standing"] == "leads" else "qian"
        incident = await night.scene.incident(night.person_id)
        assert (incident["state"], incident["responding_by"]) == ("responding", night.world.users[leader])
        assert (await night.says(leader, "found", json={}))[0] == 200
        for client in clients:
            await client.aclose()
        night.clock.advance(timedelta(hours=2))


async def test_nobody_accepts_and_the_level_above_is_told(night: Night) -> None:
    await night.begin()
    assert "station" not in await night.told()
    await night.later(3 * MINUTE)
    assert "station" in await night.told()


async def test_when_everybody_asked_has_declined_the_level_above_does_not_wait(night: Night) -> None:
    await night.begin()
    assert await night.says("zhao", "decline") == (200, "declined")
    await night.work()
    assert await night.told() == {"zhao", "qian"}
    assert await night.says("qian", "decline") == (200, "declined")
    await night.work()
    assert "station" in await night.told()
    assert await night.state() == "open"


async def test_accepting_stops_the_ladder_and_the_last_to_step_back_starts_it_again(night: Night) -> None:
    await night.begin()
    qian = night.receivers["qian"]
    await night.scene.rows("UPDATE notifications SET state = 'pending' WHERE receiver_id = %s", qian)
    assert await night.says("zhao", "accept") == (200, "leads")
    # Timers stop, and what nobody is sending is taken back.
    assert await night.scene.rows("SELECT FROM escalations WHERE state = 'pending'") == []
    (message,) = await night.scene.rows("SELECT state FROM notifications WHERE receiver_id = %s", qian)
    assert message["state"] == "cancelled"
    await night.scene.rows("UPDATE notifications SET state = 'delivered' WHERE receiver_id = %s", qian)
    assert await night.says("qian", "accept") == (200, "joined")
    await night.later(30 * MINUTE)
    assert await night.told() == {"zhao", "qian"}
    assert await night.says("zhao", "decline") == (200, "stepped_back")
    assert await night.state() == "responding"
    incident = await night.scene.incident(night.person_id)
    assert incident["responding_by"] == night.world.users["qian"]
    assert await night.says("qian", "decline") == (200, "nobody_left")
    assert await night.state() == "open"
    await night.work()
    assert "station" in await night.told()


async def test_who_declined_is_not_asked_again_and_the_next_nearest_is(night: Night) -> None:
    await night.begin()
    await night.says("zhao", "decline")
    await night.scene.rows("UPDATE escalations SET state = 'cancelled' WHERE incident_id = %s", night.incident_id)
    # A second sign of danger: the ladder climbs anew.
    await night.scene.sos(night.person_id, night.clock.now())
    await night.work()
    newest = await night.scene.rows(
        "SELECT receiver_id FROM notifications WHERE incident_id = %s AND round ="
        " (SELECT max(round) FROM notifications WHERE incident_id = %s)",
        night.incident_id,
        night.incident_id,
    )
    asked = {row["receiver_id"] for row in newest}
    assert {night.receivers["qian"], night.receivers["sun"]} <= asked
    assert night.receivers["zhao"] not in asked


async def test_a_coordinator_with_a_case_in_hand_is_passed_over(night: Night) -> None:
    await night.begin()
    await night.says("zhao", "accept")
    other = await night.scene.person("吴大妈", VILLAGE)
    await night.scene.family(other, LOG)
    await night.world.run(
        "INSERT INTO latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m,"
        " source, safety, revision) VALUES (%s, 1, %s, %s, %s, %s, 12, 'gnss', 'outside', 2)",
        other,
        NOW,
        NOW,
        *HOME,
    )
    night.person_id = other
    await night.begin()
    assert await night.told() == {"qian", "sun"}
    (step,) = await night.scene.rows(
        "SELECT data FROM incident_events WHERE incident_id = %s AND kind = 'step' AND data ->> 'position' = '1'",
        night.incident_id,
    )
    assert step["data"]["passed_over"]["full"] == 1


async def test_access_ends_with_declining_and_a_slip_of_the_finger_can_be_undone(night: Night) -> None:
    await night.begin()
    assert await night.says("zhao", "decline") == (200, "declined")
    assert await night.sees("zhao") == {404}
    assert (await night.says("zhao", "arrive"))[0] == 404
    assert await night.says("zhao", "accept") == (200, "leads")
    assert await night.sees("zhao") == {200}


async def test_access_ends_when_the_person_is_found(night: Night) -> None:
    await night.begin()
    await night.says("zhao", "accept")
    await night.says("qian", "accept")
    assert await night.says("zhao", "arrive") == (200, "arrived")
    assert await night.says("zhao", "found", json={"note": "在桥边，平安"}) == (200, "found")
    assert await night.state() == "resolved"
    for name in ("zhao", "qian"):
        assert await night.sees(name) == {404}
    assert (await night.says("qian", "accept"))[0] == 404
    incident = await night.scene.incident(night.person_id)
    assert (incident["outcome"], incident["note"]) == ("found", "在桥边，平安")
    kinds = await night.scene.events(night.incident_id)
    assert [kind for kind in kinds if kind in {"responding", "joined", "arrived", "found", "resolved"}] == [
        "responding",
        "joined",
        "arrived",
        "found",
        "resolved",
    ]


async def test_a_stranger_cannot_accept_and_double_taps_change_nothing(night: Night) -> None:
    await night.begin()
    assert (await night.says("sun", "accept"))[0] == 404
    assert (await night.says("operator", "accept"))[0] == 403
    assert await night.says("zhao", "accept") == (200, "leads")
    before = await night.scene.events(night.incident_id)
    assert await night.says("zhao", "accept") == (200, "unchanged")
    assert await night.scene.events(night.incident_id) == before


async def test_going_again_after_it_opened_anew(night: Night) -> None:
    await night.begin()
    await night.says("zhao", "accept")
    await night.scene.sos(night.person_id, night.clock.now())
    await night.work()
    assert await night.state() == "open"
    assert await night.says("zhao", "accept") == (200, "unchanged")
    assert await night.state() == "responding"


async def test_looking_is_written_down(night: Night) -> None:
    await night.begin()
    async with client_of(night.address, "zhao") as client:
        response = await client.get(f"/api/v1/incidents/{night.incident_id}/search")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/geo+json"
    [[what]] = await night.world.run(
        "SELECT what FROM access_log WHERE person_id = %s AND user_id = %s",
        night.person_id,
        night.world.users["zhao"],
    )
    assert what == "search"


async def test_where_to_look(night: Night) -> None:
    await night.begin()
    await night.world.run(
        "INSERT INTO danger_areas (kind, name, geometry) VALUES ('water', '孝妇河', %s), ('rail', '胶济线', %s)",
        '{"type": "LineString", "coordinates": [[118.0, 36.807], [118.01, 36.807]]}',
        '{"type": "LineString", "coordinates": [[119.0, 36.807], [119.01, 36.807]]}',
    )
    async with client_of(night.address, "admin") as client:
        document = (await client.get(f"/api/v1/incidents/{night.incident_id}/search")).json()
    named = [(f["properties"]["what"], f["properties"].get("name")) for f in document["features"]]
    assert named == [("ring", None), ("ring", None), ("ring", None), ("danger", "孝妇河"), ("last_fix", None)]
    assert document["properties"]["basis"] == "good_fix"
