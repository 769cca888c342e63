"""`python -m tests.benchmarks.engine_parts [persons]`: what each part of the step of somebody who walks costs.

Everybody walks, inside or outside, as in `tests.benchmarks.engine`; after the same warming up one more reading of each
is judged, and then each part of that step by itself, again and again: process time, the least of its repetitions, so
that parts may be compared with each other within one run. The parts are less than the whole: called in one row, a part
finds its own code and data in the processor's cache, which the step of one person after another does not.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from geofence import engine, ordering, track
from geofence.detector import Step, facets
from geofence.detectors import DETECTORS
from geofence.engine import PersonState
from geofence.features import SafeArea, safe_areas
from geofence.memory import Memory
from geofence.observation import Observation
from geofence.person import Person
from geofence.reading import Reading
from tests.benchmarks.engine import OUT, WARM_UP, Mix, Walk, _people

IN = Mix(home=0.0, inside=1.0, outside=0.0)
REPETITIONS = 7
#: What `engine.judge` is given.
Given = tuple[PersonState, Reading, Person, SafeArea | None, datetime | None]


def parts_us(persons: int, mix: Mix) -> dict[str, float]:
    """Microseconds a reading by part, the whole first."""
    people, memory, walk = _people(persons), Memory(), Walk(persons, mix)
    for round_ in range(WARM_UP):
        memory.judge_all(walk.readings(round_), people)
        memory.keep()
    readings = walk.readings(WARM_UP)
    bearers = [people[reading.person_id] for reading in readings]
    given: list[Given] = []
    for reading, person, area in zip(readings, bearers, safe_areas(readings, bearers), strict=True):
        state = memory.state(person.person_id)
        given.append((state, reading, person, area, engine.due(state, person)))

    def whole() -> None:
        memory.judge_all(readings, people)
        memory.undo()

    found = {
        "whole": _least_us(whole, persons),
        "safe_area": _least_us(partial(safe_areas, readings, bearers), persons),
        "order": _least_us(lambda: [ordering.admit(each[0].order, each[1], each[2].policy) for each in given], persons),
        "track": _least_us(lambda: [track.follow(each[0].track, each[1], each[2].policy) for each in given], persons),
    }
    seen = [_seen(each) for each in given]
    carried = facets(readings[0])
    for detector in DETECTORS:
        if detector.name and detector.concerns & carried:
            rows = [(getattr(each.before, detector.name), each) for each in seen]
            found[detector.name] = _least_us(partial(_asked, detector.step, rows), persons)
    return found


def _seen(given: Given) -> Observation:
    state, reading, person, area, _ = given
    followed, movement = track.follow(state.track, reading, person.policy)
    return Observation(
        reading=reading, person=person, area=area, movement=movement, last_place=followed.place, before=state
    )


def _asked(step: Step, rows: list[tuple[Any, Observation]]) -> None:
    for state, seen in rows:
        step(state, seen)


def _least_us(run: Callable[[], object], readings: int) -> float:
    taken_s: list[float] = []
    for _ in range(REPETITIONS):
        gc.collect()
        began_s = time.process_time()
        run()
        taken_s.append(time.process_time() - began_s)
    return min(taken_s) / readings * 1e6


def main() -> None:
    """Print a table."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    inside, outside = parts_us(persons, IN), parts_us(persons, OUT)
    print(f"{'us a reading':14} {'inside':>8} {'outside':>8}")
    for name, cost_us in inside.items():
        print(f"{name:14} {cost_us:8.1f} {outside[name]:8.1f}")


if __name__ == "__main__":
    main()
