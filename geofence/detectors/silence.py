"""A bracelet that falls silent: no contact, contact but no fix, or a fix that has frozen. Told apart, once an outage.

`geofence.contact` says until when a device's silence means nothing. Deadlines are lazy: a message moves none, only a
deadline that has come looks when the device was last heard and moves itself. A message sets it anew only when it must
come earlier: when the person is outside, or seems to be.

    no_contact           no message by the deadline, at home as far as known
    no_contact_outside   the same, outside the safe area; five minutes
    contact_but_no_fix   messages, but no believed fix for two hours (15 min outside) and no sign of home
    fix_frozen           five equal satellite fixes to the last digit over 300 steps

While an exit is suspected the zone's own deadline tells (`zone_exit`, `silent_while_suspected`); silence that led to
such an exit is not told again. A bed's silence is `bed_sensor_fault`.

Source: reference practice; deadlines provisional, tested on a simulated fleet, docs/detectors/silence.md.

Example: outside since 23:10:00, last heard at 23:11:30 with 6 %: at 23:16:30 `no_contact_outside`, 90 s after leaving.

Quiet: a message of a known device, charging as before, while nothing is told, learnt or suspected.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from geofence import contact, sighting
from geofence.contact import Contact
from geofence.detection import Detection, DetectionKind, Evidence
from geofence.detectors.low_battery import last_charge_pct
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import in_bed
from geofence.ordering import OrderState
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.reading import FixSource, ReadingKind
from geofence.sighting import Sighting

if TYPE_CHECKING:
    from geofence.absence import Absence
    from geofence.state import PersonState

#: Devices of one person that are remembered. Count.
REMEMBERED_DEVICES = 8
AWAY = ("suspect", "outside")


class Reason(StrEnum):
    """Which silence it is."""

    NO_CONTACT = "no_contact"
    NO_CONTACT_OUTSIDE = "no_contact_outside"
    CONTACT_BUT_NO_FIX = "contact_but_no_fix"
    FIX_FROZEN = "fix_frozen"


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """Equal fixes over steps."""

    fixes: int = 0
    steps: int = 0
    since: datetime | None = None
    told: bool = False


THAWED = Frozen()


class SilenceState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one person's bracelets."""

    devices: tuple[Contact, ...] = ()
    #: When to look whether fixes have stopped; None: it was told, or no bracelet was heard.
    fix_deadline: datetime | None = None
    frozen: Frozen = THAWED
    #: The last fix too coarse to be believed that may well have been at home: its circle reached the safe area.
    near_home_at: datetime | None = None


def step(state: SilenceState, seen: Observation) -> tuple[SilenceState, Judgement]:
    """Judge one live reading."""
    if seen.reading.kind is ReadingKind.BED:
        return state, NOTHING
    device = _of(state, seen.reading.device_id)
    outside = _outside(seen)
    if device is not None and _ordinary(state, device, seen, outside=outside):
        return state, NOTHING
    last = None if device is None else last_heard(seen.before.order, device)
    heard = _heard(device, last, seen, outside=outside)
    if heard is not device:
        others = tuple(each for each in state.devices if each is not device)
        state = replace(state, devices=(*others, heard)[-REMEMBERED_DEVICES:])
    state = _with_fix(state, seen, anew=_anew(device, last, seen), outside=outside)
    if _may_be_home(seen):
        state = replace(state, near_home_at=seen.reading.at)
    return _freeze(state, seen)


def due(state: SilenceState, person: Person) -> datetime | None:  # noqa: ARG001 - as every detector's
    """When to look again."""
    earliest = state.fix_deadline
    for device in state.devices:
        if device.deadline is not None and (earliest is None or device.deadline < earliest):
            earliest = device.deadline
    return earliest


