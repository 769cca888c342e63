from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from simulators import noise
from simulators.noise import BAD_BEYOND_M, Source

MANY = 20_000


def indoors(seed: int = 1):
    rng = random.Random(seed)
    return [noise.indoors(rng, after_bad=False) for _ in range(MANY)]


def test_most_fixes_indoors_are_good_and_some_are_very_bad():
    errors = sorted(error.off_m for error in indoors() if error.source is not Source.CELL)
    assert 8 < errors[len(errors) // 2] < 30
    assert errors[int(0.99 * len(errors))] > 80
    assert errors[-1] > 300


def test_some_lie_beyond_their_own_accuracy_and_a_few_far_beyond():
    wifi = [error for error in indoors() if error.source is Source.WIFI]
    beyond = sum(error.off_m > error.accuracy_m for error in wifi) / len(wifi)
    assert 0.05 < beyond < 0.36
    overconfident = sum(error.accuracy_m <= 15 and error.off_m > 140 for error in wifi) / len(wifi)
    assert 0.0003 < overconfident < 0.003


def test_cell_fixes_are_rare_kilometres_off_and_say_so():
    cell = [error for error in indoors() if error.source is Source.CELL]
    assert 0.015 < len(cell) / MANY < 0.025
    assert all(error.accuracy_m >= 1_000 for error in cell)
    assert max(error.off_m for error in cell) > 2_000


@given(seed=st.integers())
def test_after_a_bad_fix_comes_a_good_one(seed):
    assert noise.indoors(random.Random(seed), after_bad=True).off_m <= BAD_BEYOND_M + 1e-6


@given(seed=st.integers())
def test_outdoors_satellites_are_honest(seed):
    error = noise.under_the_sky(random.Random(seed))
    assert error.source is Source.GNSS
    assert 5 <= error.accuracy_m <= 15
    assert error.off_m <= 1.6 * error.accuracy_m + 1e-6
