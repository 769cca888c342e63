"""The night of the design, told over real MQTT, PostgreSQL and HTTP: from the bed to "found, safe".

02:40 a man of 81 leaves his bed. 02:52 his bracelet is 60 m beyond his zone, a canal ahead. His daughter's phone is rung;
unanswered, her brother's and those of the two coordinators nearest to him. One goes, finds him, and everything ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import httpx
import psycopg
import pytest
import pytest_asyncio
from psycopg.rows import dict_row

from api.passwords import hash_of
from runtime.embedded.ports import any_free
from tests.alerts.scene import Request, receiving, webhook
from tests.integration.ingest_running import ready

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
#: Scaled seconds in a real one: the whole night takes about a minute.
RATE = 25.0
BEGIN = datetime(2026, 11, 20, 18, 36, tzinfo=UTC)  # 02:36 in Zibo
HOME = (36.81, 118.05)
METRES_NORTH, METRES_EAST = 110_980.0, 89_300.0
VILLAGE = "370303001001"
BED, BRACELET = "bd-night", "zb-night"
PASSWORD = "correct horse battery"


def north_of_home(metres: float) -> tuple[float, float]:
    return HOME[0] + metres / METRES_NORTH, HOME[1]


@dataclass
class Phones:
    """Everybody's phone, by the last part of its address."""

    url: str
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, name: str) -> dict[str, str]:
        return webhook(f"{self.url}/{name}")

    def who(self, purpose: str = "alert") -> list[str]:
        return [name for name, message in self.heard if message["purpose"] == purpose]

    def messages(self, name: str) -> list[dict[str, Any]]:
        return [message for one, message in self.heard if one == name]


