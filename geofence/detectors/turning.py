"""A reminder to turn somebody who cannot turn alone, against pressure sores. Off until `turn_every` is set.

Rule: in bed for `turn_every` without a report of at least 30 % movement, and the bed still reports: the carers are
reminded, and again after each further `turn_every`. A movement burst or leaving the bed begins anew. A bed that fell
silent cannot tell whether somebody was turned: it is asked again every ten minutes, and nothing is told meanwhile.

Quiet: everything while `turn_every` is 0; else reports below `turn_movement_pct` that leave the person where they are.

Example: `turn_every` two hours, in bed since 22:00, turned at 23:10: a reminder at 01:10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import LYING
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.reading import BedStatus, ReadingKind

if TYPE_CHECKING:
    from geofence.absence import Absence
    from geofence.state import PersonState


class Reason(StrEnum):
    """Why carers are reminded."""

    NOT_TURNED = "not_turned"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnState:
    """Since when the person has lain in one position."""

    #: The last change of position; None while out of bed.
    turned_at: datetime | None = None
    #: When to remind, or to look again.
    look_at: datetime | None = None


UP = TurnState()


def step(state: TurnState, seen: Observation) -> tuple[TurnState, Judgement]:
    """Judge one live reading."""
    reading, bed, every = seen.reading, seen.before.bed, seen.person.policy.turn_every
    report = reading.bed
    if report is None or bed.device_id != reading.device_id:
        return state, NOTHING
    if not every or bed.status is BedStatus.EMPTY:
        return (state if state.turned_at is None else UP), NOTHING
    if bed.status not in LYING or bed.since is None:
        return state, NOTHING
    if state.turned_at is None:
        state = TurnState(turned_at=bed.since, look_at=bed.since + every)
    if (report.movement_pct or 0.0) >= seen.person.policy.turn_movement_pct:
        state = TurnState(turned_at=reading.at, look_at=reading.at + every)
    return state, NOTHING


def due(state: TurnState, person: Person) -> datetime | None:  # noqa: ARG001 - as every detector's
    """When to remind."""
    return state.look_at


def tick(state: TurnState, person: Person, at: datetime, before: PersonState) -> tuple[TurnState, Judgement]:
    """The deadline `at` has passed without a change of position that the bed reported."""
    if state.look_at != at or state.turned_at is None:
        return state, NOTHING
    policy, bed = person.policy, before.bed
    if not policy.turn_every or bed.status not in LYING or bed.other_sleeper:
        return UP, NOTHING
    rows = before.order.newest
    heard = [newest for device, kind, newest in rows if device == bed.device_id and kind is ReadingKind.BED]
    if not heard or at - heard[0] > policy.bed_silent_after:
        return replace(state, look_at=at + policy.bed_silent_after), NOTHING
    told = _detection(state.turned_at, person, at, before)
    return replace(state, look_at=at + policy.turn_every), Judgement(detections=(told,))


def excuse(state: TurnState, person: Person, absence: Absence, before: PersonState) -> TurnState:  # noqa: ARG001 - as every detector's
    """We were away: the bed has time to say that somebody was turned, or a whole round of it is not known."""
    policy = person.policy
    look_at = absence.put_off(state.look_at, policy.bed_silent_after)
    if look_at is state.look_at:
        return state
    if policy.turn_every and absence.lasted >= policy.turn_every:
        return TurnState(turned_at=absence.until, look_at=absence.until + policy.turn_every)
    return replace(state, look_at=look_at)


def quiet(state: TurnState, person: Person, before: PersonState, room: Room) -> None:
    """Nobody to turn, or lying still as before."""
    if not person.policy.turn_every and state.turned_at is None:
        return
    if not person.policy.turn_every or (before.bed.status in LYING) is (state.turned_at is None):
        room.never(Facet.BED)
    room.movement_up_to(math.nextafter(person.policy.turn_movement_pct, -math.inf))


def _detection(turned_at: datetime, person: Person, at: datetime, before: PersonState) -> Detection:
    return Detection(
        detection_id=identify(person.person_id, DetectionKind.TURN_REMINDER, at),
        person_id=person.person_id,
        device_id=before.bed.device_id,
        kind=DetectionKind.TURN_REMINDER,
        reason=Reason.NOT_TURNED,
        at=at,
        place=before.track.place,
        evidence={
            "turned_at": turned_at.isoformat(),
            "still_min": round((at - turned_at) / timedelta(minutes=1), 1),
            "turn_every_min": round(person.policy.turn_every / timedelta(minutes=1), 1),
            **when(person, at),
        },
    )
