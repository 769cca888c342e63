"""TLS with a real Mosquitto: passwords over it, certificates instead of them, and what is said when it fails."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiomqtt
import pytest
import pytest_asyncio

from ingest.identity import authority
from ingest.identity.ending import end_session
from ingest.lanes import LIVE
from ingest.sources.session import BrokerSession, Version
from runtime import broker_address, doctor
from runtime.clock import SystemClock, wall_now
from runtime.settings import SettingsError
from tests.conftest import missing
from tests.identity_brokers import Guarded, device, guarded_mosquitto
from tests.servers import mosquitto_program, open_folder

ONE = "tongxing/v1/zb-000001"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded() -> AsyncIterator[Guarded]:
    """Mosquitto with our settings for devices, certificates and all."""
    program = mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    with open_folder() as folder:
        made = authority.found(folder / "certificates", at=wall_now())
        authority.for_server(made, ["127.0.0.1", "broker.example"], at=wall_now())
        async with guarded_mosquitto(program, folder) as running:
            yield running


def certificates(guarded: Guarded) -> Path:
    return guarded.target.folder / "certificates"


def at(guarded: Guarded, login: str, secret: str, host: str = "127.0.0.1") -> broker_address.Address:
    url = f"mqtts://{login}:{secret}@{host}:{guarded.device_port}"
    return broker_address.address(url, certificates(guarded) / "ca.pem")


def with_certificate(guarded: Guarded, made: authority.Made | None, **options) -> aiomqtt.Client:
    context = ssl.create_default_context(cafile=certificates(guarded) / "ca.pem")
    if made is not None:
        context.load_cert_chain(made.certificate_file, made.key_file)
    return aiomqtt.Client("127.0.0.1", guarded.certificate_port, tls_context=context, timeout=5, **options)


async def comes_in(client: aiomqtt.Client) -> bool:
    """Whether a session lives: a broker that asks for a certificate hangs up after the handshake."""
    try:
        async with asyncio.timeout(5), client:
            await client.publish(f"{ONE}/status", b"{}", qos=1)
            return True
    except (aiomqtt.MqttError, OSError, TimeoutError):
        return False


async def test_a_password_goes_over_tls_and_over_nothing_else(guarded):
    await guarded.let_in(device("zb-000001", "one"))
    assert await comes_in(guarded.device("zb-000001", "one"))
    bare = aiomqtt.Client("127.0.0.1", guarded.device_port, username="zb-000001", password="one", timeout=2)
    assert not await comes_in(bare)


@pytest.mark.parametrize("version", [Version.V5, Version.V311, Version.AUTO])
async def test_ingest_hears_over_tls(guarded, version):
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    class Sink:
        def put(self, rank, *envelopes):
            for envelope in envelopes:
                heard.put_nowait(envelope.payload)
                envelope.acknowledge()

    await guarded.let_in(device("zb-000001", "one"))
    where = at(guarded, "service~ingest", "of-ingest")
    running = asyncio.create_task(
        BrokerSession(where, f"tls-{version}", LIVE, Sink(), SystemClock(), version=version).run()
    )
    try:
        async with asyncio.timeout(60), guarded.device("zb-000001", "one") as bracelet:
            while heard.empty():
                await bracelet.publish(f"{ONE}/location", b"over tls", qos=1)
                await asyncio.sleep(0.05)
        assert heard.get_nowait() == b"over tls"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_was_not_acknowledged_over_tls_comes_again(guarded):
    """MQTT 5 with our authority's certificate: the session outlives its connection, and what it was not told is safe."""
    given: asyncio.Queue[tuple[bytes, object]] = asyncio.Queue()

    class Sink:
        def put(self, rank, *envelopes):
            for envelope in envelopes:
                given.put_nowait((envelope.payload, envelope))

    await guarded.let_in(device("zb-000001", "one"))
    where = at(guarded, "service~ingest", "of-ingest")

    async def hear(count: int, *, acknowledge: bool) -> list[bytes]:
        session = BrokerSession(where, "tls-again", LIVE, Sink(), SystemClock(), version=Version.V5)
        running = asyncio.create_task(session.run())
        try:
            async with asyncio.timeout(20):
                while session.problem is not None:  # noqa: ASYNC110 - a network
                    await asyncio.sleep(0.01)
                if not acknowledge:
                    async with guarded.device("zb-000001", "one") as bracelet:
                        for number in range(count):
                            await bracelet.publish(f"{ONE}/location", b"%d" % number, qos=1)
                heard = [await given.get() for _ in range(count)]
            for _, envelope in heard if acknowledge else []:
                envelope.acknowledge()
            await asyncio.sleep(0)
            return [payload for payload, _ in heard]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    sent = [b"%d" % number for number in range(20)]
    assert await hear(len(sent), acknowledge=False) == sent
    assert await hear(len(sent), acknowledge=True) == sent


