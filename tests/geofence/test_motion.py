"""Windows become numbers that depend on the movement alone: not on the rate, not on how the sensor is turned."""

from __future__ import annotations

import math
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.fall_learnt import WEIGHTS
from geofence.fall_weights import Weight, Weights, features, score
from geofence.motion import (
    BLOCK_HZ,
    NAMES,
    MotionError,
    MotionSummary,
    blocks,
    checked,
    describe,
    numbers,
    summarise,
)
from tests.geofence.impacts import FALL, SAT_DOWN, SLID_DOWN, SURE_FALL


def window(rate_hz: float = 100.0, *, quiet_after: bool = True) -> np.ndarray:
    """Standing 3.5 s, falling 0.3 s, a blow of 0.1 s, then lying on the side for 4.6 s: (n, 3)."""
    seconds = np.arange(int(8.5 * rate_hz)) / rate_hz
    samples = np.zeros((len(seconds), 3))
    samples[:, 2] = 1.0
    samples[(seconds >= 3.5) & (seconds < 3.8)] *= 0.2
    samples[(seconds >= 3.8) & (seconds < 3.92)] = (3.0, 0.0, 4.0)
    lying = seconds >= 3.92
    samples[lying] = (1.0, 0.0, 0.0)
    if not quiet_after:
        samples[lying, 1] = np.sin(seconds[lying] * 2 * math.pi * 2)
    return samples


def told(samples: np.ndarray, rate_hz: float = 100.0) -> MotionSummary:
    x, y, z = samples.T.tolist()
    return summarise(x, y, z, rate_hz)


def test_a_fall_in_numbers() -> None:
    found = told(window())
    assert found.peak_g == pytest.approx(5.0)
    assert found.lowest_before_g == pytest.approx(0.2)
    assert found.falling_share == pytest.approx(0.3, abs=0.06)
    assert found.over_2g_share == pytest.approx(0.08, abs=0.03)
    assert found.posture_change_deg == pytest.approx(90.0, abs=0.1)
    assert found.after_sd_g == pytest.approx(0.0, abs=1e-9)
    assert found.after_turn_g == pytest.approx(0.0, abs=1e-9)
    assert found.after_offset_g == pytest.approx(0.0, abs=1e-9)
    assert found.before_sd_g == pytest.approx(0.0, abs=1e-9)
    assert found.settle_s == pytest.approx(0.12, abs=0.05)
    assert found.jerk_g_per_s == pytest.approx(BLOCK_HZ * math.dist((3, 0, 4), (1, 0, 0)), rel=0.3)
    assert found.core_sd_g > 0.5
    assert found.impulse_g == pytest.approx((0.3 * 0.8 + 0.12 * 4) / 1.5, rel=0.15)


def test_restless_after_a_fall_is_no_stillness() -> None:
    found = told(window(quiet_after=False))
    assert found.after_turn_g == pytest.approx(1 / math.sqrt(2), rel=0.05)
    assert found.after_sd_g > 0.1
    assert found.settle_s == pytest.approx(4.0, abs=0.3)


def test_nothing_happening_is_nothing() -> None:
    found = told(np.tile([0.0, 0.0, 1.0], (400, 1)))
    rest = {
        name: value
        for name, value in zip(NAMES, astuple(found), strict=True)
        if name not in {"peak_g", "lowest_before_g"}
    }
    assert all(abs(value) < 1e-5 for value in rest.values())
    assert (found.peak_g, found.lowest_before_g) == (pytest.approx(1.0), pytest.approx(1.0))
    assert score(found, WEIGHTS).score < 0.05


@pytest.mark.parametrize("rate_hz", [25.0, 40.0, 50.0, 100.0, 200.0, 400.0])
def test_the_rate_hardly_matters(rate_hz: float) -> None:
    reference, found = told(window(400.0), 400.0), told(window(rate_hz), rate_hz)
    for name, one, other in zip(NAMES, numbers(reference), numbers(found), strict=True):
        assert one == pytest.approx(other, rel=0.3, abs=0.08), name
    assert score(found, WEIGHTS).score == pytest.approx(score(reference, WEIGHTS).score, abs=0.05)


angles = st.floats(0, 2 * math.pi)


@settings(max_examples=50, deadline=None)
@given(angles, angles, angles)
def test_turning_the_sensor_changes_nothing(one: float, two: float, three: float) -> None:
    def turn(angle: float, first: int, second: int) -> np.ndarray:
        matrix = np.eye(3)
        matrix[first, first] = matrix[second, second] = math.cos(angle)
        matrix[first, second], matrix[second, first] = -math.sin(angle), math.sin(angle)
        return matrix

    samples = window(quiet_after=False)
    # One strongest instant: between equals the last digit would choose.
    samples[384:388] *= 1.05
    turned = samples @ (turn(one, 0, 1) @ turn(two, 1, 2) @ turn(three, 0, 2))
    assert numbers(told(turned)) == pytest.approx(numbers(told(samples)), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(60, 400),
    st.integers(0, 2**32 - 1),
    st.sampled_from([20.0, 25.0, 33.3, 50.0]),
    st.sampled_from([0.0, 0.3, 3.0]),
)
def test_whatever_is_let_in_gives_numbers_that_are_let_in(count: int, seed: int, rate_hz: float, noise: float) -> None:
    samples = np.clip(np.random.default_rng(seed).normal(0.0, 1.0, (count, 3)) * noise, -40, 40)
    if not 3.0 <= count / rate_hz <= 20.0:
        with pytest.raises(MotionError):
            told(samples, rate_hz)
        return
    found = told(samples, rate_hz)
    assert checked(numbers(found)) == found
    assert 0.0 <= score(found, WEIGHTS).score <= 1.0


