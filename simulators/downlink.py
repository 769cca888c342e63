"""What comes down to the devices: commands, acknowledgements, and orders to play a scene."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiomqtt
import structlog

from simulators import broker
from simulators.broker import Address
from simulators.message import ROOT

log = structlog.get_logger(__name__)

SCENE_TOPIC = "tongxing/simulator/scene"
TOPICS = (f"{ROOT}/+/command", f"{ROOT}/+/ack", SCENE_TOPIC)
#: `tongxing / v1 / device / what`
DEVICE_LEVEL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who is told what."""

    command: Callable[[str, Mapping[str, object]], None]
    ack: Callable[[str, str], None]
    scene: Callable[[str], None]


async def listen(where: Address, identifier: str, ears: Ears, ready: asyncio.Event) -> None:
    """Subscribe and tell, until cancelled; `ready` is set once subscribed. The session is kept, as devices do."""
    attempt = 0
    while True:
        try:
            async with broker.client(where, identifier, keep_session=True) as client:
                for topic in TOPICS:
                    await client.subscribe(topic, qos=1)
                ready.set()
                attempt = 0
                async for message in client.messages:
                    _tell(ears, message)
        except aiomqtt.MqttError as error:
            attempt += 1
            if attempt == 1:
                log.warning("broker_lost", client_id=identifier, error=str(error))
            await asyncio.sleep(broker.backoff_s(attempt))


def _tell(ears: Ears, message: aiomqtt.Message) -> None:
    topic = str(message.topic)
    try:
        body = json.loads(message.payload)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        log.warning("not_an_object", topic=topic)
        return
    if topic == SCENE_TOPIC:
        ears.scene(str(body.get("scene", "")))
    elif topic.endswith("/ack"):
        ears.ack(topic.split("/")[DEVICE_LEVEL], str(body.get("id", "")))
    else:
        ears.command(topic.split("/")[DEVICE_LEVEL], body)
