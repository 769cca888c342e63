"""Tells the city's platform of incidents: opened, updated, resolved. Signed like any webhook of ours.

A trigger puts a row into the platform's own outbox in the transaction that changes an incident, so none is lost;
events of one hook are sent in their order, at least once, each with an identifier of its own. A hook that does not
answer holds up its own events and nobody else's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import structlog

from alerts.channels import webhook
from alerts.outcome import Outcome, Verdict, permanent, temporary
from alerts.store import platforms
from alerts.store.platforms import DueEvent
from runtime.clock import wall_now
from runtime.database import Connection, Pool
from runtime.service import Stop

log = structlog.get_logger(__name__)

#: The outbox is looked at this often. Real seconds; a platform is a machine, and nobody waits for it to be woken.
SWEEP_EVERY_S = 1.0
#: First and longest wait after a failure; doubled each time. Real seconds.
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 600.0
#: After so many attempts an event is given up: with the waits above, a day. Count.
MOST_ATTEMPTS = 150


def problem(url: str, secret: str) -> str | None:
    """What is wrong with a hook; None when it can be used."""
    return webhook.problem({"url": url, "secret": secret})


def body(event: DueEvent) -> bytes:
    """The JSON that is signed and sent. The person is the programme's number and an area; a position only if wanted."""
    document: dict[str, Any] = {
        "event_id": str(event.event_id),
        "event": event.event,
        "serial": event.serial,
        "incident": dict(event.incident),
    }
    if event.with_position:
        document["position"] = _position(event.position)
    return json.dumps(document, ensure_ascii=False).encode()


def _position(position: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if position is None else dict(position)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failures, 1 for the first."""
    return timedelta(seconds=min(FIRST_WAIT_S * 2.0 ** min(attempts - 1, 30), LONGEST_WAIT_S))


class Platforms:
    """Sends what waits, until asked to stop."""

    def __init__(self, *, pool: Pool, timeout_s: float) -> None:
        self._pool = pool
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False)

    async def run(self, stop: Stop) -> None:
        """Work until asked to stop."""
        stopping = asyncio.ensure_future(stop.wait())
        while not stop.requested:
            try:
                sent = await self.work()
            except psycopg.OperationalError as error:
                log.warning("database_away", error=str(error).strip())
                sent = 0
            if not sent:
                await asyncio.wait({stopping}, timeout=SWEEP_EVERY_S)
        stopping.cancel()
        await self.close()

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.aclose()

    async def work(self) -> int:
        """Send the oldest event of every hook that has one; how many there were."""
        async with self._pool.connection() as connection:
            hooks = await platforms.due_hooks(connection)
        return sum(await asyncio.gather(*(self._send(hook_id) for hook_id in hooks)))

    async def _send(self, hook_id: int) -> int:
        """Send one event; its row is held meanwhile, so that no other process sends it too."""
        async with self._pool.connection() as connection, connection.transaction():
            event = await platforms.take(connection, hook_id)
            if event is None:
                return 0
            outcome = await self._post(event)
            if outcome.verdict is Verdict.DELIVERED:
                await platforms.delivered(connection, event, detail=outcome.detail, at_wall=wall_now())
            else:
                await self._failed(connection, event, outcome)
            return 1

    async def _post(self, event: DueEvent) -> Outcome:
        raw = body(event)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Tongxing",
            "Idempotency-Key": str(event.event_id),
            "Tongxing-Signature": webhook.signature(event.secret, raw, unix_s=int(wall_now().timestamp())),
        }
        try:
            async with self._client.stream("POST", event.url, content=raw, headers=headers) as response:
                return webhook.judge(response.status_code, response.headers.get("Retry-After"), at=wall_now())
        except httpx.TimeoutException:
            return temporary("timeout")
        except httpx.HTTPError as error:
            return temporary(type(error).__name__)
        except httpx.InvalidURL:
            return permanent("invalid_url")

    async def _failed(self, connection: Connection, event: DueEvent, outcome: Outcome) -> None:
        # A platform that refuses one event must not be asked for ever, nor hold up the next ones.
        given_up = outcome.verdict is Verdict.PERMANENT or event.attempts + 1 >= MOST_ATTEMPTS
        wait = max(wait_after(event.attempts + 1), outcome.retry_after or timedelta())
        log.warning(
            "platform_not_told",
            hook_id=event.hook_id,
            event_id=str(event.event_id),
            outcome=outcome.detail,
            given_up=given_up,
        )
        await platforms.failed(connection, event, detail=outcome.detail, wait=wait, given_up=given_up)
