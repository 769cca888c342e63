"""Both brokers as they let devices in: files from credentials, and clients that try. For tests of identity."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt

from ingest.identity import keeper
from ingest.identity.credential import Format, Holder, Kind, Service, digests, first_login
from ingest.identity.keeper import Target
from ingest.identity.store import Living
from runtime import child, probe
from runtime.embedded import broker, ports
from tests import servers

DEVICES_CONF = servers.MOSQUITTO_CONF.with_name("devices.conf")


def password(holder: Holder, secret: str, *, login: str | None = None, wire_format: Format = Format.NATIVE) -> Living:
    """A living password credential."""
    return Living(
        holder=holder,
        login=login or first_login(holder),
        kind=Kind.PASSWORD,
        format=wire_format,
        digests=digests(secret),
    )


def device(device_id: str, secret: str, **options) -> Living:
    return password(Holder(device_id=device_id), secret, **options)


INGEST = password(Holder(service=Service.INGEST), "of-ingest")


@dataclass(kw_only=True)
class Guarded:
    """A running broker that lets in whom its files name."""

    target: Target
    #: Where devices come in, and where services do.
    device_port: int
    service_port: int
    tls: ssl.SSLContext | None = None
    certificate_port: int = 0
    log: Path = field(default_factory=Path)

    async def let_in(self, *living: Living) -> None:
        """From now on these and ingest, and nobody else; returns when the broker has read it."""
        marker = secrets.token_hex(8)
        probing = password(Holder(service=Service.SIMULATOR), marker, login=f"service~{marker}")
        keeper.write(self.target, (INGEST, probing, *living))
        keeper.reload(self.target)
        await _until_let_in(self.service_port, probing.login, marker)

    def device(self, login: str | None, secret: str | None, **options) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            self.device_port,
            username=login,
            password=secret,
            timeout=5,
            tls_context=self.tls,
            **{"identifier": login} | options,
        )

    def service(self, **options) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1", self.service_port, username="service~ingest", password="of-ingest", timeout=5, **options
        )


def devices_configuration(folder: Path, ports_: Sequence[int]) -> str:
    """Our production settings for devices; where files lie, and TLS, differ."""
    text = DEVICES_CONF.read_text(encoding="utf-8")
    for ours, theirs in (
        ("listener 8883", f"listener {ports_[0]} 127.0.0.1"),
        ("#listener 8884", f"#listener {ports_[1]} 127.0.0.1"),
        ("/var/lib/tongxing/broker/", f"{folder}/"),
        ("/etc/tongxing/certificates/", f"{folder}/certificates/"),
    ):
        assert ours in text, f"{DEVICES_CONF} lost {ours!r}"
        text = text.replace(ours, theirs)
    lines = text.splitlines()
    if (folder / "certificates").exists():
        lines = [
            line.removeprefix("#") if line.startswith("#") and not line.startswith("# ") else line for line in lines
        ]
    else:
        lines = [line for line in lines if not line.startswith(("certfile", "keyfile", "tls_version"))]
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def guarded_mosquitto(program: str, folder: Path) -> AsyncIterator[Guarded]:
    service_port, device_port, certificate_port = (ports.any_free() for _ in range(3))
    pid_file = folder / "mosquitto.pid"
    target = Target(folder=folder, format="mosquitto", pid_file=pid_file)
    keeper.write(target, [INGEST])
    configuration = folder / "mosquitto.conf"
    configuration.write_text(
        servers.mosquitto_configuration(folder, service_port)
        + devices_configuration(folder, (device_port, certificate_port))
        + f"pid_file {pid_file}\n",
        encoding="utf-8",
    )
    tls = None
    if (folder / "certificates").exists():
        tls = ssl.create_default_context(cafile=folder / "certificates" / "ca.pem")
    process = await child.start([program, "-c", configuration], name="mosquitto", log=folder / "mosquitto.log")
    async with process:
        await _until_let_in(service_port, "service~ingest", "of-ingest")
        yield Guarded(
            target=target,
            device_port=device_port,
            service_port=service_port,
            certificate_port=certificate_port,
            tls=tls,
            log=folder / "mosquitto.log",
        )


@asynccontextmanager
async def guarded_embedded(folder: Path) -> AsyncIterator[Guarded]:
    port = ports.any_free()
    server = await broker.start(folder, port=port)
    async with server.process:
        target = Target(folder=server.folder, format="nats", pid_file=None)
        made = Guarded(target=target, device_port=port, service_port=port, log=folder / "logs" / "broker.log")
        await made.let_in()
        await _until_let_in(port, "service~ingest", "of-ingest")
        yield made


async def _until_let_in(port: int, login: str, secret: str) -> None:
    until = time.monotonic() + 20
    while (wrong := await probe.mqtt(ports.HOST, port, username=login, password=secret)) is not None:
        if time.monotonic() > until:
            raise RuntimeError(f"the broker does not let {login} in: {wrong}")
        await asyncio.sleep(0.01)
