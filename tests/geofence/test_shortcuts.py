"""What a detector leaves out of an ordinary reading changes nothing: with each shortcut closed all comes out the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from geofence import contact, engine, snapshot
from geofence.contact import Contact
from geofence.detectors import silence, wandering
from geofence.detectors.silence import SilenceState
from geofence.engine import FRESH, Outcome
from geofence.observation import Observation
from geofence.reading import Fix, Reading
from geofence.tally import SLACK, Spotted, tallied
from geofence.walk import VERTEX_M
from tests.geofence.random_traces import PERSONS, calm_hours, trace, walk


def frozen(seed: int, readings: Sequence[Reading]) -> list[Reading]:
    """The same, but now and then a bracelet stays at its last fix, while its bearer walks or not."""
    random, last, found = Random(seed), dict[int, Fix](), list[Reading]()
    for each in readings:
        if each.fix is not None and each.person_id in last and random.random() < 0.4:
            each = replace(each, fix=last[each.person_id], steps=random.choice([0, 60, 90]))  # noqa: PLW2901 - a draw
        if each.fix is not None:
            last[each.person_id] = each.fix
        found.append(each)
    return found


def outside(seed: int) -> list[Reading]:
    """Half an hour within the zone, then away from it, and back: intervals of which some are alike."""
    random, at_m, readings = Random(seed), 0.0, walk(seed, 60, 1)
    at = readings[0].at
    for index, each in enumerate(readings):
        at += timedelta(seconds=random.choice([60, 60, 60, 60, 61, 200, 400]))
        at_m += 90.0 if 12 <= index < 30 else -70.0 if index >= 45 else 0.0
        assert each.fix is not None
        latitude = 36.8 + at_m / 111_000.0
        seen = replace(each.fix, latitude=latitude, accuracy_m=10.0, speed_mps=1.0)
        readings[index] = replace(each, at=at, received_at=at, fix=seen)
    return readings


TRACES: list[list[Reading]] = [
    *(calm_hours(seed, 60, (1, 3), often=0.3) for seed in range(6)),
    *(frozen(seed, calm_hours(seed, 60, (1,), often=0.1)) for seed in range(6)),
    *(frozen(seed, trace(seed, 120, (1,))) for seed in range(6)),
    *(trace(seed, 120, (1, 2)) for seed in range(6)),
    *(outside(seed) for seed in range(6)),
]


def judged(readings: Sequence[Reading]) -> tuple[list[Outcome], list[bytes]]:
    states, outcomes, frozen_states = dict.fromkeys(PERSONS, FRESH), list[Outcome](), list[bytes]()
    for each in readings:
        states[each.person_id], outcome = engine.step(states[each.person_id], each, PERSONS[each.person_id])
        outcomes.append(outcome)
        frozen_states.append(snapshot.freeze(states[each.person_id]))
    return outcomes, frozen_states


@pytest.mark.parametrize(
    "close",
    [
        lambda patch: patch.setattr(silence, "_ordinary", lambda *_, **__: False),
        lambda patch: patch.setattr(contact, "least_patience", lambda _: timedelta(days=-999)),
    ],
    ids=["ordinary_fix", "least_patience"],
)
def test_nothing_is_lost_by_a_shortcut(close: Callable[[pytest.MonkeyPatch], None]) -> None:
    short = [judged(readings) for readings in TRACES]
    with pytest.MonkeyPatch.context() as patch:
        close(patch)
        assert [judged(readings) for readings in TRACES] == short


def test_most_fixes_at_home_are_ordinary() -> None:
    """Else the test above would compare nothing."""
    real, found = silence._ordinary, list[bool]()

    def counted(state: SilenceState, device: Contact, seen: Observation, *, outside: bool) -> bool:
        found.append(real(state, device, seen, outside=outside))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(silence, "_ordinary", counted)
        judged(calm_hours(1, 200, (1,), often=0.0))
    assert sum(found) > 0.5 * len(found)


def test_after_a_silence_that_was_told_the_first_fix_is_not_ordinary() -> None:
    """However much is known of the device: from then on it is waited for again."""
    readings = [each for each in calm_hours(1, 40, (1,), often=0.0) if each.fix is not None]
    state = FRESH
    for each in readings[:-1]:
        state, _ = engine.step(state, each, PERSONS[1])
    told = replace(state.silence.devices[0], deadline=None, learns_at=readings[-1].at + timedelta(hours=9))
    state = replace(state, silence=replace(state.silence, devices=(told,)))
    state, _ = engine.step(state, readings[-1], PERSONS[1])
    assert state.silence.devices[0].deadline is not None


@pytest.mark.parametrize("latitude", [0.0, 36.8, -60.0, 80.0])
def test_nobody_stands_whose_last_way_was_longer_than_the_box_is_across(latitude: float) -> None:
    random = Random(3)
    for _ in range(200):
        spots: list[Spotted] = [(0, round(1e6 * latitude), 118_000_000)]
        for index in range(random.randint(1, 12)):
            spots.append(
                (30 * index + 30, spots[0][1] + random.randint(-120, 120), 118_000_000 + random.randint(-160, 160))
            )
        way_m = wandering._apart_m(spots[-2], spots[-1])
        if way_m > VERTEX_M * SLACK:
            assert not wandering._stands(tallied(tuple(spots)), tuple(spots))
