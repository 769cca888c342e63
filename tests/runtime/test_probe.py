"""Probes say what is wrong as a sentence."""

import asyncio

import pytest

from runtime import probe
from runtime.embedded import ports


async def answering(reply):
    """A server that answers everything with the same bytes, and remembers what it was sent."""
    sent = []

    async def serve(reader, writer):
        sent.append(await reader.read(200))
        writer.write(reply)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1], sent


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"\x20\x02\x00\x00", None),
        (b"\x20\x02\x00\x04", "the user name or password is wrong"),
        (b"\x20\x02\x00\x09", "it refuses with code 9"),
        (b"HTTP/1.1 400 Bad Request\r\n", "it does not speak MQTT"),
        (b"", "it hangs up"),
    ],
)
async def test_mqtt(reply, says):
    server, port, _ = await answering(reply)
    async with server:
        assert await probe.mqtt("127.0.0.1", port) == says


async def test_mqtt_sends_user_name_and_password():
    server, port, sent = await answering(b"\x20\x02\x00\x00")
    async with server:
        await probe.mqtt("127.0.0.1", port, username="someone", password="p" * 120)
    packet = sent[0]
    assert packet[0] == 0x10
    # Longer than 127 bytes: the remaining length takes two.
    assert (packet[1] & 0x7F) + 128 * packet[2] == len(packet) - 3
    assert packet[3:12] == b"\x00\x04MQTT\x04\xc2\x00"
    assert packet.endswith(b"\x00\x07someone\x00\x78" + b"p" * 120)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", None),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "it answers with status 503"),
        (b"220 250 mail ESMTP\r\n", "it does not speak HTTP"),
        (b"hello\r\n", "it does not speak HTTP"),
    ],
)
async def test_http(reply, says):
    server, port, sent = await answering(reply)
    async with server:
        found = await probe.http("127.0.0.1", port, "/health/live")
    assert sent[0].startswith(b"GET /health/live HTTP/1.1\r\n")
    assert found == says


@pytest.mark.parametrize("ask", [probe.tcp, probe.mqtt, lambda host, port: probe.http(host, port, "/")])
async def test_nobody_there(ask):
    assert await ask("127.0.0.1", ports.any_free()) == "nobody listens there"


async def test_silence_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(probe, "WITHIN_S", 0.05)
    closing = asyncio.Event()

    async def silent(reader, writer):
        await closing.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        assert (await probe.mqtt("127.0.0.1", server.sockets[0].getsockname()[1])).startswith("no answer within")
        closing.set()
