"""What goes to devices: the answer to a safety event, and commands. Sent after the commit, in a session of its own.

An answer that is lost is asked for again, because the device repeats its event. A command is a row: what was given and
not yet taken by the broker when ingest ended is sent by the next one, unless it is too old to matter.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import aiomqtt
import msgspec
import psycopg
import structlog

from geofence.detection import Command
from ingest import store
from runtime import database
from runtime.broker_address import Address, why
from runtime.clock import Clock

log = structlog.get_logger(__name__)

#: A command older than this is not sent any more: its reason has passed. Scaled clock; provisional.
COMMAND_LIVES = timedelta(minutes=10)
#: Seconds between attempts to connect.
RECONNECT_EVERY_S = 0.5
#: Answers kept while the broker is away; the device repeats its event anyway. Count.
HELD_MESSAGES = 10_000

_Message = tuple[str, bytes, str | None]


class Downlink:
    """Publishes to devices. `answer` and `command` never wait."""

    def __init__(self, broker: Address, database_url: str, client_id: str, clock: Clock) -> None:
        self._broker, self._url, self._clock = broker, database_url, clock
        self._client_id = f"{client_id}-downlink"
        self._queue: asyncio.Queue[_Message] = asyncio.Queue(maxsize=HELD_MESSAGES)

    def answer(self, device_id: str, event_id: str, at: datetime) -> None:
        """Tell a device that its safety event is committed."""
        self._put((f"tongxing/v1/{device_id}/ack", msgspec.json.encode({"id": event_id, "at": at.timestamp()}), None))

    def command(self, command: Command) -> None:
        """Give a device a command that is committed."""
        self._put(
            _command_message(
                str(command.command_id), command.device_id, command.type, command.at, command.interval_s, command.until
            )
        )

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            try:
                await self._session()
            except (aiomqtt.MqttError, psycopg.OperationalError) as error:
                asked_to_end()
                log.warning("downlink_away", error=why(error, self._broker))
                await asyncio.sleep(RECONNECT_EVERY_S)

    def _put(self, message: _Message) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            log.warning("downlink_full", held=HELD_MESSAGES)

    async def _session(self) -> None:
        async with aiomqtt.Client(
            hostname=self._broker.host,
            port=self._broker.port,
            username=self._broker.username,
            password=self._broker.password,
            tls_context=self._broker.tls,
            identifier=self._client_id,
            clean_session=True,
        ) as client:
            connection = await database.connect_when_up(self._url, autocommit=True)
            async with connection:
                for row in await store.unsent_commands(connection, self._clock.now() - COMMAND_LIVES):
                    await self._send(client, connection, _command_message(**row))
                while True:
                    message = await self._queue.get()
                    try:
                        await self._send(client, connection, message)
                    except (aiomqtt.MqttError, psycopg.OperationalError):
                        self._put(message)
                        raise

    async def _send(self, client: aiomqtt.Client, connection: database.Connection, message: _Message) -> None:
        topic, payload, command_id = message
        await client.publish(topic, payload, qos=1)
        if command_id is not None:
            await store.commands_sent(connection, [command_id], self._clock.now())


def asked_to_end() -> None:
    """Call it before trying again: a client that cannot disconnect in time turns a cancellation into its own error.

    Raises:
        CancelledError: this task is being cancelled.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _command_message(  # noqa: PLR0917 - one parameter a column of its row
    command_id: str,
    device_id: str,
    type: str,  # noqa: A002 - the column's name
    created_at: datetime,
    interval_s: int | None,
    until: datetime | None,
) -> _Message:
    told: dict[str, Any] = {"id": command_id, "at": created_at.timestamp(), "type": type}
    if interval_s is not None:
        told["interval_s"] = interval_s
    if until is not None:
        told["until"] = until.timestamp()
    return f"tongxing/v1/{device_id}/command", msgspec.json.encode(told), command_id
