"""People, receivers and detections written straight into the tables, and a real web server that receives webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

VILLAGE = "370302001002"
NIGHT = {"distance_m": 63.2, "accuracy_m": 12.0, "fixes": 2, "zone_name": "家", "speed_mps": 0.9, "night": True}
DAY = NIGHT | {"night": False}


def webhook(url: str, secret: str = "a-secret-of-at-least-32-characters") -> dict[str, str]:
    return {"kind": "webhook", "url": url, "secret": secret}


@dataclass
class Database:
    """A connection of the test itself, in autocommit."""

    connection: psycopg.AsyncConnection[Any]

    async def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query, parameters)  # type: ignore[arg-type]
            return await cursor.fetchall() if cursor.description else []

    async def row(self, query: str, *parameters: Any) -> dict[str, Any]:
        (row,) = await self.rows(query, *parameters)
        return row

    async def person(self, name: str = "张大爷", division: str = VILLAGE) -> int:
        row = await self.row(
            "INSERT INTO persons (display_name, division) VALUES (%s, %s) RETURNING person_id", name, division
        )
        return int(row["person_id"])

    async def family(self, person_id: int, *channels: dict[str, Any], priority: int = 1, name: str = "女儿") -> int:
        row = await self.row(
            "INSERT INTO receivers (relation, person_id, display_name, priority, channels)"
            " VALUES ('family', %s, %s, %s, %s) RETURNING receiver_id",
            person_id,
            name,
            priority,
            json.dumps(channels),
        )
        return int(row["receiver_id"])

    async def official(self, relation: str, division: str, *channels: dict[str, Any]) -> int:
        row = await self.row(
            "INSERT INTO receivers (relation, division, display_name, language, channels)"
            " VALUES (%s, %s, %s, 'en', %s) RETURNING receiver_id",
            relation,
            division,
            relation,
            json.dumps(channels),
        )
        return int(row["receiver_id"])

    async def detection(
        self,
        person_id: int,
        kind: str,
        reason: str,
        at: datetime,
        evidence: dict[str, Any] | None = None,
        *,
        device_id: str | None = None,
    ) -> uuid.UUID:
        """Commit one, as ingest does, and announce it."""
        detection_id = uuid.uuid4()
        async with self.connection.transaction():
            await self.rows(
                "INSERT INTO detections (detection_id, person_id, device_id, kind, reason, at, judged_at, evidence,"
                " published_wall, received_wall) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now(), now())",
                detection_id,
                person_id,
                device_id,
                kind,
                reason,
                at,
                at,
                json.dumps(evidence or {}),
            )
            await self.rows("SELECT pg_notify('detections', '')")
        return detection_id

    async def exit(self, person_id: int, at: datetime, *, evidence: dict[str, Any] = DAY) -> uuid.UUID:
        return await self.detection(person_id, "zone_exit", "two_fixes", at, evidence)

    async def back(self, person_id: int, at: datetime) -> uuid.UUID:
        return await self.detection(person_id, "zone_enter", "back_inside", at, {"distance_m": -15.0})

    async def sos(self, person_id: int, at: datetime) -> uuid.UUID:
        return await self.detection(person_id, "sos", "pressed", at, {"place": "own_fix", "late_s": 1})

    async def battery(self, person_id: int, at: datetime, reason: str = "below_low") -> uuid.UUID:
        evidence = {"battery_pct": 18.0, "threshold_pct": 20.0}
        return await self.detection(person_id, "low_battery", reason, at, evidence)

    async def stands(self, person_id: int, safety: str, at: datetime) -> None:
        """Where the newest fix lies, as ingest writes it."""
        await self.rows(
            "INSERT INTO latest_positions (person_id, device_key, at, received_at, latitude, longitude, accuracy_m,"
            " source, safety, revision) VALUES (%s, 1, %s, %s, 36.8, 118.0, 12, 'gnss', %s,"
            " nextval('latest_positions_revisions')) ON CONFLICT (person_id) DO UPDATE SET safety = excluded.safety",
            person_id,
            at,
            at,
            safety,
        )

    async def bracelet(self, person_id: int, seen_at: datetime) -> str:
        """A bracelet that was heard last at an instant; its id."""
        device_id = f"zb-{person_id}"
        row = await self.row(
            "INSERT INTO devices (device_id, kind, person_id) VALUES (%s, 'bracelet', %s) RETURNING device_key",
            device_id,
            person_id,
        )
        await self.rows(
            "INSERT INTO device_states (device_key, last_seen_at) VALUES (%s, %s)", row["device_key"], seen_at
        )
        return device_id

    async def heard(self, device_id: str, at: datetime) -> None:
        """The device reports again."""
        await self.rows(
            "UPDATE device_states SET last_seen_at = %s"
            " WHERE device_key = (SELECT device_key FROM devices WHERE device_id = %s)",
            at,
            device_id,
        )

    async def incident(self, person_id: int) -> dict[str, Any]:
        """The person's newest incident."""
        query = "SELECT * FROM incidents WHERE person_id = %s ORDER BY incident_id DESC LIMIT 1"
        return await self.row(query, person_id)

    async def decisions(self) -> list[str]:
        query = (
            "SELECT decision FROM handled_detections JOIN detections d USING (detection_id) ORDER BY d.judged_at, d.at"
        )
        return [row["decision"] for row in await self.rows(query)]

    async def sent(self) -> list[tuple[int, int, int, str]]:
        """(round, position, receiver, state) of all notifications, in the ladder's order."""
        query = "SELECT round, position, receiver_id, state FROM notifications ORDER BY round, position, receiver_id"
        return [tuple(row.values()) for row in await self.rows(query)]  # type: ignore[misc]

    async def events(self, incident_id: int) -> list[str]:
        query = "SELECT kind FROM incident_events WHERE incident_id = %s ORDER BY event_id"
        return [row["kind"] for row in await self.rows(query, incident_id)]


@dataclass
class Request:
    headers: dict[str, str]
    raw: bytes
    at: datetime
    path: str = ""

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))


@dataclass
class Receiving:
    """A web server that remembers what it was sent. `answer` decides the status line and headers, or hangs."""

    answer: Callable[[Request], Awaitable[str]]
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            raw = await reader.readexactly(int(headers.get("content-length", 0)))
            request = Request(headers=headers, raw=raw, at=datetime.now(UTC), path=head[0].split(" ")[1])
            self.requests.append(request)
            async with self._arrived:
                self._arrived.notify_all()
            status = await self.answer(request)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()

    async def arrived(self, count: int, *, within_s: float = 60) -> list[Request]:
        async with asyncio.timeout(within_s), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)
        return self.requests


async def ok(_: Request) -> str:
    return "200 OK"


async def never(_: Request) -> str:
    await asyncio.Event().wait()
    raise AssertionError


@contextlib.asynccontextmanager
async def receiving(answer: Callable[[Request], Awaitable[str]] = ok) -> AsyncIterator[Receiving]:
    receiver = Receiving(answer)
    tasks: set[asyncio.Task[None]] = set()

    async def track(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await receiver.handle(reader, writer)

    server = await asyncio.start_server(track, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
