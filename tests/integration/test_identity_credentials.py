"""Credentials in the database and through the command line, as far as the broker's files."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest
import pytest_asyncio
from cryptography import x509

from ingest.identity import issuing, keeper, store
from ingest.identity.credential import Format, Holder, Service
from ingest.identity.issuing import CredentialsRefused, Refusal
from ingest.identity.keeper import Keeper, Target
from runtime import cli, database, probe, telemetry
from runtime.database import Connection
from runtime.embedded import accounts, ports
from tests.conftest import missing
from tests.identity_brokers import guarded_mosquitto
from tests.servers import mosquitto_program, open_folder

ONE, TWO = Holder(device_id="zb-000001"), Holder(device_id="zb-000002")
PHONE, OLD = Holder(device_id="li_na-phone"), Holder(device_id="zb-000009")
INGEST = Holder(service=Service.INGEST)


@pytest_asyncio.fixture(loop_scope="session")
async def registry(database_url: str) -> AsyncIterator[Connection]:
    """Four devices, one of them retired."""
    async with await database.connect(database_url, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO devices (device_id, kind, retired_at) VALUES ('zb-000001', 'bracelet', NULL),"
            " ('zb-000002', 'bracelet', NULL), ('li_na-phone', 'bracelet', NULL), ('zb-000009', 'bed', now())"
        )
        yield connection


def asks(*holders: Holder, wire_format: Format = Format.NATIVE) -> list[issuing.Request]:
    return [issuing.Request(holder=holder, format=wire_format) for holder in holders]


async def logins(connection: Connection) -> list[str]:
    return [one.login for one in await store.opening(connection)]


async def refusals(work) -> list[Refusal]:
    with pytest.raises(CredentialsRefused) as refused:
        await work
    return [fault.refusal for fault in refused.value.faults]


async def test_what_is_issued_opens_and_only_digests_are_kept(registry):
    first, second = await issuing.issue(registry, asks(ONE, TWO), by=None)
    assert (first.login, second.login) == ("zb-000001", "zb-000002")
    assert await logins(registry) == ["zb-000001", "zb-000002"]
    row = await (await registry.execute("SELECT to_jsonb(c)::text FROM credentials c ORDER BY 1 LIMIT 1")).fetchone()
    assert first.secret not in row[0]
    [kept] = await store.of_holders(registry, [ONE], living=True)
    assert kept.credential_id == first.credential_id


async def test_what_cannot_be_issued_stops_all_of_it(registry):
    await issuing.issue(registry, asks(ONE), by=None)
    stranger = Holder(device_id="stranger")
    asked = asks(ONE, TWO, OLD, stranger)
    assert await refusals(issuing.issue(registry, asked, by=None)) == [
        Refusal.HAS_ONE,
        Refusal.UNKNOWN_DEVICE,
        Refusal.UNKNOWN_DEVICE,
    ]
    assert await refusals(issuing.issue(registry, asks(TWO, TWO), by=None)) == [Refusal.TWICE]
    own_format = asks(Holder(device_id="zb-000002"), wire_format=Format.OWNTRACKS)
    assert await refusals(issuing.issue(registry, asks(INGEST, INGEST), by=None)) == [Refusal.TWICE]
    assert await logins(registry) == ["zb-000001"]
    [phone, tablet] = await issuing.issue(registry, [*asks(PHONE, wire_format=Format.OWNTRACKS), *own_format], by=None)
    assert (phone.format, tablet.login) == (Format.OWNTRACKS, "zb-000002")


async def test_an_id_without_a_user_cannot_speak_owntracks(registry):
    await registry.execute("INSERT INTO devices (device_id, kind) VALUES ('nohyphen', 'bracelet')")
    asked = asks(Holder(device_id="nohyphen"), wire_format=Format.OWNTRACKS)
    assert await refusals(issuing.issue(registry, asked, by=None)) == [Refusal.NO_USER]


async def test_a_rotation_overlaps_ends_by_itself_and_alternates(registry):
    await issuing.issue(registry, asks(PHONE, wire_format=Format.OWNTRACKS), by=None)
    [second] = await issuing.rotate(registry, [PHONE], by=None, overlap=timedelta(seconds=0.4))
    assert (second.login, second.format) == ("li_na-phone~2", Format.OWNTRACKS)
    assert await logins(registry) == ["li_na-phone", "li_na-phone~2"]
    assert timedelta() < await store.next_change(registry) <= timedelta(seconds=0.4)
    assert await refusals(issuing.rotate(registry, [PHONE], by=None)) == [Refusal.BOTH_IN_USE]
    await registry.execute("SELECT pg_sleep(0.4)")
    assert await logins(registry) == ["li_na-phone~2"]
    assert await store.next_change(registry) is None
    [third] = await issuing.rotate(registry, [PHONE], by=None)
    assert third.login == "li_na-phone"


async def test_a_rotation_without_overlap_keeps_the_login(registry):
    [first] = await issuing.issue(registry, asks(ONE), by=None)
    [again] = await issuing.rotate(registry, [ONE], by=None, overlap=timedelta())
    assert again.login == first.login
    assert again.secret != first.secret
    assert again.overlap_until is None
    assert await logins(registry) == ["zb-000001"]


async def test_what_cannot_be_rotated(registry):
    assert await refusals(issuing.rotate(registry, [ONE], by=None)) == [Refusal.HAS_NONE]
    assert await refusals(issuing.rotate(registry, [OLD], by=None)) == [Refusal.UNKNOWN_DEVICE]
    too_long = issuing.rotate(registry, [ONE], by=None, overlap=timedelta(days=91))
    assert await refusals(too_long) == [Refusal.OVERLAP_TOO_LONG]


async def test_revoking_one_leaves_the_other_and_ends_once(registry):
    [first] = await issuing.issue(registry, asks(ONE), by=None)
    [second] = await issuing.rotate(registry, [ONE], by=None)
    ended = await issuing.revoke(registry, ONE, by=None, credential_id=first.credential_id)
    assert [one.login for one in ended] == ["zb-000001"]
    assert await logins(registry) == ["zb-000001~2"]
    again = issuing.revoke(registry, ONE, by=None, credential_id=first.credential_id)
    assert await refusals(again) == [Refusal.UNKNOWN_CREDENTIAL]
    of_another = issuing.revoke(registry, TWO, by=None, credential_id=second.credential_id)
    assert await refusals(of_another) == [Refusal.UNKNOWN_CREDENTIAL]
    await issuing.revoke(registry, ONE, by=None)
    assert await logins(registry) == []


async def test_who_is_retired_is_let_in_no_more(registry):
    await issuing.issue(registry, asks(ONE, INGEST), by=None)
    await registry.execute("UPDATE devices SET retired_at = now() WHERE device_id = 'zb-000001'")
    assert await logins(registry) == ["service~ingest"]


async def test_the_keeper_follows_the_table_and_the_end_of_an_overlap(registry, database_url):
    with open_folder() as folder:
        keeping = asyncio.create_task(
            Keeper(database_url, Target(folder=folder, format="mosquitto", pid_file=None)).run()
        )
        try:
            await until_file(folder / keeper.PASSWORDS, set())
            await issuing.issue(registry, asks(ONE), by=None)
            await until_file(folder / keeper.PASSWORDS, {"zb-000001"})
            await issuing.rotate(registry, [ONE], by=None, overlap=timedelta(seconds=1))
            await until_file(folder / keeper.PASSWORDS, {"zb-000001", "zb-000001~2"})
            await until_file(folder / keeper.PASSWORDS, {"zb-000001~2"})
            await registry.execute("UPDATE devices SET retired_at = now() WHERE device_id = 'zb-000001'")
            await until_file(folder / keeper.PASSWORDS, set())
            assert (folder / keeper.PASSWORDS).stat().st_mode & 0o007 == 0
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


async def test_the_embedded_broker_stays_closed_when_the_last_credential_is_revoked(registry, tmp_path):
    target = Target(folder=tmp_path, format="nats", pid_file=None)
    file = tmp_path / accounts.FILE
    await keeper.apply(registry, target)
    assert "no_auth_user" in file.read_text()
    await issuing.issue(registry, asks(ONE), by=None)
    await keeper.apply(registry, target)
    assert "no_auth_user" not in file.read_text()
    await issuing.revoke(registry, ONE, by=None)
    await keeper.apply(registry, target)
    assert "zb-000001" not in file.read_text()
    assert "no_auth_user" not in file.read_text()


async def until_file(file, names):
    async with asyncio.timeout(60):
        while not file.exists() or {line.split(":")[0] for line in file.read_text().splitlines()[1:]} != names:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_folder_that_cannot_be_written_is_told_with_its_setting(registry, tmp_path):
    await issuing.issue(registry, asks(ONE), by=None)
    target = Target(folder=tmp_path / "none", format="mosquitto", pid_file=None)
    with pytest.raises(keeper.AccessNotWritten, match="TONGXING_BROKER_ACCESS_DIR"):
        await keeper.apply(registry, target)


@pytest.fixture
def run(database_url, tmp_path, monkeypatch, capsys):
    """Runs `tongxing device credentials …` and returns exit code, output and errors."""
    monkeypatch.setenv("TONGXING_DATABASE_URL", database_url)
    # Logs of this process are the other tests' too.
    monkeypatch.setattr(telemetry, "configure_logging", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO devices (device_id, kind) VALUES ('zb-1', 'bracelet'), ('zb-2', 'bed')")

    def command(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["device", "credentials", *arguments])
        return code, *capsys.readouterr()

    return command


def test_the_command_issues_lists_rotates_and_revokes(run):
    code, said, _ = run("issue", "zb-1")
    [row] = csv.DictReader(io.StringIO(said))
    assert (code, row["device_id"], row["login"], len(row["secret"])) == (0, "zb-1", "zb-1", 32)
    assert run("issue", "zb-1")[0] == 2
    assert run("list")[1].split("\t")[1:4] == ["zb-1", "password", "native"]
    code, said, _ = run("rotate", "zb-1", "--overlap", "1", "--secret-only")
    assert (code, len(said.strip())) == (0, 32)
    assert len(run("list", "zb-1")[1].splitlines()) == 2
    code, said, _ = run("revoke", "zb-1")
    assert (code, len(said.splitlines())) == (0, 2)
    assert run("list")[1] == ""
    assert len(run("list", "--all")[1].splitlines()) == 2


def test_a_list_is_refused_by_its_lines_and_nothing_is_issued(run, tmp_path):
    (tmp_path / "list.csv").write_text("device_id,format\nzb-1,\nzb-7,native\nzb-2,morse\n")
    code, _, error = run("issue", "--from", "list.csv")
    assert code == 2
    assert "line 4, format: 'morse'" in error
    (tmp_path / "list.csv").write_text("设备编号\nzb-1\nzb-7\n")
    assert "line 3, device_id: 'zb-7': is not registered" in run("issue", "--from", "list.csv")[2]
    assert run("list")[1] == ""


def test_an_export_gives_everybody_a_secret_and_never_writes_over_a_file(run, tmp_path):
    run("issue", "zb-1")
    code, said, error = run("export", "logins.csv", "--labels", "labels.html", "--broker", "mqtts://broker:8883")
    assert (code, said) == (0, "")
    assert "1 credentials are in logins.csv" in error
    assert (tmp_path / "logins.csv").stat().st_mode & 0o077 == 0
    [row] = csv.DictReader(io.StringIO((tmp_path / "logins.csv").read_text()))
    assert row["login"] == "zb-2"
    labels = (tmp_path / "labels.html").read_text()
    assert row["secret"] in labels
    assert "mqtts://broker:8883" in labels
    run("revoke", "zb-2")
    assert "exists" in run("export", "logins.csv")[2]
    assert "zb-2" not in run("list")[1], "what nobody can read is not issued"


def test_a_service_has_a_login_of_its_own(run):
    assert run("issue", "--service", "ingest")[1].splitlines()[1].startswith("service ingest,service~ingest,")
    assert run("issue")[2].strip().endswith("Name devices, a --service, or a list with --from.")


async def test_from_the_command_to_the_broker(registry, database_url, monkeypatch):
    """Issued, the device is in; revoked, it is out: no restart of anything."""
    program = mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    with open_folder() as folder:
        async with guarded_mosquitto(program, folder) as guarded:
            [ours] = await issuing.issue(registry, asks(INGEST), by=None)
            [one] = await issuing.issue(registry, asks(ONE), by=None)
            await keeper.apply(registry, guarded.target)
            await until_let_in(guarded, one, expected=True)
            await issuing.revoke(registry, ONE, by=None)
            await keeper.apply(registry, guarded.target)
            await until_let_in(guarded, one, expected=False)
            await until_let_in(guarded, ours, expected=True)


async def until_let_in(guarded, issued, *, expected):
    async with asyncio.timeout(60):
        while (await refusal(guarded, issued) is None) is not expected:  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.02)


async def refusal(guarded, issued):
    return await probe.mqtt(ports.HOST, guarded.device_port, username=issued.login, password=issued.secret)


def test_certificates_are_made_kept_as_fingerprints_and_revoked(run, tmp_path, capsys):
    def certificates(*arguments):
        code = cli.main(["certificates", "--folder", str(tmp_path / "ca"), *arguments])
        return code, "".join(capsys.readouterr())

    assert certificates("server", "broker.example")[0] == 2, "there is no authority yet"
    assert certificates("ca")[0] == 0
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o077 == 0
    assert "exists" in certificates("ca")[1]
    assert certificates("server", "broker.example", "10.0.0.1")[0] == 0
    assert certificates("device", "zb-1", "zb-9", "--output", str(tmp_path))[0] == 2
    assert not list(tmp_path.glob("*.key")), "nothing is made for anybody"
    assert certificates("device", "zb-1", "--output", str(tmp_path))[0] == 0
    made = x509.load_pem_x509_certificate((tmp_path / "zb-1.pem").read_bytes())
    assert made.subject.rfc4514_string() == "CN=zb-1"
    assert run("list")[1].split("\t")[1:3] == ["zb-1", "certificate"]
    run("revoke", "zb-1")
    assert "names 1 certificates" in certificates("revoked")[1]
    listed = x509.load_pem_x509_crl((tmp_path / "ca" / "revoked.pem").read_bytes())
    assert listed.get_revoked_certificate_by_serial_number(made.serial_number) is not None
