"""Asks a running simulator for a scene, through MQTT."""

from __future__ import annotations

import json

import aiomqtt

from simulators import broker, downlink
from simulators.broker import Address
from simulators.errors import SimulatorError
from simulators.scene import Scene


async def request(where: Address, scene: Scene) -> None:
    """Publish the order.

    Raises:
        SimulatorError: the broker is away.
    """
    try:
        async with broker.client(where, "simulator-request") as client:
            await client.publish(downlink.SCENE_TOPIC, json.dumps({"scene": scene}), qos=1)
    except aiomqtt.MqttError as error:
        raise SimulatorError(
            f"the broker at {where.host}:{where.port} is away ({error}): is the demo running?"
        ) from error
