"""How simulators reach the broker: its address, and a client with the few options we use."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt

from runtime import broker_address
from runtime.broker_address import Address as Address  # noqa: PLC0414 - the module speaks for it
from simulators.errors import SimulatorError

#: Seconds between attempts to connect: doubling from the first to the last.
BACKOFF_FIRST_S = 0.2
BACKOFF_LAST_S = 5.0
#: Seconds to wait for a CONNACK or a PUBACK.
ANSWER_WITHIN_S = 10.0

# paho tells every lost connection twice; we tell it once ourselves.
_QUIET = logging.getLogger("simulators.mqtt")
_QUIET.setLevel(logging.CRITICAL)


def address(url: str, ca_file: Path | None = None) -> Address:
    """Read `mqtt://[user:password@]host[:port]`, or `mqtts://…` whose certificate `ca_file` vouches for.

    Raises:
        SimulatorError: it is something else.
    """
    parts = urlsplit(url)
    try:
        usable = parts.scheme in broker_address.PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SimulatorError(f"TONGXING_BROKER_URL is {url!r}. Write mqtt://[user:password@]host:port.")
    return broker_address.address(url, ca_file)


def client(where: Address, identifier: str | None, *, keep_session: bool = False, window: int = 20) -> aiomqtt.Client:
    """An MQTT 3.1.1 client, not yet connected; `window` publishes may wait for their PUBACK at once."""
    made = aiomqtt.Client(
        where.host,
        where.port,
        username=where.username,
        password=where.password,
        tls_context=where.tls,
        identifier=identifier,
        clean_session=not keep_session,
        timeout=ANSWER_WITHIN_S,
        max_inflight_messages=window,
        logger=_QUIET,
    )
    made.pending_calls_threshold = 10 * window
    return made


def backoff_s(attempt: int) -> float:
    """Seconds to wait before attempt 1, 2, ..."""
    return float(min(BACKOFF_FIRST_S * 2 ** min(attempt - 1, 20), BACKOFF_LAST_S))
