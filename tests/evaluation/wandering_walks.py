"""Real walks with a pattern put into them: the truth that `wandering` is measured and learnt with.

Somebody walks as recorded, then for a while in a pattern from the very place they had reached, then on as recorded, as
far away as the pattern ended. The walk before it is cut to 20 minutes; nobody walks on longer than 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tests.evaluation import geolife, patterns
from tests.evaluation.geolife import Subject, Track
from tests.evaluation.patterns import PATTERNS, Maker, Ranges
from tests.evaluation.walkers import joined, to_degrees, to_metres

BEFORE_S, AFTER_S = 20 * 60.0, 5 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One walk with a pattern in it."""

    pattern: str
    #: Rows of unix seconds, latitude, longitude.
    track: Track
    #: The pattern's first and last fix, unix seconds.
    since_s: float
    until_s: float


def made(subject: Subject, ranges: Ranges, count: int, cadence_s: float) -> Iterator[Made]:
    """So many of each pattern in walks of one subject; the same every time."""
    frame = subject.frame
    walks = [to_metres(geolife.every(walk, cadence_s), frame) for walk in geolife.walks(subject)]
    walks = [walk for walk in walks if len(walk) >= 2]
    if not walks:
        return
    maker = Maker(ranges, patterns.stops_of(to_metres(subject.fixes, frame)))
    # Each subject's own draws, whoever else is in the folder.
    seed = np.random.SeedSequence([ranges.seed, *subject.name.encode()])
    maker.random = np.random.default_rng(seed)
    for pattern in PATTERNS:
        for _ in range(count):
            walk = walks[int(maker.random.integers(len(walks)))]
            yield _put_in(walk, pattern, maker, cadence_s, frame)


def _put_in(walk: Track, pattern: str, maker: Maker, cadence_s: float, frame: geolife.Frame) -> Made:
    turn_off = int(maker.random.integers(1, len(walk)))
    before, after = walk[:turn_off], walk[turn_off:].copy()
    drawn = maker.draw(pattern, cadence_s)
    drawn += [before[-1, 0] + cadence_s, *before[-1, 1:]]
    after += [drawn[-1, 0] - before[-1, 0], *(drawn[-1, 1:] - before[-1, 1:])]
    since_s, until_s = float(drawn[0, 0]), float(drawn[-1, 0])
    track = joined([before[before[:, 0] >= since_s - BEFORE_S], drawn, after[after[:, 0] <= until_s + AFTER_S]])
    return Made(pattern=pattern, track=to_degrees(track, frame), since_s=since_s, until_s=until_s)


def walked(subject: Subject, cadence_s: float) -> Sequence[Track]:
    """The labelled walks at a bracelet's cadence, in order of time, none twice."""
    found: list[Track] = []
    for walk in sorted(geolife.walks(subject), key=lambda walk: float(walk[0, 0])):
        if not found or walk[0, 0] > found[-1][-1, 0]:
            found.append(geolife.every(walk, cadence_s))
    return found
