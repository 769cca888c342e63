"""The processes of the demo, each started with the command line that production uses."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime import child
from runtime.child import ChildError
from runtime.embedded import ports
from runtime.processes import ProcessGroup, Ready, http_answers
from runtime.settings import PREFIX
from simulators import city, roster
from simulators.demo.options import Options
from simulators.errors import SimulatorError
from simulators.ground import dangers

USUAL_PORT = 8000
#: The demo looks this far for a free port.
PORTS_TRIED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Listeners on the loopback address."""

    api: int
    ingest: int
    alerts: int
    phone: int


def choose_ports(asked: int | None) -> Ports:
    """Free ports; the one asked for, or 8000 or the next above it, for the console.

    Raises:
        EmbeddedError: the port asked for is taken.
    """
    usual = list(range(USUAL_PORT, USUAL_PORT + PORTS_TRIED))
    return Ports(
        api=ports.choose("console", asked=asked, preferred=usual),
        ingest=ports.choose("ingest", asked=None, preferred=[9101]),
        alerts=ports.choose("alerts", asked=None, preferred=[9102]),
        phone=ports.choose("phone", asked=None, preferred=[8099]),
    )


def environment(options: Options, chosen: Ports, shared: Mapping[str, str]) -> dict[str, str]:
    """What every child is given: the run's servers and clock, and its own listeners."""
    return {
        **shared,
        f"{PREFIX}DATA_DIR": str(options.data_dir),
        f"{PREFIX}API_HOST": "127.0.0.1",
        f"{PREFIX}API_PORT": str(chosen.api),
        f"{PREFIX}ALERTS_CONSOLE_URL": f"http://127.0.0.1:{chosen.api}",
        f"{PREFIX}INGEST_HEALTH_PORT": str(chosen.ingest),
        f"{PREFIX}ALERTS_HEALTH_PORT": str(chosen.alerts),
        "PYTHONUNBUFFERED": "1",
    }


@dataclass(slots=True)
class Children:
    """The group, and how its members are started."""

    group: ProcessGroup
    options: Options
    ports: Ports
    environment: Mapping[str, str]

    @property
    def stats_file(self) -> Path:
        """Where the simulator leaves its statistics."""
        return self.options.data_dir / "simulator.json"

    async def phone(self, secret: str) -> None:
        """The family's telephone."""
        await self._start(
            "phone",
            "simulate",
            "phone",
            f"--port={self.ports.phone}",
            ready=http_answers(self.ports.phone, "/health/live"),
            more={f"{PREFIX}PHONE_SECRET": secret},
        )

    async def api(self) -> None:
        """The API and the console."""
        await self._start("api", "api", ready=http_answers(self.ports.api))

    async def alerts(self) -> None:
        """From detections to people."""
        await self._start("alerts", "alerts", ready=http_answers(self.ports.alerts))

    async def ingest(self) -> None:
        """From devices to detections."""
        await self._start("ingest", "ingest", ready=http_answers(self.ports.ingest))

    async def simulate(self, *, scenes: tuple[str, ...], scene_every_s: float | None) -> None:
        """The city."""
        self.stats_file.unlink(missing_ok=True)
        arguments = [*self._city(), f"--sessions={self.options.sessions}", f"--stats={self.stats_file}"]
        arguments += [f"--scene={text}" for text in scenes]
        arguments += [] if scene_every_s is None else [f"--scene-every={scene_every_s:g}"]
        await self._start("simulate", "simulate", *arguments)

    async def migrate(self) -> None:
        """Bring the tables up to date."""
        await self._once("migrate", "migrate")

    async def register(self, webhook: tuple[str, str]) -> None:
        """Make the city's people known."""
        asked = self.options
        built = city.build(asked.seed, bracelets=asked.bracelets, beds=asked.beds)
        await self.enter(roster.roster(built, webhook=webhook))
        await self.dangers(dangers.collection(built.seed, built.towns))

    async def enter(self, people: Mapping[str, object]) -> None:
        """Make the people of a roster known."""
        await self._once("register", "register", str(self._written("roster.json", people)))

    async def dangers(self, collection: Mapping[str, object]) -> None:
        """Make water, rails and fast roads known; `collection` is GeoJSON, WGS-84."""
        file = self._written("dangers.geojson", collection)
        await self._once("dangers", "import", "dangers", str(file), "--datum=wgs84")

    async def rehearse(self, *arguments: str) -> None:
        """The city, in a scene."""
        await self._start("simulate", "simulate", *arguments)

    def _written(self, name: str, content: Mapping[str, object]) -> Path:
        file = self.options.data_dir / name
        # It may hold a webhook's secret.
        file.touch(mode=0o600)
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return file

    def _city(self) -> list[str]:
        asked = self.options
        return [f"--seed={asked.seed}", f"--bracelets={asked.bracelets}", f"--beds={asked.beds}"]

    async def _start(
        self, name: str, *arguments: str, ready: Ready | None = None, more: Mapping[str, str] | None = None
    ) -> None:
        await self.group.start(name, command(*arguments), environment={**self.environment, **(more or {})}, ready=ready)

    async def _once(self, name: str, *arguments: str) -> None:
        """Run a command to its end.

        Raises:
            SimulatorError: it failed; the message holds the end of its log.
        """
        log = self.options.data_dir / "logs" / f"{name}.log"
        try:
            process = await child.start(command(*arguments), name=name, log=log, environment=whole(self.environment))
        except ChildError as error:
            raise SimulatorError(str(error)) from error
        async with process:
            if (code := await process.wait()) != 0:
                raise SimulatorError(f"`tongxing {arguments[0]}` failed (exit code {code}, {log}):\n{process.tail()}")


def command(*arguments: str) -> list[str]:
    """The command line of one `tongxing` subcommand, in this Python."""
    return [sys.executable, "-m", "runtime.cli", *arguments]


def whole(ours: Mapping[str, str]) -> dict[str, str]:
    """A complete environment: this process's, and ours on top."""
    return {**os.environ, **ours}
