"""Pacing, lapping and random walks that nobody walked, put into walks that somebody did.

The three patterns of Martino-Saltzman (1991), which is how nurses tell wandering from going somewhere. No labelled
recording of wandering is open, so the truth is made here, from a fixed seed. Sizes, speeds, pauses and errors differ from
one to the next; `EVALUATION` is what is measured with, `LEARNING` what the weights were learnt with: other seeds, other
ranges, and corners rounded differently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PATTERNS = ("pacing", "lapping", "random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """From where each number of a pattern is drawn, evenly."""

    seed: int
    duration_s: float = 25 * 60.0
    #: Walking speed. An elder's usual 0.6 to 1.2 m/s.
    speed_mps: tuple[float, float] = (0.6, 1.3)
    #: How much the speed changes from leg to leg, share.
    speed_spread: float = 0.15
    #: Pause at the end of a leg: how likely, and how long.
    pause_share: float = 0.25
    pause_s: tuple[float, float] = (5.0, 60.0)
    #: Pacing: from end to end.
    leg_m: tuple[float, float] = (45.0, 160.0)
    #: ... each turning point falls this far from the last one. Metres.
    leg_spread_m: float = 6.0
    #: Lapping: once around, and the short side over the long.
    lap_m: tuple[float, float] = (140.0, 380.0)
    lap_ratio: tuple[float, float] = (0.4, 1.0)
    #: Share of laps with four corners; the rest are ellipses.
    cornered: float = 0.5
    #: Random: legs, and the radius of the ground they stay on.
    random_leg_m: tuple[float, float] = (20.0, 80.0)
    random_radius_m: tuple[float, float] = (40.0, 110.0)
    #: Error of the fixes where it is modelled: its size and how long it lasts, outliers' share and size.
    error_m: tuple[float, float] = (3.0, 10.0)
    error_lasts_s: float = 90.0
    outlier_share: float = 0.02
    outlier_m: tuple[float, float] = (30.0, 70.0)
    #: Share of patterns with errors cut out of real stops instead.
    real_errors: float = 0.5


EVALUATION = Ranges(seed=19_910_105)
LEARNING = Ranges(
    seed=77,
    duration_s=30 * 60.0,
    speed_mps=(0.5, 1.4),
    speed_spread=0.25,
    pause_share=0.35,
    pause_s=(5.0, 90.0),
    leg_m=(35.0, 200.0),
    leg_spread_m=12.0,
    lap_m=(110.0, 450.0),
    lap_ratio=(0.3, 1.0),
    cornered=0.35,
    random_leg_m=(15.0, 100.0),
    random_radius_m=(35.0, 130.0),
    error_m=(2.0, 12.0),
    outlier_share=0.03,
    real_errors=0.4,
)


@dataclass(slots=True)
class Maker:
    """Draws patterns one after the other."""

    ranges: Ranges
    #: Errors of real stops: east and north by the second, each shape (n, 3).
    stops: Sequence[Floats] = ()
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.ranges.seed)

    def draw(self, pattern: str, cadence_s: float) -> Floats:
        """One pattern as a bracelet would tell it.

        Returns:
            Rows of seconds since its start, metres east and north of where it starts, shape (n, 3).
        """
        corners: dict[str, Callable[[], Floats]] = {"pacing": self._pacing, "lapping": self._lapping}
        path = self._walked(corners.get(pattern, self._random_walk)())
        times = np.arange(0.0, self.ranges.duration_s, cadence_s) + self.random.uniform(0, cadence_s / 3)
        east, north = (np.interp(times, path[:, 0], path[:, i]) for i in (1, 2))
        error = self._errors(times)
        return np.column_stack([times, east - path[0, 1] + error[:, 0], north - path[0, 2] + error[:, 1]])

    def _uniform(self, ends: tuple[float, float]) -> float:
        return float(self.random.uniform(*ends))

    def _turned(self, points: Floats) -> Floats:
        angle = self.random.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray(points @ turn)

    def _enough(self, leg_m: float) -> int:
        """Legs that last longer than any pattern."""
        return int(self.ranges.duration_s * self.ranges.speed_mps[1] * 1.5 / leg_m) + 4

    def _pacing(self) -> Floats:
        leg_m = self._uniform(self.ranges.leg_m)
        count = self._enough(leg_m)
        ends = np.column_stack([leg_m * (np.arange(count) % 2), np.zeros(count)])
        return self._turned(ends + self.random.normal(0, self.ranges.leg_spread_m, ends.shape))

    def _lapping(self) -> Floats:
        lap_m, ratio = self._uniform(self.ranges.lap_m), self._uniform(self.ranges.lap_ratio)
        direction = 1 if self.random.random() < 0.5 else -1
        if self.random.random() < self.ranges.cornered:
            long = lap_m / 2 / (1 + ratio)
            lap = np.array([[0, 0], [long, 0], [long, long * ratio], [0, long * ratio]])
        else:
            angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
            lap = np.column_stack([np.cos(angles), ratio * np.sin(angles)])
            lap *= lap_m / np.sqrt(((lap - np.roll(lap, 1, axis=0)) ** 2).sum(axis=1)).sum()
        laps = np.tile(lap[::direction], (self._enough(lap_m), 1))
        return self._turned(laps + self.random.normal(0, self.ranges.leg_spread_m / 2, laps.shape))

    def _random_walk(self) -> Floats:
        radius_m, here = self._uniform(self.ranges.random_radius_m), np.zeros(2)
        points = [here]
        for _ in range(self._enough(self.ranges.random_leg_m[0])):
            for _try in range(50):
                angle, leg_m = self.random.uniform(0, 2 * np.pi), self._uniform(self.ranges.random_leg_m)
                there = here + leg_m * np.array([np.cos(angle), np.sin(angle)])
                if (there**2).sum() <= radius_m**2:
                    break
            else:
                there = np.zeros(2)
            points.append(there)
            here = there
        return np.array(points)

    def _walked(self, points: Floats) -> Floats:
        """Corners with the second at which each is reached, pauses as corners of their own."""
        speed_mps = self._uniform(self.ranges.speed_mps)
        rows, at_s = [(0.0, *points[0])], 0.0
        for before, after in pairwise(points):
            pace = speed_mps * max(0.3, self.random.normal(1, self.ranges.speed_spread))
            at_s += float(np.hypot(*(after - before))) / pace
            rows.append((at_s, *after))
            # On a rounded lap nobody stops at each of sixteen corners.
            if np.hypot(*(after - before)) >= self.ranges.random_leg_m[0] and (
                self.random.random() < self.ranges.pause_share
            ):
                at_s += self._uniform(self.ranges.pause_s)
                rows.append((at_s, *after))
            if at_s > self.ranges.duration_s + 120:
                break
        return np.array(rows)

    def _errors(self, times: Floats) -> Floats:
        if len(self.stops) and self.random.random() < self.ranges.real_errors:
            stop = self.stops[int(self.random.integers(len(self.stops)))]
            back_and_forth = np.concatenate([stop, stop[::-1] * [-1, 1, 1] + [2 * stop[-1, 0], 0, 0]])
            period_s = back_and_forth[-1, 0] + 1.0
            at = (times + self.random.uniform(0, period_s)) % period_s
            return np.column_stack([np.interp(at, back_and_forth[:, 0], back_and_forth[:, i]) for i in (1, 2)])
        return self._modelled(times)

    def _modelled(self, times: Floats) -> Floats:
        """Slowly changing errors with a few outliers."""
        size_m, error, errors = self._uniform(self.ranges.error_m), self.random.normal(size=2), []
        for gap_s in np.diff(times, prepend=times[0]):
            kept = np.exp(-gap_s / self.ranges.error_lasts_s)
            error = kept * error + np.sqrt(1 - kept**2) * self.random.normal(size=2)
            outlier = self.random.random() < self.ranges.outlier_share
            angle, far_m = self.random.uniform(0, 2 * np.pi), self._uniform(self.ranges.outlier_m)
            errors.append(size_m * error + outlier * far_m * np.array([np.cos(angle), np.sin(angle)]))
        return np.array(errors)


def stops_of(east_north: Floats, *, least_s: float = 300.0, within_m: float = 40.0) -> list[Floats]:
    """Errors of fixes while somebody stood still.

    Args:
        east_north: rows of seconds, metres east and north, in order of time, shape (n, 3).
        least_s: how long a stop lasts at least.
        within_m: how far its fixes lie from their middle at most.

    Returns:
        For each stop: seconds since its start, metres east and north of its middle, shape (n, 3).
    """
    found: list[Floats] = []
    begin = 0
    while begin < len(east_north):
        end = int(np.searchsorted(east_north[:, 0], east_north[begin, 0] + least_s, side="right"))
        part = east_north[begin:end]
        gaps = np.diff(part[:, 0]) if len(part) > 1 else np.array([np.inf])
        middle = np.median(part[:, 1:], axis=0)
        apart = np.sqrt(((part[:, 1:] - middle) ** 2).sum(axis=1))
        if (
            len(part) >= 20
            and part[-1, 0] - part[0, 0] >= least_s * 0.9
            and gaps.max() <= 30
            and apart.max() <= within_m
        ):
            found.append(np.column_stack([part[:, 0] - part[0, 0], part[:, 1:] - middle]))
            begin = end
        else:
            begin += max(1, (end - begin) // 4)
    return found
