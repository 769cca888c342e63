"""Zone exits on sparse, noisy fixes: the engine against the rule most trackers ship.

Truth, from the recording alone: at least three fixes in a row (accuracy at most 100 m) outside the circle at home, for
at least 20 minutes, with their median more than 100 m beyond the edge. Alerts that match none are "unmatched"; they
include real short trips. "Certainly false": the accelerometer says still before and at the alert, and the person is
back inside within two fixes. With `on_demand`, a device that is asked for a fix answers 60 s later from the straight
line between its recorded fixes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import msgspec

from geofence import batch
from geofence.detection import CommandType, Detection, DetectionKind
from geofence.detectors.zone import Reason
from geofence.engine import PersonState
from geofence.geometry import Circle, Frame, distance_m
from geofence.person import Person
from geofence.policy import Policy
from geofence.reading import Fix, FixSource, Reading, ReadingKind
from geofence.zone import Zone
from tests.evaluation.studentlife import TIME_ZONE, Record, Subject

TRUTH_ACCURACY_M = 100.0
TRUTH_FIXES = 3
TRUTH_LASTS = timedelta(minutes=20)
TRUTH_BEYOND_M = 100.0
#: A phone in this recording cannot be asked for a fix, so silence is suspicious only after the most a policy allows.
PHONE_SILENCE = timedelta(minutes=30)
#: ... and a phone that is heard without a place after three of its intervals, as a bracelet after three times its five.
PHONE_NO_FIX = timedelta(minutes=60)
ANSWER_AFTER = timedelta(seconds=60)

#: Two fixes of one place agree when they are no further apart. Metres.
AGREE_M = 150.0

PERSON_ID = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A true exit: from its first fix outside to its last."""

    since: datetime
    until: datetime
    #: Instants of its fixes.
    fixes: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One subject, one radius, one rule."""

    subject: str
    days: int
    exits: int
    found: int
    alerts: int
    unmatched: int
    certainly_false: int
    #: Unmatched, though the recording itself shows that the phone was away: see `_really_away`.
    really_away: int
    delay_reports: tuple[int, ...]
    delay_s: tuple[float, ...]


Rule = Callable[[Subject, float], list[datetime]]


def score(subject: Subject, radius_m: float, rule: Rule) -> Score:
    """Run one rule over one subject."""
    circle = home(subject, radius_m)
    distances = [circle.signed_distance_m(r.fix.latitude, r.fix.longitude) for r in subject.records]
    exits = true_exits(subject.records, distances)
    alerts = rule(subject, radius_m)
    firsts = [next((at for at in alerts if e.since <= at <= e.until), None) for e in exits]
    found = [(e, at) for e, at in zip(exits, firsts, strict=True) if at is not None]
    unmatched = [at for at in alerts if not any(e.since <= at <= e.until for e in exits)]
    return Score(
        subject=subject.name,
        days=subject.days,
        exits=len(exits),
        found=len(found),
        alerts=len(alerts),
        unmatched=len(unmatched),
        certainly_false=sum(_certainly_false(subject.records, distances, at) for at in unmatched),
        really_away=sum(_really_away(subject.records, distances, at) for at in unmatched),
        delay_reports=tuple(sum(e.since < fix <= at for fix in e.fixes) for e, at in found),
        delay_s=tuple((at - e.since).total_seconds() for e, at in found),
    )


def home(subject: Subject, radius_m: float) -> Circle:
    """The circle at the subject's home."""
    return Circle(frame=Frame.at(subject.home_latitude, subject.home_longitude), radius_m=radius_m)


def true_exits(records: Sequence[Record], distances: Sequence[float]) -> list[Exit]:
    """The exits that the recording itself shows."""
    usable = [
        (record.at, distance)
        for record, distance in zip(records, distances, strict=True)
        if record.fix.accuracy_m <= TRUTH_ACCURACY_M and record.fix.source is not FixSource.CELL
    ]
    exits: list[Exit] = []
    run: list[tuple[datetime, float]] = []
    for at, distance in [*usable, (datetime.max.replace(tzinfo=usable[-1][0].tzinfo), -1.0)] if usable else []:
        if distance > 0:
            run.append((at, distance))
            continue
        if _is_exit(run):
            exits.append(Exit(since=run[0][0], until=run[-1][0], fixes=tuple(at for at, _ in run)))
        run = []
    return exits


def _is_exit(run: Sequence[tuple[datetime, float]]) -> bool:
    return (
        len(run) >= TRUTH_FIXES
        and run[-1][0] - run[0][0] >= TRUTH_LASTS
        and median(distance for _, distance in run) > TRUTH_BEYOND_M
    )


def _certainly_false(records: Sequence[Record], distances: Sequence[float], at: datetime) -> bool:
    index = next((i for i, record in enumerate(records) if record.at >= at), None)
    if index is None or index == 0 or records[index].still is not True or records[index - 1].still is not True:
        return False
    return any(distance <= 0 for distance in distances[index + 1 : index + 3])


