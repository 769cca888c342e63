"""Embedded servers that can be broken on purpose, for rehearsals and tests: killed, held still, started again.

Only what was started here can be broken; nothing is looked for by its name.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from runtime.child import Child
from runtime.embedded import broker, ports, postgres
from runtime.embedded.errors import EmbeddedError
from runtime.embedded.servers import Embedded, Progress

ServerName: TypeAlias = Literal["broker", "database"]
#: A database that was killed leaves processes that need a moment to notice. Tries, and real seconds between them.
STARTS, START_PAUSE_S = 10, 0.3


class Breakable(Embedded):
    """Both servers. What is done to them on purpose is no failure."""

    def __init__(
        self,
        data_dir: Path,
        broker_port: int | None = None,
        database_port: int | None = None,
        *,
        progress: Progress = lambda _: None,
    ) -> None:
        """As `Embedded`."""
        super().__init__(data_dir, broker_port, database_port, progress=progress)
        self._running: dict[str, Child] = {}
        self._broken: set[int] = set()

    def kill(self, name: ServerName) -> None:
        """End one as a power cut would. It stays away until `start_again`."""
        process = self._running[name]
        self._broken.add(process.pid)
        process.kill()

    async def start_again(self, name: ServerName) -> None:
        """Start one that was killed, on its port and with what it had kept.

        Raises:
            EmbeddedError: it does not start.
        """
        await self._running[name].wait()
        port = ports.remembered(self._data_dir / "ports.json")[name]
        for left in reversed(range(STARTS)):
            try:
                server = await (broker if name == "broker" else postgres).start(self._data_dir, port=port)
            except EmbeddedError:
                if not left:
                    raise
                await asyncio.sleep(START_PAUSE_S)
            else:
                await self._keep(server.process)
                return

    def hold(self, name: ServerName) -> None:
        """Let one stand still with all that it has started: it neither answers nor hangs up."""
        _signal(self._running[name], signal.SIGSTOP)

    def release(self, name: ServerName) -> None:
        """Let it go on."""
        _signal(self._running[name], signal.SIGCONT)

    async def _keep(self, process: Child) -> None:
        self._running[process.name] = process
        await super()._keep(process)

    async def _watch(self, process: Child) -> None:
        await process.wait()
        if process.pid not in self._broken:
            await super()._watch(process)

    async def _stop(self) -> None:
        # What is held still cannot be ended politely.
        for process in self._running.values():
            _signal(process, signal.SIGCONT)
        await super()._stop()


def _signal(process: Child, number: signal.Signals) -> None:
    """To a process that runs, and to all that come from it."""
    if process.exit_code is None:
        for pid in family(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def family(pid: int) -> list[int]:
    """A process and all that come from it, itself first."""
    parents = dict(_parents())
    found = [pid]
    for ancestor in found:
        found += [child for child, parent in parents.items() if parent == ancestor]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            # The name in brackets may hold anything, brackets too.
            yield int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])
