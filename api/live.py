"""The live stream's hub: one listener a process reads what changed once and fans it out to who may see it.

Who may see what is asked of the database for every batch, so access ends the moment an incident does; nothing about
rights is remembered here. Times in this file are real: they pace a network, not the domain.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg
import structlog
from prometheus_client import Counter, Gauge, Histogram

from api import present, store
from api.access import Role, Scope
from api.queries import incidents, live, sessions
from api.queries.incidents import IncidentRow
from api.queries.live import ChangedPosition
from api.streaming import Goodbye, Outlet
from api.user import User
from api.viewer import Viewer
from runtime.clock import Clock
from runtime.database import RETRY_EVERY_S, Connection, Pool, notifications
from runtime.telemetry import REGISTRY

log = structlog.get_logger(__name__)

#: Least time between two batches. Seconds. The first change after a pause goes out at once.
COALESCE_S = 0.25
#: Time between two pings; with each, tokens are checked again. Seconds. Below the usual 60 s of proxies.
PING_S = 15.0
#: Time between two signs of life on the listener's own channel. Seconds.
PULSE_S = 5.0
#: The listener counts as deaf after this much silence. Seconds.
DEAF_S = 3 * PULSE_S
#: Revisions looked back over: a transaction that took its number early may commit late.
OVERLAP = 256

CLIENTS = Gauge("tongxing_live_clients", "Clients of the live stream", registry=REGISTRY)
ENDED = Counter("tongxing_live_ended", "Streams ended by the server, by reason", ["reason"], registry=REGISTRY)
EVENTS = Counter("tongxing_live_events", "Changes read for the live stream, by event", ["event"], registry=REGISTRY)
FAN_OUT = Histogram("tongxing_live_batch_seconds", "Time to read a batch and queue it to all", registry=REGISTRY)

#: Reads on behalf of the hub; every row is filtered per client before it leaves.
_HUB = Viewer(
    user=User(user_id=0, username="", display_name="", role=Role.ADMIN, language="en", division=""), scope=Scope.ALL
)


@dataclass(eq=False, slots=True, kw_only=True)
class Client:
    """One open stream."""

    viewer: Viewer
    token_digest: bytes
    outlet: Outlet = field(default_factory=Outlet)
    #: Unresolved incidents it was shown: it is told of their end, though it may no longer read them.
    shown_incidents: set[int] = field(default_factory=set)
    #: Persons whose position it was shown: each is written into the access log once a stream.
    shown_persons: set[int] = field(default_factory=set)

    @property
    def user_id(self) -> int:
        """Whose stream it is."""
        return self.viewer.user.user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What changed, as event text ready to send, and who of the limited users may see whose."""

    positions: list[tuple[int, bytes]]
    incidents: list[tuple[IncidentRow, bytes]]
    visible: dict[int, set[int]]
    #: Revisions of the positions and of the incidents in it.
    revisions: tuple[list[int], list[int]]
    event_id: str

    def may_see(self, client: Client, person_id: int) -> bool:
        """What the database said about this client's user and this person."""
        return client.viewer.scope is Scope.ALL or person_id in self.visible.get(client.user_id, ())


def event(name: str, data: str) -> bytes:
    """One event without its end: an id line or a blank line follows."""
    return f"event: {name}\ndata: {data}\n".encode()


def chunk(events: Iterable[bytes], event_id: str | None = None) -> bytes:
    """Events as one piece. The id stands on the last: a piece cut off half-way is sent again after resuming."""
    end = f"id: {event_id}\n\n" if event_id else "\n"
    return b"\n".join(events) + end.encode()


def last_words(goodbye: Goodbye) -> bytes:
    """The event that ends a stream, and the pause before the client should come back."""
    return b"retry: 1000\n" + chunk([event("goodbye", json.dumps({"reason": goodbye}))])


def parse_event_id(text: str | None) -> tuple[int, int] | None:
    """(revision of positions, of incidents) from a Last-Event-ID; None: none, or not one of ours."""
    positions, dash, rest = (text or "").partition("-")
    numbers = dash and positions.isascii() and positions.isdigit() and rest.isascii() and rest.isdigit()
    if not numbers or max(len(positions), len(rest)) > 18:  # noqa: PLR2004 - digits of a bigint, one spared
        return None
    return int(positions), int(rest)