def _really_away(records: Sequence[Record], distances: Sequence[float], at: datetime) -> bool:
    """Whether a trip that is too short or too near for the truth was one: two fixes (accuracy at most 100 m) in a row
    outside, the alert's own or the next among them, that agree within 150 m, and an accelerometer that moved."""
    index = next((i for i, record in enumerate(records) if record.at >= at), None)
    if index is None:
        return False
    for first in (index - 1, index):
        pair = range(max(first, 0), min(first + 2, len(records)))
        good = [i for i in pair if records[i].fix.accuracy_m <= TRUTH_ACCURACY_M and distances[i] > 0]
        if len(good) < 2 or any(records[i].fix.source is FixSource.CELL for i in pair):
            continue
        one, two = (records[i].fix for i in good)
        apart_m = distance_m(one.latitude, one.longitude, two.latitude, two.longitude)
        moved = any(records[i].still is False for i in range(max(index - 2, 0), min(index + 2, len(records))))
        if apart_m <= AGREE_M and moved:
            return True
    return False


def naive(subject: Subject, radius_m: float) -> list[datetime]:
    """Point in circle, on every fix: what most trackers ship."""
    circle = home(subject, radius_m)
    alerts: list[datetime] = []
    outside = False
    for record in subject.records:
        now_outside = circle.signed_distance_m(record.fix.latitude, record.fix.longitude) > 0
        if now_outside and not outside:
            alerts.append(record.at)
        outside = now_outside
    return alerts


def engine(subject: Subject, radius_m: float) -> list[datetime]:
    """The production engine, by its batch path."""
    return engine_with()(subject, radius_m)


def engine_with(*, travelstate: bool = False, **thresholds: Any) -> Rule:
    """The same with other thresholds.

    Args:
        travelstate: the phone's accelerometer is heard as a bracelet's step counter: a phone that moved since its last
            fix made 20 steps or more, one that lay still made none.
        thresholds: fields of `Policy`.
    """
    policy = Policy(suspect_silence=PHONE_SILENCE, suspect_no_fix=PHONE_NO_FIX, **thresholds)

    def rule(subject: Subject, radius_m: float) -> list[datetime]:
        person = _person(subject, radius_m, policy)
        steps = [None if not travelstate or r.still is None else 0 if r.still else 40 for r in subject.records]
        readings = [
            msgspec.structs.replace(_reading(r.at, r.fix), steps=s) for r, s in zip(subject.records, steps, strict=True)
        ]
        outcomes = batch.judge_all({}, readings, {PERSON_ID: person})
        return [d.at for outcome in outcomes for d in outcome.judgement.detections if is_exit(d)]

    return rule


def is_exit(detection: Detection) -> bool:
    """Whether somebody is told of an exit; the reminder of one that lasts is no other."""
    return detection.kind is DetectionKind.ZONE_EXIT and detection.reason != Reason.STILL_OUTSIDE


def engine_on_demand(subject: Subject, radius_m: float) -> list[datetime]:
    """The production engine with a device that answers when it is asked for a fix."""
    person = _person(subject, radius_m, Policy())
    states: dict[int, PersonState] = {}
    alerts: list[datetime] = []
    for index, record in enumerate(subject.records):
        following = subject.records[index + 1] if index + 1 < len(subject.records) else None
        asked = _judge_one(states, person, _reading(record.at, record.fix), alerts)
        if asked and following is not None and following.at - record.at > ANSWER_AFTER:
            answer = _between(record, following, record.at + ANSWER_AFTER)
            _judge_one(states, person, _reading(record.at + ANSWER_AFTER, answer), alerts)
    return alerts


def _judge_one(states: dict[int, PersonState], person: Person, reading: Reading, alerts: list[datetime]) -> bool:
    """Judge one reading, note its exits, and say whether a fix was asked for."""
    (outcome,) = batch.judge_all(states, [reading], {PERSON_ID: person})
    alerts.extend(d.at for d in outcome.judgement.detections if is_exit(d))
    return any(command.type is CommandType.LOCATE for command in outcome.judgement.commands)


def _person(subject: Subject, radius_m: float, policy: Policy) -> Person:
    zone = Zone(zone_id=1, name="home", shape=home(subject, radius_m))
    return Person(person_id=PERSON_ID, time_zone=TIME_ZONE, zones=(zone,), policy=policy)


def _reading(at: datetime, fix: Fix) -> Reading:
    return Reading(person_id=PERSON_ID, device_id="phone", kind=ReadingKind.LOCATION, at=at, received_at=at, fix=fix)


def _between(before: Record, after: Record, at: datetime) -> Fix:
    share = (at - before.at) / (after.at - before.at)
    return Fix(
        latitude=before.fix.latitude + share * (after.fix.latitude - before.fix.latitude),
        longitude=before.fix.longitude + share * (after.fix.longitude - before.fix.longitude),
        accuracy_m=before.fix.accuracy_m,
        source=FixSource.GNSS,
    )
