"""Pauses in breathing while somebody lies still in bed and the heart beats.

A bed tells of a pause in one of two ways:

* its own judgement, `apnea_s`: a pause of 20 s, long from 40 s;
* reports at most 10 s apart: breathing fainter than 22 % of the person's own last two minutes, or, from a bed that
  tells no depth, a breathing rate that was there at night and is missing. A report speaks for the time since the one
  before; 15 s without any breath are a pause, 35 s a long one: the ones in which it begins and ends show breath.

Single pauses are written down (`single_pause`); five within an hour (`repeated_pauses`) or one long one (`long_pause`)
are told. If the heart rate is gone too, the sensor slipped or the person left: no pause. After three minutes it is the
sensor. Whoever has just moved is not judged for thirty seconds.

Source: reference practice; shares and times measured, docs/detectors/apnea.md.

Example: depths of 104, 96, 12, 8, 9, 10, 88 %, five seconds apart: a pause of 20 s, told with the third faint report.

Quiet: a report that shows breath and no pause of its own, while no pause goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind
from geofence.detectors import rest
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Facet, Room
from geofence.reading import BedReport

if TYPE_CHECKING:
    from geofence.state import PersonState

#: A bed that told a breathing rate so recently is one that can: `geofence.baseline` takes one every ten minutes.
TOLD_RATE_WITHIN = timedelta(minutes=15)
#: Over so many pauses are counted.
AN_HOUR = timedelta(hours=1)
#: Pauses remembered. Count: more an hour is told anyway.
REMEMBERED_PAUSES = 32


class Reason(StrEnum):
    """Why it was concluded."""

    #: One pause; to be read later, nobody is called.
    SINGLE_PAUSE = "single_pause"
    LONG_PAUSE = "long_pause"
    REPEATED_PAUSES = "repeated_pauses"


class Breath(StrEnum):
    """What one report says."""

    #: Breath is there.
    PRESENT = "present"
    ABSENT = "absent"
    #: It cannot be read: movement, poor quality, no heart rate.
    UNREADABLE = "unreadable"


class Pause(StrEnum):
    """How far the pause that goes on has come."""

    NONE = "none"
    #: Absent, not yet long enough.
    BEGUN = "begun"
    COUNTED = "counted"
    LONG = "long"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApneaState:
    """What is remembered of one person's breath."""

    pause: Pause = Pause.NONE
    #: Begin of the pause that goes on, and the last report that showed it.
    since: datetime | None = None
    seen_at: datetime | None = None
    #: Ends, so far as known, of the pauses of the last hour.
    pauses: tuple[datetime, ...] = ()
    repeated_told_at: datetime | None = None


def step(state: ApneaState, seen: Observation) -> tuple[ApneaState, Judgement]:
    """Judge one live reading."""
    bed, policy, at = seen.reading.bed, seen.person.policy, seen.reading.at
    if bed is None:
        return state, NOTHING
    breath = listen(state, seen, bed)
    length = _own_length(bed, breath, policy)
    if length is not None:
        return _paused(state, seen, since=at - length, counted=policy.apnea_own_pause, long=policy.apnea_own_long)
    if breath is not Breath.ABSENT:
        return _over(state), NOTHING
    since = state.since if _goes_on(state, at, policy) and state.since is not None else rest.speaks_since(seen)
    if at - since > policy.apnea_longest:
        # It goes on: a pause that is none any more must not begin anew with the next report.
        return replace(state, since=since, seen_at=at), NOTHING
    return _paused(state, seen, since=since, counted=policy.apnea_pause, long=policy.apnea_long)


def listen(state: ApneaState, seen: Observation, bed: BedReport) -> Breath:
    """What one report says of breath."""
    policy, at = seen.person.policy, seen.reading.at
    if not bed.heart_rate_bpm or not rest.readable(seen, after_movement=policy.apnea_after_movement):
        return Breath.UNREADABLE
    if bed.breathing_amplitude_pct is not None:
        present = bed.breathing_amplitude_pct >= policy.apnea_faint_pct
    elif bed.breathing_rate_bpm is not None:
        present = bed.breathing_rate_bpm > 0
    elif state.since is None and not _tells_rates(seen):
        return Breath.UNREADABLE
    else:
        present = False
    if present:
        return Breath.PRESENT
    before = rest.heard_before(seen)
    close = before is not None and at - before <= policy.apnea_report_apart
    return Breath.ABSENT if close else Breath.UNREADABLE


