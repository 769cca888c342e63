"""The pace file: slower, stopped, on again, without a jump, and the same for every process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from runtime import clock as clocks
from runtime import pace
from runtime.clock import PacedClock, from_settings
from runtime.pace import Pace, PaceMaker
from runtime.settings import SettingsError, WithoutDatabase

WALL = datetime(2026, 11, 21, 10, tzinfo=UTC)
SHOWN = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return WALL + timedelta(seconds=seconds)


@pytest.fixture
def maker(tmp_path, monkeypatch):
    made = PaceMaker(tmp_path / "pace")
    made.begin(wall=WALL, shown=SHOWN, rate=60)

    def at(seconds, rate):
        monkeypatch.setattr(pace.time, "time", lambda: later(seconds).timestamp() - pace.AHEAD_S)
        made.change(rate)

    made_at = at
    return made, made_at


def test_it_runs_slows_stands_and_runs_on_without_a_jump(maker):
    made, change = maker
    clock = PacedClock(Pace(made.file))
    assert clock.at_wall(later(10)) == SHOWN + timedelta(minutes=10)
    change(10, 6)
    change(20, 0)
    change(50, 60)
    shown = {seconds: (clock.at_wall(later(seconds)) - SHOWN).total_seconds() for seconds in (0, 10, 20, 49, 50, 51)}
    # A double holds an instant of this century to a quarter of a microsecond.
    assert shown == pytest.approx({0: 0, 10: 600, 20: 660, 49: 660, 50: 660, 51: 720}, abs=1e-4)


def test_a_reader_that_was_there_before_and_one_that_comes_later_agree(maker):
    made, change = maker
    early = PacedClock(Pace(made.file))
    early.at_wall(later(5))
    change(10, 3)
    late = PacedClock(Pace(made.file))
    for seconds in (-1, 0, 9, 10, 11, 1_000):
        assert early.at_wall(later(seconds)) == late.at_wall(later(seconds))


def test_half_a_record_is_not_read(maker):
    made, _ = maker
    clock = PacedClock(Pace(made.file))
    with made.file.open("ab") as file:
        file.write(b"\0" * 11)
    assert clock.at_wall(later(1)) == SHOWN + timedelta(minutes=1)


def test_a_change_counts_only_once_everybody_can_have_read_it(tmp_path):
    made = PaceMaker(tmp_path / "pace")
    made.begin(wall=clocks.wall_now(), shown=SHOWN, rate=1_000)
    clock = PacedClock(Pace(made.file))
    made.change(0)
    assert made.rate == 0
    before = clocks.wall_now()
    assert clock.at_wall(before + timedelta(seconds=pace.AHEAD_S * 0.5)) > clock.at_wall(before)


async def test_a_sleeper_wakes_although_the_clock_stood(tmp_path):
    made = PaceMaker(tmp_path / "pace")
    made.begin(wall=clocks.wall_now(), shown=SHOWN, rate=0)
    clock = PacedClock(Pace(made.file))
    sleeping = asyncio.ensure_future(clock.sleep_until(SHOWN + timedelta(hours=1)))
    await asyncio.sleep(0)
    made.change(1e6)
    async with asyncio.timeout(5):
        await sleeping
    assert clock.now() >= SHOWN + timedelta(hours=1)


def test_the_settings_name_the_file(maker, tmp_path):
    made, _ = maker
    assert isinstance(from_settings(WithoutDatabase(clock_pace=made.file)), PacedClock)
    with pytest.raises(SettingsError, match="TONGXING_CLOCK_PACE"):
        from_settings(WithoutDatabase(clock_pace=tmp_path / "gone"))
