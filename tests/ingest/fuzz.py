"""`make fuzz`: a hundred thousand payloads on every topic, decoded and judged; no crash, each counted by what became of it.

Payloads begin as good ones of every format and are damaged: bytes flipped, cut, joined and repeated; fields of JSON and
CBOR removed, renamed, exchanged, filled with what does not belong there. The same seed gives the same payloads.
`tests.ingest.fuzz_atheris` instead searches for payloads that reach new code.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

import cbor2

from geofence.reading import ReadingKind
from ingest import wire
from ingest.registry import Device
from tests.ingest.envelopes import BED, BRACELET, NOW, Desk, envelope
from tests.ingest.test_wire_owntracks import LOCATION as PHONE
from tests.ingest.test_wire_traccar import ATTRIBUTES, POSITION
from tests.ingest.test_wire_watch import ID, frame, position

AT = NOW.timestamp()
NATIVE: dict[str, dict[str, Any]] = {
    "location": {"at": AT, "seq": 3, "latitude": 36.8, "longitude": 118.0, "accuracy_m": 12.0, "source": "wifi",
                 "datum": "gcj02", "battery_pct": 40, "worn": True, "steps": 4, "at_home": False},
    "heartbeat": {"at": AT, "battery_pct": 40, "charging": False, "signal_dbm": -80, "firmware": "1.2"},
    "bed": {"at": AT, "status": "occupied", "heart_rate_bpm": 60, "breathing_rate_bpm": 14, "quality_pct": 90,
            "breathing_amplitude_pct": 80, "apnea_s": 0},
    "event": {"id": "e1", "type": "impact", "at": AT, "latitude": 36.8, "longitude": 118.0, "impact_g": 3.1,
              "window": {"rate_hz": 25, "x": [0.1] * 90, "y": [0.2] * 90, "z": [1.0] * 90}},
    "status": {"online": True, "at": AT, "firmware": "1"},
    "answer": {"id": "c", "at": AT, "result": "done", "detail": "x"},
}  # fmt: skip
BACKLOG = {"readings": [{"kind": kind} | NATIVE[kind] for kind in ("location", "bed", "heartbeat", "event")]}
TRACCAR = {"position": POSITION | {"attributes": ATTRIBUTES | {"alarm": "sos"}}, "device": {"uniqueId": "8800000015"}}
#: (topic, a good object).
OBJECTS: list[tuple[str, Any]] = [
    *((f"tongxing/v1/zb-1/{level}", body) for level, body in NATIVE.items()),
    ("tongxing/v1/bed-1/bed", NATIVE["bed"]), ("tongxing/v1/zb-1/backlog", BACKLOG), ("tongxing/v1/zb-9/location", {}),
    ("tongxing/v1/zb-1/weather", {}), ("owntracks/li/phone", PHONE), ("traccar/8800000015/position", TRACCAR),
]  # fmt: skip
FRAMES = [
    frame("LK,1,2,93"),
    frame(position("AL", "00010000")),
    frame(position("UD2", "00000000")),
    frame("bphrt,1,2,3"),
]
ODD: list[Any] = [
    None, True, -1, 0, 1e308, -1e308, float("nan"), float("inf"), 2**70, "", "x" * 70_000, "\ud800", "\x00", [], {},
    [[[]]], {"a": {"a": {}}}, AT + 1e6, AT - 1e9, "2026-11-20T12:00:00Z", "sos", -(2**63) - 1,
]  # fmt: skip
IDS = {"li-phone", "8800000015", ID}


def payloads(random: Random) -> Iterator[tuple[str, bytes]]:
    """(topic, payload) without an end."""
    while True:
        if random.random() < 0.2:
            topic, whole = f"watch/{ID}", "".join(random.choices(FRAMES, k=random.randint(1, 3))).encode()
        else:
            topic, told = random.choice(OBJECTS)
            told = json.loads(json.dumps(told))
            for _ in range(random.randint(0, 3)):
                _damage_object(told, random)
            whole = _written(told, random)
        for _ in range(random.choice((0, 0, 1, 2, 6))):
            whole = _damage_bytes(whole, random)
        yield topic, whole


def _written(told: Any, random: Random) -> bytes:
    if random.random() < 0.3:
        try:
            return cbor2.dumps(told)
        except (cbor2.CBOREncodeError, UnicodeError):
            pass
    return json.dumps(told).encode("utf-8", "surrogatepass")


def _damage_object(told: Any, random: Random) -> None:
    """One change somewhere in an object."""
    inner = [
        value
        for value in (told.values() if isinstance(told, dict) else told)
        if isinstance(value, dict | list) and value
    ]
    if inner and random.random() < 0.6:
        _damage_object(random.choice(inner), random)
    elif isinstance(told, list):
        told[random.randrange(len(told))] = deepcopy(random.choice(ODD))
    elif told:
        name = random.choice(list(told))
        match random.randrange(4):
            case 0:
                del told[name]
            case 1:
                told[name + random.choice(("", "x", "\x00", "_"))] = told.pop(name)
            case 2:
                told[name] = deepcopy(random.choice(list(told.values())))
            case _:
                told[name] = deepcopy(random.choice(ODD))


def _damage_bytes(whole: bytes, random: Random) -> bytes:
    place, other = random.randint(0, len(whole)), random.randint(0, len(whole))
    match random.randrange(5):
        case 0:
            return whole[:place] + random.randbytes(random.randint(1, 4)) + whole[place + 1 :]
        case 1:
            return whole[:place]
        case 2:
            return whole[:place] + whole[min(place, other) : max(place, other)] + whole[place:]
        case 3:
            return whole[:place] + whole[other:]
        case _:
            return whole[:place] + bytes([random.choice(b'{}[]",:\\\x00\xff*;-')]) + whole[place:]


class Trial:
    """Decodes and judges, and counts what became of it."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._devices = {each: Device(device_key=50, device_id=each, kind="bracelet", person_id=1) for each in IDS}

    def one(self, topic: str, payload: bytes) -> None:
        """Raises what nothing may raise."""
        parts = wire.decode(topic, payload)
        assert parts, "nothing became of it"
        desk = Desk()
        desk.devices = {BRACELET.device_id: BRACELET, BED.device_id: BED} | self._devices
        judged = desk.judge(envelope(topic, payload))
        assert len(judged.rejections) <= 1
        self.counts.update(f"rejected: {each.reason}" for each in judged.rejections)
        self.counts.update(f"reading: {outcome.admission}" for outcome in judged.outcomes)
        self.counts.update(["said"] * len(judged.said) + ["ignored"] * len(judged.ignored))
        assert len(judged.heard) + len(judged.said) + len(judged.ignored) + len(judged.rejections) > 0
        assert all(each.reading.kind in ReadingKind for each in judged.heard)


def say(trial: Trial, count: int) -> None:
    """One JSON object."""
    print(json.dumps({"payloads": count, "crashes": 0, "became": dict(sorted(trial.counts.items()))}), flush=True)


def main(arguments: argparse.Namespace) -> int:
    """Run, and print one JSON object; a crash ends it with the payload that caused it."""
    trial, began_s = Trial(), time.monotonic()
    found: Callable[[], tuple[str, bytes]] = payloads(Random(arguments.seed)).__next__
    for _ in range(arguments.payloads):
        topic, payload = found()
        try:
            trial.one(topic, payload)
        except BaseException:
            print(f"topic {topic!r} payload {payload!r}", file=sys.stderr)
            raise
    say(trial, arguments.payloads)
    print(f"{time.monotonic() - began_s:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(main(parser.parse_args()))
