"""What one run at a fixed rate showed: was the rate held, how long did readings wait, what did they cost."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

#: Seconds of each trial that are not counted: everybody is read when first heard, what waited meanwhile is caught up
#: with, batches find their size.
SETTLE_S = 30.0
#: What waits may be so much more at the end than at the beginning, in seconds of the rate, or so many readings.
FLAT_WITHIN_S, FLAT_WITHIN = 0.05, 200.0
#: Seconds of the rate that may wait at the end: beyond, what is flat is a broker's queue and no held rate.
WAITS_MOST_S = 1.0
#: Share of the rate that must have been committed.
COMMITTED = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Counters at one moment."""

    at_s: float
    #: Processor seconds by process.
    cpu_s: dict[str, float]
    #: What ingest counts of itself: real seconds by stage, and batches.
    stages_s: dict[str, float]
    batches: float


@dataclass(slots=True, kw_only=True)
class Trial:
    """One run at one rate."""

    mix: str
    rate: float
    #: Measured, without what settles before.
    seconds: float
    committed_per_s: float
    held: bool
    lag_first: float
    lag_last: float
    p50_ms: float
    p99_ms: float
    #: Processor time a reading, by process, microseconds.
    cpu_us: dict[str, float]
    #: Time a reading that ingest counts itself, by stage, microseconds.
    stages_us: dict[str, float] = field(default_factory=dict)
    batch: float = 0.0
    behind_ms: float = 0.0
    busy_cores: float = 0.0

    def line(self) -> str:
        """For people."""
        cpu = " ".join(f"{name} {spent:.1f}" for name, spent in self.cpu_us.items())
        stages = " ".join(f"{name} {spent:.1f}" for name, spent in self.stages_us.items())
        return (
            f"{self.mix:>4} {self.rate:>7.0f}/s {'held' if self.held else 'NOT held'}: {self.committed_per_s:.0f}/s"
            f" committed, lag {self.lag_first:.0f} -> {self.lag_last:.0f}, p50/p99 {self.p50_ms:.0f}/{self.p99_ms:.0f} ms,"
            f" us a reading: {cpu} | {stages} | batch {self.batch:.0f}, {self.busy_cores:.2f} cores busy,"
            f" generator behind {self.behind_ms:.0f} ms"
        )


def trial(
    mix: str,
    rate: float,
    published_s: np.ndarray,
    committed_s: np.ndarray,
    *,
    before: Spent,
    after: Spent,
    behind_ms: float,
) -> Trial:
    """Judge a run.

    Args:
        mix: what people did.
        rate: readings a second that were published.
        published_s: when each reading was published, in order; Unix seconds.
        committed_s: when each was committed, in the same order.
        before: counters when things had settled.
        after: counters at the end.
        behind_ms: how far the generator lagged behind its own plan at most.
    """
    seconds = after.at_s - before.at_s
    grid_s = np.linspace(published_s[0] + SETTLE_S, published_s[0] + SETTLE_S + seconds, 101)
    lag = np.searchsorted(published_s, grid_s) - np.searchsorted(np.sort(committed_s), grid_s)
    first, last = float(np.median(lag[:20])), float(np.median(lag[-20:]))
    counted = (published_s >= grid_s[0]) & (published_s < grid_s[-1])
    readings = int(((committed_s >= grid_s[0]) & (committed_s < grid_s[-1])).sum())
    waits_ms = (committed_s - published_s)[counted] * 1e3
    spent_s = {name: max(0.0, after.cpu_s[name] - before.cpu_s[name]) for name in after.cpu_s}
    stages_s = {name: after.stages_s[name] - before.stages_s.get(name, 0.0) for name in after.stages_s}
    return Trial(
        mix=mix,
        rate=rate,
        seconds=seconds,
        committed_per_s=readings / seconds,
        held=last - first <= max(FLAT_WITHIN_S * rate, FLAT_WITHIN)
        and last <= WAITS_MOST_S * rate
        and readings >= COMMITTED * rate * seconds,
        lag_first=first,
        lag_last=last,
        p50_ms=float(np.percentile(waits_ms, 50)),
        p99_ms=float(np.percentile(waits_ms, 99)),
        cpu_us={name: round(value / readings * 1e6, 2) for name, value in spent_s.items()},
        stages_us={name: round(value / readings * 1e6, 2) for name, value in stages_s.items()},
        batch=readings / max(1.0, after.batches - before.batches),
        behind_ms=behind_ms,
        busy_cores=sum(spent_s.values()) / seconds,
    )
