"""Zone exits on dense walks, `zone_exit_dense`: a fix a minute, a zone of 200 m at the walker's own home.

**Home** is where days begin and end: of all first and last fixes of local days, the cell of 100 m with the most days,
and of the fixes in it the median. **Truth** comes from the full rate (1 to 5 s): the person was 20 m within the edge
and came to be 100 m beyond it, staying beyond the edge for two minutes or more, with no pause of more than a minute on
the way; the exit is the instant at which the edge was crossed. The rule hears one fix a minute, without speed; a device
that is asked sends the next fix it has 20 s later or more, and then one every 30 s while it was asked to: all of them
recorded fixes. `never_asked` has the same for a device that goes on once a minute. A **flap** is an exit told while the
full rate never was 30 m beyond the edge until the return, or one told again during the same true outing. Hours are
those with fixes. `naive` is point-in-circle on the same fixes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geofence import batch
from geofence.detection import CommandType, Detection, DetectionKind
from geofence.engine import PersonState
from geofence.geometry import Circle, Frame
from geofence.person import Person
from geofence.policy import DEFAULT
from geofence.reading import Fix, Reading, ReadingKind
from geofence.zone import Zone
from tests.evaluation import geolife, plots
from tests.evaluation.statistics import interval, percentile, ratio
from tests.evaluation.zone_scores import is_exit

FOLDER = "geolife-pedestrian"
EVERY_S = 60.0
RADIUS_M = 200.0
CELL_M = 100.0
#: A true exit begins this far within the edge and leads this far beyond it. Metres.
WITHIN_M, BEYOND_M = 20.0, 100.0
#: ... without a longer pause in the recording. Seconds: a bracelet sends as often.
PAUSE_S = 60.0
#: ... and stays beyond it so long, with so many fixes: one that jumps is no walk.
LASTS_S, LEAST_FIXES = 120.0, 5
#: An alert belongs to an exit up to so long after it. Seconds.
LATE_S = 1_800.0
#: Never further beyond the edge than this is no outing at all. Metres.
FLAP_M = 30.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One subject under one rule."""

    hours: float
    exits: int
    alerts: int
    flaps: int
    delay_s: tuple[float, ...]


#: Exits and returns told, as unix seconds with True for an exit, in order.
Told = list[tuple[float, bool]]
#: A device that is asked for a fix has one so much later. Seconds.
ANSWER_S = 20.0


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """The dense walks; nothing without the folder."""
    subjects = geolife.read(data / FOLDER)
    if not subjects:
        return {}
    rules = (engine, engine_never_asked, point_in_circle)
    scores, plain, naive = ([score(subject, rule) for subject in subjects] for rule in rules)
    plots.delays(
        "zone_exit_dense_delay",
        f"Exits of a zone of {RADIUS_M:.0f} m, a fix every {EVERY_S:.0f} s",
        "seconds after crossing the edge",
        {
            name: [delay for s in each for delay in s.delay_s]
            for name, each in (("engine", scores), ("naive", naive), ("engine, never asked", plain))
        },
    )
    return {
        "zone_exit_dense": {
            **{name: round(measure(scores), 4) for name, measure in MEASURES.items()},
            "never_asked": {name: round(measure(plain), 4) for name, measure in MEASURES.items()},
            "naive": {name: round(measure(naive), 4) for name, measure in MEASURES.items()},
            "counts": {
                "subjects": len(subjects),
                "hours": round(sum(s.hours for s in scores), 1),
                "exits": sum(s.exits for s in scores),
                "found": sum(len(s.delay_s) for s in scores),
                "alerts": sum(s.alerts for s in scores),
                "flaps": sum(s.flaps for s in scores),
            },
            "ci95": {name: interval(scores, measure) for name, measure in MEASURES.items()},
        }
    }


MEASURES: dict[str, Callable[[Sequence[Score]], float]] = {
    "flaps_per_hour": lambda scores: ratio(sum(s.flaps for s in scores), sum(s.hours for s in scores)),
    "delay_s_p90": lambda scores: percentile([delay for s in scores for delay in s.delay_s], 90),
    "delay_s_p50": lambda scores: percentile([delay for s in scores for delay in s.delay_s], 50),
    "recall": lambda scores: ratio(sum(len(s.delay_s) for s in scores), sum(s.exits for s in scores)),
}


def score(subject: geolife.Subject, rule: Callable[[Floats, Circle], Told]) -> Score:
    """Run one rule over one subject."""
    circle = home(subject.fixes)
    seconds, distances_m = subject.fixes[:, 0], _distances_m(subject.fixes, circle)
    exits = true_exits(seconds, distances_m)
    told = rule(subject.fixes, circle)
    alerts = [at for at, leaving in told if leaving]
    firsts = [next((at for at in alerts if since <= at <= since + LATE_S), None) for since in exits]
    gaps = np.diff(seconds)
    return Score(
        hours=float(gaps[gaps <= PAUSE_S].sum()) / 3_600,
        exits=len(exits),
        alerts=len(alerts),
        flaps=_flaps(told, seconds, distances_m),
        delay_s=tuple(at - since for since, at in zip(exits, firsts, strict=True) if at is not None),
    )


