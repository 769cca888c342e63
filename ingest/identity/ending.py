"""Ends a session that a certificate opened: on SIGHUP Mosquitto looks at passwords again, and at no certificate."""

from __future__ import annotations

import aiomqtt

from runtime.broker_address import Address

_WITHIN_S = 5.0


async def end_session(broker: Address, login: str) -> None:
    """Take a device's session over and leave it, with nothing in it.

    The client id of a device is its login (deploy/mosquitto/devices.conf). Who still may comes back by itself.

    Args:
        broker: where services come in, with a login of ours.
        login: whose.

    Raises:
        aiomqtt.MqttError: the broker does not answer, or does not let us in.
    """
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        tls_context=broker.tls,
        identifier=login,
        clean_session=True,
        timeout=_WITHIN_S,
    ):
        pass
