"""Each detector's room by itself: what it lets pass unjudged would have left its own state as it was.

`test_quiet` compares whole runs, in which one detector's narrow room hides another's that is too wide. Here each is
asked alone, and what its room holds is judged all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import msgspec
import pytest

from geofence import engine
from geofence.detector import Detector
from geofence.detectors import DETECTORS
from geofence.engine import FRESH, PersonState
from geofence.features import area_at
from geofence.observation import NOTHING
from geofence.ordering import Admission
from geofence.person import Person
from geofence.quiet import Room
from geofence.reading import Reading
from tests.geofence.random_traces import PERSONS, calm_hours, disturbed, ordinary, trace
from tests.geofence.test_bed_gate import night
from tests.geofence.test_shortcuts import frozen

NARROWING = {each.name: each for each in DETECTORS if each.quiet is not None}
#: Silence leaves it to the zone to say which fixes are outside.
TOGETHER = {"silence": ("silence", "zone")}
#: Times from one reading to the next that lie on both sides of what rooms wait for. Seconds.
GAPS_S = (1, 20, 46, 60, 60, 120, 300, 700, 2_000)


def traces() -> Iterator[tuple[Person, list[Reading]]]:
    """Hours at home, walks and nonsense, nights, bracelets whose fixes freeze; somebody who is turned, too."""
    for seed in range(16):
        yield PERSONS[seed % 6 + 1], calm_hours(seed, 50, (seed % 6 + 1,), often=0.3)
        yield PERSONS[seed % 6 + 1], frozen(seed, calm_hours(seed, 50, (seed % 6 + 1,), often=0.1))
        yield PERSONS[seed % 6 + 1], trace(seed, 60, (seed % 6 + 1,))
        turned = replace(PERSONS[1], policy=replace(PERSONS[1].policy, turn_every=timedelta(minutes=30)))
        yield (PERSONS[1], turned)[seed % 2], night(seed, 8)


def nexts(random: Random, said: Reading) -> list[Reading]:
    """What may be heard after a reading: the same again, and each with one thing out of the ordinary."""
    found = []
    for _ in range(14):
        at = said.at + timedelta(seconds=random.choice(GAPS_S))
        alike = msgspec.structs.replace(said, at=at, received_at=at)
        other = ordinary(random, said.person_id, at)
        found.append(random.choice([alike, disturbed(random, alike), other, disturbed(random, other)]))
    return found


def room_of(detectors: Sequence[Detector], state: PersonState, said: Reading, person: Person) -> Room | None:
    place = state.track.place
    area = area_at(place, said.at, person) if place is not None else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "DETECTORS", tuple(detectors))
        return engine.room(state, said, person, area, engine.due(state, person))


def unjudged(person: Person, readings: Sequence[Reading], random: Random) -> Iterator[tuple[str, PersonState, Reading]]:
    """Of each detector, states and next readings that its room holds."""
    state = FRESH
    for said in readings:
        before = state
        state, outcome = engine.step(state, said, person)
        settled = outcome.admission is Admission.LIVE and outcome.judgement is NOTHING
        if not settled or engine.material(before, state) or random.random() < 0.5:
            continue
        newest = {(device_id, kind): at for device_id, kind, at in state.order.newest}
        fix_at = state.track.place.at if state.track.place else None
        heard = [each for each in nexts(random, said) if each.at > newest.get((each.device_id, each.kind), each.at)]
        for name in NARROWING:
            room = room_of([NARROWING[each] for each in TOGETHER.get(name, (name,))], state, said, person)
            for each in heard:
                if room is not None and room.holds(each, newest[each.device_id, each.kind], fix_at):
                    yield name, state, each


@pytest.mark.slow
def test_what_a_room_holds_changes_nothing_of_its_detector() -> None:
    held = dict.fromkeys(NARROWING, 0)
    for number, (person, readings) in enumerate(traces()):
        for name, state, said in unjudged(person, readings, Random(number)):
            after, _ = engine.step(state, said, person)
            assert getattr(after, name) is getattr(state, name), (name, getattr(state, name), said)
            held[name] += 1
    assert min(held.values()) > 500
