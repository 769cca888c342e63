"""Both servers of one data folder, started and ended in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from runtime import run_environment
from runtime.child import Child
from runtime.embedded import broker, lock, ports, postgres
from runtime.embedded.errors import EmbeddedError
from runtime.settings import PREFIX

log = structlog.get_logger(__name__)

#: The port that MQTT clients try first.
USUAL_BROKER_PORT = 1883

#: Told what is being done, in words for people.
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """A server ended without being asked to."""

    name: str
    exit_code: int
    log: Path
    #: The end of its log.
    tail: str

    def __str__(self) -> str:
        """A sentence and the end of the log."""
        return f"the {self.name} ended unexpectedly (exit code {self.exit_code}, {self.log}):\n{self.tail}"


class Embedded:
    """PostgreSQL and an MQTT broker in a data folder that survives restarts.

    On leaving, the broker ends first, so that nobody is handed what can no longer be stored; then the database.

    Example:
        async with Embedded(Path(".tongxing")) as servers:
            print(servers.database_url, servers.broker_url)
            print(await servers.failed)  # a server that died
    """

    def __init__(
        self,
        data_dir: Path,
        broker_port: int | None = None,
        database_port: int | None = None,
        *,
        progress: Progress = lambda _: None,
    ) -> None:
        """Nothing is started yet.

        Args:
            data_dir: made if it does not exist.
            broker_port: None: the one of last time, else 1883, else any free one.
            database_port: None: the one of last time, else any free one.
            progress: told what is being done.
        """
        self._data_dir = data_dir.absolute()
        self._asked = {"broker": broker_port, "database": database_port}
        self._progress = progress
        self._stack = AsyncExitStack()
        self._stopping = False
        self.database_url = ""
        #: For everybody while no credential was issued; `variables` hold the owner's.
        self.broker_url = ""
        #: Settings with which our processes reach both.
        self.variables: dict[str, str] = {}
        #: Set when a server dies while it should run.
        self.failed: asyncio.Future[Died] = asyncio.Future()

    async def __aenter__(self) -> Self:
        """Start both.

        Raises:
            AlreadyRunning: another process runs the servers of this folder.
            PortTaken: a port that was asked for is in use.
            EmbeddedError: a server did not start.
        """
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End both."""
        await self._stop()

    async def _start(self) -> None:
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(f"the data folder cannot be made ({error}): set TONGXING_DATA_DIR.") from error
        self._stack.enter_context(lock.only_here(self._data_dir))
        self._stack.callback(run_environment.remove, self._data_dir)
        memory = self._data_dir / "ports.json"
        last = ports.remembered(memory)
        self._progress("starting the database")
        port = ports.choose("database", asked=self._asked["database"], preferred=[last.get("database")])
        database = await postgres.start(self._data_dir, port=port)
        await self._keep(database.process)
        self._progress("starting the broker")
        usual = [last.get("broker"), USUAL_BROKER_PORT]
        broker_port = ports.choose("broker", asked=self._asked["broker"], preferred=usual)
        mqtt = await broker.start(self._data_dir, port=broker_port)
        await self._keep(mqtt.process)
        ports.remember(memory, {"database": port, "broker": broker_port})
        self.database_url, self.broker_url = database.url, mqtt.url
        self.variables = {
            f"{PREFIX}DATABASE_URL": database.url,
            f"{PREFIX}BROKER_URL": mqtt.owner_url,
            f"{PREFIX}BROKER_ACCESS_DIR": str(mqtt.folder),
            f"{PREFIX}BROKER_ACCESS_FORMAT": "nats",
        }
        self.announce({})

    def announce(self, variables: Mapping[str, str]) -> None:
        """Tell commands in other terminals our URLs and these settings, until we end (`runtime.run_environment`)."""
        run_environment.write(self._data_dir, {**self.variables, **variables})

    async def _keep(self, process: Child) -> None:
        """Stop it on leaving; report it if it ends before."""
        await self._stack.enter_async_context(process)
        watching = asyncio.create_task(self._watch(process))
        self._stack.callback(watching.cancel)

    async def _watch(self, process: Child) -> None:
        code = await process.wait()
        if self._stopping or self.failed.done():
            return
        died = Died(name=process.name, exit_code=code, log=process.log, tail=process.tail())
        log.error("embedded_server_died", server=died.name, exit_code=code, log=str(died.log))
        self.failed.set_result(died)

    async def _stop(self) -> None:
        self._stopping = True
        await self._stack.aclose()
