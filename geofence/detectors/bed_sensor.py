"""A bed that cannot be believed, told apart from an empty bed.

An empty bed says `empty` and shows no pulse; that is no fault, however long. These are::

    says_fault           `fault` for 5 min
    contradicts_itself   `empty` with a pulse or breath of good quality, for 5 min
    vital_signs_lost     occupied and showed a pulse or breath since then, and for 30 min none of them and no movement
    displaced            occupied without ever a pulse, breath or movement for 2 h, by a bed that has shown them before
    unplugged            nothing for 30 min from a bed in which somebody lay: plug or network

A report that says something else ends the time. Each is told once in 12 hours. `vital_signs_lost` may be a sensor that
slipped, and it may be a person in need: its message says to look at the person first. When the bracelet walks meanwhile
it is not the person who lies there, and the sensor is called displaced.

Quiet: reports of an occupied bed that show a heart rate, once it has shown one in this stay; of an empty bed, or of a
mat, those that show nothing.

Example: occupied with 62 beats until 01:00, then occupied with nothing at all: told at 01:30.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import LYING, alive, trusted
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Facet, Room
from geofence.reading import BedReport, BedStatus, ReadingKind

if TYPE_CHECKING:
    from geofence.absence import Absence
    from geofence.state import PersonState


class Reason(StrEnum):
    """What is wrong with the sensor."""

    SAYS_FAULT = "says_fault"
    CONTRADICTS_ITSELF = "contradicts_itself"
    VITAL_SIGNS_LOST = "vital_signs_lost"
    DISPLACED = "displaced"
    UNPLUGGED = "unplugged"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorState:
    """What is remembered of one person's bed as a device."""

    device_id: str | None = None
    #: It has shown a pulse, breath or movement: that it shows none is worth a word.
    able: bool = False
    #: It has shown a pulse or breath since somebody lay down.
    shown: bool = False
    #: What may be wrong, and since which report.
    suspect: Reason | None = None
    suspect_since: datetime | None = None
    #: While somebody lies in it: when to look next at whether it still reports.
    look_at: datetime | None = None
    #: What was told, and when.
    told: tuple[tuple[Reason, datetime], ...] = ()


def suspected(report: BedReport, policy: Policy, *, able: bool, shown: bool) -> Reason | None:
    """What one report gives reason to suspect.

    Args:
        report: of a bed.
        policy: the person's.
        able: the bed has ever shown a pulse, breath or movement.
        shown: it has shown a pulse or breath of whoever lies in it now.
    """
    if report.status is BedStatus.FAULT:
        return Reason.SAYS_FAULT
    if report.status is BedStatus.EMPTY:
        return Reason.CONTRADICTS_ITSELF if alive(report) and trusted(report, policy) else None
    if alive(report) or report.movement_pct:
        return None
    return Reason.VITAL_SIGNS_LOST if shown else Reason.DISPLACED if able else None


def lasts(reason: Reason, policy: Policy) -> timedelta:
    """For how long it must be so."""
    if reason is Reason.VITAL_SIGNS_LOST:
        return policy.bed_flat_for
    return policy.bed_displaced_for if reason is Reason.DISPLACED else policy.bed_fault_for


def step(state: SensorState, seen: Observation) -> tuple[SensorState, Judgement]:
    """Judge one live reading."""
    reading, policy = seen.reading, seen.person.policy
    report = reading.bed
    if report is None or seen.before.bed.device_id not in (None, reading.device_id):
        return state, NOTHING
    if state.device_id != reading.device_id:
        state = SensorState(device_id=reading.device_id, told=state.told)
    if not state.able and (alive(report) or report.movement_pct):
        state = replace(state, able=True)
    shown = report.status is not BedStatus.EMPTY and (state.shown or alive(report))
    if shown is not state.shown:
        state = replace(state, shown=shown)
    suspect = suspected(report, policy, able=state.able, shown=shown)
    if suspect is not state.suspect:
        state = replace(state, suspect=suspect, suspect_since=reading.at if suspect else None)
    if report.status is BedStatus.EMPTY and state.look_at is not None:
        state = replace(state, look_at=None)
    elif report.status in LYING and state.look_at is None:
        state = replace(state, look_at=reading.at + policy.bed_unplugged_after)
    return state, NOTHING