def tick(state: SilenceState, person: Person, at: datetime, before: PersonState) -> tuple[SilenceState, Judgement]:
    """The deadline `at` has come: silent, or only not looked at since."""
    judgement = NOTHING
    for device in state.devices:
        if device.deadline is not None and device.deadline <= at:
            looked_at, more = _look(device, person, at, before)
            devices = tuple(looked_at if each is device else each for each in state.devices)
            state, judgement = replace(state, devices=devices), judgement + more
    if state.fix_deadline is not None and state.fix_deadline <= at:
        state, more = _look_for_fix(state, person, at, before)
        judgement = judgement + more
    return state, judgement


def excuse(state: SilenceState, person: Person, absence: Absence, before: PersonState) -> SilenceState:
    """We were away: whoever is heard within the usual patience after our return was not silent."""
    policy, outside = person.policy, before.zone.safety == "outside"
    changed = False
    devices: list[Contact] = []
    for device in state.devices:
        deadline = absence.put_off(device.deadline, contact.patience(device, policy, outside=outside))
        changed = changed or deadline is not device.deadline
        devices.append(device if deadline is device.deadline else replace(device, deadline=deadline))
    fix_deadline = absence.put_off(state.fix_deadline, policy.no_fix_outside_after if outside else policy.no_fix_after)
    if not changed and fix_deadline is state.fix_deadline:
        return state
    return replace(state, devices=tuple(devices), fix_deadline=fix_deadline)


def quiet(state: SilenceState, person: Person, before: PersonState, room: Room) -> None:
    """Every device in contact and known, none of them outside, nothing learnt."""
    # A deadline set while more patience was asked for is moved by the next fix.
    latest = room.since + person.policy.no_fix_after
    stopped = state.fix_deadline is None or state.fix_deadline > latest or state.frozen != THAWED
    if stopped or before.zone.safety in AWAY:
        room.never(Facet.FIX | Facet.WEAR)
        return
    for device in state.devices:
        if device.deadline is None or device.learns_at is None:
            room.never(Facet.FIX | Facet.WEAR)
            return
        room.charging_only(None, device.charging)
        room.before(device.learns_at)
    room.steps_up_to(person.policy.zone_strong_steps - 1)


def last_heard(order: OrderState, device: Contact) -> datetime | None:
    """The device's newest live message, of whatever kind."""
    newest = device.event_at
    for device_id, kind, at in order.newest:
        if device_id == device.device_id and kind != "bed" and (newest is None or at > newest):
            newest = at
    return newest


def _ordinary(state: SilenceState, device: Contact, seen: Observation, *, outside: bool) -> bool:
    """Whether a fix changes nothing: believed, not where the last was, of a device of which nothing is to be learnt."""
    reading, fix, place = seen.reading, seen.reading.fix, seen.before.track.place
    return (
        not outside
        and state.fix_deadline is not None
        and state.frozen == THAWED
        and device.deadline is not None
        and device.learns_at is not None
        and reading.at < device.learns_at
        and reading.event is None
        and (reading.charging is None or reading.charging is device.charging)
        and seen.movement.believed
        and state.fix_deadline <= reading.at + seen.person.policy.no_fix_after
        and fix is not None
        and place is not None
        and (fix.latitude != place.latitude or fix.longitude != place.longitude)
    )


def _of(state: SilenceState, device_id: str) -> Contact | None:
    for device in state.devices:
        if device.device_id == device_id:
            return device
    return None


def _heard(device: Contact | None, last: datetime | None, seen: Observation, *, outside: bool) -> Contact:
    """A device last heard at `last`, after one more message; the same object when the message was an ordinary one."""
    reading, at = seen.reading, seen.reading.at
    found = device or Contact(device_id=reading.device_id)
    before = last if device is not None else last_heard(seen.before.order, found)
    if before is not None and found.deadline is not None:
        found = contact.learnt(found, round((at - before).total_seconds()), at, outside=outside)
    plugged = reading.charging is not None and reading.charging is not found.charging
    if plugged:
        found = replace(found, charging=bool(reading.charging))
    if reading.event is not None:
        found = replace(found, event_at=at)
    # Off the charger the patience of the night is over, too.
    if not (outside or plugged or found.deadline is None):
        return found
    # Nobody outside is waited for less than this: a deadline before it is not moved.
    if outside and found.deadline is not None and found.deadline <= at + contact.least_patience(seen.person.policy):
        return found
    silent_at = contact.silent_at(found, at, seen.person, outside=outside)
    if found.deadline is None or silent_at < found.deadline:
        found = replace(found, deadline=silent_at)
    return found


