"""`tongxing simulate replay`: a recording through MQTT, as if the device were sending it now.

Tongxing takes telemetry that is older than ten minutes for history, and refuses what lies more than five minutes
ahead (docs/wire.md). So a recording is played by the run's clock, never faster than it: a fix goes out when the
clock shows its instant. Two ways:

* **now** (default): the first fix is moved to the clock's now. A speed other than the clock's rate squeezes the time
  between fixes, so walks look that much faster than they were.
* **kept times**: the whole system runs on a clock that starts at the recording's start. `--print-clock` prints the
  variables for it; give them to every process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from runtime.clock import Clock, wall_now
from runtime.service import Stop
from runtime.settings import PREFIX, iso
from simulators.broker import Address
from simulators.counts import Counts
from simulators.errors import SimulatorError
from simulators.message import Kind
from simulators.numbering import Numbering
from simulators.recordings.recorded_fix import RecordedFix
from simulators.recordings.recording import Recording
from simulators.session import Session

#: Telemetry older than this on arrival is history (docs/wire.md). Seconds of the scaled clock.
LIVE_MOST_S = 600.0
#: What broker, ingest and a busy machine may take at worst, in real seconds, when a rate is chosen for them. Measured:
#: at 3,000 (0.2 s) on two busy cores, 3 of 594 fixes came out as history.
DELAY_WORST_S = 0.6
#: Fastest clock at which a fix is still live after the worst delay.
FASTEST_RATE = LIVE_MOST_S / DELAY_WORST_S
#: Fastest clock there is (runtime.settings).
RATE_MOST = 10_000.0
#: Real seconds between printing the clock's variables and the first fix: time to start the services.
START_AFTER_S = 20.0
#: Real seconds a replay waits for the clock to reach the recording's start.
WAIT_MOST_S = 600.0


@dataclass(slots=True)
class Replay:
    """One recording being played."""

    recording: Recording
    device_id: str
    clock: Clock
    #: Simulated seconds in a real one, of the run's clock.
    rate: float
    #: Recorded seconds in a real one; None: the clock's rate.
    speed: float | None = None
    keep_time: bool = False
    counts: Counts = field(default_factory=Counts)
    #: Fixes that were history already when their turn came.
    late: int = 0

    async def run(self, where: Address, stop: Stop) -> None:
        """Play it to the end or until `stop`, and wait for the last acknowledgement."""
        schedule = self.schedule(self.clock.now().timestamp())
        session = Session(where, f"replay-{self.device_id}", self.counts)
        publishing = asyncio.ensure_future(session.run())
        stopping = asyncio.ensure_future(stop.wait())
        playing = asyncio.ensure_future(self._play(session, schedule))
        try:
            await asyncio.wait((playing, stopping), return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                await playing
                await asyncio.wait(
                    (asyncio.ensure_future(session.drained()), stopping), return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for task in (playing, stopping, publishing):
                task.cancel()
            await asyncio.gather(playing, stopping, publishing, return_exceptions=True)

    def schedule(self, now_s: float) -> Callable[[RecordedFix], float]:
        """When each fix goes out, in unix seconds of the run's clock: also its `at`.

        Raises:
            SimulatorError: the speed and the clock contradict each other, or the clock is past the recording.
        """
        speed = self.rate if self.speed is None else self.speed
        if self.keep_time:
            self._check_kept(now_s, speed)
            return lambda fix: fix.at_s
        start_s, squeeze = self.recording.start_s, self.rate / speed
        return lambda fix: now_s + (fix.at_s - start_s) * squeeze

    def _check_kept(self, now_s: float, speed: float) -> None:
        if speed != self.rate:
            raise SimulatorError(
                f"--keep-time plays at the clock's rate, which is {self.rate:g}, not at --speed {speed:g}. "
                f"Leave --speed out, or set {PREFIX}CLOCK_RATE."
            )
        behind_s = now_s - self.recording.start_s
        if behind_s > LIVE_MOST_S or -behind_s / self.rate > WAIT_MOST_S:
            raise SimulatorError(
                f"with --keep-time the clock must be near the recording's start, {_instant(self.recording.start_s)}; "
                f"it shows {_instant(now_s)}. Run every process with the variables that --print-clock prints."
            )

    async def _play(self, session: Session, schedule: Callable[[RecordedFix], float]) -> None:
        numbers = Numbering(self.device_id)
        for fix in self.recording.fixes:
            at_s = schedule(fix)
            await self.clock.sleep_until(datetime.fromtimestamp(at_s, UTC))
            session.put(numbers.message(Kind.LOCATION, at_s, **fix.fields()))
            if self.clock.now().timestamp() - at_s > LIVE_MOST_S:
                self.late += 1


def clock_variables(
    recording: Recording, *, rate: float, after_s: float = START_AFTER_S, now: datetime | None = None
) -> dict[str, str]:
    """Environment variables that let the whole system live at the recording's time.

    Args:
        recording: what will be played.
        rate: simulated seconds in a real one.
        after_s: real seconds from now to the recording's first fix.
        now: real time, for tests.

    Raises:
        SimulatorError: the rate is not possible.
    """
    if not 0 < rate <= RATE_MOST:
        raise SimulatorError(f"the clock's rate must be above 0 and at most {RATE_MOST:,.0f}; --speed is {rate:g}.")
    start = datetime.fromtimestamp(recording.start_s, UTC) - timedelta(seconds=after_s) * rate
    return {
        f"{PREFIX}CLOCK_START": iso(start),
        f"{PREFIX}CLOCK_RATE": f"{rate:g}",
        f"{PREFIX}CLOCK_ANCHOR": iso(now or wall_now()),
    }


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
