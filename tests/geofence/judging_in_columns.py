"""Readings judged as ingest judges them under load: the fixes of persons who speak once in a batch in columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from geofence.engine import PLAIN, Outcome
from geofence.fixes import ANSWERS, Fixes, source_code
from geofence.instants import micros
from geofence.memory import Memory
from geofence.ordering import Admission
from geofence.person import Person
from geofence.reading import Reading, ReadingKind


def in_columns(readings: Sequence[Reading]) -> Fixes:
    """What some location readings say."""
    fixes = [reading.fix for reading in readings]
    assert all(fix is not None for fix in fixes)
    return Fixes(
        at_us=np.array([micros(each.at) for each in readings], dtype=np.int64),
        received_us=np.array([micros(each.received_at) for each in readings], dtype=np.int64),
        latitude=np.array([fix.latitude for fix in fixes if fix], dtype=np.float64),
        longitude=np.array([fix.longitude for fix in fixes if fix], dtype=np.float64),
        accuracy_m=np.array([fix.accuracy_m for fix in fixes if fix], dtype=np.float64),
        source=np.array([source_code(fix.source) for fix in fixes if fix], dtype=np.uint8),
        speed_mps=np.array([fix.speed_mps for fix in fixes if fix], dtype=np.float64),
        battery_pct=np.array([each.battery_pct for each in readings], dtype=np.float64),
        steps=np.array([each.steps for each in readings], dtype=np.float64),
        charging=np.array([ANSWERS.index(each.charging) for each in readings], dtype=np.uint8),
        worn=np.array([ANSWERS.index(each.worn) for each in readings], dtype=np.uint8),
        at_home=np.array([ANSWERS.index(each.at_home) for each in readings], dtype=np.uint8),
    )


def judge_in_columns(
    memory: Memory, batch: Sequence[Reading], persons: Mapping[int, Person], heard: list[Reading] | None = None
) -> list[Outcome]:
    """Outcomes of a batch; the readings that were quiet in columns are added to `heard`."""
    spoke = Counter(reading.person_id for reading in batch)
    several = [
        place
        for place, reading in enumerate(batch)
        if reading.kind is ReadingKind.LOCATION and reading.fix and spoke[reading.person_id] == 1
    ]
    fixes = [batch[place] for place in several]
    seats = np.array([memory.seat(each.device_id, each.person_id) for each in fixes], dtype=np.int64)
    quiet = np.zeros(0, dtype=bool)
    if fixes:
        said = in_columns(fixes)
        quiet = memory.quiet_fixes(seats, said, persons)
        memory.hear_fixes(seats[quiet], said.only(quiet))
    outcomes: dict[int, Outcome] = {
        place: PLAIN[Admission.LIVE] for place, is_quiet in zip(several, quiet, strict=True) if is_quiet
    }
    if heard is not None:
        heard += [batch[place] for place in outcomes]
    rest = [place for place in range(len(batch)) if place not in outcomes]
    outcomes.update(zip(rest, memory.judge_all([batch[place] for place in rest], persons), strict=True))
    return [outcomes[place] for place in range(len(batch))]
