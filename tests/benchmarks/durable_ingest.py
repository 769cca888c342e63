"""Durable ingest: QoS 1 in, decoded, judged by every detector, committed, acknowledged; one process, from outside.

Mosquitto with our configuration, PostgreSQL as docker-compose.yml has it (durable), one `tongxing ingest`, and a
generator in C (`generator.c`) on the same machine. 10,000 persons with three zones of 60 corners. One process at 40,000 readings a
second carries 2.4 million bracelets that speak once a minute, so everybody's clock runs fast enough that each of the
10,000 speaks once a minute of it; delays are real time.

A rate is *held* if what waits does not grow: in the last fifth of the time as in the first, and less than a second's
worth; in one of two tries. What is measured comes from
outside: a reading says when it was published, the database's own commit stamps say when it was safe.

    python -m tests.benchmarks.durable_ingest --rates 10000,20000 --seconds 12 --mix home
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import psycopg
import yaml

from runtime import migrate
from runtime.embedded import ports, postgres
from tests import servers
from tests.benchmarks.crowd import BEGINS, EVERY_S, PAST, Crowd, walk
from tests.benchmarks.engine import DAY, HOME
from tests.benchmarks.trial import SETTLE_S, Spent, Trial, trial
from tests.integration.ingest_running import ready

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).parent / "generator.c"
PERSONS, CONNECTIONS = 10_000, 50
RATES = (5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000)
SEARCH_S, FINAL_S, CLOSED_S = 10.0, 60.0, 15.0
#: Seconds (real) from the start of ingest until it has read everybody: then the load begins.
READ_WITHIN_S = 18.0
#: Rounds of fixes that are prepared; then they begin anew.
ROUNDS = 300
#: Closed loop: messages ahead of what is committed.
WINDOW = 8_000
#: Persons who are looked at to see how far ingest has come, and of these so many at once.
PROBES, PROBED = 50, 8
#: Seconds between two looks at how far ingest has come: what looking costs is taken from what is measured.
LOOK_EVERY_S = 0.02
#: A stall of a shared machine spoils one trial, seldom two. Count.
TRIES = 2
MIXES = {"day": DAY, "home": HOME}


class Come:
    """How many messages are committed, by persons all over the order whose next reading is there or not."""

    def __init__(self, connection, persons: int, since: datetime) -> None:  # type: ignore[no-untyped-def]
        """`since` is the instant of the last reading before."""
        self._connection, self._every = connection, persons // PROBES
        self._newest = dict.fromkeys(range(1, persons + 1, self._every), since)
        self._order = itertools.cycle(self._newest)
        self._next = [next(self._order) for _ in range(PROBED)]
        self._passed = 0

    def far(self) -> int:
        """So far, to a share of everybody; asks only who comes next, because what looking costs is taken from ingest."""
        since = [self._newest[number] for number in self._next]
        # Two instants in the text, so that the planner leaves out the tables of all other days.
        rows = self._connection.execute(
            "SELECT p, (SELECT min(at) FROM locations WHERE device_key = p AND at > since AND at > %s AND at < %s)"
            " FROM unnest(%s::int[], %s::timestamptz[]) AS asked (p, since)",
            (min(since), min(since) + timedelta(hours=1), self._next, since),
        ).fetchall()
        for number, at in rows:
            if at is None:
                break
            self._newest[number] = at
            self._next = [*self._next[1:], next(self._order)]
            self._passed += 1
        return self._passed * self._every


class Bench:
    """The servers, and the trials on them."""

    def __init__(self, folder: Path, database: postgres.Server, broker: str, crowd: Crowd, mix: str) -> None:
        self.folder, self.database, self.broker, self.crowd, self.mix = folder, database, broker, crowd, mix
        self.rounds_file = crowd.write(folder)
        self.generator = compiled(folder)
        self.clock_at = BEGINS + timedelta(seconds=EVERY_S * PAST)
        self.round = PAST

    async def open_loop(self, rate: float, seconds: float) -> Trial:
        """A fixed rate."""
        clock_rate = EVERY_S * rate / self.crowd.persons
        async with self._ingest(clock_rate) as (pid, port, begin_s):
            run = await self._generate(rate, seconds + SETTLE_S, begin_s, clock_rate)
            before = None
            lines: list[str] = []
            assert run.stdout is not None
            while line := (await run.stdout.readline()).decode():
                lines.append(line)
                if before is None and float(line.split()[0]) >= SETTLE_S:
                    before = after = self._spent(pid, run.pid, port)
                elif before is not None and "end" not in line:
                    after = self._spent(pid, run.pid, port)
            await run.wait()
            assert before is not None, "the generator said nothing"
            await self._drained(int(lines[-1].split()[1]))
        published, committed = self._instants(begin_s, clock_rate)
        self._move_on(len(published))
        behind_ms = max(float(line.split()[3]) for line in lines if "end" not in line)
        return trial(self.mix, rate, published, committed, before=before, after=after, behind_ms=behind_ms)

    async def closed_loop(self, seconds: float) -> float:
        """Readings a second with at most WINDOW uncommitted; read pacing off."""
        clock_rate = EVERY_S * 25_000 / self.crowd.persons
        async with self._ingest(clock_rate, TONGXING_INGEST_READ_PACING_MS="0") as (_, _, begin_s):
            run = await self._generate(0, seconds, begin_s, clock_rate)
            url = self.database.url
            with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
                come = Come(connection, self.crowd.persons, self.clock_at)
                per_s = await self._feed(run, come.far, seconds)
            self._move_on(await self._drained(None))
        return per_s

    async def bare(self, seconds: float) -> float:
        """The same with the same client, which acknowledges and throws away."""
        said = [-1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.bare_subscriber", self.broker, cwd=ROOT, stdout=subprocess.PIPE
        )

        async def listen() -> None:
            assert process.stdout is not None
            while line := await process.stdout.readline():
                said[0] = int(line)

        listening = asyncio.create_task(listen())
        try:
            while said[0] < 0:  # noqa: ASYNC110 - another task fills it
                await asyncio.sleep(0.05)
            run = await self._generate(0, seconds, time.time() + 0.5, 1.0)
            return await self._feed(run, lambda: said[0], seconds)
        finally:
            process.terminate()
            await process.wait()
            await listening

    async def _feed(self, run, committed, seconds: float) -> float:  # type: ignore[no-untyped-def]
        """Tell the generator how far things have come; readings a second after the first fifth."""
        assert run.stdin is not None
        seen: list[tuple[float, int]] = []
        draining = asyncio.create_task(run.stdout.read())
        while not draining.done():
            count = committed()
            seen.append((time.time(), count))
            with contextlib.suppress(ConnectionError):
                run.stdin.write(b"%d\n" % count)
            await asyncio.sleep(LOOK_EVERY_S)
        await run.wait()
        began_s = next(at for at, count in seen if count > 0)
        inside = [(at, count) for at, count in seen if began_s + seconds / 5 <= at <= began_s + seconds - 1]
        (since_s, first), (until_s, last) = inside[0], inside[-1]
        return (last - first) / (until_s - since_s)

    @contextlib.asynccontextmanager
    async def _ingest(self, clock_rate: float, **further: str) -> AsyncIterator[tuple[int, int, float]]:
        """Ingest, ready; yields its process, its port, and when to begin."""
        port, anchor_s = ports.any_free(), time.time() + READ_WITHIN_S
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_") or name in KEPT}
        environment = kept | {
            "PYTHONPATH": str(ROOT),
            "TONGXING_DATABASE_URL": self.database.url,
            "TONGXING_BROKER_URL": self.broker,
            "TONGXING_INGEST_HEALTH_PORT": str(port),
            "TONGXING_LOG_LEVEL": "warning",
            "TONGXING_CLOCK_START": self.clock_at.isoformat(),
            "TONGXING_CLOCK_RATE": str(clock_rate),
            "TONGXING_CLOCK_ANCHOR": datetime.fromtimestamp(anchor_s, UTC).isoformat(),
            **further,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runtime.cli", "ingest", cwd=self.folder, env=environment
        )
        try:
            await ready(port, within_s=60)
            begin_s = max(anchor_s, time.time() + 0.5)
            self.clock_at += timedelta(seconds=(begin_s - anchor_s) * clock_rate)
            yield process.pid, port, begin_s
        finally:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), 60)

    async def _generate(
        self, rate: float, seconds: float, begin_s: float, clock_rate: float
    ) -> asyncio.subprocess.Process:
        parts = urlsplit(self.broker)
        words = (
            parts.hostname, parts.port, CONNECTIONS, rate, seconds, WINDOW, self.crowd.persons, self.rounds_file,
            self.round, f"{begin_s:.6f}", f"{self.clock_at.timestamp():.6f}", clock_rate,
        )  # fmt: skip
        return await asyncio.create_subprocess_exec(
            self.generator, *map(str, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _spent(self, ingest: int, generator: int, port: int) -> Spent:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        stages = {
            name: float(value)
            for name, value in re.findall(
                r'^tongxing_ingest_stage_seconds_total\{stage="(\w+)"\} (\S+)', text, re.MULTILINE
            )
        }
        found = re.search(r"^tongxing_ingest_batch_messages_count (\S+)", text, re.MULTILINE)
        (mosquitto,) = [child.pid for child in psutil.Process().children(recursive=True) if child.name() == "mosquitto"]
        cpu_s = {"ingest": _cpu_s(ingest), "mosquitto": _cpu_s(mosquitto), "postgresql": self._database_cpu_s()}
        return Spent(
            at_s=time.time(),
            cpu_s=cpu_s | {"generator": _cpu_s(generator)},
            stages_s=stages,
            batches=float(found.group(1)) if found else 0.0,
        )

    def _database_cpu_s(self) -> float:
        with psycopg.connect(self.database.url) as connection:
            connection.execute("SELECT 1")
            server = self.database.process.pid
            return _cpu_s(server) + sum(_cpu_s(child.pid) for child in psutil.Process(server).children(recursive=True))

    async def _drained(self, messages: int | None, patience_s: float = 120.0) -> int:
        """Wait until all of a trial's messages are in the table, or, of an unknown number, no more come in."""
        deadline = time.monotonic() + patience_s
        before, same = -1, 0
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            while True:
                row = connection.execute("SELECT count(*) FROM locations WHERE at >= %s", (self.clock_at,)).fetchone()
                count = int(row[0]) if row else 0
                before, same = count, same + 1 if count == before else 0
                if count == messages or (messages is None and same > 6):
                    return count
                assert time.monotonic() < deadline, f"{count} of {messages} readings came in {patience_s:.0f} s"
                await asyncio.sleep(0.5)

    def _instants(self, begin_s: float, clock_rate: float) -> tuple[np.ndarray, np.ndarray]:
        """When each reading of this trial was published and committed, in the order of publishing. Real, Unix seconds."""
        with psycopg.connect(self.database.url) as connection, connection.cursor() as cursor:
            query = (
                "COPY (SELECT extract(epoch FROM at)::float8, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
                f" FROM locations WHERE at >= '{self.clock_at.isoformat()}') TO STDOUT (FORMAT binary)"
            )
            with cursor.copy(query) as copy:
                data = b"".join(bytes(block) for block in copy)
        rows = np.frombuffer(data, dtype=[("n", ">i2"), ("a", ">i4"), ("at", ">f8"), ("b", ">i4"), ("done", ">f8")],
                             offset=19, count=(len(data) - 21) // 26)  # fmt: skip
        published = begin_s + (rows["at"].astype(float) - self.clock_at.timestamp()) / clock_rate
        order = np.argsort(published, kind="stable")
        return published[order], rows["done"].astype(float)[order]

    def _move_on(self, messages: int) -> None:
        rounds = -(-messages // self.crowd.persons) + 1
        self.round += rounds
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            row = connection.execute("SELECT max(last_seen_at) FROM device_states").fetchone()
            assert row is not None
            self.clock_at = row[0] + timedelta(seconds=EVERY_S)


KEPT = {"TONGXING_INGEST_BATCH_MESSAGES", "TONGXING_INGEST_BATCH_AGE_MS", "TONGXING_INGEST_READ_PACING_MS",
        "TONGXING_INGEST_MQTT_VERSION"}  # fmt: skip


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process; nothing of one that has just ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def compiled(folder: Path) -> Path:
    """The generator."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("bench: a C compiler is missing, the generator is no Python: apt-get install gcc libc6-dev")
    program = folder / "generator"
    subprocess.run([compiler, "-O2", "-o", program, SOURCE, "-lm"], check=True)
    return program


def settings() -> dict[str, str]:
    """Of the database: those of docker-compose.yml, and of its image, which takes a quarter of the memory."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    written = dict(word.split("=") for word in compose["services"]["database"]["command"] if "=" in word)
    shared_buffers = f"{psutil.virtual_memory().total // 4 // 2**20}MB"
    return written | {"max_connections": "60", "track_commit_timestamp": "on", "shared_buffers": shared_buffers}


@contextlib.asynccontextmanager
async def bench(mix: str, persons: int = PERSONS) -> AsyncIterator[Bench]:
    """Everything that a trial needs, fresh."""
    program = servers.mosquitto_program()
    if program is None:
        raise SystemExit("bench: Mosquitto is missing: apt-get install mosquitto")
    crowd = Crowd(persons=persons, fixes=walk(persons, ROUNDS, MIXES[mix]))
    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings=settings())
        async with server.process, servers.private_mosquitto(program) as broker:
            await migrate.migrate(server.url)
            await asyncio.to_thread(crowd.settle, server.url)
            yield Bench(folder, server, broker, crowd, mix)


async def trials(mix: str, rates: Sequence[float], seconds: float, persons: int = PERSONS) -> list[Trial]:
    """One trial after the other on the same servers, until a rate is not held, nor when it is tried again."""
    done: list[Trial] = []
    async with bench(mix, persons) as made:
        for rate in rates:
            for _ in range(TRIES):
                trial = await made.open_loop(rate, seconds)
                print(trial.line(), file=sys.stderr, flush=True)
                if trial.held:
                    break
            done.append(trial)
            if not trial.held:
                break
    return done


async def closed(mix: str, seconds: float, persons: int = PERSONS) -> dict[str, float]:
    """The closed loop against the bare subscriber, one after the other on the same broker."""
    async with bench(mix, persons) as made:
        bare = await made.bare(seconds)
        full = await made.closed_loop(seconds)
    print(f"{mix:>4} closed loop: {full:.0f}/s, bare subscriber {bare:.0f}/s", file=sys.stderr, flush=True)
    return {"closed_loop_per_s": round(full), "bare_subscriber_per_s": round(bare), "ratio": round(full / bare, 3)}


def measure() -> dict[str, float]:
    """The figures of the day mix under their names, and those of everybody at home beside them."""
    figures: dict[str, float] = {}
    for mix in ("day", "home"):
        held = [trial for trial in asyncio.run(trials(mix, RATES, SEARCH_S)) if trial.held]
        if not held:
            raise SystemExit(f"bench: not even {RATES[0]} readings a second are held ({mix})")
        final = asyncio.run(trials(mix, [held[-1].rate], FINAL_S))[0]
        ratio = asyncio.run(closed(mix, CLOSED_S))
        name = "" if mix == "day" else f"_everybody_{mix}"
        figures |= {
            f"readings_per_s{name}": round(final.rate if final.held else final.committed_per_s),
            f"held_for_60_s{name}": float(final.held),
            f"p50_ms{name}": round(final.p50_ms, 1),
            f"p99_ms{name}": round(final.p99_ms, 1),
            f"ratio_to_bare_subscriber{name}": ratio["ratio"],
            f"bare_subscriber_per_s{name}": ratio["bare_subscriber_per_s"],
            f"cpu_us_per_reading{name}": final.cpu_us["ingest"],
        }
        figures |= {f"{part}_us{name}": spent for part, spent in (final.cpu_us | final.stages_us).items()}
    return figures


def _main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rates", default=",".join(map(str, RATES)))
    asked.add_argument("--seconds", type=float, default=SEARCH_S)
    asked.add_argument("--mix", choices=MIXES, default="day")
    asked.add_argument("--persons", type=int, default=PERSONS)
    asked.add_argument("--closed", action="store_true", help="the closed loop and the bare subscriber instead")
    told = asked.parse_args()
    if told.closed:
        print(json.dumps(asyncio.run(closed(told.mix, told.seconds, told.persons))))
    else:
        asyncio.run(trials(told.mix, [float(rate) for rate in told.rates.split(",")], told.seconds, told.persons))


if __name__ == "__main__":
    _main()
