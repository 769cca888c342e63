"""Whether what a bed says of heart and breath can be read now: settled in bed, still, of good quality, this person.

It concludes nothing; `heart_rate`, `breathing_rate` and `apnea` ask it.

Quiet: a report that leaves the person in the same bed with little movement, or up; the same state comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from geofence.observation import NOTHING, Judgement, Observation
from geofence.person import Person
from geofence.policy import Policy
from geofence.quiet import Facet, Room
from geofence.reading import BedReport, BedStatus, ReadingKind

if TYPE_CHECKING:
    from geofence.state import PersonState

#: A bracelet that was outside so recently shows that it is somebody else who lies in the bed. Provisional.
ELSEWHERE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestState:
    """Since when the person has been lying in which bed, and when they last moved."""

    device_id: str | None = None
    lying_since: datetime | None = None
    moved_at: datetime | None = None


UP = RestState()


def step(state: RestState, seen: Observation) -> tuple[RestState, Judgement]:
    """Follow one live reading."""
    return follow(state, seen), NOTHING


def follow(state: RestState, seen: Observation) -> RestState:
    """The state after a reading, so that who judges the same reading knows it too."""
    reading, policy = seen.reading, seen.person.policy
    bed = reading.bed
    if bed is None:
        return state
    if bed.status is not BedStatus.OCCUPIED:
        # One bed being empty says nothing about somebody who lies in another.
        return UP if state is not UP and state.device_id == reading.device_id else state
    if state.device_id != reading.device_id or _interrupted(seen):
        state = RestState(device_id=reading.device_id, lying_since=reading.at)
    return replace(state, moved_at=reading.at) if _moved(bed, policy) else state


def readable(seen: Observation, *, after_movement: timedelta) -> bool:
    """Whether the vital signs of this report can be read."""
    bed, at, policy = seen.reading.bed, seen.reading.at, seen.person.policy
    if bed is None or bed.status is not BedStatus.OCCUPIED or not good(bed, policy):
        return False
    state = follow(seen.before.rest, seen)
    if state.lying_since is None or at - state.lying_since < policy.vital_after_lying_down:
        return False
    if state.moved_at is not None and at - state.moved_at < after_movement:
        return False
    return not _somebody_else(seen)


def good(bed: BedReport, policy: Policy) -> bool:
    """Whether the bed trusts its vital signs; one that does not say is trusted."""
    return bed.quality_pct is None or bed.quality_pct >= policy.vital_quality_least_pct


def heard_before(seen: Observation) -> datetime | None:
    """When this device's report before this one was."""
    reading = seen.reading
    for device_id, kind, at in seen.before.order.newest:
        if device_id == reading.device_id and kind is reading.kind:
            return at
    return None


def speaks_since(seen: Observation) -> datetime:
    """From when a report speaks: since the one before it, and never for longer than the policy's span."""
    at = seen.reading.at
    earliest = at - seen.person.policy.vital_span
    before = heard_before(seen)
    return earliest if before is None or before < earliest else before


def quiet(state: RestState, person: Person, before: PersonState, room: Room) -> None:
    """Nobody in any bed, or still in the same one: nothing changes as long as reports keep coming."""
    if state.lying_since is None:
        room.bed_only(BedStatus.EMPTY, BedStatus.EDGE, BedStatus.FAULT)
        return
    if any(kind is ReadingKind.BED and device != state.device_id for device, kind, _ in before.order.newest):
        room.never(Facet.BED)
        return
    room.bed_only(BedStatus.OCCUPIED)
    room.movement_up_to(person.policy.vital_movement_most_pct)
    room.bed_reports_within(person.policy.vital_gap_most)


def _moved(bed: BedReport, policy: Policy) -> bool:
    """A burst of amplitude is the body, not the breath."""
    deep_pct = bed.breathing_amplitude_pct or 0.0
    return (bed.movement_pct or 0.0) > policy.vital_movement_most_pct or deep_pct > policy.apnea_movement_pct


def _interrupted(seen: Observation) -> bool:
    before = heard_before(seen)
    return before is None or seen.reading.at - before > seen.person.policy.vital_gap_most


def _somebody_else(seen: Observation) -> bool:
    """The bracelet is elsewhere, or walks about: whoever lies in the bed is another."""
    zone, place = seen.before.zone, seen.before.track.place
    away = zone.safety == "outside" and place is not None and seen.reading.at - place.at <= ELSEWHERE
    return away or seen.before.bed.other_sleeper
