"""A small town in a real database and the real server in front of it, for the tests of api."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from psycopg.types.json import Jsonb

from api.passwords import hash_of
from api.server import serve
from api.settings import ApiSettings
from runtime import database, identifiers
from runtime.clock import Clock, ManualClock
from runtime.database import Connection
from runtime.service import Stop

NOW = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
PASSWORD = "correct horse battery"
PASSWORD_HASH = hash_of(PASSWORD)
SQUARE = [[118.0, 36.8], [118.01, 36.8], [118.01, 36.81], [118.0, 36.81], [118.0, 36.8]]
#: username, role, division
USERS = (
    ("daughter", "family", ""),
    ("stranger", "family", ""),
    ("coordinator", "responder", ""),
    ("station", "responder", "370303"),
    ("operator", "operator", ""),
    ("admin", "admin", ""),
)


@dataclass(kw_only=True)
class World:
    """Identifiers of what stands in the database.

    wang: the daughter's father; unresolved incident, notified to the coordinator; lives in 370303.
    li: the stranger's mother; unresolved incident nobody here was notified of; lives in 370304.
    zhao: nobody's; incident resolved, the coordinator had been notified; lives in 370303.
    """

    url: str
    users: dict[str, int] = field(default_factory=dict)
    persons: dict[str, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)
    incidents: dict[str, int] = field(default_factory=dict)
    outings: dict[str, int] = field(default_factory=dict)
    receivers: dict[str, int] = field(default_factory=dict)
    detections: dict[str, UUID] = field(default_factory=dict)

    connection: Connection | None = None

    async def run(self, query: str, *parameters: Any) -> list[Any]:
        if self.connection is None:
            self.connection = await database.connect(self.url, autocommit=True)
        cursor = await self.connection.execute(query, parameters)  # type: ignore[arg-type]
        return await cursor.fetchall() if cursor.description else []

    async def close(self) -> None:
        if self.connection is not None:
            await self.connection.close()

    async def sign_in_everybody(self) -> None:
        for username, user_id in self.users.items():
            await self.run(
                "INSERT INTO sessions (token_digest, user_id, expires_at)"
                " VALUES (%s, %s, now() + interval '1 hour') ON CONFLICT DO NOTHING",
                identifiers.digest(f"token-of-{username}"),
                user_id,
            )

    async def move(self, name: str, *, longitude: float = 118.005, at: datetime = NOW, notify: bool = True) -> None:
        """A new newest position, as ingest writes it."""
        await self.run(
            "INSERT INTO latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m,"
            " source, safety, revision) SELECT %s, 1, %s, %s, 36.805, %s, 12, 'gnss', 'inside',"
            " nextval('latest_positions_revisions') ON CONFLICT (person_id) DO UPDATE SET at = excluded.at,"
            " longitude = excluded.longitude, revision = excluded.revision",
            self.persons[name],
            at,
            at,
            longitude,
        )
        if notify:
            await self.run("SELECT pg_notify('positions', '')")

    async def open_incident(self, name: str, *, state: str = "open", notified: str | None = None) -> int:
        """An incident with one detection, as alerts writes it."""
        detection_id = uuid4()
        await self.run(
            "INSERT INTO detections (detection_id, person_id, device_id, kind, reason, at, judged_at, latitude,"
            " longitude, accuracy_m, place_at, evidence, published_wall, received_wall)"
            " VALUES (%s, %s, %s, 'zone_exit', 'two_fixes', %s, %s, 36.8123, 118.0123, 12, %s, %s, now(), now())",
            detection_id,
            self.persons[name],
            f"zb-{name}",
            NOW,
            NOW,
            NOW,
            Jsonb(
                {
                    "distance_m": 60.0,
                    "accuracy_m": 12.0,
                    "fixes": 2,
                    "suspected_since": NOW.isoformat(),
                    "speed_mps": 0.9,
                    "zone_name": "home",
                    "local_time": "02:40",
                    "night": True,
                }
            ),
        )
        [[incident_id]] = await self.run(
            "INSERT INTO incidents (person_id, state, severity, kind, kinds, opened_at, updated_at, revision,"
            " resolved_at, outcome) VALUES (%s, %s, 'urgent', 'zone_exit', '{zone_exit}', %s, %s,"
            " nextval('incidents_revisions'), %s, %s) RETURNING incident_id",
            self.persons[name],
            state,
            NOW,
            NOW,
            NOW if state == "resolved" else None,
            "found" if state == "resolved" else None,
        )
        await self.run(
            "INSERT INTO handled_detections (detection_id, incident_id, decision, handled_at)"
            " VALUES (%s, %s, 'opened', %s)",
            detection_id,
            incident_id,
            NOW,
        )
        await self.run(
            "INSERT INTO incident_events (incident_id, at, kind, data) VALUES (%s, %s, 'opened', '{}')",
            incident_id,
            NOW,
        )
        await self.run(
            "INSERT INTO escalations (incident_id, round, position, ladder_id, due_at, audiences, state)"
            " VALUES (%s, 1, 0, 'default', %s, '{first_family}', 'fired')",
            incident_id,
            NOW,
        )
        self.incidents[name], self.detections[name] = incident_id, detection_id
        if notified:
            await self.tell(name, notified)
        await self.run("SELECT pg_notify('incidents', %s)", str(incident_id))
        return int(incident_id)

    async def tell(self, name: str, username: str, *, state: str = "delivered", after_ms: float = 40) -> None:
        """A notification for the receiver bound to a login, with its first attempt."""
        notification_id = uuid4()
        await self.run(
            "INSERT INTO notifications (notification_id, incident_id, detection_id, purpose, receiver_id, round,"
            " position, direct, destination, channel_index, channel, language, title, body, state, attempts, created_at,"
            " next_attempt_wall, delivered_wall) VALUES (%s, %s, %s, 'alert', %s, 1, 0, true, 'hook', 0, %s, 'zh-CN', 't', 'b',"
            " %s, 1, %s, now(), now())",
            notification_id,
            self.incidents[name],
            self.detections[name],
            self.receivers[username],
            Jsonb({"kind": "webhook", "url": "https://hook.example/secret-path", "secret": "s3cret"}),
            state,
            NOW,
        )
        await self.run(
            "INSERT INTO notification_attempts (notification_id, attempt, handed_wall, duration_ms, outcome, detail)"
            " SELECT %s, 1, published_wall + make_interval(secs => %s), 5, 'delivered', '' FROM detections"
            " WHERE detection_id = %s",
            notification_id,
            after_ms / 1000,
            self.detections[name],
        )


async def seed(url: str) -> World:
    """Six logins, three persons, each with a bracelet, a zone, a position, a track and an incident."""
    world = World(url=url)
    for username, role, division in USERS:
        [[user_id]] = await world.run(
            "INSERT INTO users (username, password_hash, display_name, role, division)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING user_id",
            username,
            PASSWORD_HASH,
            username.title(),
            role,
            division,
        )
        world.users[username] = user_id
        [[receiver_id]] = await world.run(
            "INSERT INTO receivers (relation, division, user_id, display_name) VALUES ('coordinator', '', %s, %s)"
            " RETURNING receiver_id",
            user_id,
            username.title(),
        )
        world.receivers[username] = receiver_id
    await world.sign_in_everybody()
    for name, division in (("wang", "370303001"), ("li", "370304001"), ("zhao", "370303002")):
        await _settle(world, name, division)
    for name, username in (("wang", "daughter"), ("li", "stranger")):
        await world.run(
            "INSERT INTO guardians (person_id, user_id) VALUES (%s, %s)", world.persons[name], world.users[username]
        )
    await world.open_incident("wang", notified="coordinator")
    await world.open_incident("li")
    await world.open_incident("zhao", state="resolved", notified="coordinator")
    await world.run(
        "INSERT INTO quarantine (received_at, topic, device_id, reason, detail, payload, payload_size) VALUES"
        " (%s, 'tongxing/v1/zb-wang/location', 'zb-wang', 'invalid_field', 'battery_pct 400', %s, 60)",
        NOW,
        b'{"latitude": 36.805123, "longitude": 118.005123, "battery_pct": 400}',
    )
    return world


async def _settle(world: World, name: str, division: str) -> None:
    [[person_id]] = await world.run(
        "INSERT INTO persons (external_id, display_name, division, approach, birth_year)"
        " VALUES (%s, %s, %s, %s, 1945) RETURNING person_id",
        f"no-{name}",
        f"Name of {name}",
        division,
        f"Approach {name} from the front",
    )
    world.persons[name] = person_id
    [[device_key]] = await world.run(
        "INSERT INTO devices (device_id, kind, person_id, model) VALUES (%s, 'bracelet', %s, 'B1')"
        " RETURNING device_key",
        f"zb-{name}",
        person_id,
    )
    await world.run(
        "INSERT INTO device_states (device_key, last_seen_at, online, battery_pct, worn) VALUES (%s, %s, true, 15, true)",
        device_key,
        NOW,
    )
    [[zone_id]] = await world.run(
        "INSERT INTO zones (person_id, name, geometry) VALUES (%s, 'home', %s) RETURNING zone_id",
        person_id,
        Jsonb({"type": "Polygon", "coordinates": [SQUARE]}),
    )
    world.zones[name] = zone_id
    [[outing_id]] = await world.run(
        "INSERT INTO outings (person_id, kind, companion, since, until, created_at)"
        " VALUES (%s, 'company', %s, %s, now() + interval '2 hours', %s) RETURNING outing_id",
        person_id,
        f"companion of {name}",
        NOW,
        NOW,
    )
    world.outings[name] = outing_id
    for minutes in (-60, -5, 5):
        await world.run(
            "INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source)"
            " VALUES (%s, %s, %s, %s, 36.805, 118.005, 12, 'gnss')",
            device_key,
            NOW + timedelta(minutes=minutes),
            person_id,
            NOW + timedelta(minutes=minutes),
        )
    await world.move(name, notify=False)


@contextlib.asynccontextmanager
async def running(
    url: str, *, clock: Clock | None = None, stop: Stop | None = None, **settings: Any
) -> AsyncIterator[str]:
    """The real server on a free port; gives its address."""
    stop = stop or Stop()
    # With the protocol named, or asyncio leaves Nagle's algorithm on and every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    task = asyncio.create_task(
        serve(
            ApiSettings(database_url=url, **settings),
            clock=clock or ManualClock(NOW + timedelta(minutes=10)),
            stop=stop,
            listener=listener,
        )
    )
    try:
        await until_up(address, task)
        yield address
    finally:
        stop.request()
        await asyncio.wait_for(task, 60)


async def until_up(address: str, task: asyncio.Task[None]) -> None:
    async with httpx.AsyncClient(base_url=address) as client, asyncio.timeout(60):
        while True:
            if task.done():
                await task
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.02)


def client_of(address: str, username: str | None) -> httpx.AsyncClient:
    """A signed-in browser."""
    headers = {"Authorization": f"Bearer token-of-{username}"} if username else {}
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=10)


@dataclass(kw_only=True)
class Event:
    """One server-sent event."""

    name: str
    data: Any
    id: str | None = None


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    """The events of a stream, as they come."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if "data" in fields:
                yield Event(name=fields.get("event", ""), data=json.loads(fields["data"]), id=fields.get("id"))
            fields = {}
