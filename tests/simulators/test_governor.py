"""The pace of a rehearsal: full speed while everything keeps up, slower at once when it does not."""

from __future__ import annotations

import pytest

from simulators.rehearsal import governor
from simulators.rehearsal.governor import Governor, Seen

TICK_S = 0.25


def seen(**changes) -> Seen:
    fields = {
        "passed_s": TICK_S,
        "behind_s": 0.0,
        "waiting": 0,
        "acknowledged": 250,
        "committed": 250,
        "commit_lag_s": 0.03,
    }
    return Seen(**(fields | changes))


def test_it_runs_as_fast_as_asked_while_everything_keeps_up():
    made = Governor(asked=200)
    assert [made.look(seen()) for _ in range(20)] == [200] * 20
    assert made.longest_lag_s < made.limit_s


@pytest.mark.parametrize(
    "late",
    [
        {"behind_s": 2.0},
        {"waiting": 2_000},
        {"commit_lag_s": 2.0},
    ],
)
def test_it_slows_down_whoever_is_late_and_takes_up_speed_again(late):
    made = Governor(asked=200)
    for _ in range(8):
        made.look(seen())
    assert made.look(seen(**late)) == 200 * governor.MUCH_SLOWER
    for _ in range(3):
        made.look(seen(**late))
    slow = made.rate
    assert slow < 25
    rates = [made.look(seen()) for _ in range(60)]
    assert rates == sorted(rates)
    assert rates[-1] == 200


def test_a_little_late_is_slowed_a_little_and_nearly_in_time_is_left():
    made = Governor(asked=10)
    assert made.look(seen(commit_lag_s=governor.LAG_REAL_S * 1.1)) == 10 * governor.SLOWER
    assert made.look(seen(commit_lag_s=governor.LAG_REAL_S * 0.7)) == 10 * governor.SLOWER


def test_the_limit_is_short_on_both_clocks():
    assert Governor(asked=10).limit_s == governor.LAG_REAL_S
    assert Governor(asked=300).limit_s == governor.LAG_SHOWN_S / 300
    assert Governor(asked=2_000).limit_s == governor.LAG_LEAST_S


def test_standing_still_is_noticed_although_nothing_arrives_that_could_be_late():
    made = Governor(asked=100)
    for _ in range(10):
        made.look(seen(committed=0, commit_lag_s=0.0))
    assert made.rate < 10
    # Nothing to do is no standstill.
    quiet = Governor(asked=100)
    for _ in range(40):
        quiet.look(seen(acknowledged=0, committed=0, commit_lag_s=0.0))
    assert quiet.rate == 100


def test_a_trickle_is_no_jam():
    made = Governor(asked=60)
    looks = [
        seen(acknowledged=1, committed=number % 2, waiting=1, commit_lag_s=0.03 * (number % 2)) for number in range(40)
    ]
    assert {made.look(one) for one in looks} == {60}


def test_it_gives_up_only_after_crawling_for_long():
    made = Governor(asked=100)
    looks = int(governor.HOPELESS_AFTER_S / TICK_S)
    for _ in range(looks - 10):
        made.look(seen(commit_lag_s=9))
    assert not made.hopeless
    for _ in range(30):
        made.look(seen(commit_lag_s=9))
    assert made.hopeless
    for _ in range(60):
        made.look(seen())
    assert not made.hopeless