def _outside(seen: Observation) -> bool:
    """Outside, perhaps, or so by this very fix."""
    if seen.before.zone.safety in AWAY:
        return True
    fix, area = seen.reading.fix, seen.area
    if fix is None or area is None or area.distance_m <= 0 or not seen.movement.believed:
        return False
    said = sighting.classify(area, fix, moving=False, policy=seen.person.policy)
    return said is Sighting.OUTSIDE


def _look(device: Contact, person: Person, at: datetime, before: PersonState) -> tuple[Contact, Judgement]:
    """One device whose deadline has come."""
    heard = last_heard(before.order, device)
    zone = before.zone
    if heard is None:
        return replace(device, deadline=None), NOTHING
    outside = zone.safety == "outside"
    silent_at = contact.silent_at(device, heard, person, outside=outside)
    if silent_at > at:
        return replace(device, deadline=silent_at), NOTHING
    device = replace(device, deadline=None)
    if outside and zone.since is not None and zone.since > heard:
        # This silence was told as an exit.
        return device, NOTHING
    reason = Reason.NO_CONTACT_OUTSIDE if outside else Reason.NO_CONTACT
    told = _detection(person, at, reason, device, before, since=heard, allowed_s=(silent_at - heard).total_seconds())
    return device, Judgement(detections=(told,))


def _look_for_fix(
    state: SilenceState, person: Person, at: datetime, before: PersonState
) -> tuple[SilenceState, Judgement]:
    """Fixes may have stopped while messages come."""
    outside = before.zone.safety == "outside"
    after = person.policy.no_fix_outside_after if outside else person.policy.no_fix_after
    place = before.track.place
    speaking = [each for each in state.devices if _speaks(each, at, before, after)]
    if place is not None and place.at + after > at:
        return replace(state, fix_deadline=place.at + after), NOTHING
    if state.near_home_at is not None and state.near_home_at + after > at and before.zone.safety == "inside":
        return replace(state, fix_deadline=state.near_home_at + after), NOTHING
    if not speaking:
        # Whoever is silent is told of as such; the first word afterwards sets the deadline anew.
        return replace(state, fix_deadline=None), NOTHING
    zone_tells = before.zone.safety == "suspect" or (
        outside and before.zone.since is not None and place is not None and before.zone.since > place.at
    )
    if place is None or zone_tells or _at_home(speaking, person, at, before):
        return replace(state, fix_deadline=at + after), NOTHING
    told = _detection(
        person, at, Reason.CONTACT_BUT_NO_FIX, speaking[-1], before, since=place.at, allowed_s=after.total_seconds()
    )
    return replace(state, fix_deadline=None), Judgement(detections=(told,))


def _speaks(device: Contact, at: datetime, before: PersonState, after: timedelta) -> bool:
    """Whether a device went on speaking long after fixes stopped."""
    heard = last_heard(before.order, device)
    return heard is not None and at - heard <= after / 2


def _at_home(speaking: list[Contact], person: Person, at: datetime, before: PersonState) -> bool:
    """Whether something else than a fix says that the person is at home."""
    if in_bed(before.bed, at, person.policy):
        return True
    charging = any(each.charging for each in speaking) and before.zone.safety == "inside"
    return charging or any(each.device_id == before.zone.home_device for each in speaking)


def _may_be_home(seen: Observation) -> bool:
    """Whether a fix that is not believed, of a cell tower most often, agrees with being at home."""
    fix, area = seen.reading.fix, seen.area
    if fix is None or area is None or seen.movement.believed:
        return False
    return area.distance_m <= fix.accuracy_m


