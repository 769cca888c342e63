"""`make chaos`: `kill -9` of ingest, alerts, api and the database at random moments; then of the broker; what was lost?

Devices and the receiver are outside: they know what the broker acknowledged, what Tongxing answered, what rang. Devices
walk in and out of their zones and press their buttons all the while. When nobody kills any more, everything
acknowledged must be in the tables, every conclusion there once, the engine's states those of a run without a single
kill over the same readings, and everybody told once. One JSON object on standard output, and in build/chaos.json.

    python -m tests.chaos --kills 100 --broker-kills 5
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from alerts import service
from alerts.lifecycle import IllegalTransition
from geofence import snapshot
from geofence.absence import between
from geofence.memory import Memory
from ingest import store
from ingest.listening import AWAY_LEAST
from ingest.registry import Registry
from runtime import database, migrate
from runtime.clock import ScaledClock
from runtime.embedded import ports
from runtime.embedded.breakable import Breakable
from tests import servers
from tests.alerts.scene import Database as Scene
from tests.alerts.scene import Receiving, Request, receiving, webhook
from tests.chaos import alerts
from tests.chaos.device import Walker
from tests.integration.ingest_process import ROOT, TIMELESS, readings_in_order, whole_book
from tests.integration.ingest_running import ready, rows, unique
from tests.registry_rows import add_person

OUTPUT = Path("build/chaos.json")
#: Seconds of event time in a real one.
RATE = 5.0
WALKERS, EVENT_EVERY = 20, 20
#: Where `add_person` puts everybody.
DIVISION = "370303001001"
#: What is killed, and how often against each other.
VICTIMS = {"ingest": 4, "alerts": 2, "api": 1, "database": 2}
#: Real seconds something lives before it may be killed, and a database or a broker is away.
LIVES_S, AWAY_S = (0.2, 2.5), (0.0, 1.5)
#: Real seconds for ingest to commit anything between two kills; a machine that is busy may take longer, once.
PROGRESS_WITHIN_S = 20.0
SETTLES_WITHIN_S = 120.0
#: A supervisor's patience with a service that was asked to end.
ENDS_WITHIN_S = 60.0
#: What must be nought.
LOSSES = (
    "lost",
    "lost_events",
    "doubled_detections",
    "lost_notifications",
    "doubled_notifications",
    "states_different",
)


class Service:
    """One process of Tongxing: killed, started again."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path) -> None:
        self.name, self._environment, self._folder = name, environment, folder
        self.process: asyncio.subprocess.Process | None = None
        self.ended_by_force = False

    async def start(self) -> None:
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "runtime.cli", self.name, cwd=self._folder, env=self._environment,
                stdout=log, stderr=log,
            )  # fmt: skip

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), ENDS_WITHIN_S)
            return
        # Whatever it hangs on, nothing is left running.
        self.ended_by_force = True
        await self.kill()


@dataclass
class Run(alerts.Run):
    """Everything that runs, and who lives in it."""

    servers: Breakable | None = None
    clock: ScaledClock | None = None
    services: dict[str, Service] = field(default_factory=dict)
    walkers: list[Walker] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    port: int = field(default_factory=ports.any_free)

    def now(self) -> datetime:
        assert self.clock is not None
        return self.clock.now()


async def chaos(*, kills: int, broker_kills: int, seed: int) -> dict[str, Any]:
    """Kill so many times while the rest goes on, and count."""
    random = Random(seed)

    async def answer(_: Request) -> str:
        await asyncio.sleep(random.uniform(0, alerts.ANSWERS_WITHIN_S))
        return "200 OK"

    with servers.open_folder() as folder:
        async with Breakable(folder / "data", broker_port=ports.any_free()) as both, receiving(answer) as hook:
            await migrate.migrate(both.database_url)
            run = await _settled_in(both, hook, random)
            async with _services(run, folder):
                await _live(run, kills, broker_kills)
                return await _counted(run)