class Hub:
    """Holds the clients and feeds them. `run` it beside the server."""

    def __init__(self, *, database_url: str, pool: Pool, clock: Clock, clock_rate: float) -> None:
        self._database_url = database_url
        self._pool = pool
        self._clock = clock
        self._clock_rate = clock_rate
        self._clients: set[Client] = set()
        self._reading = asyncio.Lock()
        self._changed = asyncio.Event()
        self._named: set[int] = set()
        #: The newest revisions that were sent, in order.
        self._sent_positions: deque[int] = deque([0], maxlen=OVERLAP)
        self._sent_incidents: deque[int] = deque([0], maxlen=OVERLAP)
        self._heard_s: float | None = None
        self._closed = False

    @property
    def deaf_since_s(self) -> float | None:
        """Real seconds since the listener last heard anything, its own pulse included; None: never yet."""
        return None if self._heard_s is None else time.monotonic() - self._heard_s

    async def run(self) -> None:
        """Listen, fan out, ping and pulse until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for part in (self._listen(), self._fan_out(), self._ping(), self._pulse()):
                tasks.create_task(part)

    def close(self) -> None:
        """End every stream; no new one lasts."""
        self._closed = True
        for client in list(self._clients):
            self._end(client, Goodbye.STOPPING)

    async def join(
        self, connection: Connection, viewer: Viewer, token_digest: bytes, last_event_id: str | None
    ) -> Client:
        """Open a stream: `hello`, then what changed since `last_event_id`, then what changes.

        The request's own connection serves: a second one for each of many who come at once could empty the pool.
        """
        client = Client(viewer=viewer, token_digest=token_digest)
        async with self._reading:
            if not self._clients:
                # Nobody was watching, so nothing was read: begin now.
                newest = await live.newest_revisions(connection, OVERLAP)
                self._sent_positions.extend(newest[0])
                self._sent_incidents.extend(newest[1])
            if viewer.scope is Scope.ALL:
                await store.record_access(
                    connection, at=self._clock.now(), user_id=client.user_id, person_ids=[None], what="live"
                )
            resumed = await self._missed(connection, client, last_event_id)
            await connection.commit()
            self._welcome(client, resumed)
        return client

    def _welcome(self, client: Client, resumed: bytes) -> None:
        hello = {"now": present.instant(self._clock.now()), "clock_rate": self._clock_rate}
        client.outlet.put(chunk([event("hello", json.dumps(hello))], self._newest()))
        if resumed:
            client.outlet.put(resumed)
        self._clients.add(client)
        CLIENTS.set(len(self._clients))
        if self._closed:
            self._end(client, Goodbye.STOPPING)

    def leave(self, client: Client) -> None:
        """The client has gone."""
        self._clients.discard(client)
        CLIENTS.set(len(self._clients))

    def _end(self, client: Client, goodbye: Goodbye) -> None:
        client.outlet.end(goodbye)
        self.leave(client)
        ENDED.labels(goodbye).inc()

    def _newest(self, positions: Iterable[ChangedPosition] = (), changed: Iterable[IncidentRow] = ()) -> str:
        """The id to resume from once these have been heard."""
        position = max([*self._sent_positions, *(row.revision for row in positions)])
        incident = max([*self._sent_incidents, *(row.revision for row in changed)])
        return f"{position}-{incident}"

    async def _listen(self) -> None:
        async for channel, payload in notifications(self._database_url, "positions", "incidents", "live_pulse"):
            self._heard_s = time.monotonic()
            if channel == "live_pulse":
                continue
            if channel == "incidents" and payload.isascii() and payload.isdigit():
                self._named.add(int(payload))
            self._changed.set()

    async def _fan_out(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._publish()
            except psycopg.Error as error:
                log.warning("live_batch_postponed", error=str(error).strip())
                self._changed.set()
                await asyncio.sleep(RETRY_EVERY_S)
            await asyncio.sleep(COALESCE_S)

    async def _publish(self) -> None:
        named, self._named = self._named, set()
        if not self._clients:
            return
        try:
            with FAN_OUT.time():
                # First a connection, then the lock, as in `join`: the other way round they would wait for each other.
                async with self._pool.connection() as connection, self._reading:
                    batch = await self._read(connection, named)
                    await connection.commit()
                    self._sent_positions.extend(batch.revisions[0])
                    self._sent_incidents.extend(batch.revisions[1])
                    self._queue(batch)
        except psycopg.Error:
            self._named |= named
            raise

    async def _read(self, connection: Connection, named: set[int]) -> Batch:
        """What changed, read once. Whoever is about to see it is in the access log before this returns."""
        positions = await live.changed_positions(
            connection, revision=max(self._sent_positions) - OVERLAP, sent=list(self._sent_positions)
        )
        changed = await incidents.changed(
            connection, _HUB, revision=max(self._sent_incidents) - OVERLAP, incident_ids=list(named)
        )
        fresh = [row for row in changed if row.incident_id in named or row.revision not in self._sent_incidents]
        batch = await self._batch(connection, list(self._clients), positions, fresh)
        await self._record_looks(connection, batch, self._clients)
        return batch

    async def _batch(
        self,
        connection: Connection,
        clients: list[Client],
        positions: list[ChangedPosition],
        changed: list[IncidentRow],
    ) -> Batch:
        """Event texts, made once, with whom the limited users among these clients may see."""
        limited = {client.user_id for client in clients if client.viewer.scope is not Scope.ALL}
        person_ids = {row.person_id for row in positions} | {row.person_id for row in changed}
        visible = (
            await live.visible_persons(connection, user_ids=list(limited), person_ids=list(person_ids))
            if limited and person_ids
            else {}
        )
        EVENTS.labels("position").inc(len(positions))
        EVENTS.labels("incident").inc(len(changed))
        return Batch(
            positions=[(row.person_id, event("position", row.feature)) for row in positions],
            incidents=[(row, event("incident", present.incident(row).model_dump_json())) for row in changed],
            visible=visible,
            revisions=([row.revision for row in positions], [row.revision for row in changed]),
            event_id=self._newest(positions, changed),
        )

    async def _record_looks(self, connection: Connection, batch: Batch, clients: Iterable[Client]) -> None:
        """Write down, before it is sent, whose position is about to be shown to whom for the first time."""
        looks: set[tuple[int, int]] = set()
        for client in clients:
            if client.viewer.scope is not Scope.ALL:
                seen = {person_id for person_id, _ in batch.positions if batch.may_see(client, person_id)}
                looks |= {(client.user_id, person_id) for person_id in seen - client.shown_persons}
        if looks:
            await store.record_accesses(connection, at=self._clock.now(), looks=sorted(looks), what="live")

    def _queue(self, batch: Batch) -> None:
        whole: bytes | None = None
        for client in list(self._clients):
            if client.viewer.scope is Scope.ALL:
                whole = whole if whole is not None else _chunk_for(client, batch)
                text = whole
            else:
                text = _chunk_for(client, batch)
            if text:
                client.outlet.put(text)
            if client.outlet.goodbye is not None:
                self._end(client, client.outlet.goodbye)

    async def _missed(self, connection: Connection, client: Client, last_event_id: str | None) -> bytes:
        """What this client may see of what changed since the last event it heard."""
        since = parse_event_id(last_event_id)
        if since is None:
            return b""
        positions = await live.changed_positions(connection, revision=since[0] - OVERLAP, sent=[])
        changed = await incidents.changed(connection, client.viewer, revision=since[1] - OVERLAP, incident_ids=[])
        batch = await self._batch(connection, [client], positions, changed)
        await self._record_looks(connection, batch, [client])
        return _chunk_for(client, batch)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            try:
                await self._end_signed_out()
            except psycopg.Error as error:
                log.warning("tokens_not_checked", error=str(error).strip())
            ping = chunk([event("ping", json.dumps({"now": present.instant(self._clock.now())}))])
            for client in list(self._clients):
                client.outlet.put(ping)
                if client.outlet.goodbye is not None:
                    self._end(client, client.outlet.goodbye)

    async def _end_signed_out(self) -> None:
        clients = list(self._clients)
        if not clients:
            return
        async with self._pool.connection() as connection:
            valid = await sessions.valid_tokens(connection, [client.token_digest for client in clients])
        for client in clients:
            if client.token_digest not in valid:
                self._end(client, Goodbye.SIGNED_OUT)

    async def _pulse(self) -> None:
        while True:
            try:
                async with self._pool.connection(timeout=PULSE_S) as connection:
                    await store.announce_pulse(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("pulse_not_sent", error=str(error).strip())
            await asyncio.sleep(PULSE_S)


def _chunk_for(client: Client, batch: Batch) -> bytes:
    """The part of a batch that one client may see; empty: nothing."""
    shown_positions = [(person_id, text) for person_id, text in batch.positions if batch.may_see(client, person_id)]
    client.shown_persons.update(person_id for person_id, _ in shown_positions)
    events = [text for _, text in shown_positions]
    for row, text in batch.incidents:
        shown = row.incident_id in client.shown_incidents
        if batch.may_see(client, row.person_id) or (shown and row.state == "resolved"):
            events.append(text)
            client.shown_incidents.add(row.incident_id)
        if row.state == "resolved":
            client.shown_incidents.discard(row.incident_id)
    return chunk(events, batch.event_id) if events else b""
