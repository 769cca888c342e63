"""Heart and breathing rate in bed: what can be read, each limit from both sides, holding, episodes, the usual rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import baseline, vital_sign
from geofence.baseline import Baseline
from geofence.detection import Place
from geofence.detectors import breathing_rate, heart_rate
from geofence.detectors.zone import Safety, ZoneState
from geofence.policy import DEFAULT, PolicyError, with_overrides
from geofence.reading import BedReport, BedStatus, ReadingKind
from geofence.track import TrackState
from geofence.vital_sign import VitalState, Word
from tests.geofence.scenes import Story, at, person, place, reading


def lie(
    story: Story, seconds: float, heart: float | None = 60.0, breath: float | None = 14.0, **said: Any
) -> list[str]:
    """One report of a bed; what was told of it."""
    device = said.pop("device_id", "bed")
    values: dict[str, Any] = {"status": BedStatus.OCCUPIED, "quality_pct": 90.0, "movement_pct": 0.0} | said
    bed = BedReport(heart_rate_bpm=heart, breathing_rate_bpm=breath, **values)
    outcome = story.hear(reading(seconds, kind=ReadingKind.BED, device_id=device, bed=bed))
    vital = ("heart_rate", "breathing_rate")
    return [f"{d.kind} {d.reason}" for d in outcome.judgement.detections if d.kind in vital]


def settled(story: Story | None = None, *, until: int = 180) -> Story:
    """Somebody who lies quietly, a report a minute up to and without `until`."""
    story = story or Story()
    for seconds in range(0, until, 60):
        lie(story, seconds)
    return story


def hearts(story: Story, first: float, *rates: float | None, every_s: float = 60, **said: Any) -> list[str]:
    return [each for n, rate in enumerate(rates) for each in lie(story, first + n * every_s, rate, **said)]


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (40.0, []),
        (39.9, ["heart_rate low"]),
        (120.0, []),
        (120.1, ["heart_rate high"]),
        (35.0, ["heart_rate low"]),
        (34.9, ["heart_rate critically_low"]),
        (140.0, ["heart_rate high"]),
        (140.1, ["heart_rate critically_high"]),
    ],
)
def test_each_limit_of_the_heart_from_both_sides(rate: float, said: list[str]) -> None:
    assert hearts(settled(), 180, rate, rate, rate, rate, rate) == said


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (8.0, []),
        (7.9, ["breathing_rate low"]),
        (28.0, []),
        (28.1, ["breathing_rate high"]),
        (5.0, ["breathing_rate low"]),
        (4.9, ["breathing_rate critically_low"]),
    ],
)
def test_each_limit_of_breath_from_both_sides(rate: float, said: list[str]) -> None:
    story = settled()
    assert [each for n in range(5) for each in lie(story, 180 + 60 * n, 60, rate)] == said


def test_a_report_speaks_for_the_minute_before_it() -> None:
    """Three reports a minute apart hold three minutes; the third tells."""
    story = settled()
    assert [hearts(story, 180 + 60 * n, 130) for n in range(4)] == [[], [], ["heart_rate high"], []]


def test_and_never_for_longer_than_a_minute() -> None:
    story = settled()
    assert [hearts(story, 240 + 120 * n, 130) for n in range(3)] == [[], ["heart_rate high"], []]
    story = settled()
    assert [hearts(story, seconds, 130) for seconds in (300, 419, 420)] == [[], [], ["heart_rate high"]]


@pytest.mark.parametrize(("every_s", "needed"), [(5, 36), (30, 6), (60, 3)])
def test_three_minutes_are_three_minutes_however_often_it_reports(every_s: int, needed: int) -> None:
    story = Story()
    for seconds in range(0, 180, every_s):
        lie(story, seconds)
    assert hearts(story, 180, *[130] * (needed - 1), every_s=every_s) == []
    assert hearts(story, 180 + (needed - 1) * every_s, 130) == ["heart_rate high"]


def test_one_report_is_never_enough() -> None:
    """A sensor that counts every second beat does so for a moment."""
    assert hearts(settled(), 180, 30, 60, 30, 60, 200, 60, 200, 60) == []


def test_critical_needs_two_critical_reports() -> None:
    story = settled()
    assert [hearts(story, 180 + 60 * n, rate) for n, rate in enumerate((38, 33, 33))] == [[], [], ["heart_rate critically_low"]]  # fmt: skip


def test_critical_within_half_a_minute_of_frequent_reports() -> None:
    story = Story()
    for seconds in range(0, 180, 10):
        lie(story, seconds)
    assert [hearts(story, 180 + 10 * n, 150) for n in range(3)] == [[], [], ["heart_rate critically_high"]]


def test_it_gets_worse() -> None:
    story = settled()
    assert hearts(story, 180, 130, 130, 130, 130, 150, 150, 150) == ["heart_rate high", "heart_rate critically_high"]
    assert hearts(story, 600, 130, 130, 130) == []


def test_a_normal_report_ends_a_run() -> None:
    assert hearts(settled(), 180, 130, 130, 90, 130, 130, 90) == []


def test_a_report_just_inside_neither_ends_nor_adds() -> None:
    assert hearts(settled(), 180, 130, 116, 130) == ["heart_rate high"]
    assert hearts(settled(), 180, 130, 115, 130) == []
    assert hearts(settled(), 180, 38, 44.9, 38) == ["heart_rate low"]
    assert hearts(settled(), 180, 38, 45, 38) == []


def test_more_reports_inside_than_outside_are_no_run() -> None:
    assert hearts(settled(), 180, 121, 119, 119, 119, 121) == []


def test_told_once_until_it_was_normal_for_ten_minutes() -> None:
    story = settled()
    assert hearts(story, 180, *[130] * 30) == ["heart_rate high"]
    assert hearts(story, 1_980, *[60] * 10) == []
    assert hearts(story, 2_580, 130, 130, 130) == []
    assert hearts(story, 2_760, *[60] * 11) == []
    assert hearts(story, 3_420, 130, 130, 130) == ["heart_rate high"]


def test_the_other_side_is_another_story() -> None:
    assert hearts(settled(), 180, 130, 130, 130, 37, 37, 37) == ["heart_rate high", "heart_rate low"]


@pytest.mark.parametrize(("gap_s", "again"), [(7_200, []), (7_201, ["heart_rate high"])])
def test_hours_later_it_is_told_again(gap_s: int, again: list[str]) -> None:
    story = settled()
    hearts(story, 180, 130, 130, 130)
    first = 300 + gap_s
    # Getting into bed again: two minutes are not read, so the run that counts begins with the third.
    assert hearts(story, first - 120, 130, None, 130, 130, 130) == again


def test_a_gap_of_more_than_three_minutes_begins_anew() -> None:
    story = settled()
    assert hearts(story, 180, 130, 130) == []
    assert hearts(story, 240 + 180, None) == []
    assert hearts(story, 240 + 181, 130) == []


@pytest.mark.parametrize("nothing", [None, 0.0])
def test_zero_is_no_reading(nothing: float | None) -> None:
    story = settled()
    assert [each for n in range(10) for each in lie(story, 180 + 60 * n, nothing, nothing)] == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"quality_pct": 49.9}, False),
        ({"quality_pct": 50.0}, True),
        ({"quality_pct": None}, True),
        ({"movement_pct": 20.0}, True),
        ({"movement_pct": 20.1}, False),
        ({"breathing_amplitude_pct": 400.0}, True),
        ({"breathing_amplitude_pct": 400.1}, False),
        ({"status": BedStatus.EDGE}, False),
        ({"status": BedStatus.EMPTY}, False),
        ({"status": BedStatus.FAULT}, False),
    ],
)
def test_what_can_be_read(said: dict[str, Any], told: bool) -> None:
    assert bool(hearts(settled(), 180, *[130] * 6, **said)) is told


def test_not_within_a_minute_of_movement() -> None:
    def story(after_s: float) -> list[str]:
        story = Story()
        for seconds in range(0, 200, 10):
            lie(story, seconds)
        lie(story, 200, movement_pct=60.0)
        return hearts(story, 200 + after_s, *[150] * 3, every_s=10)

    assert story(59) == []
    assert story(60) == ["heart_rate critically_high"]


def test_not_in_the_first_two_minutes_in_bed() -> None:
    story = Story()
    lie(story, 0)
    assert hearts(story, 60, 150) == []
    assert hearts(story, 119, 150) == []
    assert hearts(story, 120, 150, 150, 150, every_s=30) == ["heart_rate critically_high"]
    lie(story, 200, status=BedStatus.EMPTY)
    assert story.state.rest.lying_since is None
    lie(story, 210)
    assert story.state.rest.lying_since == at(210)


def test_an_empty_bed_says_nothing_of_the_bed_they_lie_in() -> None:
    story = settled()
    lie(story, 185, status=BedStatus.EMPTY, device_id="day-bed")
    assert story.state.rest.lying_since == at(0)
    assert hearts(story, 190, 150, 150, 150, 150, status=BedStatus.EDGE, device_id="day-bed") == []


def test_somebody_else_in_the_bed() -> None:
    """The bracelet is out: who lies there is another, and is not learnt either."""
    story = settled()
    latitude, longitude = place(600.0)
    seen = Place(latitude=latitude, longitude=longitude, accuracy_m=9.0, at=at(185))
    story.state = msgspec.structs.replace(
        story.state, zone=ZoneState(safety=Safety.OUTSIDE, since=at(185)), track=TrackState(place=seen)
    )
    assert hearts(story, 240, *[150] * 5) == []
    # Half an hour later nobody knows any more where the bracelet is.
    assert hearts(story, 540, *[60] * 25, 150, 150) == ["heart_rate critically_high"]


def night_of(rate: float, night: int, base: Baseline = baseline.NEW, *, hours: float = 8) -> Baseline:
    who = person()
    for minute in range(0, round(hours * 60), 10):
        # START is 20:00; the night begins at 22:00.
        base = baseline.sample(base, rate, at(2 * 3_600 + 86_400 * night + 60 * minute), who)
    return base


def nights(*rates: float) -> Baseline:
    base = baseline.NEW
    for number, rate in enumerate([*rates, 99.0]):
        base = night_of(rate, number, base)
    return base


def test_six_nights_give_nothing_and_seven_do() -> None:
    assert baseline.usual(nights(50, 51, 52, 53, 54, 55), DEFAULT) is None
    assert baseline.usual(nights(50, 51, 52, 53, 54, 55, 56), DEFAULT) == 53


def test_tonight_does_not_count_for_tonight() -> None:
    seven = nights(60, 60, 60, 60, 60, 60, 60)
    assert seven.tonight
    assert 99.0 not in seven.nights


def test_fourteen_nights_are_remembered() -> None:
    base = nights(*range(40, 60))
    assert base.nights == tuple(float(rate) for rate in range(46, 60))


def test_a_short_night_does_not_count() -> None:
    assert night_of(60, 1, night_of(70, 0, hours=1.8)).nights == ()
    assert night_of(60, 1, night_of(70, 0, hours=2)).nights == (70.0,)


def test_a_value_in_ten_minutes_and_only_at_night() -> None:
    who = person()
    first = baseline.sample(baseline.NEW, 60, at(7_200), who)
    assert baseline.sample(first, 60, at(7_799), who) is first
    assert baseline.sample(first, 60, at(7_800), who).tonight == (60, 60)
    assert baseline.sample(baseline.NEW, 60, at(7_199), who) is baseline.NEW


def test_a_night_is_bounded() -> None:
    who = person(night_from=time(12, 0), night_until=time(11, 0))
    base = baseline.NEW
    for number in range(80):
        base = baseline.sample(base, 60, at(16 * 3_600 + 600 * number), who)
    assert len(base.tonight) == baseline.SAMPLES_MOST


@pytest.mark.parametrize(
    ("usual", "low", "high"),
    [(None, 40, 120), (55, 40, 110), (54, 39, 110), (50, 35, 110), (43, 35, 110), (65, 40, 110), (66, 40, 111), (99, 40, 140)],
)  # fmt: skip
def test_limits_of_the_heart_by_the_usual_rate(usual: float | None, low: float, high: float) -> None:
    found = heart_rate.limits(usual, DEFAULT)
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(("usual", "high"), [(None, 28), (20, 28), (21, 29), (27, 35), (30, 35)])
def test_limits_of_breath_by_the_usual_rate(usual: float | None, high: float) -> None:
    found = breathing_rate.limits(usual, DEFAULT)
    assert (found.low, found.high) == (8, high)


@pytest.mark.parametrize(
    "override",
    [
        {"heart_critical_low_bpm": 34.9},
        {"heart_critical_high_bpm": 140.1},
        {"heart_low_bpm": 35.9},
        {"breathing_low_bpm": 7.9},
        {"breathing_critical_low_bpm": 4.9},
        {"breathing_high_most_bpm": 35.1},
        {"heart_held": 601},
    ],
)
def test_no_configuration_goes_beyond_the_clinical_bounds(override: dict[str, float]) -> None:
    with pytest.raises(PolicyError):
        with_overrides(override)


@given(
    st.none() | st.floats(20, 200),
    st.fixed_dictionaries({
        "heart_low_bpm": st.floats(36, 55), "heart_below_usual_bpm": st.floats(5, 25),
        "heart_high_bpm": st.floats(90, 120), "heart_above_usual_bpm": st.floats(15, 60),
        "heart_critical_low_bpm": st.floats(35, 45), "heart_critical_high_bpm": st.floats(120, 140),
    }),
)  # fmt: skip
def test_whatever_is_configured_and_usual_34_and_141_are_critical(
    usual: float | None, override: dict[str, Any]
) -> None:
    found = heart_rate.limits(usual, with_overrides(override))
    assert vital_sign.word(34.9, found) is Word.CRITICALLY_LOW
    assert vital_sign.word(140.1, found) is Word.CRITICALLY_HIGH
    assert 35 <= found.low <= 55
    assert 90 <= found.high <= 140


def test_somebody_who_is_always_slow_is_not_told_of_every_night() -> None:
    """Usual 43: 38 is theirs; somebody whose usual rate is 60 is told."""
    for usual, told in ((43.0, []), (60.0, ["heart_rate low"])):
        story = settled()
        known = VitalState(baseline=Baseline(nights=(usual,) * 7))
        story.state = type(story.state)(rest=story.state.rest, order=story.state.order, heart_rate=known)
        assert hearts(story, 180, 38, 38, 38, 38) == told


def test_evidence() -> None:
    story = settled()
    story.fix(170, 40.0)
    hearts(story, 180, 131, 132, 133.44)
    told = story.detections[-1]
    assert (told.device_id, told.at) == ("bed", at(300))
    assert told.evidence == {
        "rate_bpm": 133.4, "limit_bpm": 120.0, "usual_bpm": None, "held_since": at(120).isoformat(), "held_s": 180,
        "reports_count": 3, "quality_pct": 90.0, "local_time": "20:05", "night": False,
    }  # fmt: skip
    assert told.place is not None


def test_an_ordinary_report_changes_nothing() -> None:
    story = settled()
    before = story.state
    hearts(story, 180, 60, 61, 62, 100, 50)
    assert story.state.heart_rate is before.heart_rate
    assert story.state.breathing_rate is before.breathing_rate
    assert story.state.rest is before.rest
    assert story.state.apnea is before.apnea


@given(st.lists(st.floats(20, 220), min_size=1, max_size=40), st.integers(5, 60))
def test_never_told_twice_without_ten_normal_minutes_or_the_other_side(rates: list[float], every_s: int) -> None:
    story = settled()
    told = hearts(story, 180, *rates, every_s=every_s)
    if len(rates) * every_s < 600 and all(rate > 60 for rate in rates):
        assert len(told) <= 2
    for each in story.detections:
        if each.kind == "heart_rate":
            seconds = float(each.evidence["held_s"] or 0)
            assert seconds >= (30 if "critical" in each.reason else 180)
            assert timedelta(seconds=seconds) <= each.at - at(60)


def test_limits_hold_the_policy_of_the_person() -> None:
    story = settled(Story(person(heart_high_unknown_bpm=100.0, heart_held=timedelta(minutes=1))))
    assert hearts(story, 180, 101, 101) == ["heart_rate high"]
    assert replace(DEFAULT, heart_held=timedelta(minutes=1)).heart_held == timedelta(minutes=1)