async def _settled_in(both: Breakable, hook: Receiving, random: Random) -> Run:
    """Persons with a bracelet and a daughter."""
    began = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    clock = ScaledClock(start=began, rate=RATE, anchor=datetime.now(UTC) + timedelta(seconds=12))
    run = Run(url=both.database_url, hook=hook, random=random, anchor=began, servers=both, clock=clock)
    async with await database.connect(run.url, autocommit=True) as connection:
        scene = Scene(connection)
        for relation in ("coordinator", "station", "county"):
            await scene.official(relation, DIVISION, webhook(hook.url))
        for _ in range(WALKERS):
            walker = Walker(unique("zb"), random.randrange(2**32), began.timestamp(), clock)
            person_id = add_person(run.url, bracelet=walker.device_id, overrides=TIMELESS)
            await scene.family(person_id, webhook(hook.url))
            run.persons.append(person_id)
            run.walkers.append(walker)
    return run


@contextlib.asynccontextmanager
async def _services(run: Run, folder: Path) -> AsyncIterator[None]:
    assert run.servers is not None
    assert run.clock is not None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")} | {
        "PYTHONPATH": str(ROOT),
        "TONGXING_DATABASE_URL": run.url,
        "TONGXING_BROKER_URL": run.servers.broker_url,
        "TONGXING_INGEST_HEALTH_PORT": str(run.port),
        "TONGXING_ALERTS_HEALTH_PORT": "0",
        "TONGXING_ALERTS_SEND_TIMEOUT_S": "2",
        "TONGXING_API_PORT": str(ports.any_free()),
        "TONGXING_LOG_LEVEL": "warning",
        "TONGXING_CLOCK_START": run.clock._start.isoformat(),
        "TONGXING_CLOCK_ANCHOR": run.clock._anchor.isoformat(),
        "TONGXING_CLOCK_RATE": str(RATE),
    }
    run.services = {name: Service(name, environment, folder) for name in VICTIMS if name != "database"}
    for each in run.services.values():
        await each.start()
    # A message that nobody has subscribed to is nobody's.
    await ready(run.port, within_s=90)
    try:
        yield
    finally:
        for each in run.services.values():
            await each.end()


async def _live(run: Run, kills: int, broker_kills: int) -> None:
    assert run.servers is not None
    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for walker in run.walkers:
            group.create_task(walker.live(run.servers.broker_url, 0, EVENT_EVERY, done))
        victims = run.random.choices(list(VICTIMS), list(VICTIMS.values()), k=kills) + ["broker"] * broker_kills
        for victim in victims:
            await _progress(run)
            await asyncio.sleep(run.random.uniform(*LIVES_S))
            await _kill(run, victim)
        await _progress(run)
        done.set()


async def _kill(run: Run, victim: str) -> None:
    assert run.servers is not None
    run.killed[victim] += 1
    run.kills += 1
    if victim in {"database", "broker"}:
        run.servers.kill(victim)  # type: ignore[arg-type]
        await asyncio.sleep(run.random.uniform(*AWAY_S))
        await run.servers.start_again(victim)  # type: ignore[arg-type]
    else:
        await run.services[victim].kill()
    for each in run.services.values():
        # The one that was killed, and any that ended because its database was away, as a supervisor would.
        if each.process is not None and each.process.returncode is not None:
            await each.start()


async def _progress(run: Run) -> None:
    """Return when ingest has committed something new, so that a kill hits work and not a start; or after a while."""
    before, until = await _stored(run.url), time.monotonic() + PROGRESS_WITHIN_S
    while time.monotonic() < until:
        await asyncio.sleep(0.1)
        if await _stored(run.url) > before >= 0:
            return


async def _stored(url: str) -> int:
    try:
        (row,) = await asyncio.to_thread(rows, url, "SELECT count(*) FROM locations")
    except psycopg.OperationalError:
        return -1
    return int(row[0])