def due(state: SensorState, person: Person) -> datetime | None:
    """When a suspicion is certain, or when to look whether the bed still reports."""
    if state.suspect is None or state.suspect_since is None:
        return state.look_at
    certain_at = state.suspect_since + lasts(state.suspect, person.policy)
    return certain_at if state.look_at is None else min(certain_at, state.look_at)


def tick(state: SensorState, person: Person, at: datetime, before: PersonState) -> tuple[SensorState, Judgement]:
    """One of the two deadlines is there."""
    if due(state, person) != at:
        return state, NOTHING
    rows, policy = before.order.newest, person.policy
    heard = [newest for device, kind, newest in rows if device == state.device_id and kind is ReadingKind.BED]
    silent_for = at - heard[0] if heard else timedelta.max
    if state.look_at == at:
        if silent_for < policy.bed_unplugged_after:
            return replace(state, look_at=heard[0] + policy.bed_unplugged_after), NOTHING
        # It says nothing more, so that nothing more can be suspected of it either.
        state, reason, since = replace(state, look_at=None), Reason.UNPLUGGED, heard[0] if heard else at
    else:
        assert state.suspect is not None
        assert state.suspect_since is not None
        reason, since = state.suspect, state.suspect_since
        if reason is Reason.VITAL_SIGNS_LOST and before.bed.other_sleeper:
            reason = Reason.DISPLACED
    state = replace(state, suspect=None, suspect_since=None)
    if (reason is not Reason.UNPLUGGED and silent_for > policy.bed_silent_after) or _told(state, reason, at, policy):
        return state, NOTHING
    state = replace(state, told=(*(row for row in state.told if row[0] is not reason), (reason, at)))
    return state, Judgement(detections=(_detection(state, person, reason, since, at, before),))


def excuse(state: SensorState, person: Person, absence: Absence, before: PersonState) -> SensorState:  # noqa: ARG001 - as every detector's
    """We were away: the bed has time to report, and what was suspected of it before begins anew."""
    policy = person.policy
    look_at = absence.put_off(state.look_at, policy.bed_silent_after)
    if look_at is not state.look_at:
        state = replace(state, look_at=look_at)
    if state.suspect is None or state.suspect_since is None or absence.lasted <= policy.bed_silent_after:
        return state
    certain_at = state.suspect_since + lasts(state.suspect, policy)
    if absence.put_off(certain_at, policy.bed_silent_after) is certain_at or state.suspect_since >= absence.until:
        return state
    return replace(state, suspect=None, suspect_since=None)


def quiet(state: SensorState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Somebody lies in it and it shows them, or it is empty, or a mat that never shows anybody."""
    if state.suspect is None and state.shown and state.look_at is not None:
        room.bed_only(*LYING)
        room.heart_between(1.0, 1_000.0)
        return
    if state.suspect is not None or state.shown or (state.able and state.look_at is not None):
        room.never(Facet.BED)
        return
    room.bed_only(*(LYING if state.look_at is not None else (BedStatus.EMPTY,)))
    room.without_vital_signs()
    if not state.able:
        room.movement_up_to(0.0)


def _told(state: SensorState, reason: Reason, at: datetime, policy: Policy) -> bool:
    return any(told is reason and at - told_at < policy.bed_fault_again for told, told_at in state.told)


def _detection(  # noqa: PLR0917 - each is another thing
    state: SensorState, person: Person, reason: Reason, since: datetime, at: datetime, before: PersonState
) -> Detection:
    return Detection(
        detection_id=identify(person.person_id, DetectionKind.BED_SENSOR_FAULT, at, reason),
        person_id=person.person_id,
        device_id=state.device_id,
        kind=DetectionKind.BED_SENSOR_FAULT,
        reason=reason,
        at=at,
        place=before.track.place,
        evidence={
            "fault_since": since.isoformat(),
            "fault_min": round((at - since) / timedelta(minutes=1), 1),
            "bed": str(before.bed.status or "unknown"),
            **when(person, at),
        },
    )
