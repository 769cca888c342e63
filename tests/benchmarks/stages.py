"""What a reading costs ingest before it goes to the database, by stage, in one process without servers.

Receive (bytes of MQTT 5 to envelopes), decode, judge, lay out as rows, acknowledge: real microseconds a reading, each of
its best round. Batches are of 250, short enough to go through between two turns of other work on the machine. Persons and what they do are those of
`durable_ingest`. What a commit costs, and all of it together, that one measures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import mqtt5
import msgspec
import numpy as np

from geofence.geometry import Polygon
from geofence.person import Person
from geofence.zone import Zone
from ingest.batching import Batcher
from ingest.judged import Known
from ingest.judging import judge
from ingest.lanes import LIVE
from ingest.registry import Device
from ingest.seats import Seats
from ingest.sequence import NumberBook
from ingest.sources import Envelope
from ingest.sources.mqtt5 import Mqtt5Session, _Connection
from ingest.sources.pacing import Pacing
from ingest.states import StateBook
from runtime.broker_address import Address
from runtime.clock import SystemClock
from tests.benchmarks.crowd import BEGINS, EVERY_S, PAST, reading, ring, walk
from tests.benchmarks.engine import DAY, HOME, ZONES, Mix

PERSONS, ROUNDS, BATCH = 2_000, 10, 250


def measure() -> dict[str, float]:
    """Microseconds a reading by stage; those of everybody at home beside those of the day mix."""
    figures: dict[str, float] = {}
    for name, mix in (("", DAY), ("_everybody_home", HOME)):
        best = asyncio.run(_best(mix))
        figures |= {f"{stage}_us{name}": round(took_s / PERSONS * 1e6, 2) for stage, took_s in best.items()}
        figures[f"sum_us{name}"] = round(sum(best.values()) / PERSONS * 1e6, 2)
    return figures


async def _best(mix: Mix) -> dict[str, float]:
    """Seconds by stage, each of its best batch."""
    fixes = walk(PERSONS, PAST + ROUNDS, mix)
    people, book, numbers = _people(), StateBook(), NumberBook()
    devices = {f"zb-{n}": Device(device_key=n, device_id=f"zb-{n}", kind="bracelet", person_id=n) for n in people}
    seats = Seats(book, numbers)
    known = Known(devices=devices, persons=people, book=book, numbers=numbers, seats=seats)
    for round_ in range(PAST):
        at = BEGINS + timedelta(seconds=EVERY_S * round_)
        book.memory.judge_all([reading(n, at, fix) for n, fix in enumerate(fixes[round_].tolist(), 1)], people)
        book.memory.keep()
    connection, batcher = _connection()
    found: dict[tuple[int, str], list[float]] = {}
    for round_ in range(PAST, PAST + ROUNDS):
        gc.collect()
        for begin in range(0, PERSONS, BATCH):
            packets = [_packet(n, round_, fixes[round_, n - 1]) for n in range(begin + 1, begin + BATCH + 1)]
            batch, took_s = await _received(connection, batcher, packets)
            batch = [msgspec.structs.replace(e, received_at=_at(begin + n, round_)) for n, e in enumerate(batch, 1)]
            judged = judge(batch, known, now=batch[-1].received_at)
            book.seal(people, judged.due)
            book.keep()
            numbers.seal(judged.numbers)
            numbers.keep()
            began_s = time.perf_counter()
            for envelope in batch:
                envelope.acknowledge()
            took = {"receive": took_s} | judged.took_s | {"acknowledge": time.perf_counter() - began_s}
            for stage, seconds in took.items():
                found.setdefault((begin, stage), []).append(seconds)
    # Of the same people's batches the best, because what people do differs.
    best: dict[str, float] = {}
    for (_, stage), several in found.items():
        best[stage] = best.get(stage, 0.0) + min(several)
    return best


class _Nowhere:
    """Takes acknowledgements."""

    def write(self, data: bytes) -> None:
        """Forget them."""


def _connection() -> tuple[_Connection, Batcher]:
    batcher = Batcher(messages=PERSONS, age_s=0.0)
    session = Mqtt5Session(Address(host="nowhere", port=1), "bench", LIVE, batcher, SystemClock())
    connection = _Connection(session, Pacing(0.0))
    connection._transport = cast("Any", _Nowhere())
    return connection, batcher


async def _received(connection: _Connection, batcher: Batcher, packets: list[bytes]) -> tuple[list[Envelope], float]:
    """Envelopes out of packets, and how long the bytes of a socket took."""
    data = b"".join(packets)
    with connection.get_buffer(len(data)) as buffer:
        buffer[: len(data)] = data
    began_s = time.perf_counter()
    connection.buffer_updated(len(data))
    took_s = time.perf_counter() - began_s
    return await batcher.next(wait_s=1.0), took_s


def _at(number: int, round_: int) -> datetime:
    return BEGINS + timedelta(seconds=EVERY_S * (round_ + number / PERSONS))


def _packet(number: int, round_: int, fix: np.void) -> bytes:
    latitude, longitude, speed_mps, steps = fix.tolist()
    at_s = _at(number, round_).timestamp()
    told = {
        "at": at_s, "published_at": datetime.now(UTC).timestamp(), "seq": round_ + 1, "latitude": round(latitude, 7),
        "longitude": round(longitude, 7), "accuracy_m": 12, "speed_mps": round(speed_mps, 1),
        "battery_pct": 70 + (number - 1) % 10, "charging": False, "worn": True, "steps": steps,
    }  # fmt: skip
    return mqtt5.PublishPacket(
        f"tongxing/v1/zb-{number}/location",
        json.dumps(told, separators=(",", ":")).encode(),
        qos=mqtt5.QoS.AT_LEAST_ONCE,
        packet_id=number,
    ).write()


def _people() -> dict[int, Person]:
    zone_info = ZoneInfo("Asia/Shanghai")
    return {
        number: Person(
            person_id=number,
            time_zone=zone_info,
            zones=tuple(
                Zone(zone_id=number * ZONES + index, name="zone", shape=Polygon.from_rings([ring(number, index)]))
                for index in range(ZONES)
            ),
        )
        for number in range(1, PERSONS + 1)
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