def _anew(device: Contact | None, last: datetime | None, seen: Observation) -> bool:
    """Whether this is the first word of a device, ever or after a silence, told or excused."""
    if device is None or device.deadline is None or last is None:
        return True
    return seen.reading.at - last > seen.person.policy.silence_least


def _with_fix(state: SilenceState, seen: Observation, *, anew: bool, outside: bool) -> SilenceState:
    """A believed fix, or the first word of a bracelet ever or after a silence, sets the deadline of fixes."""
    if not seen.movement.believed and not (anew and state.fix_deadline is None):
        return state
    policy = seen.person.policy
    after = policy.no_fix_outside_after if outside else policy.no_fix_after
    stops_at = seen.reading.at + after
    if state.fix_deadline is not None and state.fix_deadline <= stops_at:
        return state
    return replace(state, fix_deadline=stops_at)


def _freeze(state: SilenceState, seen: Observation) -> tuple[SilenceState, Judgement]:
    """Count equal satellite fixes of somebody who walks."""
    fix, place, policy = seen.reading.fix, seen.before.track.place, seen.person.policy
    if fix is None or fix.source is not FixSource.GNSS or place is None:
        return state, NOTHING
    if fix.latitude != place.latitude or fix.longitude != place.longitude:
        thawed = state.frozen is THAWED or state.frozen == THAWED
        return (state if thawed else replace(state, frozen=THAWED)), NOTHING
    steps = seen.reading.steps or 0
    if steps < policy.zone_strong_steps or state.frozen.told:
        return state, NOTHING
    frozen = Frozen(
        fixes=state.frozen.fixes + 1, steps=state.frozen.steps + steps, since=state.frozen.since or place.at
    )
    device = next(each for each in state.devices if each.device_id == seen.reading.device_id)
    enough = frozen.fixes >= policy.frozen_fixes and frozen.steps >= policy.frozen_steps
    if not enough or seen.before.zone.home_device == device.device_id:
        return replace(state, frozen=frozen), NOTHING
    assert frozen.since is not None
    counted: Evidence = {"steps_count": frozen.steps, "fixes": frozen.fixes}
    told = _detection(
        seen.person, seen.reading.at, Reason.FIX_FROZEN, device, seen.before, since=frozen.since, further=counted
    )
    return replace(state, frozen=replace(frozen, told=True)), Judgement(detections=(told,))


def _detection(
    person: Person,
    at: datetime,
    reason: Reason,
    device: Contact,
    before: PersonState,
    *,
    since: datetime,
    allowed_s: float | None = None,
    further: Evidence | None = None,
) -> Detection:
    zone, outside = before.zone, before.zone.safety == "outside"
    left_at = zone.since if outside else None
    others = [each for each in before.silence.devices if each.device_id != device.device_id]
    return Detection(
        detection_id=identify(person.person_id, DetectionKind.SILENCE, at, device.device_id, reason),
        person_id=person.person_id,
        device_id=device.device_id,
        kind=DetectionKind.SILENCE,
        reason=reason,
        at=at,
        place=before.track.place,
        zone_id=zone.zone_id if outside else None,
        evidence={
            "since": since.isoformat(),
            "silent_since": since.isoformat(),
            "silent_s": round((at - since).total_seconds()),
            "allowed_s": None if allowed_s is None else round(allowed_s),
            "interval_s": contact.usual_interval_s(device),
            "safety": str(zone.safety),
            "outside": outside,
            "left_zone_at": left_at.isoformat() if left_at else None,
            "after_leaving_s": max(0, round((since - left_at).total_seconds())) if left_at else None,
            "distance_m": round(zone.last_distance_m, 1) if outside else None,
            "zone_name": zone.zone_name if outside else None,
            "battery_pct": last_charge_pct(before.battery, device.device_id),
            "charging": device.charging,
            "other_device_heard": any(each.deadline is not None for each in others),
            **(further or {}),
            **when(person, at),
        },
    )
