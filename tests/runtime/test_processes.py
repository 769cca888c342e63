"""Children: they get ready, are restarted, end in order, and never outlive us."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import child, processes
from runtime.embedded import ports
from runtime.processes import ProcessError, ProcessGroup, http_answers, pause_before_restart, tcp_answers

LISTENS = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    server.accept()[0].close()
"""


def python(source, *arguments):
    return [sys.executable, "-S", "-c", source, *map(str, arguments)]


async def until(condition, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.01)


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_member_is_started_once_it_is_ready(tmp_path):
    port = ports.any_free()
    async with ProcessGroup(logs=tmp_path) as group:
        await group.start("listener", python(LISTENS, port), ready=tcp_answers(port))
        assert (tmp_path / "listener.log").read_text() == "listening\n"
        pid = group.pid("listener")
    assert not lives(pid)


async def test_a_member_that_ends_while_starting_shows_its_log(tmp_path):
    async with ProcessGroup(logs=tmp_path) as group:
        with pytest.raises(ProcessError, match=r"(?s)broken ended while starting \(exit code 3.*no such table"):
            await group.start(
                "broken", python("print('no such table'); raise SystemExit(3)"), ready=tcp_answers(ports.any_free())
            )


async def test_a_member_that_is_never_ready_says_what_is_missing(tmp_path):
    async with ProcessGroup(logs=tmp_path) as group:
        with pytest.raises(ProcessError, match="slow is not ready after 0 s: nobody listens there"):
            await group.start(
                "slow",
                python("import time; time.sleep(60)"),
                ready=http_answers(ports.any_free()),
                ready_within_s=0.05,
            )


async def test_a_killed_member_is_restarted(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "FIRST_PAUSE_S", 0.01)
    port = ports.any_free()
    async with ProcessGroup(logs=tmp_path) as group:
        await group.start("listener", python(LISTENS, port), ready=tcp_answers(port))
        first = group.pid("listener")
        group.kill("listener")
        await until(lambda: group.restarts("listener") == 1)
        assert group.pid("listener") != first
        assert not group.failed.done()


async def test_a_member_that_keeps_ending_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "FIRST_PAUSE_S", 0.001)
    async with ProcessGroup(logs=tmp_path) as group:
        await group.start("flappy", python("print('it rains'); raise SystemExit(7)"))
        async with asyncio.timeout(10):
            failure = await group.failed
    assert (failure.name, failure.exit_code) == ("flappy", 7)
    assert "it rains" in str(failure)
    assert (tmp_path / "flappy.log").read_text().count("it rains") == processes.TOO_OFTEN


def test_pauses_grow_and_forget():
    ends: list[float] = []
    assert [pause_before_restart(ends, now) for now in (0, 1, 2, 3, 4)] == [0.5, 1, 2, 4, None]
    ends = []
    assert [pause_before_restart(ends, now) for now in (0, 61, 122)] == [0.5, 0.5, 0.5]


async def test_members_end_in_reverse_order(tmp_path):
    order = tmp_path / "order"
    source = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + '\\n'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(sys.argv[1] + sys.argv[2], 'w')\n"
        "while True: time.sleep(60)\n"
    )
    async with ProcessGroup(logs=tmp_path) as group:
        for name in ("first", "second"):
            await group.start(name, python(source, order, name))
            await until(Path(f"{order}{name}").exists)
    assert order.read_text() == "second\nfirst\n"


async def test_a_member_that_does_not_hear_is_killed(tmp_path):
    deaf = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(60)"
    )
    ladder = ((signal.SIGTERM, 0.05), (signal.SIGKILL, 5.0))
    process = await child.start(python(deaf), name="deaf", log=tmp_path / "log", ladder=ladder)
    await until(lambda: (tmp_path / "log").read_text() == "deaf\n")
    assert await process.stop() == -signal.SIGKILL


async def test_a_program_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(child.ChildError, match="mail: there is no program /nowhere/postman"):
        await child.start(["/nowhere/postman"], name="mail", log=tmp_path / "log")


async def test_a_large_log_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "LOG_ROTATE_BYTES", 3)
    for word in ("old", "older", "new"):
        process = await child.start(python(f"print({word!r})"), name="x", log=tmp_path / "x.log")
        await process.wait()
    assert (tmp_path / "x.log").read_text() == "new\n"
    assert (tmp_path / "x.log.1").read_text() == "older\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
async def test_members_die_with_us_even_if_we_are_killed(tmp_path):
    source = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom runtime.processes import ProcessGroup\n"
        "async def main():\n"
        "    async with ProcessGroup(logs=Path(sys.argv[1])) as group:\n"
        "        await group.start('sleeper', [sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        "        print(group.pid('sleeper'), flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    path = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    parent = subprocess.Popen(  # noqa: ASYNC220 - killed before it is waited for
        [sys.executable, "-c", source, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    with parent:
        pid = int(parent.stdout.readline())
        assert lives(pid)
        parent.kill()
    await until(lambda: not lives(pid))