@given(st.integers(1, 200), st.floats(20, 400))
def test_blocks_keep_the_mean(count: int, rate_hz: float) -> None:
    samples = np.random.default_rng(count).normal(0, 1, (count + 60, 3))
    means = blocks(samples, rate_hz)
    assert np.allclose(means.mean(axis=0), samples.mean(axis=0))


@pytest.mark.parametrize("at_s", [0.0, 0.3, 8.4])
def test_a_blow_at_the_very_edge_is_described_too(at_s: float) -> None:
    samples = np.tile([0.0, 0.0, 1.0], (850, 1))
    samples[int(at_s * 100) : int(at_s * 100) + 10] = (0.0, 3.0, 4.0)
    assert describe(blocks(samples, 100.0)).peak_g == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("axes", "rate_hz", "says"),
    [
        (([0.0] * 100, [0.0] * 100, [1.0] * 99), 25.0, "as many of each"),
        (([0.0] * 100, [0.0] * 100, [1.0] * 100), 19.9, "send 20 to 400"),
        (([0.0] * 100, [0.0] * 100, [1.0] * 100), float("nan"), "send 20 to 400"),
        (([0.0] * 74, [0.0] * 74, [1.0] * 74), 25.0, "send 3 to 20 s"),
        (([0.0] * 501, [0.0] * 501, [1.0] * 501), 25.0, "send 3 to 20 s"),
        (([0.0] * 100, [0.0] * 100, [40.1] * 100), 25.0, "not metres a second squared"),
        (([0.0] * 100, [0.0] * 100, [-40.1] * 100), 25.0, "not metres a second squared"),
        (([0.0] * 100, [float("nan")] * 100, [1.0] * 100), 25.0, "is no number"),
    ],
)
def test_what_cannot_be_used_says_why(axes: tuple[list[float], ...], rate_hz: float, says: str) -> None:
    with pytest.raises(MotionError, match=says):
        summarise(*axes, rate_hz)


def test_a_sensor_that_says_zero_is_described_and_is_no_fall() -> None:
    found = told(np.zeros((400, 3)))
    assert (found.peak_g, found.posture_change_deg, found.falling_share) == (0.0, 0.0, 1.0)
    assert score(found, WEIGHTS).score < 0.5


def test_a_summary_needs_every_number_in_its_range() -> None:
    with pytest.raises(MotionError, match="14 numbers, not 13"):
        checked(numbers(FALL)[:-1])
    with pytest.raises(MotionError, match=r"settle_s is 4\.1: send 0 to 4"):
        checked((*numbers(FALL)[:-1], 4.1))
    with pytest.raises(MotionError, match="peak_g is -1"):
        checked((-1.0, *numbers(FALL)[1:]))
    with pytest.raises(MotionError, match="peak_g is nan"):
        checked((float("nan"), *numbers(FALL)[1:]))


def test_scores_of_the_made_up_movements() -> None:
    found = [score(motion, WEIGHTS).score for motion in (SAT_DOWN, SLID_DOWN, FALL, SURE_FALL)]
    assert found == pytest.approx([0.161, 0.455, 0.821, 0.988], abs=0.002)


def test_the_points_are_the_score() -> None:
    scored = score(FALL, WEIGHTS)
    values = features([FALL])[0].tolist()
    logit = WEIGHTS.intercept + sum(w.points(v) for w, v in zip(WEIGHTS.of, values, strict=True))
    assert scored.score == pytest.approx(1 / (1 + math.exp(-logit)))
    assert [cause.points for cause in scored.causes] == sorted((c.points for c in scored.causes), reverse=True)
    assert all(cause.points > 0 for cause in scored.causes)
    assert scored.causes[0].name == "posture_change_deg"
    assert scored.causes[0].value == 85.0


def test_beyond_what_was_seen_counts_as_the_boundary() -> None:
    weight = Weight(name="peak_g", low=0.0, high=2.0, mean=1.0, sd=0.5, linear=1.5, square=0.25)
    assert weight.points(2.0) == pytest.approx(1.5 * 2 + 0.25 * 3)
    assert weight.points(9.0) == weight.points(2.0)
    assert weight.points(-9.0) == weight.points(0.0) == pytest.approx(-1.5 * 2 + 0.25 * 3)
    assert weight.points(1.0) == pytest.approx(-0.25)


def test_a_score_beyond_what_a_double_holds_is_still_one() -> None:
    sure = Weights(intercept=1e6, of=WEIGHTS.of)
    assert score(FALL, sure).score == 1.0
    assert score(FALL, replace(sure, intercept=-1e6)).score == pytest.approx(0.0, abs=1e-200)


def test_weights_are_of_the_numbers_in_their_order() -> None:
    assert tuple(weight.name for weight in WEIGHTS.of) == NAMES
    assert all(weight.low < weight.high and weight.sd > 0 for weight in WEIGHTS.of)
