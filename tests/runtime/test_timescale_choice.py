"""Whether hypertables are used: a decision with a reason."""

import pytest

from runtime.timescale import Choice, choose


@pytest.mark.parametrize(
    ("available", "preloaded", "choice"),
    [
        (False, False, Choice.NOT_AVAILABLE),
        (False, True, Choice.NOT_AVAILABLE),
        (True, False, Choice.NOT_PRELOADED),
        (True, True, Choice.HYPERTABLES),
    ],
)
def test_choice(available, preloaded, choice):
    assert choose(available=available, preloaded=preloaded) is choice
