"""Clocks: the scaled one maps real time linearly, the manual one stands still."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import clock as clocks
from runtime.clock import ManualClock, ScaledClock, SystemClock, from_settings
from runtime.settings import SettingsError, WithoutDatabase

ANCHOR = datetime(2026, 11, 21, 10, tzinfo=UTC)
instants = st.integers(1_577_836_800, 2_208_988_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
rates = st.floats(0.1, 10_000)
spans = st.timedeltas(timedelta(0), timedelta(days=1))


def shown(clock, real, monkeypatch):
    monkeypatch.setattr(clocks, "wall_now", lambda: real)
    return clock.now()


def test_a_scaled_clock_shows_its_example(monkeypatch):
    clock = ScaledClock(start=datetime(2026, 11, 21, 2, tzinfo=UTC), rate=60, anchor=ANCHOR)
    assert shown(clock, ANCHOR + timedelta(seconds=5), monkeypatch) == datetime(2026, 11, 21, 2, 5, tzinfo=UTC)


@given(start=instants, rate=rates, since_anchor=spans, passes=spans)
def test_simulated_time_passes_rate_times_as_fast(start, rate, since_anchor, passes):
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock = ScaledClock(start=start, rate=rate, anchor=ANCHOR)
        assert shown(clock, ANCHOR, monkeypatch) == start
        before = shown(clock, ANCHOR + since_anchor, monkeypatch)
        after = shown(clock, ANCHOR + since_anchor + passes, monkeypatch)
        assert after >= before
        expected = passes * rate
        assert abs((after - before) - expected) <= timedelta(microseconds=2) + expected * 1e-9


@given(start=instants, rate=rates, since_anchor=spans)
def test_processes_with_the_same_settings_agree(start, rate, since_anchor):
    one = ScaledClock(start=start, rate=rate, anchor=ANCHOR)
    other = ScaledClock(
        start=start.astimezone(timezone(timedelta(hours=8))),
        rate=rate,
        anchor=ANCHOR.astimezone(timezone(timedelta(hours=8))),
    )
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert shown(one, ANCHOR + since_anchor, monkeypatch) == shown(other, ANCHOR + since_anchor, monkeypatch)


async def test_a_scaled_clock_sleeps_the_real_time_that_simulated_time_takes():
    clock = ScaledClock(start=ANCHOR, rate=10_000, anchor=datetime.now(UTC))
    until = clock.now() + timedelta(minutes=5)
    async with asyncio.timeout(5):
        await clock.sleep_until(until)
    assert clock.now() >= until


async def test_nobody_sleeps_until_the_past():
    for clock in (SystemClock(), ManualClock(ANCHOR), ScaledClock(start=ANCHOR, rate=1, anchor=ANCHOR)):
        async with asyncio.timeout(1):
            await clock.sleep_until(ANCHOR - timedelta(days=9_000))


async def test_a_manual_clock_wakes_sleepers_in_their_order_and_no_other():
    clock, woken = ManualClock(ANCHOR), []

    async def sleeper(minutes):
        await clock.sleep_until(ANCHOR + timedelta(minutes=minutes))
        woken.append(minutes)

    async with asyncio.TaskGroup() as group:
        for minutes in (3, 1, 2):
            group.create_task(sleeper(minutes))
        await asyncio.sleep(0)
        clock.advance(timedelta(minutes=2))
        await asyncio.sleep(0)
        assert woken == [1, 2]
        clock.advance(timedelta(minutes=1))
    assert woken == [1, 2, 3]


def test_the_settings_say_which_clock():
    assert isinstance(from_settings(WithoutDatabase()), SystemClock)
    scaled = from_settings(WithoutDatabase(clock_start=ANCHOR, clock_rate=60, clock_anchor=ANCHOR))
    assert isinstance(scaled, ScaledClock)


def test_a_start_without_an_anchor_is_refused():
    with pytest.raises(SettingsError, match="TONGXING_CLOCK_ANCHOR is not"):
        from_settings(WithoutDatabase(clock_start=ANCHOR))
