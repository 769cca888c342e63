"""Says something to a running city over MQTT, and brings back its answer."""

from __future__ import annotations

import asyncio
import json
import secrets

import aiomqtt

from simulators import broker, controls
from simulators.broker import Address
from simulators.errors import SimulatorError

#: Real seconds a city may take to answer.
ANSWER_WITHIN_S = 5.0


async def say(where: Address, text: str) -> str:
    """The city's answer.

    Raises:
        SimulatorError: it is not understood, the city refuses, or nobody answers.
    """
    controls.parse(text)
    identifier = secrets.token_hex(6)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S), broker.client(where, f"simulator-say-{identifier}") as client:
            await client.subscribe(f"{controls.ANSWERS}/{identifier}", qos=1)
            await client.publish(controls.TOPIC, json.dumps({"id": identifier, "text": text}), qos=1)
            async for message in client.messages:
                return _told(message.payload)
    except TimeoutError:
        raise SimulatorError(
            "no simulator answered: is `tongxing simulate` or the demo running on this broker?"
        ) from None
    except aiomqtt.MqttError as error:
        raise SimulatorError(
            f"the broker at {where.host}:{where.port} is away ({error}): is the demo running?"
        ) from error
    raise SimulatorError("the broker hung up before a simulator answered.")


def _told(payload: object) -> str:
    answer = json.loads(payload) if isinstance(payload, bytes | str) else {}
    if "done" in answer:
        return str(answer["done"])
    raise SimulatorError(str(answer.get("wrong", "the simulator did not say what is wrong.")))