async def test_ingest_hears_nobody_whom_its_authority_does_not_know(guarded, tmp_path, capsys):
    other = authority.found(tmp_path / "other", at=wall_now())
    url = f"mqtts://service~ingest:of-ingest@127.0.0.1:{guarded.device_port}"
    where = broker_address.address(url, other.folder / "ca.pem")
    session = BrokerSession(where, "tls-stranger", LIVE, None, SystemClock(), version=Version.V5)
    running = asyncio.create_task(session.run())
    said_so = ""
    try:
        async with asyncio.timeout(20):
            while "TONGXING_BROKER_CA_FILE" not in said_so:
                await asyncio.sleep(0.05)
                said_so += capsys.readouterr().out
        assert "does not know who signed" in said_so
        assert "of-ingest" not in said_so
        assert session.problem is not None
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_certificate_opens_its_devices_topics_alone(guarded, tmp_path):
    signing = authority.opened(certificates(guarded))
    one = authority.for_device(signing, "zb-000001", tmp_path, at=wall_now())
    await guarded.let_in()
    heard = []
    async with guarded.service(identifier="ear") as ours, with_certificate(guarded, one) as bracelet:
        await ours.subscribe("tongxing/v1/#", qos=1)
        await bracelet.publish(f"{ONE}/location", b"{}", qos=1)
        for topic in ("tongxing/v1/zb-000002/location", f"{ONE}/command"):
            await attempt(with_certificate(guarded, one, identifier="x"), topic)
        await ours.publish("tongxing/v1/end/status", b"", qos=1)
        async with asyncio.timeout(60):
            async for message in ours.messages:
                heard.append(str(message.topic))
                if heard[-1].endswith("end/status"):
                    break
    assert heard == [f"{ONE}/location", "tongxing/v1/end/status"]


async def attempt(client, topic):
    try:
        async with client:
            await client.publish(topic, b"{}", qos=1)
    except aiomqtt.MqttError:
        pass


async def test_nobody_comes_in_with_no_certificate_with_another_authoritys_or_a_servers(guarded, tmp_path):
    other = authority.found(tmp_path / "other", at=wall_now())
    forged = authority.for_device(other, "zb-000001", tmp_path, at=wall_now())
    assert not await comes_in(with_certificate(guarded, None))
    assert not await comes_in(with_certificate(guarded, forged))
    ours = authority.opened(certificates(guarded))
    expired = authority.for_device(ours, "zb-000007", tmp_path, at=wall_now() - 2 * authority.DEVICE_LASTS)
    assert not await comes_in(with_certificate(guarded, expired))


