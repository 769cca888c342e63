"""How simulators reach the broker: its address, and a client with the few options we use."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiomqtt

from simulators.errors import SimulatorError

#: Seconds between attempts to connect: doubling from the first to the last.
BACKOFF_FIRST_S = 0.2
BACKOFF_LAST_S = 5.0
#: Seconds to wait for a CONNACK or a PUBACK.
ANSWER_WITHIN_S = 10.0

# paho tells every lost connection twice; we tell it once ourselves.
_QUIET = logging.getLogger("simulators.mqtt")
_QUIET.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the broker is."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None


def address(url: str) -> Address:
    """Read `mqtt://[user:password@]host[:port]`.

    Raises:
        SimulatorError: it is something else.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or 1883
    except ValueError:
        port = 0
    if parts.scheme != "mqtt" or not parts.hostname or not port:
        raise SimulatorError(f"TONGXING_BROKER_URL is {url!r}. Write mqtt://[user:password@]host:port.")
    return Address(
        host=parts.hostname,
        port=port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def client(where: Address, identifier: str | None, *, keep_session: bool = False, window: int = 20) -> aiomqtt.Client:
    """An MQTT 3.1.1 client, not yet connected; `window` publishes may wait for their PUBACK at once."""
    made = aiomqtt.Client(
        where.host,
        where.port,
        username=where.username,
        password=where.password,
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
