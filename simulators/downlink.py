"""What comes down to the devices: commands, acknowledgements, orders to play a scene, and what is said to the city."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import aiomqtt
import structlog

from simulators import broker, controls
from simulators.broker import Address
from simulators.message import ROOT

log = structlog.get_logger(__name__)

SCENE_TOPIC = "tongxing/simulator/scene"
#: What is for the city itself; and with it what is for its devices, where they do not listen themselves.
SAID = (SCENE_TOPIC, controls.TOPIC)
TOPICS = (f"{ROOT}/+/command", f"{ROOT}/+/ack", *SAID)
#: `tongxing / v1 / device / what`
DEVICE_LEVEL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who is told what."""

    command: Callable[[str, Mapping[str, object]], None]
    ack: Callable[[str, str], None]
    scene: Callable[[str], None]
    #: Something said to the city; returns the answer.
    say: Callable[[str], Mapping[str, str]] = lambda _: {"wrong": "this simulator cannot be spoken to."}


async def listen(
    where: Address, identifier: str, ears: Ears, ready: asyncio.Event, *, topics: Sequence[str] = TOPICS
) -> None:
    """Subscribe and tell, until cancelled; `ready` is set once subscribed. The session is kept, as devices do."""
    attempt = 0
    while True:
        try:
            async with broker.client(where, identifier, keep_session=True) as client:
                for topic in topics:
                    await client.subscribe(topic, qos=1)
                ready.set()
                attempt = 0
                async for message in client.messages:
                    if str(message.topic) == controls.TOPIC:
                        await _answer(client, ears, message)
                    else:
                        _tell(ears, message)
        except aiomqtt.MqttError as error:
            attempt += 1
            if attempt == 1:
                log.warning("broker_lost", client_id=identifier, error=str(error))
            await asyncio.sleep(broker.backoff_s(attempt))


async def _answer(client: aiomqtt.Client, ears: Ears, message: aiomqtt.Message) -> None:
    try:
        body = json.loads(message.payload)
        identifier, text = str(body["id"]), str(body["text"])
    except (ValueError, KeyError, TypeError):
        log.warning("not_an_order", topic=controls.TOPIC)
        return
    await client.publish(f"{controls.ANSWERS}/{identifier}", json.dumps(ears.say(text)), qos=1)


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
