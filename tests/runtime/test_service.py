"""Services: parts that live and end together, and answers about their health over real sockets."""

import asyncio
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from runtime import probe, service
from runtime.embedded import ports
from runtime.service import CannotListen, Stop, serve_app, serve_health, together


async def until_stopped(stop, ended, name):
    await stop.wait()
    ended.append(name)


async def fails():
    raise LookupError("of this part")


async def test_a_part_that_fails_ends_the_others_and_is_raised():
    stop, ended = Stop(), []
    with pytest.raises(LookupError, match="of this part"):
        await together(stop, until_stopped(stop, ended, "a"), fails(), until_stopped(stop, ended, "b"))
    assert sorted(ended) == ["a", "b"]


async def test_a_part_that_returns_ends_the_others():
    stop, ended = Stop(), []

    async def done():
        return

    await together(stop, until_stopped(stop, ended, "a"), done())
    assert ended == ["a"]


async def test_a_part_that_does_not_stop_is_cancelled(monkeypatch):
    monkeypatch.setattr(service, "STOP_WITHIN_S", 0.01)
    stop, cancelled = Stop(), []

    async def deaf():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    stop.request()
    await together(stop, deaf())
    assert cancelled == [True]


async def test_cancelling_ends_every_part():
    stop, ended = Stop(), []

    async def part():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    whole = asyncio.create_task(together(stop, part(), part()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    whole.cancel()
    with pytest.raises(asyncio.CancelledError):
        await whole
    assert ended == [True, True]


async def test_health_tells_what_is_wrong():
    wrong: dict[str, str] = {}
    noted: dict[str, str] = {}
    stop, port = Stop(), ports.any_free()
    serving = asyncio.create_task(
        serve_health(stop, host="127.0.0.1", port=port, ready=lambda: wrong, notes=lambda: noted)
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        while await probe.tcp("127.0.0.1", port):
            assert not serving.done()
        assert (await client.get("/health/live")).text == "ok\n"
        assert (await client.get("/health/ready")).status_code == 200
        noted["broker"] = "dropped 3 messages"
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.text) == (200, "ok\nnote: broker: dropped 3 messages\n")
        noted.clear()
        wrong["broker"] = "away for 3 s"
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.text) == (503, "broker: away for 3 s\n")
        assert (await client.get("/health/live")).status_code == 200
        metrics = await client.get("/metrics")
        assert "process_resident_memory_bytes" in metrics.text
        assert metrics.headers["content-type"].startswith("text/plain; version=")
        assert (await client.get("/anything")).status_code == 404
    stop.request()
    async with asyncio.timeout(5):
        await serving
    assert ports.is_free(port)


async def test_port_0_switches_health_off():
    stop = Stop()
    stop.request()
    await serve_health(stop, host="127.0.0.1", port=0, ready=dict)


async def test_a_stream_that_never_ends_holds_nobody_up():
    async def endless(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b".", "more_body": True})
            await asyncio.sleep(0.01)

    stop, port = Stop(), ports.any_free()
    serving = asyncio.create_task(serve_app(stop, endless, host="127.0.0.1", port=port, finish_within_s=1))
    while await probe.tcp("127.0.0.1", port):
        assert not serving.done()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200" in await reader.readline()
    stop.request()
    async with asyncio.timeout(5):
        await serving
    writer.close()


async def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"port {port}"):
            await serve_health(Stop(), host="127.0.0.1", port=port, ready=dict)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_let_a_service_finish(number):
    source = (
        "from runtime import service\n"
        "async def main(stop):\n"
        "    print('up', flush=True)\n"
        "    await stop.wait()\n"
        "    print('finished the batch in hand', flush=True)\n"
        "service.run(main)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.stdout.read() == "finished the batch in hand\n"
    assert process.returncode == 0


async def test_a_task_that_forgets_a_cancellation_is_cancelled_again(monkeypatch):
    """As `asyncio.wait_for` does when what it waits for comes at the same moment; the loop around it goes on."""
    monkeypatch.setattr(service, "CANCEL_AGAIN_AFTER_S", 0.01)
    forgotten = []

    async def forgets():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if len(forgotten) == 2:
                    raise
                forgotten.append(True)

    async def done():
        return 7

    tasks = [asyncio.create_task(forgets()), asyncio.create_task(done())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        cancelled, returned = await service.ended(tasks)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert (returned, len(forgotten)) == (7, 2)
