"""`python -m tests.evaluation.learn_fall DATA`: learn the weights of `geofence.fall_learnt` from wrist recordings.

1. Of every recording the window around its strongest instant, as a bracelet would send it, and its fourteen numbers
   (`geofence.motion`); strengths and spreads by their logarithm.
2. Each once more with its movement (all but the mean over a second) weakened to 65 %: a loose strap, a light person or
   another place on the body record less, and the weights must not hang on absolute strength.
3. Each number kept within its 1st and 99th percentile, standardised; a logistic over the numbers and their squares,
   ridge 10, found by Newton's method. No other choice is made by looking at scores within a fold.
4. The intercept is moved so that 0.5 is the operating point: the lowest score at which 97 % of the daily activities
   of subjects left out, one at a time, stay below. Copies count in learning, not in choosing that point.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geofence.fall_weights import Weight, Weights, features
from geofence.motion import BLOCK_HZ, NAMES, Floats, MotionSummary, blocks, describe
from tests.evaluation.falls import WRIST, Recording, Subject, read

#: What is left of the movement in the weakened copy. Share.
WEAKENED = 0.65
RIDGE = 10.0
#: Percentiles within which a number is believed.
BELIEVED_PCT = (1.0, 99.0)
#: Share of daily activities below the operating point.
SPECIFICITY = 0.97
#: What a bracelet sends around the strongest instant. Seconds.
SENT_S = (-3.5, 5.0)
LEARNT = Path(__file__).parents[2] / "geofence" / "fall_learnt.py"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Recordings of one subject as numbers."""

    #: (n, 14) as recorded, and weakened.
    recorded: Floats
    weakened: Floats
    #: (n,) 1.0 for a fall.
    fall: Floats


def summary(recording: Recording, share: float = 1.0, *, peak: int | None = None) -> MotionSummary:
    """The numbers of the window that a bracelet would send, around the strongest block or another."""
    window = blocks(recording.samples_g, recording.rate_hz)
    if peak is None:
        peak = int(np.linalg.norm(window, axis=1).argmax())
    since, until = (peak + round(second * BLOCK_HZ) for second in SENT_S)
    sent = window[max(0, since) : until]
    return describe(sent if share == 1.0 else _weakened(sent, share))


def _weakened(window_g: Floats, share: float) -> Floats:
    """A window with its movement, all but the mean over a second, at a share of its strength."""
    half, count = BLOCK_HZ // 2, len(window_g)
    sums = np.vstack([np.zeros(3), np.cumsum(window_g, axis=0)])
    since = np.maximum(np.arange(count) - half, 0)
    until = np.minimum(np.arange(count) + half + 1, count)
    rest = (sums[until] - sums[since]) / (until - since)[:, None]
    return rest + share * (window_g - rest)


def table(subject: Subject) -> Table:
    """A subject's recordings as numbers."""
    return Table(
        recorded=features([summary(recording) for recording in subject.recordings]),
        weakened=features([summary(recording, WEAKENED) for recording in subject.recordings]),
        fall=np.array([recording.fall for recording in subject.recordings], dtype=np.float64),
    )


def learn(tables: Sequence[Table]) -> Weights:
    """Weights with their operating point, from some subjects."""
    left_out = [
        (logits(_fit([t for t in tables if t is not out]), out.recorded), out.fall) for out in tables if len(tables) > 1
    ]
    daily = np.concatenate([values[fall == 0] for values, fall in left_out])
    weights = _fit(tables)
    return replace(weights, intercept=weights.intercept - float(np.quantile(daily, SPECIFICITY)))


def logits(weights: Weights, rows: Floats) -> Floats:
    """The score's logit of n rows (n, 14), by the production rule."""
    return np.array(
        [
            weights.intercept + math.fsum(w.points(value) for w, value in zip(weights.of, row, strict=True))
            for row in rows.tolist()
        ]
    )


def _fit(tables: Sequence[Table]) -> Weights:
    rows = np.vstack([part for t in tables for part in (t.recorded, t.weakened)])
    falls = np.concatenate([t.fall for t in tables for _ in range(2)])
    low, high = np.percentile(rows, BELIEVED_PCT, axis=0)
    kept = np.clip(rows, low, high)
    mean, sd = kept.mean(axis=0), kept.std(axis=0) + 1e-9
    z = (kept - mean) / sd
    terms = np.hstack([np.ones((len(z), 1)), z, z**2 - 1.0])
    ridge = RIDGE * np.eye(terms.shape[1])
    ridge[0, 0] = 0.0
    found = np.zeros(terms.shape[1])
    for _ in range(100):
        chance = 1.0 / (1.0 + np.exp(-terms @ found))
        curvature = terms.T @ (terms * (chance * (1.0 - chance))[:, None]) + ridge
        move = np.linalg.solve(curvature, terms.T @ (falls - chance) - ridge @ found)
        found += move
        if np.abs(move).max() < 1e-10:
            break
    linear, square = found[1 : 1 + len(NAMES)], found[1 + len(NAMES) :]
    columns = zip(NAMES, low, high, mean, sd, linear, square, strict=True)
    names = ("low", "high", "mean", "sd", "linear", "square")
    of = tuple(
        Weight(name=name, **{key: float(value) for key, value in zip(names, values, strict=True)})
        for name, *values in columns
    )
    return Weights(intercept=float(found[0]), of=of)


def rounded(weights: Weights) -> Weights:
    """As written: more digits mean nothing."""
    of = tuple(
        Weight(
            name=w.name,
            low=round(w.low, 4),
            high=round(w.high, 4),
            mean=round(w.mean, 4),
            sd=round(w.sd, 4),
            linear=round(w.linear, 4),
            square=round(w.square, 4),
        )
        for w in weights.of
    )
    return Weights(intercept=round(weights.intercept, 4), of=of)


def source(weights: Weights, digests: Sequence[str]) -> str:
    """The module `geofence.fall_learnt`."""
    rows = "\n".join(
        f'        Weight(\n            name="{w.name}", low={w.low}, high={w.high}, mean={w.mean}, sd={w.sd},\n'
        f"            linear={w.linear}, square={w.square},\n        ),"
        for w in weights.of
    )
    known = "\n".join(f'    "{digest}",' for digest in digests)
    return f'''"""The weights of `geofence.fall_weights`, as `python -m tests.evaluation.learn_fall DATA` learnt them.

Written by that command; docs/detectors/fall.md says from what, and what it is worth on people left out.
"""

from __future__ import annotations

from geofence.fall_weights import Weight, Weights

WEIGHTS = Weights(
    intercept={weights.intercept},
    of=(
{rows}
    ),
)  # fmt: skip

#: Digests of the recordings of each person learnt from: the evaluation judges them with weights learnt without them.
LEARNT_FROM = (
{known}
)
'''


def main() -> None:
    """Learn from one folder and write the module."""
    arguments = argparse.ArgumentParser(prog="python -m tests.evaluation.learn_fall")
    arguments.add_argument("data", type=Path, help=f"a folder with {WRIST}/")
    subjects = read(arguments.parse_args().data / WRIST)
    if not subjects:
        raise SystemExit(f"learn_fall: no {WRIST}/ there. Give the folder of recordings, docs/evaluation.md.")
    weights = rounded(learn([table(subject) for subject in subjects]))
    LEARNT.write_text(source(weights, [subject.digest for subject in subjects]), encoding="utf-8")
    print(f"learnt from {len(subjects)} subjects; written to {LEARNT}")


if __name__ == "__main__":
    main()
