"""Wandering: each pattern is told and named, walks are not; what begins and ends a walk."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence import wandering_score
from geofence import wandering_weights as learnt
from geofence.detectors import wandering
from geofence.policy import DEFAULT
from geofence.reading import FixSource
from geofence.wandering_score import Pattern
from tests.geofence.scenes import Story, at, circle, fix, person, reading
from tests.geofence.walks import lapping, pacing, random_walk, seen, straight, told

#: Nobody has drawn a safe area: nothing but walks is told.
FREE = replace(person(), zones=())


def wanders(story: Story) -> list[str]:
    return [str(detection.reason) for detection in story.detections if detection.kind == "wandering"]


@pytest.mark.parametrize(("leg_m", "speed_mps"), [(50.0, 0.8), (60.0, 1.0), (90.0, 1.0), (120.0, 1.1)])
def test_pacing(leg_m: float, speed_mps: float) -> None:
    assert wanders(told(pacing(leg_m), FREE, speed_mps=speed_mps)) == ["pacing"]


@pytest.mark.parametrize(("side_m", "speed_mps"), [(40.0, 0.8), (60.0, 1.0), (80.0, 1.1)])
def test_lapping(side_m: float, speed_mps: float) -> None:
    assert wanders(told(lapping(side_m), FREE, speed_mps=speed_mps)) == ["lapping"]


def test_random() -> None:
    """Every one is told; a few look like laps, and some names differ."""
    names = [wanders(told(random_walk(seed), FREE, speed_mps=0.9))[:1] for seed in range(12)]
    assert [] not in names
    assert names.count(["random"]) >= 9


@pytest.mark.parametrize(
    "corners",
    [
        straight(),
        # To the shop and home.
        [(0, 0), (500, 0), (0, 0)],
        # Once around a large block.
        [(0, 0), (400, 0), (400, 400), (0, 400), (0, 0)],
        # Streets with corners.
        [(0, 0), (200, 0), (200, 200), (450, 200), (450, 500), (800, 500)],
    ],
)
def test_whoever_goes_somewhere_does_not_wander(corners: list[tuple[float, float]]) -> None:
    assert wanders(told(corners, FREE)) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_sitting_on_a_bench_is_no_walk(seed: int) -> None:
    """Fixes within 12 m of the bench."""
    story = told(random_walk(seed, radius_m=8.0, legs=400), FREE, until_s=3_600)
    assert wanders(story) == []
    assert len(story.state.wandering.spots) == 1


def test_it_is_told_once_and_again_after_half_an_hour() -> None:
    story = told(pacing(60.0, 200), FREE, until_s=5_400)
    instants = [detection.at for detection in story.detections]
    assert len(instants) == 3
    assert {b - a for a, b in pairwise(instants)} == {timedelta(minutes=30)}


def test_three_looks_confirm() -> None:
    first = {
        fixes: told(pacing(), replace(FREE, policy=replace(DEFAULT, wandering_confirming_fixes=fixes))).detections[0].at
        for fixes in (1, 2, 3)
    }
    assert first[2] - first[1] == first[3] - first[2] == timedelta(seconds=30)


def test_who_goes_somewhere_in_between_is_looked_at_anew() -> None:
    """Looks in a row: what spoke before a way that led somewhere does not count."""
    patient = replace(FREE, policy=replace(DEFAULT, wandering_confirming_fixes=20))
    story = told(pacing(), patient, until_s=600)
    assert story.state.wandering.speaking > 1
    for i in range(1, 12):
        story.fix(600 + 30 * i, 60.0 + 40.0 * i)
    assert (story.state.wandering.speaking, story.state.wandering.sums) == (0, ())


def test_the_name_rests_on_every_look_of_the_run() -> None:
    fixes = seen(pacing(), until_s=1_500)
    story, later = Story(FREE), iter(fixes)
    while story.state.wandering.speaking < 2:
        story.fix(*next(later))
    laps = msgspec.structs.replace(story.state.wandering, sums=(0.0, 50.0, 0.0))
    story.state = msgspec.structs.replace(story.state, wandering=laps)
    story.fix(*next(later))
    assert wanders(story) == ["lapping"]


def test_not_before_eight_minutes() -> None:
    eager = replace(FREE, policy=replace(DEFAULT, wandering_confirming_fixes=1, wandering_score=-2.0))
    assert told(pacing(), eager).detections[0].at == at(480)


@pytest.mark.parametrize(("every_s", "shown"), [(90.0, False), (60.0, True)])
def test_eight_fixes_show_a_shape(every_s: float, shown: bool) -> None:
    """Nine minutes of pacing, seen seven times or ten."""
    state = told(pacing(60.0), FREE, until_s=540, every_s=every_s).state.wandering
    assert (wandering.shape(state, FREE) is not None) is shown


def test_only_the_last_fifteen_minutes_count() -> None:
    story = told(pacing(60.0, 200), FREE, until_s=3_600)
    spots = story.state.wandering.spots
    assert spots[-1][0] - spots[0][0] == 900
    assert wanders(told([*pacing(60.0, 3), *straight(4_000)], FREE, until_s=3_600)) == []


@pytest.mark.parametrize(("gap_s", "spots"), [(150, 5), (151, 1)])
def test_a_pause_begins_a_new_walk(gap_s: int, spots: int) -> None:
    story = told(straight(), FREE, until_s=90)
    assert len(story.state.wandering.spots) == 4
    story.fix(90 + gap_s, 90 + gap_s)
    assert len(story.state.wandering.spots) == spots


@pytest.mark.parametrize(("metres", "spots"), [(24.5, 1), (25.5, 2)])
def test_a_walk_begins_25_m_on(metres: float, spots: int) -> None:
    story = Story(FREE)
    story.fix(0, 0)
    story.fix(30, metres)
    assert len(story.state.wandering.spots) == spots


@pytest.mark.parametrize(("accuracy_m", "spots"), [(50.0, 2), (50.5, 1)])
def test_a_walk_does_not_begin_at_a_place_that_shows_nothing(accuracy_m: float, spots: int) -> None:
    story = Story(FREE)
    story.fix(0, 0)
    story.fix(30, 20.0, accuracy_m=accuracy_m)
    story.fix(60, 50.0)
    assert len(story.state.wandering.spots) == spots


@pytest.mark.parametrize(
    ("seconds", "metres", "more"),
    [
        (14, 10.0, {}),
        # 3.5 m/s.
        (30, 106.0, {}),
        (30, 30.0, {"accuracy_m": 50.5}),
        (30, 30.0, {"device_id": "zb-b"}),
        (30, 30.0, {"source": FixSource.CELL}),
        (-30, 30.0, {}),
    ],
)
def test_a_fix_that_shows_nothing_is_left_out(seconds: float, metres: float, more: dict[str, object]) -> None:
    story = told(straight(), FREE, until_s=90)
    before = story.state.wandering
    story.fix(90 + seconds, 90 + metres, **more)
    assert story.state.wandering is before


@pytest.mark.parametrize(
    ("seconds", "metres", "more"),
    [(15, 10.0, {}), (30, 104.0, {}), (30, 30.0, {"accuracy_m": 50.0}), (30, 30.0, {"source": FixSource.WIFI})],
)
def test_a_fix_that_shows_something_goes_on(seconds: float, metres: float, more: dict[str, object]) -> None:
    story = told(straight(), FREE, until_s=90)
    story.fix(90 + seconds, 90 + metres, **more)
    assert len(story.state.wandering.spots) == 5


def test_an_outlier_that_is_too_sure_changes_little() -> None:
    """Every eighth fix claims 3 m and is 200 m off."""
    story = Story(FREE)
    for i, (seconds, east_m, north_m) in enumerate(seen(pacing(60.0), until_s=1_500)):
        off = 200.0 if i % 8 == 5 else 0.0
        story.fix(seconds, east_m + off, north_m, accuracy_m=3.0 if off else 10.0)
    assert wanders(story) == ["pacing"]


@pytest.mark.parametrize("says", [{"at_home": True}, {"charging": True}, {"worn": False}])
def test_what_a_bracelet_says_of_itself_ends_a_walk(says: dict[str, bool]) -> None:
    story = told(pacing(), FREE, until_s=300)
    assert story.state.wandering.spots
    story.hear(reading(310, **says))
    assert story.state.wandering.spots == ()
    story = told(pacing(), FREE, until_s=300)
    story.fix(330, 30, **says)
    assert story.state.wandering.spots == ()


@pytest.mark.parametrize("says", [{"at_home": False}, {"charging": False}, {"worn": True}, {}])
def test_what_says_nothing_ends_nothing(says: dict[str, bool]) -> None:
    story = told(pacing(), FREE, until_s=300)
    before = story.state.wandering
    story.hear(reading(310, **says))
    assert story.state.wandering is before


def test_without_a_step_no_walk_begins() -> None:
    """However far the fix jumps."""
    story = Story(FREE)
    for seconds, east_m, north_m in seen(pacing(), until_s=1_500):
        story.fix(seconds, east_m, north_m, steps=0 if seconds else None)
    assert len(story.state.wandering.spots) == 1
    assert wanders(story) == []


def test_a_ride_ends_a_walk_and_begins_none() -> None:
    """A bus in a jam is as slow as somebody who runs."""
    story = told(pacing(), FREE, until_s=300)
    for i in range(1, 6):
        story.fix(300 + 40 * i, 400.0 * i)
    for i in range(1, 10):
        story.fix(500 + 40 * i, 2_000.0 + 110.0 * i)
        assert story.state.vehicle.motion == "riding"
        assert len(story.state.wandering.spots) <= 1


@pytest.mark.parametrize("sways_m", [(0.0, 4.0, 8.0), (0.0, 22.0)])
def test_who_sits_down_has_stopped_walking(sways_m: tuple[float, ...]) -> None:
    """However their fixes sway between the two ends of one step."""
    story = told([(0.0, 0.0), (200.0, 0.0)], FREE)
    assert len(story.state.wandering.spots) == 7
    for i in range(60):
        story.fix(210 + 30 * i, 200.0 + sways_m[i % len(sways_m)])
    assert len(story.state.wandering.spots) == 1


def test_two_bracelets_make_one_walk() -> None:
    """The other lies at home."""
    story = Story(FREE)
    for seconds, east_m, north_m in seen(pacing(60.0, east_m=40.0), until_s=1_500):
        story.fix(seconds, east_m, north_m)
        story.fix(seconds + 10, 0.0, device_id="zb-b")
    assert wanders(story) == ["pacing"]
    assert {detection.device_id for detection in story.detections} == {"zb-000001"}


def test_memory_is_bounded() -> None:
    longest = replace(FREE, policy=replace(DEFAULT, wandering_window=timedelta(minutes=30)))
    story = told(pacing(60.0, 400), longest, until_s=5_400, every_s=5.0)
    assert len(story.state.wandering.spots) <= wandering.MOST_SPOTS
    assert wanders(story)[0] == "pacing"


def test_evidence() -> None:
    by_day = person(circle(200.0))
    story = told(pacing(), replace(by_day, policy=replace(by_day.policy, night_from=time(19, 0))))
    found = next(d for d in story.detections if d.kind == "wandering")
    evidence = dict(found.evidence)
    assert found.place is not None
    assert found.place.at == found.at
    assert evidence["suspected_since"] == at(0).isoformat()
    assert evidence["walk_min"] == round((found.at - at(0)).total_seconds() / 60, 1)
    assert evidence["spread_m"] == pytest.approx(24, abs=2)
    assert evidence["length_m"] == pytest.approx((found.at - at(0)).total_seconds(), abs=61)
    assert evidence["reversals_count"] == evidence["sharp_turns_count"] >= 6
    assert evidence["beyond_m"] is None
    assert evidence["zone_name"] == "home"
    assert evidence["night"] is True
    assert set(str(evidence["because"]).split(", ")) <= set(learnt.FEATURES)


def test_in_the_yard_by_day_it_is_nobodys_business() -> None:
    """He takes the air where the family has said he may. It is noted as his habit; outside it would be told."""
    story = told(pacing(), person(circle(200.0)))
    assert wanders(story) == []
    assert story.state.wandering.strolls
    assert wanders(told(pacing(), FREE)) == ["pacing"]


def test_beyond_the_edge_it_says_so() -> None:
    found = next(d for d in told(pacing(east_m=300.0), person(circle(200.0))).detections if d.kind == "wandering")
    assert found.evidence["beyond_m"] == pytest.approx(130, abs=35)


class TestScore:
    """The model as it is stored."""

    def test_it_is_whole(self) -> None:
        wide = len(learnt.FEATURES)
        assert len(learnt.MEANS) == len(learnt.SPREADS) == wide
        assert [len(row) for row in learnt.WEIGHTS] == [wide] * 3
        assert len(learnt.BIASES) == len(learnt.THRESHOLDS) == len(Pattern) == 3
        assert min(learnt.SPREADS) > 0

    def test_the_name_leaves_the_thresholds_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learnt, "THRESHOLDS", (0.0, 1.0, 0.0))
        assert wandering_score.likeliest((2.0, 1.5, 0.0), 1) is Pattern.LAPPING
        assert wandering_score.likeliest((2.0, 0.9, 0.0), 1) is Pattern.PACING

    def test_what_speaks_most_comes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        story = told(pacing(), FREE, until_s=900)
        found = wandering.shape(story.state.wandering, FREE)
        assert found is not None
        weights = [0.0] * len(learnt.FEATURES)
        weights[0], weights[2] = 1.0, 5.0
        monkeypatch.setattr(learnt, "WEIGHTS", (tuple(weights),) * 3)
        monkeypatch.setattr(learnt, "MEANS", (0.0,) * len(weights))
        monkeypatch.setattr(learnt, "SPREADS", (1.0,) * len(weights))
        assert wandering_score.because(found, Pattern.PACING) == "reversals, density"


def test_quiet_readings_keep_the_state() -> None:
    story = Story(FREE)
    story.fix(0, 0)
    before = story.state.wandering
    for i in range(1, 50):
        story.fix(60 * i, 11.0 * (i % 2))
        story.hear(reading(60 * i + 5, at_home=True, charging=True))
    assert story.state.wandering is before


def test_a_clock_that_starts_again_moves_nothing() -> None:
    story = told(pacing(), FREE, until_s=300)
    before = story.state.wandering
    story.hear(reading(-5_000_000, fix(30)))
    assert story.state.wandering is before