async def test_a_revoked_certificate_opens_nothing_and_its_neighbour_stays(guarded, tmp_path):
    signing = authority.opened(certificates(guarded))
    lost, kept = (authority.for_device(signing, name, tmp_path, at=wall_now()) for name in ("zb-000001", "zb-000002"))
    session = with_certificate(guarded, lost)
    await session.__aenter__()
    authority.revoke(signing, [lost.serial], at=wall_now())
    await guarded.let_in()
    ours = f"mqtt://service~ingest:of-ingest@127.0.0.1:{guarded.service_port}"
    await end_session(broker_address.address(ours), "zb-000001")
    with pytest.raises(aiomqtt.MqttError):
        await asyncio.wait_for(anext(aiter(session.messages)), 5)
    assert not await comes_in(with_certificate(guarded, lost))
    assert await comes_in(with_certificate(guarded, kept))
    authority.revoke(signing, [], at=wall_now())
    await guarded.let_in()


async def test_the_brokers_certificate_is_renewed_without_a_restart(guarded):
    before = await certificate_of(guarded)
    authority.for_server(authority.opened(certificates(guarded)), ["127.0.0.1", "broker.example"], at=wall_now())
    await guarded.let_in()
    assert await certificate_of(guarded) != before


async def certificate_of(guarded) -> bytes:
    _, writer = await asyncio.open_connection("127.0.0.1", guarded.device_port, ssl=guarded.tls)
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return certificate


@asynccontextmanager
async def server_with(folder: Path, names: list[str], *, since=timedelta()) -> AsyncIterator[int]:
    """Anything that speaks TLS with a certificate of an authority of its own; its port."""
    signing = authority.found(folder, at=wall_now() - timedelta(days=800))
    authority.for_server(signing, names, at=wall_now() - since)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def said(port: int, ca_file: Path | None, host: str = "127.0.0.1") -> str:
    """What the doctor says of a broker."""
    where = broker_address.address(f"mqtts://{host}:{port}", ca_file)
    [finding] = [one async for one in doctor.check_broker(where)]
    assert finding.verdict is doctor.Verdict.WRONG
    return finding.says


async def test_what_is_wrong_with_a_certificate_is_said_with_its_setting(tmp_path):
    other = authority.found(tmp_path / "other", at=wall_now())
    async with server_with(tmp_path / "good", ["127.0.0.1"]) as port:
        theirs = await said(port, other.folder / "ca.pem")
        assert f"TONGXING_BROKER_CA_FILE ({other.folder / 'ca.pem'}) does not know who signed" in theirs
        assert "the system does not know who signed" in await said(port, None)
        assert "its certificate is not for localhost" in await said(port, tmp_path / "good" / "ca.pem", "localhost")
    async with server_with(tmp_path / "old", ["127.0.0.1"], since=timedelta(days=500)) as port:
        assert "its certificate has expired" in await said(port, tmp_path / "old" / "ca.pem")


async def test_tls_with_somebody_who_does_not_speak_it_is_said(guarded):
    assert "does not speak TLS" in await said(guarded.service_port, certificates(guarded) / "ca.pem")


def test_a_file_that_is_no_certificate_stops_the_start(tmp_path):
    for name, content in (("none.pem", None), ("text.pem", "hello")):
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(SettingsError, match=f"TONGXING_BROKER_CA_FILE names .*{name}"):
            broker_address.address("mqtts://broker", tmp_path / name)


async def test_the_doctor_counts_the_days_of_a_certificate(guarded, tmp_path):
    await guarded.let_in()
    found = [one async for one in doctor.check_broker(at(guarded, "service~ingest", "of-ingest"))]
    assert [one.verdict for one in found] == [doctor.Verdict.OK] * 5
    # Ingest's own credential may ask for the broker's count.
    assert found[4].says == "nothing since it started"
    assert "days" in found[2].says
    async with server_with(tmp_path / "soon", ["127.0.0.1"], since=timedelta(days=380)) as port:
        where = broker_address.address(f"mqtts://127.0.0.1:{port}", tmp_path / "soon" / "ca.pem")
        finding = await doctor.check_certificate(where)
        assert finding.verdict is doctor.Verdict.WRONG
        assert "tongxing certificates server" in finding.says
