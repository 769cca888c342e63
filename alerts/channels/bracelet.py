"""Kind `bracelet`: the bracelet itself rings or vibrates, over MQTT, so that its wearer or a passer-by takes notice."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import aiomqtt

from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.notification import Purpose
from alerts.outcome import Outcome, delivered, temporary
from runtime import broker_address

KIND = "bracelet"
#: Messages under way at once. Count. One session; provisional.
LIMIT = 4
#: Seconds that a bracelet rings or vibrates. A minute is heard and does not empty the battery; provisional.
RINGS_S = 60
HOW = ("ring", "vibrate")
_DEVICE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, or None."""
    device = entry.get("device_id")
    if not isinstance(device, str) or not _DEVICE.fullmatch(device):
        return 'write "device_id": the id of a registered bracelet'
    if entry.get("how", HOW[0]) not in HOW:
        return f'"how" is {entry.get("how")!r}: write one of {", ".join(HOW)}'
    return None


def destination(_: Mapping[str, Any]) -> str:
    """The one broker."""
    return KIND


def command(envelope: Envelope) -> bytes:
    """The command as docs/wire.md has it. An all-clear ends the ringing."""
    over = envelope.purpose != Purpose.ALERT
    return json.dumps(
        {
            "id": str(envelope.notification_id),
            "at": envelope.created_at.timestamp(),
            "type": envelope.channel.get("how", HOW[0]),
            "duration_s": 0 if over else RINGS_S,
        }
    ).encode()


class BraceletSender:
    """One session a message: the broker stores it for a bracelet that is away."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._broker = broker_address.of(settings)

    async def send(self, envelope: Envelope) -> Outcome:
        """Publish one command; delivered means that the broker has it."""
        try:
            async with aiomqtt.Client(
                self._broker.host,
                port=self._broker.port,
                username=self._broker.username,
                password=self._broker.password,
                tls_context=self._broker.tls,
            ) as client:
                topic = f"tongxing/v1/{envelope.channel['device_id']}/command"
                await client.publish(topic, command(envelope), qos=1)
        except (aiomqtt.MqttError, OSError, asyncio.IncompleteReadError) as error:
            return temporary(type(error).__name__)
        return delivered("published")

    async def close(self) -> None:
        """Nothing is kept open."""


CHANNEL = Channel(kind=KIND, limit=LIMIT, problem=problem, destination=destination, open=BraceletSender)