@dataclass
class Town:
    """The services under one scaled clock, and the devices of one man."""

    database_url: str
    broker: str
    anchor: datetime
    api: str = ""
    person_id: int = 0
    commands: list[dict[str, Any]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return BEGIN + (datetime.now(UTC) - self.anchor) * RATE

    def environment(self, **further: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "TONGXING_DATABASE_URL": self.database_url,
            "TONGXING_BROKER_URL": self.broker,
            "TONGXING_CLOCK_START": BEGIN.isoformat(),
            "TONGXING_CLOCK_RATE": str(RATE),
            "TONGXING_CLOCK_ANCHOR": self.anchor.isoformat(),
            **further,
        }

    async def until(self, moment: str) -> None:
        """Wait until the scaled clock shows a local time."""
        hour, minute, second = (int(part) for part in moment.split(":"))
        at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hour + 16, minutes=minute, seconds=second)
        await asyncio.sleep(max(0.0, (at - self.now).total_seconds() / RATE))

    async def say(self, client: aiomqtt.Client, device: str, level: str, **told: object) -> None:
        message = {"at": self.now.timestamp()} | told
        await client.publish(f"tongxing/v1/{device}/{level}", json.dumps(message), qos=1)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[call-overload,no-any-return]

    @contextlib.asynccontextmanager
    async def client_of(self, username: str) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=f"{self.api}/api/v1", trust_env=False) as client:
            answer = await client.post("/token", data={"username": username, "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client


def client_of(broker: str, device: str) -> aiomqtt.Client:
    parts = urlsplit(broker)
    return aiomqtt.Client(parts.hostname or "", port=parts.port or 1883, identifier=device)


def settle(town: Town, phones: Phones) -> None:
    """Who lives there, who is told, and where the canal is."""
    with psycopg.connect(town.database_url, autocommit=True) as connection:

        def one(query: str, *parameters: object) -> int:
            row = connection.execute(query, parameters).fetchone()  # type: ignore[call-overload]
            return int(row[0])

        logins = {
            name: one(
                "INSERT INTO users (username, password_hash, display_name, role) VALUES (%s, %s, %s, %s)"
                " RETURNING user_id",
                name, hash_of(PASSWORD), name.title(), role,
            )
            for name, role in (("daughter", "family"), ("near-1", "responder"), ("far", "responder"))
        }  # fmt: skip
        town.person_id = one(
            "INSERT INTO persons (display_name, birth_year, division, approach) VALUES ('张大爷', 1945, %s,"
            " '慢慢走近，叫他老张') RETURNING person_id",
            VILLAGE,
        )
        connection.execute("INSERT INTO guardians VALUES (%s, %s, 'daughter')", (town.person_id, logins["daughter"]))
        for device, kind in ((BED, "bed"), (BRACELET, "bracelet")):
            connection.execute(
                "INSERT INTO devices (device_id, kind, person_id) VALUES (%s, %s, %s)", (device, kind, town.person_id)
            )
        home = {"type": "Point", "coordinates": [HOME[1], HOME[0]]}
        connection.execute(
            "INSERT INTO zones (person_id, name, geometry, radius_m) VALUES (%s, '家', %s, 200)",
            (town.person_id, json.dumps(home)),
        )
        canal = [[HOME[1] + side * 0.01, north_of_home(560)[0]] for side in (-1, 1)]
        connection.execute(
            "INSERT INTO danger_areas (kind, name, geometry, half_width_m) VALUES ('water', '干渠', %s, 5)",
            (json.dumps({"type": "LineString", "coordinates": canal}),),
        )
        for name, priority in (("daughter", 1), ("brother", 2)):
            connection.execute(
                "INSERT INTO receivers (relation, person_id, user_id, display_name, priority, channels)"
                " VALUES ('family', %s, %s, %s, %s, %s)",
                (town.person_id, logins.get(name), name, priority, json.dumps([phones.of(name)])),
            )
        for name, metres, division in (
            ("near-1", 600, "370303002001"),
            ("near-2", 900, "370303003001"),
            ("far", 30_000, "370304001001"),
        ):
            latitude, longitude = north_of_home(metres)
            connection.execute(
                "INSERT INTO receivers (relation, division, user_id, display_name, latitude, longitude, channels)"
                " VALUES ('coordinator', %s, %s, %s, %s, %s, %s)",
                (division, logins.get(name), name, latitude, longitude, json.dumps([phones.of(name)])),
            )


@pytest_asyncio.fixture(loop_scope="session")
async def phones() -> AsyncIterator[Phones]:
    made: list[Phones] = []

    async def ring(request: Request) -> str:
        made[0].heard.append((request.path.rpartition("/")[2], request.json))
        return "200 OK"

    async with receiving(ring) as server:
        made.append(Phones(url=server.url))
        yield made[0]


@pytest_asyncio.fixture(loop_scope="session")
async def town(database_url: str, broker_url: str, phones: Phones, tmp_path: Path) -> AsyncIterator[Town]:
    made = Town(database_url=database_url, broker=broker_url, anchor=datetime.now(UTC) + timedelta(seconds=8))
    settle(made, phones)
    ports = {name: any_free() for name in ("ingest", "alerts", "api")}
    made.api = f"http://127.0.0.1:{ports['api']}"
    environment = made.environment(
        TONGXING_INGEST_CLIENT_ID="the-night",
        TONGXING_INGEST_HEALTH_PORT=str(ports["ingest"]),
        TONGXING_ALERTS_HEALTH_PORT=str(ports["alerts"]),
        TONGXING_ALERTS_CONSOLE_URL=made.api,
        TONGXING_API_PORT=str(ports["api"]),
    )
    async with contextlib.AsyncExitStack() as stack:
        for name, port in ports.items():
            log = stack.enter_context((tmp_path / f"{name}.log").open("wb"))
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "runtime.cli", name, cwd=tmp_path, env=environment, stdout=log, stderr=log
            )
            stack.push_async_callback(_end, process)
            await ready(port)
        yield made


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    await asyncio.wait_for(process.wait(), 60)


async def wait_for(what: Callable[[], Any], within_s: float = 60.0) -> Any:
    """The first true answer; what it was when it did not come."""
    async with asyncio.timeout(within_s):
        while not (found := what()):  # noqa: ASYNC110 - other processes change it
            await asyncio.sleep(0.05)
    return found


async def listen(town: Town, client: aiomqtt.Client) -> None:
    async for message in client.messages:
        town.commands.append(json.loads(bytes(message.payload)))


async def test_from_the_bed_to_found_safe(town: Town, phones: Phones) -> None:
    async with client_of(town.broker, BED) as bed, client_of(town.broker, BRACELET) as bracelet:
        await bracelet.subscribe(f"tongxing/v1/{BRACELET}/command", qos=1)
        hearing = asyncio.create_task(listen(town, bracelet))
        try:
            await _the_house_is_asleep(town, bed, bracelet)
            await _he_leaves_his_bed(town, phones, bed, bracelet)
            await _he_is_outside(town, phones, bracelet)
            await _nobody_answers(town, phones)
            code = str(phones.messages("near-1")[0]["answer_link"]).rpartition("/")[2]
            await _one_goes(town, code)
            await _found(town, phones)
            await _home_again(town, bracelet)
            await _in_the_morning(town)
        finally:
            hearing.cancel()


async def _the_house_is_asleep(town: Town, bed: aiomqtt.Client, bracelet: aiomqtt.Client) -> None:
    await town.until("02:36:00")
    for _ in range(8):
        await town.say(bed, BED, "bed", status="occupied", heart_rate_bpm=58, breathing_rate_bpm=14, quality_pct=90)
        await asyncio.sleep(30 / RATE)
    latitude, longitude = north_of_home(3)
    await town.say(
        bracelet, BRACELET, "location", latitude=latitude, longitude=longitude, accuracy_m=15, worn=True, battery_pct=60
    )


async def _he_leaves_his_bed(town: Town, phones: Phones, bed: aiomqtt.Client, bracelet: aiomqtt.Client) -> None:
    await town.until("02:40:30")
    for _ in range(23):
        await town.say(bed, BED, "bed", status="empty", quality_pct=90)
        await asyncio.sleep(30 / RATE)
        assert phones.heard == [], "the bed says so; nobody is woken"
    kinds = {row["kind"] for row in town.rows("SELECT kind FROM detections")}
    assert kinds == {"bed_exit"}


async def _he_is_outside(town: Town, phones: Phones, bracelet: aiomqtt.Client) -> None:
    await town.until("02:52:00")
    latitude, longitude = north_of_home(260)
    # The first fix after the door says where, not yet that he walks.
    await town.say(
        bracelet, BRACELET, "location", latitude=latitude, longitude=longitude, accuracy_m=12, worn=True, battery_pct=59
    )
    # Asked for another, or believed at once, because the bed says that he is up and has not come back.
    await wait_for(lambda: phones.messages("daughter") or {"locate"} & {one["type"] for one in town.commands}, 60)
    await asyncio.sleep(40 / RATE)
    latitude, longitude = north_of_home(296)
    walking = {"accuracy_m": 12, "speed_mps": 0.9, "heading_deg": 0, "steps": 60, "worn": True, "battery_pct": 59}
    await town.say(bracelet, BRACELET, "location", latitude=latitude, longitude=longitude, **walking)
    await wait_for(lambda: phones.messages("daughter"), 60)
    (incident,) = town.rows("SELECT * FROM incidents")
    assert {"bed_exit", "zone_exit"} <= set(incident["kinds"]), "one story"
    assert incident["severity"] == "critical"
    assert "night" in incident["severity_reasons"]
    assert {"water", "danger_approach"} & set(incident["severity_reasons"]), "towards water"
    assert any(command["type"] == "report_interval" for command in town.commands), "followed more closely"
    first = phones.messages("daughter")[0]
    assert "张大爷" in first["title"]
    assert len(first["title"]) <= 70
    assert "118.0" not in json.dumps(first), "no position leaves"


async def _nobody_answers(town: Town, phones: Phones) -> None:
    opened = town.rows("SELECT opened_at FROM incidents")[0]["opened_at"]
    await wait_for(lambda: {"daughter", "brother", "near-1", "near-2"} <= set(phones.who()), 60)
    told = {row["display_name"]: row for row in town.rows(
        "SELECT r.display_name, min(n.created_at) AS at FROM notifications n JOIN receivers r USING (receiver_id)"
        " GROUP BY r.display_name"
    )}  # fmt: skip
    # From the exit's alarm: the bed had opened the incident in silence.
    exit_at = told["daughter"]["at"]
    assert exit_at > opened
    for name in ("brother", "near-1", "near-2"):
        assert timedelta(minutes=2) <= told[name]["at"] - exit_at < timedelta(minutes=3), name
    assert "far" not in told


async def _one_goes(town: Town, code: str) -> None:
    async with httpx.AsyncClient(base_url=f"{town.api}/api/v1", trust_env=False) as anybody:
        answered = await anybody.post(f"/answers/{code}", json={"way": "respond"})
    assert answered.json()["told"] == "done"
    async with town.client_of("near-1") as coordinator:
        position = await coordinator.get(f"/persons/{town.person_id}/position")
        assert position.status_code == 200, "sees him move on the map"
        incident_id = town.rows("SELECT incident_id FROM incidents")[0]["incident_id"]
        rings = (await coordinator.get(f"/incidents/{incident_id}/search")).json()
        assert rings["properties"]["basis"] == "good_fix"
        assert [one["properties"]["share"] for one in rings["features"] if one["properties"]["what"] == "ring"] == [
            0.95,
            0.75,
            0.5,
        ]
    async with town.client_of("far") as stranger:
        assert (await stranger.get(f"/persons/{town.person_id}/position")).status_code == 404


async def _found(town: Town, phones: Phones) -> None:
    incident_id = town.rows("SELECT incident_id FROM incidents")[0]["incident_id"]
    async with town.client_of("near-1") as coordinator:
        found = await coordinator.post(f"/incidents/{incident_id}/found", json={"note": "在渠边的长椅上"})
        assert found.status_code == 200
        await wait_for(lambda: {"daughter", "brother", "near-1", "near-2"} <= set(phones.who("all_clear")))
        gone = await coordinator.get(f"/persons/{town.person_id}/position")
        assert gone.status_code == 404, "access ends with the incident"


async def _home_again(town: Town, bracelet: aiomqtt.Client) -> None:
    before = len(town.commands)
    for metres in (150, 20):
        latitude, longitude = north_of_home(metres)
        await town.say(bracelet, BRACELET, "location", latitude=latitude, longitude=longitude, accuracy_m=12, worn=True)
        await asyncio.sleep(60 / RATE)
    relaxed = await wait_for(lambda: [one for one in town.commands[before:] if one["type"] == "report_interval"])
    assert relaxed[-1]["until"] <= town.now.timestamp(), "back to saving its battery"


async def _in_the_morning(town: Town) -> None:
    incident_id = town.rows("SELECT incident_id FROM incidents ORDER BY incident_id LIMIT 1")[0]["incident_id"]
    async with town.client_of("daughter") as daughter:
        detail = (await daughter.get(f"/incidents/{incident_id}")).json()
        story = (await daughter.get(f"/incidents/{incident_id}/timeline")).json()
        looks = (await daughter.get(f"/persons/{town.person_id}/accesses")).json()["items"]
    assert detail["outcome"] == "found"
    exits = [one for one in detail["detections"] if one["kind"] == "zone_exit"]
    assert exits[0]["evidence"]["distance_m"] == pytest.approx(60, abs=40)
    assert exits[0]["evidence"]["danger_kind"] == "water"
    assert len(story["entries"]) > 8
    assert any(one["user"] == "Near-1" for one in looks), "who looked is known"
    assert len(town.rows("SELECT incident_id FROM incidents WHERE severity IN ('urgent', 'critical')")) == 1
