"""What a simulated city costs the machine that simulates it: CPU of the generator a message, through a real broker.

`python -m tests.benchmarks.simulated_city [--bracelets N] [--beds N] [--hours H] [--shared N] [--rate R]` starts a
Mosquitto, lets the city live as fast as the broker takes its messages, and prints one JSON object. Without `--shared`
each device has a session of its own. With `--guarded mosquitto` or `--guarded embedded` the broker lets in whom its files
name, each to its own topics, and every device logs in as itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import uvloop

from ingest.identity.credential import Holder
from simulators import broker, city
from simulators.broker import Address
from simulators.counts import Counts
from simulators.devices.makeup import UNIFORM, Makeup
from simulators.episodes.rates import ORDINARY
from simulators.fleet import Fleet
from simulators.message import Message
from simulators.session import Session
from simulators.session_pool import lane_of, sessions
from tests.identity_brokers import device, guarded_embedded, guarded_mosquitto
from tests.servers import mosquitto_program, open_folder, private_mosquitto

#: 08:00 in Zibo, 21 November 2026.
BEGINS_S = 1_795_219_200.0
#: Messages that may wait for the broker before the city waits too.
WAITING_MOST = 20_000


async def measure(options: argparse.Namespace) -> dict[str, float]:
    """One run."""
    began_cpu_s = time.process_time()
    built = city.build(1, bracelets=options.bracelets, beds=options.beds)
    counts = Counts()
    # Other makes would need credentials of their format.
    makes = UNIFORM if options.guarded else Makeup()
    fleet = Fleet(built, at_s=BEGINS_S, rate=options.rate, rates=ORDINARY, made_of=makes)
    built_cpu_s = time.process_time() - began_cpu_s
    async with _broker(options.guarded, fleet.device_ids) as (where, secrets):
        carried = _shared(where, counts, options.shared) if options.shared else _own(where, counts, fleet, secrets)
        running = asyncio.ensure_future(carried.run())
        began, cpu_s = time.perf_counter(), time.process_time()
        await asyncio.wait_for(carried.connected(), 200)
        connected_s = time.perf_counter() - began
        began, cpu_s = time.perf_counter(), time.process_time()
        await _live(fleet, carried, options)
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_s
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    published = sum(counts.published.values())
    return {
        "devices": fleet.size,
        "sessions": options.shared or fleet.size,
        "broker": options.guarded or "open",
        "built_cpu_s": round(built_cpu_s, 1),
        "connected_s": round(connected_s, 2),
        "messages": published,
        "acknowledged": sum(counts.acknowledged.values()),
        "cpu_us_per_message": round(1e6 * cpu_s / published, 1),
        "messages_per_s": round(published / took_s),
        "simulated_h_per_min": round(options.hours / (took_s / 60), 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


@asynccontextmanager
async def _broker(guarded: str | None, device_ids: Sequence[str]) -> AsyncIterator[tuple[Address, dict[str, str]]]:
    """A broker, and what its devices log in with: nothing where it lets everybody in."""
    program = mosquitto_program()
    assert program is not None or guarded == "embedded", "Mosquitto is missing: apt install mosquitto"
    if guarded is None:
        assert program is not None
        async with private_mosquitto(program) as url:
            yield broker.address(url), {}
        return
    # One secret for all: what it costs to make 1,500 is not what is measured.
    secrets = dict.fromkeys(device_ids, "secret")
    digested = device("any", "secret")
    living = [replace(digested, holder=Holder(device_id=name), login=name) for name in device_ids]
    with open_folder() as folder:
        made = (
            guarded_embedded(folder) if program is None or guarded == "embedded" else guarded_mosquitto(program, folder)
        )
        async with made as running:
            await running.let_in(*living)
            yield Address(host="127.0.0.1", port=running.device_port), secrets


async def _live(fleet: Fleet, carried: _Carried, options: argparse.Namespace) -> None:
    now_s, until_s = BEGINS_S, BEGINS_S + options.hours * 3600
    while now_s < until_s:
        # As far as a clock of this rate comes between two looks of the simulator.
        now_s += options.rate * 0.1
        messages = fleet.step(now_s)
        carried.put(messages)
        for message in messages:
            if message.kind == "event":
                fleet.hear_ack(message.device_id, str(message.body["id"]))
        await asyncio.sleep(0)
        while carried.waiting > WAITING_MOST:  # noqa: ASYNC110 - a bound, not a condition that somebody could tell
            await asyncio.sleep(0.005)  # the broker has no event to wait for
    await carried.drained()


class _Carried:
    """The city's sessions."""

    def __init__(self, sessions: Mapping[str, Session] | Sequence[Session]) -> None:
        self._own = sessions if isinstance(sessions, Mapping) else {}
        self._all = list(self._own.values()) or list(sessions)

    def put(self, messages: list[Message]) -> None:
        for message in messages:
            own = self._own.get(message.device_id)
            (own or self._all[lane_of(message.device_id, len(self._all))]).put(message)

    @property
    def waiting(self) -> int:
        return sum(session.waiting for session in self._all)

    async def connected(self) -> None:
        await asyncio.gather(*(session.ready.wait() for session in self._all))

    async def drained(self) -> None:
        await asyncio.gather(*(session.drained() for session in self._all))

    async def run(self) -> None:
        await asyncio.gather(*(session.run() for session in self._all))


def _shared(where: Address, counts: Counts, count: int) -> _Carried:
    return _Carried([Session(where, f"load-{number}", counts) for number in range(count)])


def _own(where: Address, counts: Counts, fleet: Fleet, secrets: Mapping[str, str]) -> _Carried:
    def command(device_id: str, body: Mapping[str, object]) -> None:
        fleet.hear_command(device_id, body, BEGINS_S)

    def login(device_id: str) -> tuple[str, str] | None:
        return (device_id, secrets[device_id]) if secrets else None

    own = sessions(where, counts, device_ids=fleet.device_ids, command=command, ack=fleet.hear_ack, credentials=login)
    return _Carried(own)


def main() -> None:
    """Read the options, print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bracelets", type=int, default=150)
    parser.add_argument("--beds", type=int, default=200)
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--shared", type=int, default=0)
    parser.add_argument("--guarded", choices=["mosquitto", "embedded"])
    parser.add_argument("--rate", type=float, default=400.0)
    print(json.dumps(uvloop.run(measure(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()
