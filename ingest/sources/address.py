"""Where the broker is and how it is spoken to, from `TONGXING_BROKER_URL`."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

#: Port by scheme, where the URL names none.
PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One broker."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    #: None: without TLS.
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        """Without the password."""
        return f"{self.host}:{self.port}"


def address(url: str) -> Address:
    """From `mqtt://[user:password@]host:port`; `mqtts` checks the broker's certificate against the system's roots."""
    parts = urlsplit(url)
    return Address(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or PORTS.get(parts.scheme, PORTS["mqtt"]),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
        tls=ssl.create_default_context() if parts.scheme == "mqtts" else None,
    )
