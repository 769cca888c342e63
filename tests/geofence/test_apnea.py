"""Pauses in breathing: by depth, by a missing rate, by the bed's own word; single, long, repeated; what is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.breathing import PERIOD_S, PERIODS_BACK, depths, relative_pct
from geofence.detectors.apnea import Pause
from geofence.reading import BedReport, BedStatus, ReadingKind
from tests.geofence.scenes import Story, at, person, reading

CALM_S = 180.0


def lie(story: Story, seconds: float, depth: float | None = 100.0, **said: Any) -> list[str]:
    """One report; the reasons told of pauses."""
    values: dict[str, Any] = {
        "status": BedStatus.OCCUPIED, "heart_rate_bpm": 60.0, "breathing_rate_bpm": 14.0, "quality_pct": 90.0,
    } | said  # fmt: skip
    bed = BedReport(breathing_amplitude_pct=depth, **values)
    outcome = story.hear(reading(seconds, kind=ReadingKind.BED, device_id="bed", bed=bed))
    return [d.reason for d in outcome.judgement.detections if d.kind == "apnea"]


def calm(story: Story | None = None, *, since: float = 0.0, until: float = CALM_S) -> Story:
    story = story or Story()
    for number in range(int((until - since) / 5)):
        lie(story, since + 5 * number)
    return story


def depths_told(story: Story, first: float, *values: float | None, every_s: float = 5, **said: Any) -> list[str]:
    return [each for n, depth in enumerate(values) for each in lie(story, first + n * every_s, depth, **said)]


def pause(story: Story, first: float, reports: int, **said: Any) -> list[str]:
    """So many faint reports, and breath again."""
    return depths_told(story, first, *[5.0] * reports, **said) + lie(story, first + 5 * reports)


@pytest.mark.parametrize(
    ("reports", "told"),
    [(2, []), (3, ["single_pause"]), (6, ["single_pause"]), (7, ["single_pause", "long_pause"]), (30, ["single_pause", "long_pause"])],
)  # fmt: skip
def test_how_long_a_pause_must_be(reports: int, told: list[str]) -> None:
    assert pause(calm(), CALM_S, reports) == told


@pytest.mark.parametrize(("depth", "told"), [(0.0, True), (21.9, True), (22.0, False)])
def test_how_faint_it_must_be(depth: float, told: bool) -> None:
    assert bool(depths_told(calm(), CALM_S, *[depth] * 4)) is told


def test_one_breath_ends_a_pause() -> None:
    assert depths_told(calm(), CALM_S, 5, 5, 90, 5, 5, 90, 5, 5) == []


def test_five_within_an_hour() -> None:
    story, told = calm(), list[str]()
    for number in range(7):
        calm(story, since=CALM_S + 100 * number, until=CALM_S + 100 * number + 80)
        told += pause(story, CALM_S + 100 * number + 80, 3)
    assert told == [*["single_pause"] * 4, "repeated_pauses", "single_pause", "single_pause"]
    assert len(story.state.apnea.pauses) == 7
    # An hour later it is told again.
    later = CALM_S + 3_700
    for number in range(5):
        calm(story, since=later + 200 * number, until=later + 200 * number + 180)
        told += pause(story, later + 200 * number + 180, 3)
    assert told[7:] == [*["single_pause"] * 4, "repeated_pauses"]


@pytest.mark.parametrize(("apart_s", "last"), [(880, "repeated_pauses"), (900, "single_pause")])
def test_an_hour_is_an_hour(apart_s: int, last: str) -> None:
    story, told = calm(), list[str]()
    for number in range(5):
        first = CALM_S + apart_s * number
        calm(story, since=first - 180 if number else 0, until=first)
        told += pause(story, first, 3)
    assert told[-1] == last


def test_without_a_heart_it_is_the_sensor_or_an_empty_bed() -> None:
    assert pause(calm(), CALM_S, 6, heart_rate_bpm=None) == []
    assert pause(calm(), CALM_S, 6, heart_rate_bpm=0.0) == []
    # It vanishes in the middle: what went before is no pause either.
    story = calm()
    assert depths_told(story, CALM_S, 5, 5) == []
    assert depths_told(story, CALM_S + 10, 5, heart_rate_bpm=None) == []
    assert depths_told(story, CALM_S + 15, 5, 5) == []


@pytest.mark.parametrize("said", [{"quality_pct": 49.0}, {"status": BedStatus.EMPTY}, {"status": BedStatus.EDGE}, {"status": BedStatus.FAULT}])  # fmt: skip
def test_what_cannot_be_read(said: dict[str, Any]) -> None:
    assert pause(calm(), CALM_S, 8, **said) == []


@pytest.mark.parametrize(("after_s", "told"), [(25, []), (30, ["single_pause"])])
def test_not_within_half_a_minute_of_movement(after_s: int, told: list[str]) -> None:
    story = calm()
    lie(story, CALM_S, movement_pct=80.0)
    calm(story, since=CALM_S + 5, until=CALM_S + after_s)
    # Three faint reports, the first of them too early or not.
    assert depths_told(story, CALM_S + after_s, 5, 5, 5) == told


def test_a_deep_burst_is_movement_a_sigh_is_not() -> None:
    for depth, told in ((400.0, ["single_pause"]), (401.0, [])):
        story = calm()
        lie(story, CALM_S, depth)
        assert depths_told(story, CALM_S + 5, 5, 5, 5, 5) == told


def test_reports_too_far_apart_show_no_pause() -> None:
    assert depths_told(calm(), CALM_S + 5, *[5.0] * 5, every_s=10) == ["single_pause", "long_pause"]
    assert depths_told(calm(), CALM_S + 6, *[5.0] * 5, every_s=11) == []


def test_after_three_minutes_it_is_the_sensor() -> None:
    story = Story(person(apnea_longest=person().policy.apnea_longest / 6))
    assert depths_told(calm(story), CALM_S, *[5.0] * 60) == ["single_pause"]
    assert story.state.apnea.pause is Pause.COUNTED


@pytest.mark.parametrize(
    ("own_s", "told"), [(19.9, []), (20.0, ["single_pause"]), (39.9, ["single_pause"]), (40.0, ["long_pause"])]
)
def test_the_bed_s_own_word(own_s: float, told: list[str]) -> None:
    story = Story()
    for number in range(3):
        lie(story, 120 * number, None)
    assert lie(story, 360, None, apnea_s=own_s) == told


def test_the_bed_s_own_word_while_the_pause_goes_on_is_one_pause() -> None:
    story = calm()
    told = [each for n in range(1, 10) for each in lie(story, CALM_S + 5 * n, 3.0, apnea_s=5.0 * n)]
    assert told == ["single_pause", "long_pause"]
    assert len(story.state.apnea.pauses) == 1


def test_two_pauses_of_the_bed_s_own_are_two() -> None:
    story = Story()
    for number in range(3):
        lie(story, 120 * number, None)
    assert lie(story, 360, None, apnea_s=25) == ["single_pause"]
    assert lie(story, 480, None, apnea_s=25) == ["single_pause"]
    assert len(story.state.apnea.pauses) == 2


def test_a_rate_that_goes_missing_at_night() -> None:
    story, night = Story(), 3 * 3_600.0
    for number in range(60):
        lie(story, night + 5 * number, None)
    assert depths_told(story, night + 300, *[None] * 4, breathing_rate_bpm=None) == ["single_pause"]


def test_a_bed_that_never_told_a_rate_misses_none() -> None:
    story, night = Story(), 3 * 3_600.0
    assert depths_told(story, night, *[None] * 200, breathing_rate_bpm=None) == []


def test_evidence() -> None:
    story = calm()
    depths_told(story, CALM_S, 5, 5, 7.04)
    told = story.detections[-1]
    assert (told.device_id, told.at) == ("bed", at(CALM_S + 10))
    assert told.evidence == {
        "pause_s": 15, "paused_since": at(CALM_S - 5).isoformat(), "pauses_count": 1, "amplitude_pct": 7.04,
        "heart_rate_bpm": 60.0, "own_judgement": False, "local_time": "20:03", "night": False,
    }  # fmt: skip


def test_breath_changes_nothing() -> None:
    story = calm()
    before = story.state.apnea
    depths_told(story, CALM_S, 100, 80, 30, 160)
    assert story.state.apnea is before


@given(st.lists(st.sampled_from([3.0, 90.0, 500.0, None]), max_size=80))
def test_pauses_are_told_once_each_and_never_short(values: list[float | None]) -> None:
    story = calm()
    depths_told(story, CALM_S, *values)
    told = [d for d in story.detections if d.kind == "apnea"]
    assert all(float(d.evidence["pause_s"] or 0) >= 15 for d in told)
    begun = [d.evidence["paused_since"] for d in told if d.reason != "long_pause"]
    assert len(begun) == len(set(begun))


class TestDepth:
    """What a bed does with its waveform."""

    RATE = 20.0

    def breath(self, seconds: float, every_s: float = 4.0) -> np.ndarray[Any, np.dtype[np.float64]]:
        at_s = np.arange(int(seconds * self.RATE)) / self.RATE
        return np.sin(2 * np.pi * at_s / every_s)

    def test_a_number_for_each_five_seconds(self) -> None:
        assert len(depths(self.breath(62), self.RATE)) == 12

    def test_steady_breath_is_100_per_cent(self) -> None:
        shares = relative_pct(depths(self.breath(300), self.RATE))
        assert np.isnan(shares[:PERIODS_BACK]).all()
        assert np.nanmin(shares) > 80
        assert np.nanmax(shares) < 130

    def test_offset_unit_and_drift_make_no_difference(self) -> None:
        wave = self.breath(300)
        drift = np.linspace(0, 20, len(wave))
        expected = depths(wave, self.RATE)[1:-1]
        assert depths(7 + wave, self.RATE)[1:-1] == pytest.approx(expected, abs=1e-9)
        assert depths(wave + drift, self.RATE)[1:-1] == pytest.approx(expected, rel=0.05)
        assert relative_pct(depths(9 * wave, self.RATE))[30:-1] == pytest.approx(
            relative_pct(depths(wave, self.RATE))[30:-1]
        )

    def test_a_pause_shows_although_the_sensor_drifts(self) -> None:
        wave = self.breath(300)
        begin, end = int(200 * self.RATE), int(230 * self.RATE)
        wave[begin:end] = np.linspace(0, 6, end - begin)
        wave[end:] += 6
        shares = relative_pct(depths(wave, self.RATE))
        assert (shares[41:45] < 22).all()
        assert shares[46] > 60
        assert (shares[47:59] > 70).all()

    def test_a_dead_sensor_has_no_depth(self) -> None:
        assert np.isnan(relative_pct(depths(np.zeros(int(400 * self.RATE)), self.RATE))).all()

    def test_a_burst_is_bounded(self) -> None:
        wave = self.breath(300)
        wave[4_000:4_100] *= 1_000
        assert np.nanmax(relative_pct(depths(wave, self.RATE))) == 1_000

    def test_one_turn_in_bed_does_not_move_what_is_usual(self) -> None:
        wave = self.breath(300)
        wave[3_000:3_100] *= 20
        assert relative_pct(depths(wave, self.RATE))[35:50] == pytest.approx(np.full(15, 100.0), rel=0.3)

    def test_too_few_samples(self) -> None:
        with pytest.raises(ValueError, match="sample at 4 Hz or more"):
            depths(np.zeros(100), 3.9)

    def test_the_period_is_that_of_the_reports(self) -> None:
        assert PERIOD_S == 5.0