def home(fixes: Floats) -> Circle:
    """The zone at the place where most days begin or end."""
    days = geolife.local_day(fixes[:, 0])
    ends = np.flatnonzero(np.diff(days)) + 1
    indexes = np.concatenate(([0], ends - 1, ends, [len(fixes) - 1]))
    frame = Frame.at(float(np.median(fixes[:, 1])), float(np.median(fixes[:, 2])))
    places = np.array([frame.to_metres(*fixes[i, 1:3]) for i in indexes])
    cells = np.floor(places / CELL_M).astype(np.int64)
    of_days: dict[tuple[int, int], set[int]] = {}
    for (east, north), index in zip(cells.tolist(), indexes, strict=True):
        of_days.setdefault((east, north), set()).add(int(days[index]))
    best = max(of_days, key=lambda cell: (len(of_days[cell]), cell))
    mine = indexes[(cells == best).all(axis=1)]
    latitude, longitude = (float(np.median(fixes[mine, column])) for column in (1, 2))
    return Circle(frame=Frame.at(latitude, longitude), radius_m=RADIUS_M)


def thinned(fixes: Floats) -> Floats:
    """The first fix of every minute, shape (n, 3)."""
    kept, last_s = [], -np.inf
    for index, at_s in enumerate(fixes[:, 0].tolist()):
        if at_s - last_s >= EVERY_S:
            kept.append(index)
            last_s = at_s
    return fixes[kept]


def true_exits(seconds: Floats, distances_m: Floats) -> list[float]:
    """Instants at which the edge was truly crossed outward."""
    exits: list[float] = []
    inside, crossed_s, out_fixes, furthest_m, last_s = False, None, 0, -np.inf, -np.inf
    for at_s, distance_m in zip(seconds.tolist(), distances_m.tolist(), strict=True):
        if at_s - last_s > PAUSE_S:
            inside, crossed_s = False, None
        last_s = at_s
        if distance_m <= 0:
            crossed_s, inside = None, inside or distance_m <= -WITHIN_M
            continue
        if crossed_s is None:
            crossed_s, out_fixes, furthest_m = at_s, 0, -np.inf
        out_fixes, furthest_m = out_fixes + 1, max(furthest_m, distance_m)
        lasted = at_s - crossed_s >= LASTS_S and out_fixes >= LEAST_FIXES
        if inside and lasted and furthest_m > BEYOND_M:
            exits.append(crossed_s)
            inside = False
    return exits


def _flaps(told: Told, seconds: Floats, distances_m: Floats) -> int:
    """Exits told of nothing, or of the same outing again."""
    flaps = 0
    for number, (at_s, leaving) in enumerate(told):
        if not leaving:
            continue
        until_s = next((back for back, out in told[number + 1 :] if not out), np.inf)
        low, high = np.searchsorted(seconds, (at_s - EVERY_S, min(until_s, at_s + LATE_S)))
        nothing = not len(distances_m[low : high + 1]) or distances_m[low : high + 1].max() <= FLAP_M
        before_s = next((before for before, out in reversed(told[:number]) if out), None)
        again = False
        if before_s is not None and at_s - before_s <= LATE_S:
            between = distances_m[slice(*np.searchsorted(seconds, (before_s, at_s)))]
            again = len(between) > 0 and between.min() > 0
        flaps += bool(nothing or again)
    return flaps


def engine(fixes: Floats, circle: Circle) -> Told:
    """The production engine, with a device that does what it is asked."""
    person, told = _person(circle), Told()
    states: dict[int, PersonState] = {}
    next_s, fast_until_s = -np.inf, -np.inf
    for row in fixes.tolist():
        at_s = row[0]
        if at_s < next_s:
            continue
        (outcome,) = batch.judge_all(states, [_reading(*row)], {1: person})
        told += _told(outcome.judgement.detections)
        asked = outcome.judgement.commands
        ends = [c.until.timestamp() for c in asked if c.type is CommandType.REPORT_INTERVAL and c.until]
        fast_until_s = ends[-1] if ends else fast_until_s
        next_s = at_s + (person.policy.tracking_interval_s if at_s < fast_until_s else EVERY_S)
        if any(command.type is CommandType.LOCATE for command in asked):
            next_s = at_s + ANSWER_S
    return told


def engine_never_asked(fixes: Floats, circle: Circle) -> Told:
    """The production engine with a fix a minute, whatever it asks."""
    readings = [_reading(*row) for row in thinned(fixes).tolist()]
    outcomes = batch.judge_all({}, readings, {1: _person(circle)})
    return _told([detection for outcome in outcomes for detection in outcome.judgement.detections])


def _person(circle: Circle) -> Person:
    zone = Zone(zone_id=1, name="home", shape=circle)
    return Person(person_id=1, time_zone=geolife.TIME_ZONE, zones=(zone,), policy=DEFAULT)


def _told(detections: Iterable[Detection]) -> Told:
    """What of it was an exit or a return."""
    return [(d.at.timestamp(), is_exit(d)) for d in detections if is_exit(d) or d.kind is DetectionKind.ZONE_ENTER]


def point_in_circle(fixes: Floats, circle: Circle) -> Told:
    """What most trackers ship."""
    fixes = thinned(fixes)
    outside = _distances_m(fixes, circle) > 0
    changes = np.flatnonzero(np.diff(outside.astype(np.int8))) + 1
    return [(float(fixes[index, 0]), bool(outside[index])) for index in changes]


def _distances_m(fixes: Floats, circle: Circle) -> Floats:
    east = (fixes[:, 2] - circle.frame.longitude) * circle.frame.metres_per_degree_east
    north = (fixes[:, 1] - circle.frame.latitude) * circle.frame.metres_per_degree_north
    return np.hypot(east, north) - circle.radius_m


def _reading(at_s: float, latitude: float, longitude: float) -> Reading:
    at = datetime.fromtimestamp(at_s, UTC)
    fix = Fix(latitude=latitude, longitude=longitude, accuracy_m=geolife.ACCURACY_M)
    return Reading(person_id=1, device_id="phone", kind=ReadingKind.LOCATION, at=at, received_at=at, fix=fix)
