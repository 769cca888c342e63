"""`tongxing up`, `doctor` and `clock` as a person runs them, and what doctor finds wrong."""

import os
import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime import broker_address, database, doctor
from runtime.doctor import Verdict
from runtime.embedded import ports
from tests.servers import open_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder():
    with open_folder() as folder:
        yield folder


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")} | {
        "PYTHONPATH": str(ROOT)
    }


def tongxing(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "runtime.cli", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_up_serves_other_terminals_until_it_is_interrupted(folder):
    port = ports.any_free()
    command = [sys.executable, "-m", "runtime.cli", "up", "--broker-port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout.readline().startswith("TONGXING_DATABASE_URL=postgresql://tongxing:")
        owner = rf"TONGXING_BROKER_URL=mqtt://owner:[\w-]+@127\.0\.0\.1:{port}\n"
        assert re.fullmatch(owner, up.stdout.readline())

        report = tongxing(folder, "doctor").stdout
        for line in (
            r"ok +settings +complete",
            r"ok +database +PostgreSQL 18\.\d+",
            r"ok +tables +up to date",
            r"ok +database clock +[+-]\d+ ms",
            rf"ok +broker +127\.0\.0\.1 port {port} accepts sessions",
            r"ok +broker round trip +\d+ ms with quality 1",
        ):
            assert re.search(f"^{line}", report, re.MULTILINE), report
        assert "postgresql://" not in report

        assert tongxing(folder, "migrate").stdout == "already up to date\n"
        again = tongxing(folder, "up")
        assert (again.returncode, f"process {up.pid} already runs" in again.stderr) == (2, True)
        up.send_signal(signal.SIGINT)
    assert up.returncode == 0
    over = tongxing(folder, "doctor")
    assert over.returncode == 1
    assert re.search(r"^wrong settings +TONGXING_DATABASE_URL is not set\. Write", over.stdout, re.MULTILINE)


def test_clock_prints_what_devices_write(folder):
    before = datetime.now(UTC).timestamp()
    printed = float(tongxing(folder, "clock").stdout)
    assert before - 1 < printed < datetime.now(UTC).timestamp() + 1
    (folder / ".env").write_text(
        "TONGXING_CLOCK_START=2026-11-20T18:40:00Z\nTONGXING_CLOCK_RATE=0.001\n"
        f"TONGXING_CLOCK_ANCHOR={datetime.now(UTC).isoformat()}\n"
    )
    assert tongxing(folder, "clock", "--iso").stdout == "2026-11-20T18:40:00Z\n"


async def found(checks):
    return {finding.subject: finding async for finding in checks}


async def test_a_database_without_our_tables(empty_database_url):
    tables = (await found(doctor.check_database(empty_database_url)))["tables"]
    assert tables.verdict is Verdict.WRONG
    assert tables.says.endswith("migrations have not run: tongxing migrate")


async def test_a_database_whose_migrations_were_edited(database_url):
    async with await database.connect(database_url, autocommit=True) as connection:
        await connection.execute("UPDATE schema_migrations SET digest = 'another'")
    tables = (await found(doctor.check_database(database_url)))["tables"]
    assert (tables.verdict, "was edited after it ran" in tables.says) == (Verdict.WRONG, True)


async def test_a_database_in_order(database_url):
    findings = await found(doctor.check_database(database_url))
    assert Verdict.WRONG not in {finding.verdict for finding in findings.values()}


@pytest.mark.parametrize("setting", ["password", "port"])
async def test_a_database_that_cannot_be_reached(database_url, setting):
    url = (
        re.sub(r":[^:@]+@", ":guess@", database_url)
        if setting == "password"
        else re.sub(r":\d+/", f":{ports.any_free()}/", database_url)
    )
    only = (await found(doctor.check_database(url)))["database"]
    assert only.verdict is Verdict.WRONG
    assert only.says.endswith("start it (`tongxing up`), or mend TONGXING_DATABASE_URL")
    assert "guess" not in only.says


async def test_a_broker_in_order(broker_url):
    findings = await found(doctor.check_broker(broker_address.address(broker_url)))
    # Open to whoever is on this machine: worth a word, and no fault.
    assert {name: finding.verdict for name, finding in findings.items()} == {
        "broker": Verdict.OK,
        "broker access": Verdict.NOTE,
        "broker round trip": Verdict.OK,
        "broker drops": Verdict.OK,
    }


async def test_mosquitto_in_order(mosquitto_url):
    findings = await found(doctor.check_broker(broker_address.address(mosquitto_url)))
    # Open to whoever is on this machine: worth a word, and no fault.
    assert {name: finding.verdict for name, finding in findings.items()} == {
        "broker": Verdict.OK,
        "broker access": Verdict.NOTE,
        "broker round trip": Verdict.OK,
        "broker drops": Verdict.OK,
    }


async def test_a_broker_that_is_away():
    only = (await found(doctor.check_broker(broker_address.address(f"mqtt://127.0.0.1:{ports.any_free()}"))))["broker"]
    assert (only.verdict, "nobody listens there" in only.says) == (Verdict.WRONG, True)


async def test_a_port_that_somebody_else_took():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.close()
        assert (await doctor.check_http_port("127.0.0.1", port)).says == "free"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        taken = await doctor.check_http_port("127.0.0.1", port)
    assert (taken.verdict, "TONGXING_API_PORT" in taken.says) == (Verdict.WRONG, True)


def test_an_old_python_and_a_console_that_was_not_built(tmp_path):
    assert doctor.check_python((3, 10, 9)).verdict is Verdict.WRONG
    assert doctor.check_python((3, 11, 0)).verdict is Verdict.OK
    assert doctor.check_console(tmp_path / "index.html").says.endswith("make console")
    (tmp_path / "index.html").write_text("<!doctype html>")
    assert doctor.check_console(tmp_path / "index.html").verdict is Verdict.OK
