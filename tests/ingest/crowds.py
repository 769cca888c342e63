"""A crowd whose devices speak: people at home mostly, and in every batch a few of whom something is special."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import cbor2

from geofence.person import Person
from ingest.judged import Judged, Known
from ingest.judging import Deadlines, judge
from ingest.registry import Device
from ingest.seats import Seats
from ingest.sequence import NumberBook
from ingest.sources import Envelope
from ingest.states import StateBook
from ingest.wire import MAX_PAYLOAD_BYTES
from tests.geofence.scenes import circle, person, place
from tests.ingest.envelopes import NOW, envelope

#: Readings of a device that are judged in a minute of its time: so few that some say too much.
MOST_PER_MIN = 3
#: Of what people at home say, by field: what else it may be, and how often. The first is usual for one person.
MAYBE: dict[str, tuple[Any, ...]] = {
    "source": ("gnss", "wifi", "beacon"),
    "altitude_m": (41.5, None, -3.25),
    "heading_deg": (0, None, 359.5),
    "speed_mps": (None, 0.0, 0.2),
    "steps": (0, None, 2),
    "battery_pct": (77.7, None, 64),
    "charging": (None, False),
    "worn": (True, None),
    "at_home": (None, True),
    "datum": ("wgs84",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Messages, and what they are judged with."""

    envelopes: list[Envelope]
    now: datetime
    #: Up to when deadlines are looked at; None: they are not.
    due_until: datetime | None
    devices: dict[str, Device]
    persons: dict[int, Person]


class Desk:
    """Judges batches, in columns or one by one, as a pipeline would."""

    def __init__(self, *, columns: bool) -> None:
        self.book, self.numbers = StateBook(MOST_PER_MIN), NumberBook()
        self.seats = Seats(self.book, self.numbers) if columns else None

    def known(self, batch: Batch) -> Known:
        return Known(
            devices=batch.devices, persons=batch.persons, book=self.book, numbers=self.numbers, seats=self.seats
        )

    def judge(self, batch: Batch) -> Judged:
        until = batch.due_until
        deadlines = Deadlines(person_ids=self.book.take_due(until), until=until) if until else None
        return judge(batch.envelopes, self.known(batch), now=batch.now, deadlines=deadlines)

    def undo(self) -> None:
        self.book.undo()
        self.numbers.undo()

    def seal(self, batch: Batch, judged: Judged) -> None:
        self.book.seal(batch.persons, judged.due)
        self.numbers.seal(judged.numbers)

    def keep(self) -> None:
        self.book.keep()
        self.numbers.keep()

    def undo_all(self) -> None:
        self.book.undo_all()
        self.numbers.undo_all()


