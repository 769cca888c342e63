from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from runtime.clock import ManualClock, ScaledClock
from simulators.errors import SimulatorError
from simulators.recordings.recorded_fix import RecordedFix
from simulators.recordings.recording import Recording
from simulators.replay import FASTEST_RATE, Replay, clock_variables
from simulators.replay_roster import roster

START_S = 1_364_356_900.0
RECORDING = Recording(
    fixes=tuple(RecordedFix(at_s=START_S + 600 * n, latitude=36.8, longitude=118.05) for n in range(4)),
    bad=(),
    same_instant=0,
)
NOW = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)


def replay(**options) -> Replay:
    return Replay(recording=RECORDING, device_id="zb-1", clock=ManualClock(NOW), rate=10.0, **options)


def test_by_default_the_first_fix_is_now_and_gaps_stay():
    schedule = replay().schedule(NOW.timestamp())
    assert [schedule(fix) - NOW.timestamp() for fix in RECORDING.fixes] == [0, 600, 1_200, 1_800]


def test_another_speed_squeezes_the_gaps():
    schedule = replay(speed=100.0).schedule(NOW.timestamp())
    assert [schedule(fix) - NOW.timestamp() for fix in RECORDING.fixes] == [0, 60, 120, 180]


def test_kept_times_need_a_clock_at_the_recordings_start():
    schedule = replay(keep_time=True).schedule(START_S - 3_000)
    assert [schedule(fix) for fix in RECORDING.fixes] == [fix.at_s for fix in RECORDING.fixes]
    for now_s in (NOW.timestamp(), START_S + 601, START_S - 6_001):
        with pytest.raises(SimulatorError, match="--print-clock"):
            replay(keep_time=True).schedule(now_s)


def test_kept_times_at_another_speed_contradict_each_other():
    with pytest.raises(SimulatorError, match="TONGXING_CLOCK_RATE"):
        replay(keep_time=True, speed=3.0).schedule(START_S)


def test_the_printed_clock_reaches_the_recording_in_time():
    variables = clock_variables(RECORDING, rate=FASTEST_RATE, after_s=30, now=NOW)
    start, anchor = (datetime.fromisoformat(variables[f"TONGXING_CLOCK_{name}"]) for name in ("START", "ANCHOR"))
    clock = ScaledClock(start=start, rate=float(variables["TONGXING_CLOCK_RATE"]), anchor=anchor)
    assert anchor == NOW
    del clock
    assert start + timedelta(seconds=30) * FASTEST_RATE == datetime.fromtimestamp(START_S, UTC)


@pytest.mark.parametrize("rate", [0, -1, 10_001])
def test_an_impossible_rate_is_refused(rate):
    with pytest.raises(SimulatorError, match="10,000"):
        clock_variables(RECORDING, rate=rate)


class Sink:
    """Takes the place of an MQTT session: what goes in is looked at."""

    def __init__(self) -> None:
        self.messages = []

    def put(self, message) -> None:
        self.messages.append(message)


async def test_a_fix_goes_out_when_the_clock_shows_its_instant():
    clock, sink = ManualClock(NOW), Sink()
    run = Replay(recording=RECORDING, device_id="zb-1", clock=clock, rate=10.0)
    playing = asyncio.ensure_future(run._play(sink, run.schedule(NOW.timestamp())))
    counts = []
    for _ in range(4):
        for _ in range(3):
            await asyncio.sleep(0)
        counts.append(len(sink.messages))
        clock.advance(timedelta(seconds=600))
    await playing
    assert counts == [1, 2, 3, 4]
    assert [message.body["seq"] for message in sink.messages] == [0, 1, 2, 3]
    assert "speed_mps" not in sink.messages[0].body
    assert run.late == 0


async def test_fixes_that_come_out_as_history_are_counted():
    clock, sink = ManualClock(NOW), Sink()
    run = Replay(recording=RECORDING, device_id="zb-1", clock=clock, rate=10.0)
    schedule = run.schedule(NOW.timestamp())
    clock.advance(timedelta(seconds=1_300))
    playing = asyncio.ensure_future(run._play(sink, schedule))
    await asyncio.sleep(0)
    clock.advance(timedelta(seconds=600))
    await playing
    assert run.late == 2


def test_the_roster_draws_a_zone_at_home():
    made = roster(RECORDING, device_id="zb-1", radius_m=150.0, time_zone="Asia/Shanghai")
    zone = made["persons"][0]["zones"][0]
    assert zone["geometry"] == {"type": "Point", "coordinates": [118.05, 36.8]}
    assert made["persons"][0]["devices"][0]["device_id"] == "zb-1"
