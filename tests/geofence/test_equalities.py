"""The same log gives the same conclusions, byte for byte, however it is cut up."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geofence import batch, engine, snapshot
from geofence.detection import DetectionKind
from geofence.detectors.zone import Safety
from geofence.engine import FRESH, Outcome, PersonState
from geofence.features import safe_area, safe_areas
from geofence.ordering import Admission
from geofence.reading import Reading
from tests.geofence.random_traces import PERSONS, trace, traces, walks
from tests.geofence.scenes import pairs

STORED = (Admission.LIVE, Admission.NEWS)
quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def one_by_one(readings: Sequence[Reading]) -> tuple[dict[int, PersonState], list[Outcome]]:
    states: dict[int, PersonState] = {}
    outcomes = []
    for each in readings:
        before = states.get(each.person_id, FRESH)
        after, outcome = engine.step(before, each, PERSONS[each.person_id])
        if after is not before:
            states[each.person_id] = after
        outcomes.append(outcome)
    return states, outcomes


def frozen(states: dict[int, PersonState]) -> dict[int, bytes]:
    return {person_id: snapshot.freeze(state) for person_id, state in states.items()}


@quick
@given(traces(), st.data())
def test_a_batch_gives_what_single_steps_give(readings: list[Reading], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(readings)))
    states: dict[int, PersonState] = {}
    outcomes = batch.judge_all(states, readings[:cut], PERSONS) + batch.judge_all(states, readings[cut:], PERSONS)
    expected_states, expected = one_by_one(readings)
    assert outcomes == expected
    assert frozen(states) == frozen(expected_states)


@quick
@given(traces(), st.data())
def test_a_snapshot_and_the_rest_give_what_the_whole_log_gives(readings: list[Reading], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(readings)))
    states, outcomes = one_by_one(readings[:cut])
    states = {person_id: snapshot.thaw(data) for person_id, data in frozen(states).items()}
    rest = batch.judge_all(states, readings[cut:], PERSONS)
    expected_states, expected = one_by_one(readings)
    assert outcomes + rest == expected
    assert frozen(states) == frozen(expected_states)


@quick
@given(traces())
def test_judging_each_person_alone_gives_the_same(readings: list[Reading]) -> None:
    together, outcomes = one_by_one(readings)
    for person_id in PERSONS:
        mine = [number for number, each in enumerate(readings) if each.person_id == person_id]
        alone, mine_outcomes = one_by_one([readings[number] for number in mine])
        assert mine_outcomes == [outcomes[number] for number in mine]
        assert frozen(alone) == frozen({key: state for key, state in together.items() if key == person_id})


# A fix that was not believed, and then a suspicion: heard again, it is no news of the time before.
@example(trace(846, 30, (1, 2, 3, 4, 5, 6)))
@quick
@given(traces())
def test_hearing_everything_twice_changes_nothing(readings: list[Reading]) -> None:
    """What the broker sends again after a crash."""
    states, _ = one_by_one(readings)
    again = dict(states)
    repeated = batch.judge_all(again, readings, PERSONS)
    for each, outcome in zip(readings, repeated, strict=True):
        assert outcome.admission not in STORED, each
        assert not outcome.judgement.detections
    assert all(again[key] is states[key] for key in states)


@quick
@given(traces())
def test_a_reading_that_is_not_live_leaves_the_same_object(readings: list[Reading]) -> None:
    state = FRESH
    for each in readings:
        after, outcome = engine.step(state, each, PERSONS[4])
        if outcome.admission is Admission.LATE and after is not state:
            # Of the time before a suspicion: tests/geofence/test_hindsight.py.
            assert state.zone.late is not None
            assert msgspec.structs.replace(after, zone=state.zone) == state
        else:
            assert (after is state) == (outcome.admission not in STORED)
        state = after


@quick
@given(traces(), st.lists(st.integers(0, 5_000), max_size=8))
def test_it_makes_no_difference_whether_a_timer_noticed_a_deadline(readings: list[Reading], ticks: list[int]) -> None:
    """A timer may look at any time up to the next live reading: the silence is judged once, at its deadline."""
    mine = [each for each in readings if each.event is None and each.received_at - each.at < timedelta(minutes=9)]
    mine = sorted(mine, key=lambda each: each.at)
    person, lazy, timely = PERSONS[2], FRESH, FRESH
    found: list[list[object]] = [[], []]
    for number, each in enumerate(mine):
        if number < len(ticks):
            looked_at = each.at - timedelta(milliseconds=ticks[number])
            timely, judgement = engine.run_down(timely, person, looked_at)
            found[1] += judgement.detections
        lazy, late = engine.step(lazy, each, person)
        timely, soon = engine.step(timely, each, person)
        found[0] += late.judgement.detections
        found[1] += soon.judgement.detections
    assert found[0] == found[1]
    assert snapshot.freeze(lazy) == snapshot.freeze(timely)


@quick
@given(st.one_of(walks(), traces(person_ids=(2,)), traces(person_ids=(4,)), traces(person_ids=(5,))))
def test_exits_and_enters_alternate(readings: list[Reading]) -> None:
    _, outcomes = one_by_one(readings)
    kinds = [d.kind for o in outcomes for d in o.judgement.detections if "zone" in d.kind]
    assert kinds[:1] in ([], [DetectionKind.ZONE_EXIT])
    assert all(before is not after for before, after in pairs(kinds))


@quick
@given(st.one_of(walks(), traces()))
def test_conclusions_have_identifiers_of_their_own(readings: list[Reading]) -> None:
    """No two of one run share an identifier, except two devices that conclude the same at the same instant."""
    _, outcomes = one_by_one(readings)
    told = [d for o in outcomes for d in o.judgement.detections]
    same = [d for d in told if sum(other.detection_id == d.detection_id for other in told) > 1]
    assert {(d.kind, d.at) for d in same} == {(d.kind, d.at) for d in same if d.kind.startswith("zone")}
    commands = [(c.command_id, c.type) for o in outcomes for c in o.judgement.commands]
    assert len({command_id for command_id, _ in commands}) >= len(set(commands)) - len(same)


@quick
@given(walks())
def test_every_conclusion_rests_on_a_believed_place(readings: list[Reading]) -> None:
    _, outcomes = one_by_one(readings)
    for outcome in outcomes:
        for detection in outcome.judgement.detections:
            assert detection.place is not None
            assert detection.place.at <= detection.at
            assert detection.place.accuracy_m <= PERSONS[2].policy.zone_accuracy_ceiling_m


@quick
@given(traces())
def test_where_many_fixes_stand_is_where_each_stands(readings: list[Reading]) -> None:
    people = [PERSONS[each.person_id] for each in readings]
    single = [safe_area(each, person) for each, person in zip(readings, people, strict=True)]
    assert safe_areas(readings, people) == single


@pytest.mark.parametrize("count", [0, 1, 2, 17])
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_batches_around_the_size_from_which_arrays_serve(count: int, data: st.DataObject) -> None:
    readings = list(itertools.islice(itertools.cycle(data.draw(traces(max_size=20))), count))
    states: dict[int, PersonState] = {}
    outcomes = batch.judge_all(states, readings, PERSONS)
    expected_states, expected = one_by_one(readings)
    assert outcomes == expected
    assert frozen(states) == frozen(expected_states)


@quick
@given(traces())
def test_a_bad_fix_never_moves_a_zone_state(readings: list[Reading]) -> None:
    """With every fix from a cell tower, or too vague, nobody is ever seen anywhere."""
    _, outcomes = one_by_one([each for each in readings if each.fix is None or _bad(each)])
    assert not [d for o in outcomes for d in o.judgement.detections if "zone" in d.kind]
    states, _ = one_by_one([each for each in readings if each.fix is None or _bad(each)])
    assert all(state.zone.safety is Safety.UNKNOWN for state in states.values())


@quick
@given(traces(), traces(person_ids=(2,)))
def test_bad_fixes_between_good_ones_change_nothing(readings: list[Reading], others: list[Reading]) -> None:
    person, state = PERSONS[2], FRESH
    for number, each in enumerate(others):
        state, _ = engine.step(state, each, person)
        state, _ = engine.run_down(state, person, each.at)
        for bad in (r for r in readings[number : number + 2] if r.fix is not None and _bad(r)):
            after, outcome = engine.step(state, _as_if(bad, each), person)
            assert after.zone is state.zone
            assert after.track is state.track
            assert outcome.admission is Admission.LIVE


def _bad(each: Reading) -> bool:
    fix, policy = each.fix, PERSONS[2].policy
    return fix is not None and (fix.source == "cell" or fix.accuracy_m > policy.zone_accuracy_ceiling_m)


def _as_if(bad: Reading, good: Reading) -> Reading:
    """A bad fix of another bracelet, heard at the moment of a good one."""
    return Reading(
        person_id=2, device_id="zb-c", kind=bad.kind, at=good.at, received_at=good.at, fix=bad.fix, steps=bad.steps
    )
