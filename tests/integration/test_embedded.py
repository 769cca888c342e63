"""The embedded servers for real: what survives restarts and kills, who runs them, what they refuse."""

import asyncio
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import aiomqtt
import paho.mqtt.client as mqtt
import psycopg
import pytest

from runtime import probe, run_environment
from runtime.embedded import AlreadyRunning, Embedded, EmbeddedError, PortTaken, leftovers, place, ports
from tests.conftest import missing
from tests.servers import open_folder

ROOT = Path(__file__).parents[2]
#: Runs the servers until its standard input closes, or it is killed.
SOURCE = """
import asyncio, json, sys
from pathlib import Path
from runtime.embedded import Embedded
async def main():
    async with Embedded(Path(sys.argv[1])) as servers:
        print(json.dumps([servers.database_url, servers.broker_url]), flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""


@pytest.fixture
def data_dir():
    with open_folder() as folder:
        yield folder / "data"


def embedded(data_dir, **asked):
    """With a port that no other test wants, unless asked otherwise."""
    asked.setdefault("broker_port", None if (data_dir / "ports.json").exists() else ports.any_free())
    return Embedded(data_dir, **asked)


def execute(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            answer = connection.execute(statement)
        return answer.fetchall() if answer.description else None


def client(url, identifier, **options):
    host, port = url.removeprefix("mqtt://").split(":")
    return aiomqtt.Client(host, int(port), identifier=identifier, **options)


async def until(condition, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.02)


def pids(data_dir):
    cluster = data_dir / "postgres" / "cluster" / "postmaster.pid"
    return {
        "postgres": int(cluster.read_text().split()[0]),
        "nats-server": int((data_dir / "broker" / "nats.pid").read_text()),
    }


async def test_data_and_ports_survive_a_restart(data_dir):
    async with embedded(data_dir) as servers:
        first = (servers.database_url, servers.broker_url)
        execute(servers.database_url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('同行')")
        async with client(servers.broker_url, "keeper", clean_session=False) as keeper:
            await keeper.subscribe("kept/+", qos=1)
        async with client(servers.broker_url, "sender") as sender:
            await sender.publish("kept/1", b"waits", qos=1)
    async with embedded(data_dir) as servers:
        assert (servers.database_url, servers.broker_url) == first
        assert execute(servers.database_url, "SELECT word FROM kept") == [("同行",)]
        async with asyncio.timeout(60), client(servers.broker_url, "keeper", clean_session=False) as keeper:
            assert (await anext(aiter(keeper.messages))).payload == b"waits"


async def test_the_database_needs_no_locale_and_lets_nobody_in_without_the_password(data_dir):
    async with embedded(data_dir) as servers:
        encoding = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = 'tongxing'"
        assert execute(servers.database_url, encoding) == [("UTF8", "C")]
        assert execute(servers.database_url, "SHOW listen_addresses") == [("127.0.0.1",)]
        guess = servers.database_url.split("@")[1]
        with pytest.raises(psycopg.OperationalError, match="password"):
            execute(f"postgresql://tongxing:guess@{guess}", "SELECT 1")
        assert (data_dir / "database-password").stat().st_mode & 0o077 == 0


async def test_a_second_start_is_refused(data_dir):
    async with embedded(data_dir) as servers:
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} already runs the servers in {data_dir}"):
            async with embedded(data_dir):
                pass
        assert execute(servers.database_url, "SELECT 1") == [(1,)]
        assert run_environment.read(data_dir) == servers.variables
    assert run_environment.read(data_dir) == {}


async def test_a_port_that_is_taken_is_refused_when_asked_for(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {taken}, asked for by the database"):
            async with embedded(data_dir, database_port=taken):
                pass
        with pytest.raises(PortTaken, match=f"port {taken}, asked for by the broker"):
            async with embedded(data_dir, broker_port=taken):
                pass
    async with embedded(data_dir, broker_port=taken) as servers:
        assert servers.broker_url == f"mqtt://127.0.0.1:{taken}"


async def test_a_port_of_last_time_that_is_taken_is_replaced(data_dir):
    async with embedded(data_dir) as servers:
        port = int(servers.broker_url.rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        async with embedded(data_dir) as servers:
            assert servers.broker_url != f"mqtt://127.0.0.1:{port}"


async def test_a_server_that_dies_is_reported(data_dir):
    async with embedded(data_dir) as servers:
        os.kill(pids(data_dir)["nats-server"], signal.SIGKILL)
        async with asyncio.timeout(60):
            died = await servers.failed
        assert (died.name, died.exit_code) == ("broker", -signal.SIGKILL)
        assert "broker.log" in str(died)
        assert execute(servers.database_url, "SELECT 1") == [(1,)]


async def test_a_database_of_another_version_is_refused(data_dir):
    async with embedded(data_dir):
        pass
    (data_dir / "postgres" / "cluster" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17, installed is 18.*docs/operations\.md"):
        async with embedded(data_dir):
            pass


async def test_killing_the_broker_loses_nothing_acknowledged(data_dir):
    sent = [b"%d" % number for number in range(300)]
    async with embedded(data_dir) as servers:
        async with client(servers.broker_url, "away", clean_session=False) as away:
            await away.subscribe("kill/+", qos=1)
        async with client(servers.broker_url, "sender") as sender:
            await asyncio.gather(*(sender.publish("kill/1", payload, qos=1) for payload in sent))
        os.kill(pids(data_dir)["nats-server"], signal.SIGKILL)
        await servers.failed
    async with (
        asyncio.timeout(60),
        embedded(data_dir) as servers,
        client(servers.broker_url, "away", clean_session=False) as away,
    ):
        messages = aiter(away.messages)
        received = {(await anext(messages)).payload for _ in sent}
    assert received == set(sent)


async def test_what_was_not_acknowledged_comes_again_soon(broker_url):
    host, port = broker_url.removeprefix("mqtt://").split(":")
    received: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def connect():
        """By hand: aiomqtt acknowledges by itself."""
        subscriber = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id="forgetful", clean_session=False, manual_ack=True
        )
        subscriber.on_connect = lambda client, *_: client.subscribe("again/+", qos=1)
        subscriber.on_subscribe = lambda *_: loop.call_soon_threadsafe(received.put_nowait, (b"subscribed", False))
        subscriber.on_message = lambda _, __, message: loop.call_soon_threadsafe(
            received.put_nowait, (message.payload, message.dup)
        )
        subscriber.connect(host, int(port))
        subscriber.loop_start()
        return subscriber

    async with asyncio.timeout(60):
        first = connect()
        assert await received.get() == (b"subscribed", False)
        async with client(broker_url, "sender") as sender:
            await sender.publish("again/1", b"sos", qos=1)
        assert await received.get() == (b"sos", False)
        first.disconnect()
        first.loop_stop()
        second = connect()
        seen = {await received.get(), await received.get()}
        second.disconnect()
        second.loop_stop()
    assert seen == {(b"subscribed", False), (b"sos", True)}


def start(data_dir, *, python=sys.executable, **options):
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, **options.pop("environment", {})}
    return subprocess.Popen(
        [python, "-c", SOURCE, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment,
        **options,
    )


def urls(process):
    """Once it runs; what it logs before is passed over."""
    return json.loads(next(line for line in process.stdout if line.startswith("[")))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells servers of their parent's death")
async def test_killing_us_leaves_no_orphan_and_loses_no_data(data_dir):
    with start(data_dir) as parent:
        database_url, _ = urls(parent)
        execute(database_url, "CREATE TABLE kept ()")
        running = pids(data_dir)
        parent.kill()
    await until(lambda: not any(leftovers.runs(pid, name) for name, pid in running.items()))
    async with embedded(data_dir) as servers:
        assert servers.database_url == database_url
        assert execute(servers.database_url, "SELECT to_regclass('kept') IS NOT NULL") == [(True,)]


async def test_a_start_right_after_killing_us_and_the_servers_recovers(data_dir):
    with start(data_dir) as parent:
        database_url, _ = urls(parent)
        execute(database_url, "CREATE TABLE kept ()")
        for pid in pids(data_dir).values():
            os.kill(pid, signal.SIGKILL)
        parent.kill()
    assert (data_dir / "postgres" / "cluster" / "postmaster.pid").exists()
    async with embedded(data_dir) as servers:
        assert execute(servers.database_url, "SELECT to_regclass('kept') IS NOT NULL") == [(True,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can close a folder to user nobody")
async def test_root_in_a_closed_folder(data_dir, monkeypatch):
    monkeypatch.setattr(place, "SHARED", data_dir.parent / "shared")
    starts = place._starts
    # As if the virtual environment lay there too.
    monkeypatch.setattr(
        place, "_starts", lambda account, programs: data_dir.parent in programs.parents and starts(account, programs)
    )
    closed = data_dir.parent / "home"
    closed.mkdir(mode=0o700)
    seen = []
    for _ in range(2):
        async with Embedded(closed / "data", ports.any_free()) as servers:
            seen.append(servers.database_url)
            execute(servers.database_url, "CREATE TABLE IF NOT EXISTS kept ()")
            assert execute(servers.database_url, "SELECT to_regclass('kept') IS NOT NULL") == [(True,)]
    assert seen[0] == seen[1]
    assert not (closed / "data" / "postgres").exists()


def ordinary_python(user):
    """An interpreter, its environment: both such that an ordinary user can start the servers with them."""
    packages = sysconfig.get_path("purelib")
    environment = {"PYTHONPATH": f"{ROOT}:{packages}", "PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin"}
    probing = "import psycopg, structlog, runtime.embedded.postgres as p; p.installation()"
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            tried = subprocess.run(
                [python, "-c", probing],
                user=user,
                env=environment,
                cwd="/",
                check=False,
                capture_output=True,
                extra_groups=[],
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return python, environment
    missing("an ordinary user's Python", "no interpreter with the packages can be reached by user nobody")
    raise AssertionError


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user; as one, every test here is it")
async def test_an_ordinary_user(data_dir):
    user = pwd.getpwnam("nobody")
    python, environment = ordinary_python(user.pw_uid)
    data_dir.mkdir()
    os.chown(data_dir, user.pw_uid, user.pw_gid)
    with start(
        data_dir, python=python, environment=environment, user=user.pw_uid, group=user.pw_gid, extra_groups=[]
    ) as process:
        database_url, broker_url = urls(process)
        assert execute(database_url, "SELECT 1") == [(1,)]
        host, port = broker_url.removeprefix("mqtt://").split(":")
        assert await probe.mqtt(host, int(port)) is None
        running = pids(data_dir)
        process.stdin.close()
    assert process.returncode == 0
    assert not any(leftovers.runs(pid, name) for name, pid in running.items())
    assert {file.stat().st_uid for file in data_dir.iterdir()} == {user.pw_uid}
