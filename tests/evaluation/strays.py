"""Strays that nobody went on, put into days that somebody lived: the truth that `off_route` is measured with.

In the second half of somebody's days, at a moment when they have walked for five minutes and stand on ground that the
first half knows, they turn off and walk somebody else's recorded walk, turned by any angle, instead. A stray leaves known ground: in its first 15 minutes at
least 400 m of its way, and half of it, lie 90 m or more from any place where the first half was on foot. Which moment,
whose walk and what angle comes from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.evaluation import geolife
from tests.evaluation.geolife import Subject, Track
from tests.evaluation.walkers import to_degrees, to_metres

SEED = 20_150_701
CADENCE_S = 30.0
#: Strays for each subject.
EACH = 40
#: How long a walk lasts that is lent, and how far it leads. Seconds, metres.
LASTS_S, LEADS_M = 25 * 60.0, 600.0
#: Speeds that are walking. Metres a second.
WALKING_MPS = (0.4, 2.2)
_SQUARE_M = 60.0
#: The first part of a stray, and what of it must lie off known ground. Seconds, metres, share.
_FIRST_S, _OFF_M, _OFF_SHARE = 15 * 60.0, 400.0, 0.5
_TRIES = 60
#: What was walked before it turns off: so long, and at least so far as the crow flies. Seconds, metres.
_WALKED_S, _WALKED_M = 5 * 60.0, 150.0

Squares = set[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """One stray."""

    #: The index of the last fix of the subject's own track before it.
    after: int
    #: Rows of unix seconds, latitude, longitude.
    track: Track


def second_half(track: Track) -> tuple[float, int]:
    """The second at which the second half of the days begins, and how many days it has."""
    days = geolife.local_day(track[:, 0])
    every = np.unique(days)
    begins = every[len(every) // 2]
    return float(track[int(np.argmax(days >= begins)), 0]), len(every) - len(every) // 2


def lent(subject: Subject) -> list[Track]:
    """Walks to lend, in metres and seconds from their first fix."""
    found: list[Track] = []
    for walk in geolife.walks(subject, least_s=20 * 60.0):
        metres = to_metres(geolife.every(walk, CADENCE_S), subject.frame)
        metres = metres - metres[0]
        metres = metres[metres[:, 0] <= LASTS_S]
        leads_m = float(np.hypot(*metres[-1, 1:]))
        if metres[-1, 0] >= 20 * 60.0 and leads_m >= LEADS_M and np.percentile(_speeds(metres), 90) <= WALKING_MPS[1]:
            found.append(metres)
    return found


def strays(subject: Subject, walks: Sequence[Track]) -> Iterator[Stray]:
    """Strays of one subject along walks of others, in order of time; the same every time."""
    frame = subject.frame
    track = to_metres(geolife.every(subject.fixes, CADENCE_S), frame)
    begins_s, _ = second_half(track)
    known = _squares(track[: int(np.searchsorted(track[:, 0], begins_s))])
    moments = [i for i in _walking(track) if track[i, 0] >= begins_s and _near(known, track[i, 1:])]
    random = np.random.default_rng(np.random.SeedSequence([SEED, *subject.name.encode()]))
    if not moments or not walks:
        return
    found = [_stray(track, moments, walks, known, random) for _ in range(EACH)]
    for after, metres in sorted((each for each in found if each is not None), key=lambda each: each[0]):
        yield Stray(after=after, track=to_degrees(metres, frame))


def _stray(
    track: Track, moments: Sequence[int], walks: Sequence[Track], known: Squares, random: np.random.Generator
) -> tuple[int, Track] | None:
    """One that leaves known ground; None when none was found."""
    for _ in range(_TRIES):
        after = moments[int(random.integers(len(moments)))]
        walk = walks[int(random.integers(len(walks)))].copy()
        angle = random.uniform(0, 2 * np.pi)
        walk[:, 1:] = walk[:, 1:] @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        walk += [track[after, 0] + CADENCE_S, *track[after, 1:]]
        if _leaves(walk, known):
            return after, walk
    return None


def _leaves(walk: Track, known: Squares) -> bool:
    first = walk[walk[:, 0] <= walk[0, 0] + _FIRST_S]
    ways = np.hypot(*np.diff(first[:, 1:], axis=0).T)
    off_m = float(ways[[not _near(known, place) for place in first[1:, 1:]]].sum())
    return off_m >= max(_OFF_M, _OFF_SHARE * float(ways.sum()))


def _speeds(metres: Track) -> npt.NDArray[np.float64]:
    return np.asarray(np.hypot(*np.diff(metres[:, 1:], axis=0).T) / np.diff(metres[:, 0]))


def _walking(track: Track) -> list[int]:
    """Indices at which the last five minutes were walked: nobody strays from the door of a bus."""
    gaps, speeds = np.diff(track[:, 0]), _speeds(track)
    slow = np.concatenate([[False], (gaps <= 3 * CADENCE_S) & (speeds <= WALKING_MPS[1])])
    back = int(_WALKED_S / CADENCE_S)
    apart_m = np.hypot(*(track[back:, 1:] - track[:-back, 1:]).T)
    return [i for i in range(back, len(track)) if apart_m[i - back] >= _WALKED_M and slow[i - back + 1 : i + 1].all()]


def _squares(track: Track) -> Squares:
    """Squares of the ground that was covered on foot."""
    speeds = np.concatenate([[np.inf], _speeds(track)]) if len(track) else np.empty(0)
    return {_square(place) for place in track[speeds <= WALKING_MPS[1], 1:]}


def _square(place: npt.NDArray[np.float64]) -> tuple[int, int]:
    return int(place[0] // _SQUARE_M), int(place[1] // _SQUARE_M)


def _near(known: Squares, place: npt.NDArray[np.float64]) -> bool:
    east, north = _square(place)
    return any((east + i, north + j) in known for i in (-1, 0, 1) for j in (-1, 0, 1))