async def _counted(run: Run) -> dict[str, Any]:
    taken = {(walker.device_id, at) for walker in run.walkers for at in walker.taken}
    until = time.monotonic() + SETTLES_WITHIN_S
    lost = taken
    while lost and time.monotonic() < until:
        await asyncio.sleep(0.5)
        lost = taken - set(_locations(run.url))
    async with await database.connect(run.url, autocommit=True) as connection:
        scene = Scene(connection)
        await _quieten(run, scene)
        everything = await alerts.settled(scene, SETTLES_WITHIN_S)
        for each in run.services.values():
            await each.end()
        called = await scene.rows("SELECT DISTINCT person_id FROM detections WHERE kind IN ('sos', 'zone_exit')")
        run.persons = [row["person_id"] for row in called]
        told = await alerts.judged(run, scene)
    return {
        "kills": run.kills,
        "killed": dict(run.killed),
        "acknowledged": len(taken) + sum(len(walker.pressed) for walker in run.walkers),
        "lost": len(lost),
        **_events(run),
        **await _conclusions(run.url),
        "lost_notifications": told["lost_notifications"] + told["lost_detections"],
        "doubled_notifications": told["doubled_notifications"],
        "messages": told["messages"],
        "sent_again_with_the_same_key": told["sent_again_with_the_same_key"],
        "ended_by_force": sum(each.ended_by_force for each in run.services.values()),
        "settled": everything,
    }


async def _quieten(run: Run, scene: Scene) -> None:
    """When everything detected has been handled, answer every incident, so that no ladder climbs on."""
    until = time.monotonic() + SETTLES_WITHIN_S
    handled = False
    while not handled and time.monotonic() < until:
        await asyncio.sleep(0.5)
        handled = (await scene.row("SELECT count(*) AS n FROM unhandled_detections"))["n"] == 0
    for row in await scene.rows("SELECT incident_id FROM incidents WHERE state = 'open'"):
        with contextlib.suppress(IllegalTransition):
            await service.acknowledge(scene.connection, incident_id=row["incident_id"], user_id=None, at=run.now())


def _locations(url: str) -> list[tuple[str, float]]:
    return [
        (row[0], row[1])
        for row in rows(
            url, "SELECT device_id, extract(epoch FROM at)::float FROM locations JOIN devices USING (device_key)"
        )
    ]


def _events(run: Run) -> dict[str, int]:
    """Presses that are not in the tables, or were never answered."""
    stored = set(rows(run.url, "SELECT device_id, event_id FROM safety_events JOIN devices USING (device_key)"))
    pressed = {(walker.device_id, event_id) for walker in run.walkers for event_id in walker.pressed}
    unanswered = sum(len(walker.pressed.keys() - walker.answered) for walker in run.walkers)
    (gaps,) = rows(run.url, "SELECT coalesce(sum(missing), 0)::int FROM device_states")
    return {"lost_events": len(pressed - stored), "unanswered_events": unanswered, "gaps": int(gaps[0])}


async def _conclusions(url: str) -> dict[str, Any]:
    """Against one run over what is stored: conclusions missing, twice or too many; states that differ."""
    registry = Registry(url)
    await registry.load()
    readings = readings_in_order(url)
    async with await database.connect(url) as connection:
        absences = tuple(between(await store.listened(connection, readings[0].received_at), AWAY_LEAST))
        book = await whole_book(connection)
    memory, until = Memory(), readings[-1].received_at
    memory.absences = book.memory.absences = absences
    expected: Counter[str] = Counter()
    for reading in readings:
        (outcome,) = memory.judge_all([reading], registry.persons)
        expected.update(str(each.detection_id) for each in outcome.judgement.detections)
        memory.keep()
    different: dict[int, set[str]] = {}
    for person_id, person in registry.persons.items():
        # A deadline after the last reading may have been looked at or not.
        memory.run_down(person, until)
        book.memory.run_down(person, until)
        ours, theirs = memory.state(person_id), book.state(person_id)
        if snapshot.freeze(ours) != snapshot.freeze(theirs):
            different[person_id] = {n for n in ours.__struct_fields__ if getattr(ours, n) != getattr(theirs, n)}
    found = Counter(str(row[0]) for row in rows(url, "SELECT detection_id FROM detections"))
    return {
        "detections": sum(found.values()),
        "lost_detections": sum((expected - found).values()),
        "doubled_detections": sum((found - expected).values()),
        "states_different": len(different),
        "parts_different": sorted(set().union(*different.values())),
    }


def main(arguments: argparse.Namespace) -> int:
    """Run, print, write."""
    found = asyncio.run(chaos(kills=arguments.kills, broker_kills=arguments.broker_kills, seed=arguments.seed))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found))
    return 0 if found["settled"] and not any(found[name] for name in LOSSES) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--broker-kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(main(parser.parse_args()))