def quiet(state: ApneaState, person: Person, before: PersonState, room: Room) -> None:
    """Breath that is plainly there."""
    if before.rest.lying_since is None:
        return
    if state.since is not None:
        room.never(Facet.BED)
        return
    room.breathing_depth_between(person.policy.apnea_faint_pct, person.policy.apnea_movement_pct)
    room.apnea_below(person.policy.apnea_own_pause.total_seconds())


def _own_length(bed: BedReport, breath: Breath, policy: Policy) -> timedelta | None:
    """The pause that the bed itself tells of; the one that reports show counts when it tells of none."""
    if bed.apnea_s is None or breath is Breath.UNREADABLE:
        return None
    length = timedelta(seconds=bed.apnea_s)
    return length if length >= policy.apnea_own_pause else None


def _goes_on(state: ApneaState, at: datetime, policy: Policy) -> bool:
    return state.seen_at is not None and state.since is not None and at - state.seen_at <= policy.apnea_report_apart


def _tells_rates(seen: Observation) -> bool:
    """Whether this person's bed has told a breathing rate lately."""
    told_at = seen.before.breathing_rate.baseline.sampled_at
    return told_at is not None and seen.reading.at - told_at <= TOLD_RATE_WITHIN


def _over(state: ApneaState) -> ApneaState:
    if state.since is None:
        return state
    return replace(state, pause=Pause.NONE, since=None, seen_at=None)


def _paused(
    state: ApneaState, seen: Observation, *, since: datetime, counted: timedelta, long: timedelta
) -> tuple[ApneaState, Judgement]:
    """Breath has been absent since an instant: what that makes of the pause, and what is told."""
    at = seen.reading.at
    same = state.since is not None and state.seen_at is not None and since <= state.seen_at
    known = state.pause if same else Pause.NONE
    begun = state.since if same and state.since is not None else since
    length = at - begun
    pause = Pause.LONG if length >= long else Pause.COUNTED if length >= counted else Pause.BEGUN
    pause = max(pause, known, key=list(Pause).index)
    state = replace(state, pause=pause, since=begun, seen_at=at)
    if pause is known or pause is Pause.BEGUN:
        return state, NOTHING
    if known in (Pause.NONE, Pause.BEGUN):
        recent = tuple(end for end in state.pauses if at - end < AN_HOUR)
        state = replace(state, pauses=(*recent, at)[-REMEMBERED_PAUSES:])
    reason = _reason(state, at, seen.person.policy)
    if reason is Reason.REPEATED_PAUSES:
        state = replace(state, repeated_told_at=at)
    return state, Judgement(detections=(_detection(state, seen, reason, length),))


def _reason(state: ApneaState, at: datetime, policy: Policy) -> Reason:
    if state.pause is Pause.LONG:
        return Reason.LONG_PAUSE
    lately = state.repeated_told_at is not None and at - state.repeated_told_at < AN_HOUR
    many = len(state.pauses) >= policy.apnea_pauses_an_hour
    return Reason.REPEATED_PAUSES if many and not lately else Reason.SINGLE_PAUSE


def _detection(state: ApneaState, seen: Observation, reason: Reason, length: timedelta) -> Detection:
    reading = seen.reading
    assert reading.bed is not None
    assert state.since is not None
    return Detection(
        detection_id=identify(reading.person_id, DetectionKind.APNEA, reading.at, reading.device_id, reason),
        person_id=reading.person_id,
        device_id=reading.device_id,
        kind=DetectionKind.APNEA,
        reason=reason,
        at=reading.at,
        place=seen.last_place,
        evidence={
            "pause_s": round(length.total_seconds()),
            "paused_since": state.since.isoformat(),
            "pauses_count": len(state.pauses),
            "amplitude_pct": reading.bed.breathing_amplitude_pct,
            "heart_rate_bpm": reading.bed.heart_rate_bpm,
            "own_judgement": bool(reading.bed.apnea_s),
            **when(seen.person, reading.at),
        },
    )
