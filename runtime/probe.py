"""Does somebody answer there? TCP, MQTT and HTTP, each returning what is wrong as a sentence, or None."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus

#: Seconds a probe waits.
WITHIN_S = 3.0

#: Return codes of MQTT 3.1.1, section 3.2.2.3.
_REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses our client id",
    3: "it says it is not available",
    4: "the user name or password is wrong",
    5: "it does not let us in",
}
_CONNACK = b"\x20\x02"
_CLEAN_SESSION, _HAS_PASSWORD, _HAS_USERNAME = 0x02, 0x40, 0x80
_DISCONNECT = b"\xe0\x00"


async def tcp(host: str, port: int) -> str | None:
    """None if a connection is accepted."""
    try:
        async with asyncio.timeout(WITHIN_S), _connection(host, port):
            return None
    except (OSError, TimeoutError) as error:
        return _why(error)


async def mqtt(
    host: str,
    port: int,
    *,
    username: str | None = None,
    password: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> str | None:
    """None if a broker accepts an MQTT 3.1.1 session.

    Raises:
        ssl.SSLError, ConnectionResetError: with TLS, it cannot be trusted or does not speak it.
    """
    try:
        async with asyncio.timeout(WITHIN_S), _connection(host, port, tls) as (reader, writer):
            writer.write(_connect_packet(username, password))
            answer = await reader.readexactly(4)
            writer.write(_DISCONNECT)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        if tls is not None and isinstance(error, ssl.SSLError | ConnectionResetError):
            raise
        return _why(error)
    if answer[:2] != _CONNACK:
        return "it does not speak MQTT"
    return _REFUSALS.get(answer[3], f"it refuses with code {answer[3]}") if answer[3] else None


async def http(host: str, port: int, path: str) -> str | None:
    """None if a GET is answered with a status below 400."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(WITHIN_S), _connection(host, port) as (reader, writer):
            writer.write(request.encode("ascii"))
            status_line = (await reader.readline()).decode("ascii", "replace").split()
    except (OSError, TimeoutError) as error:
        return _why(error)
    match status_line:
        case [protocol, status, *_] if protocol.startswith("HTTP/") and status.isdecimal():
            return f"it answers with status {status}" if int(status) >= HTTPStatus.BAD_REQUEST else None
        case _:
            return "it does not speak HTTP"


@contextlib.asynccontextmanager
async def _connection(
    host: str, port: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _why(error: BaseException) -> str:
    match error:
        case TimeoutError():
            return f"no answer within {WITHIN_S:.0f} s"
        case ConnectionRefusedError():
            return "nobody listens there"
        case asyncio.IncompleteReadError():
            return "it hangs up"
        case _:
            return str(error)


def _connect_packet(username: str | None, password: str | None) -> bytes:
    """CONNECT with a clean session, section 3.1 of MQTT 3.1.1."""
    flags, fields = _CLEAN_SESSION, _text(f"probe-{secrets.token_hex(8)}")
    if username is not None:
        flags, fields = flags | _HAS_USERNAME, fields + _text(username)
    if password is not None:
        flags, fields = flags | _HAS_PASSWORD, fields + _text(password)
    body = _text("MQTT") + bytes([4, flags, 0, 30]) + fields
    return b"\x10" + _length(len(body)) + body


def _text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _length(count: int) -> bytes:
    """A remaining length: seven bits a byte, the eighth says that more follow."""
    digits = bytearray()
    while True:
        count, digit = divmod(count, 128)
        digits.append(digit | 128 if count else digit)
        if not count:
            return bytes(digits)