class Crowd:
    """People, what they wear, and what comes of them in a batch."""

    def __init__(self, seed: int, people: int) -> None:
        self.random, self.now = Random(seed), NOW
        self.persons = {n: person(circle(), person_id=n) for n in range(1, people + 1)}
        worn = [Device(device_key=1_000 + n, device_id=f"zb-{n}", kind="bracelet", person_id=n) for n in self.persons]
        beds = [Device(device_key=9_000 + n, device_id=f"bed-{n}", kind="bed", person_id=n) for n in self.persons]
        second = [Device(device_key=8_000 + n, device_id=f"zc-{n}", kind="bracelet", person_id=n) for n in (3, 4)]
        self.devices = {each.device_id: each for each in (*worn, *beds, *second)}
        self.numbered = {device_id: self.random.randrange(1_000) for device_id in self.devices}
        self.usual = {n: {name: self.random.choice(of[:2]) for name, of in MAYBE.items()} for n in self.persons}
        #: What each has said last of where they are.
        self.last: dict[int, bytes] = {}
        self.rare: list[Callable[[int], list[Envelope]]] = [
            self.second_device, self.twice, self.with_heartbeat, self.in_bed, self.calls, self.comes, self.answers,
            self.backlog, self.in_cbor, self.in_gcj02, self.out_of_range, self.too_large, self.no_json, self.ahead,
            self.just_not_ahead, self.old, self.before_the_last, self.skipped, self.by_cell, self.walks, self.floods,
            self.of_no_such_level, self.bed_with_a_fix, self.with_bed, self.skipped_besides, self.repeats,
        ]  # fmt: skip

    def batch(self, *, few: bool = False, special: float = 0.12, looks: float = 0.5, changes: bool = True) -> Batch:
        """The next one."""
        random = self.random
        self.now += timedelta(seconds=random.choice([15, 30, 60, 60, 90]))
        if changes:
            self._change()
        spoken = [n for n in self.persons if random.random() < (0.2 if few else 0.95)]
        each = [random.choice(self.rare)(n) if random.random() < special else [self.fix(n)] for n in spoken]
        envelopes = [said for several in each for said in several]
        envelopes.append(envelope("tongxing/v1/stranger/location", envelopes[0].payload, self.now))
        random.shuffle(envelopes)
        due_until = self.now if random.random() < looks else None
        return Batch(
            envelopes=envelopes, now=self.now, due_until=due_until, devices=self.devices, persons=dict(self.persons)
        )

    def batches(self, number: int) -> list[Batch]:
        return [self.batch(few=self.random.random() < 0.15) for _ in range(number)]

    def calm(self, number: int) -> list[Batch]:
        """Everybody is at home, and tells nothing else."""
        return [self.batch(special=0.0, looks=0.0, changes=False) for _ in range(number)]

    def fix(self, n: int, device_id: str = "", *, seconds: float | None = None, **told: Any) -> Envelope:
        random = self.random
        device_id = device_id or f"zb-{n}"
        latitude, longitude = place(n * 37 % 60 + random.uniform(-2, 2), random.uniform(-2, 2))
        body: dict[str, Any] = {"latitude": latitude, "longitude": longitude, "accuracy_m": random.choice([8, 12.5])}
        if random.random() < 0.1:
            del body["accuracy_m"]
        for name, of in MAYBE.items():
            body[name] = random.choice(of) if random.random() < 0.03 else self.usual[n][name]
        said = self.message("location", device_id, seconds, body | told)
        self.last[n] = said.payload
        return said

    def message(self, level: str, device_id: str, seconds: float | None, body: dict[str, Any]) -> Envelope:
        """Said so many seconds from now, and just arrived."""
        seconds = -round(self.random.uniform(0, 10), 3) if seconds is None else seconds
        if (seq := self._number(device_id)) is not None:
            body = {"seq": seq} | body
        if self.random.random() < 0.5:
            body = {"published_at": round(NOW.timestamp() + self.random.uniform(0, 100), 6)} | body
        body = {"at": (self.now + timedelta(seconds=seconds)).timestamp()} | body
        said = {name: value for name, value in body.items() if value is not None or self.random.random() < 0.2}
        return self.envelope(level, device_id, json.dumps(said).encode())

    def envelope(self, level: str, device_id: str, payload: bytes, *, skipped: bool = False) -> Envelope:
        received_at = self.now + timedelta(microseconds=self.random.randrange(10**6))
        return envelope(f"tongxing/v1/{device_id}/{level}", payload, received_at, skipped=skipped)

    def _number(self, device_id: str) -> int | None:
        """The next one mostly."""
        random, last = self.random, self.numbered[device_id]
        if random.random() < 0.9:
            number: int | None = last + 1
        else:
            number = random.choice([None, None, last, last - 1, last + 2, last + 4, last - 2, 0, last + 200_000])
        if number is not None and number >= 0:
            self.numbered[device_id] = number
            return number
        return None

    def _change(self) -> None:
        """Now and then somebody is read anew, or two swap their bracelets."""
        random = self.random
        if random.random() < 0.4:
            n = random.choice([*self.persons])
            self.persons[n] = person(circle(random.choice([180.0, 200.0])), person_id=n)
        if random.random() < 0.3:
            self.devices = dict(self.devices)
        if random.random() < 0.3:
            one, other = (self.devices[f"zb-{n}"] for n in random.sample([*self.persons], 2))
            self.devices = self.devices | {
                one.device_id: replace(one, person_id=other.person_id),
                other.device_id: replace(other, person_id=one.person_id),
            }

    # What is special, by person; most of it besides a fix that would be quiet alone.

    def second_device(self, n: int) -> list[Envelope]:
        return [self.fix(n), self.fix(n, f"zc-{3 + n % 2}")]

    def twice(self, n: int) -> list[Envelope]:
        return [self.fix(n, seconds=-9), self.fix(n, seconds=-1)]

    def with_heartbeat(self, n: int) -> list[Envelope]:
        body = {"battery_pct": 55, "worn": True, "signal_dbm": -70, "firmware": "1.2"}
        return [self.fix(n), self.message("heartbeat", f"zb-{n}", None, body)]

    def with_bed(self, n: int) -> list[Envelope]:
        return [self.fix(n), *self.in_bed(n)]

    def in_bed(self, n: int) -> list[Envelope]:
        status = self.random.choice(["empty", "occupied"])
        return [self.message("bed", f"bed-{n}", None, {"status": status, "heart_rate_bpm": 61})]

    def bed_with_a_fix(self, n: int) -> list[Envelope]:
        return [self.fix(n, f"bed-{n}")]

    def calls(self, n: int) -> list[Envelope]:
        body = {"id": f"e{self.random.randrange(10**9)}", "type": self.random.choice(["sos", "strap_opened", "fall"])}
        if self.random.random() < 0.5:
            # It holds all that a fix needs, and is none.
            where = json.loads(self.fix(n).payload)
            has = {key: where[key] for key in ("latitude", "longitude", "seq") if key in where}
            return [self.message("event", f"zb-{n}", None, body | has)]
        return [self.fix(n), self.message("event", f"zb-{n}", None, body)]

    def repeats(self, n: int) -> list[Envelope]:
        return [self.envelope("location", f"zb-{n}", self.last.get(n) or self.fix(n).payload)]

    def comes(self, n: int) -> list[Envelope]:
        return [self.fix(n), self.message("status", f"zb-{n}", None, {"online": self.random.random() < 0.5})]

    def answers(self, n: int) -> list[Envelope]:
        return [self.fix(n), self.message("answer", f"zb-{n}", None, {"id": f"c{n}", "result": "done"})]

    def backlog(self, n: int) -> list[Envelope]:
        readings = [json.loads(self.fix(n, seconds=seconds).payload) | {"kind": "location"} for seconds in (-12, -300)]
        said = self.envelope("backlog", f"zb-{n}", json.dumps({"readings": readings}).encode())
        return [said, self.fix(n)] if self.random.random() < 0.5 else [said]

    def in_cbor(self, n: int) -> list[Envelope]:
        return [self.envelope("location", f"zb-{n}", cbor2.dumps(json.loads(self.fix(n).payload)))]

    def in_gcj02(self, n: int) -> list[Envelope]:
        return [self.fix(n, datum=self.random.choice(["gcj02", "bd09", "mars"]))]

    def out_of_range(self, n: int) -> list[Envelope]:
        wrong = [{"latitude": 91}, {"at": 5}, {"seq": -1}, {"accuracy_m": 0}, {"steps": 1.5}, {"source": "x"}]
        return [self.fix(n, **self.random.choice(wrong))]

    def too_large(self, n: int) -> list[Envelope]:
        size = MAX_PAYLOAD_BYTES + self.random.choice([0, 1])
        return [self.envelope("location", f"zb-{n}", self.fix(n).payload.ljust(size))]

    def no_json(self, n: int) -> list[Envelope]:
        payload = self.random.choice([b"", b"{", b"[]", b"\xff", b" " + self.fix(n).payload])
        return [self.envelope("location", f"zb-{n}", payload)]

    def ahead(self, n: int) -> list[Envelope]:
        return [self.fix(n, seconds=302)]

    def just_not_ahead(self, n: int) -> list[Envelope]:
        return [self.fix(n, seconds=self.random.choice([20, 299]))]

    def old(self, n: int) -> list[Envelope]:
        return [self.fix(n, seconds=-3_600)]

    def before_the_last(self, n: int) -> list[Envelope]:
        return [self.fix(n, seconds=self.random.choice([-100, -200]))]

    def skipped(self, n: int) -> list[Envelope]:
        return [self.envelope("location", f"zb-{n}", self.fix(n).payload, skipped=True)]

    def skipped_besides(self, n: int) -> list[Envelope]:
        return [*self.skipped(n), self.fix(n)]

    def by_cell(self, n: int) -> list[Envelope]:
        return [self.fix(n, source="cell", accuracy_m=self.random.choice([None, 15.0]))]

    def walks(self, n: int) -> list[Envelope]:
        latitude, longitude = place(self.random.choice([150.0, 230.0, 400.0]))
        return [self.fix(n, latitude=latitude, longitude=longitude, speed_mps=1.1, steps=60)]

    def floods(self, n: int) -> list[Envelope]:
        return [self.fix(n, seconds=-second) for second in range(2 + MOST_PER_MIN)]

    def of_no_such_level(self, n: int) -> list[Envelope]:
        return [self.fix(n), self.envelope("places", f"zb-{n}", b"{}")]
