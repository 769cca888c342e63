"""A bracelet that is not worn: a danger to its person, no nuisance of the device. Told at once outside, later at home.

It is off by its own event, by two messages in a row that say so, or by one that nothing has taken back for 60 s. On the
charger it rests: nobody is told, and nothing else it says counts as worn. Then::

    outside_home  off outside the safe area, or heard away from home: told at once, and the device is asked where it is
    not_worn      off at home for 30 min; somebody seen in bed is left alone until they are up for that long

Told once, until it is worn or charged again. Each bracelet of a person counts for itself. One that never says whether
it is charging shows it by its battery: off, not outside, and the charge rises by 1 point or stays at 100 %.

Example: taken off for the washing at 07:10, fastened at 07:25: nothing. Left on the night table at 21:00: told 21:30.

Quiet: `worn` is missing or true, of bracelets that are all on; any message of charging, when all are on the charger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from geofence.detection import Detection, DetectionKind, Place
from geofence.detectors.zone import Safety
from geofence.evidence import identify, when
from geofence.observation import NOTHING, Judgement, Observation
from geofence.occupancy import Occupancy, in_bed
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.reading import Reading, ReadingKind, SafetyEventType
from geofence.whereabouts import age_s, ask, late_s

if TYPE_CHECKING:
    from geofence.absence import Absence
    from geofence.state import PersonState


class Strap(StrEnum):
    """What is believed of one bracelet."""

    ON = "on"
    #: On the charger, or taken from it and not heard of since.
    RESTING = "resting"
    #: One message says that it is off.
    DOUBTED = "doubted"
    #: Off, and nobody told.
    OFF = "off"
    TOLD = "told"


class Word(StrEnum):
    """What one message, or time passing, says."""

    WORN = "worn"
    CHARGING = "charging"
    NOT_WORN = "not_worn"
    #: The device's own event, or enough messages, or enough time.
    REMOVED = "removed"
    #: Somebody is told now.
    ALARMING = "alarming"


class Reason(StrEnum):
    """Why it is told."""

    OUTSIDE_HOME = "outside_home"
    NOT_WORN = "not_worn"


#: (state, word) -> state. A pair that is absent changes nothing; None: a bracelet that has not said yet.
TRANSITIONS: dict[tuple[Strap | None, Word], Strap] = {
    **{(strap, Word.WORN): Strap.ON for strap in (None, *Strap)},
    **{(strap, Word.CHARGING): Strap.RESTING for strap in (None, *Strap)},
    (None, Word.NOT_WORN): Strap.DOUBTED,
    (Strap.ON, Word.NOT_WORN): Strap.DOUBTED,
    (Strap.RESTING, Word.NOT_WORN): Strap.DOUBTED,
    (None, Word.REMOVED): Strap.OFF,
    (Strap.ON, Word.REMOVED): Strap.OFF,
    (Strap.RESTING, Word.REMOVED): Strap.OFF,
    (Strap.DOUBTED, Word.REMOVED): Strap.OFF,
    (Strap.OFF, Word.ALARMING): Strap.TOLD,
}
#: A battery that stays here is on a charger; off it, it falls within the hour. Per cent.
FULL_PCT = 100.0
#: Not on a wrist, and not where it should be instead.
LYING = (Strap.DOUBTED, Strap.OFF, Strap.TOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracelet:
    """What is remembered of one bracelet."""

    device_id: str
    strap: Strap
    #: Since when, by event time; while LYING since it was first said to be off.
    since: datetime
    #: Messages in a row that said so, while DOUBTED.
    messages: int = 0
    #: When to look whether somebody has to be told; None unless OFF.
    look_at: datetime | None = None
    #: Of one that never says whether it is charging: the least charge heard while it lies, or the last on the charger.
    battery_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrapState:
    """Every bracelet that has said whether it is worn."""

    bracelets: tuple[Bracelet, ...] = ()

    def of(self, device_id: str) -> Bracelet | None:
        """One bracelet, if it has said."""
        for bracelet in self.bracelets:
            if bracelet.device_id == device_id:
                return bracelet
        return None

    def is_off(self, device_id: str) -> bool:
        """Whether it is known not to be on a wrist: what it feels says nothing of the person."""
        bracelet = self.of(device_id)
        return bracelet is not None and bracelet.strap in (Strap.RESTING, Strap.OFF, Strap.TOLD)

    def is_doubted(self, device_id: str) -> bool:
        """Whether its last word was that it is off, once or more."""
        bracelet = self.of(device_id)
        return bracelet is not None and bracelet.strap in LYING

    def is_on(self, device_id: str) -> bool:
        """Whether it said itself that it is worn."""
        bracelet = self.of(device_id)
        return bracelet is not None and bracelet.strap is Strap.ON


def step(state: StrapState, seen: Observation) -> tuple[StrapState, Judgement]:
    """Judge one reading."""
    known, word = state.of(seen.reading.device_id), said(seen.reading)
    if not _overtaken(seen):
        bracelet = _heard(known, word, seen)
        if bracelet is not None and bracelet is not known and bracelet != known:
            state, known = _with(state, bracelet), bracelet
    if known is None or known.strap is not Strap.OFF or not _outside(seen.before, at_home=seen.reading.at_home):
        return state, NOTHING
    at, person = seen.reading.at, seen.person
    state, judgement = _tell(state, known, person, Alarm(Reason.OUTSIDE_HOME, at, seen.last_place, late_s(seen)))
    until = at + person.policy.tracking_for
    return state, judgement + Judgement(commands=ask(person, known.device_id, at, reason="strap_removed", until=until))


def due(state: StrapState, person: Person) -> datetime | None:
    """When a doubt is confirmed by time alone, or somebody has to be told."""
    return min((at for bracelet in state.bracelets if (at := _next(bracelet, person)) is not None), default=None)


def tick(state: StrapState, person: Person, at: datetime, before: PersonState) -> tuple[StrapState, Judgement]:
    """The deadline `at` has passed without another word."""
    judgement, place = NOTHING, before.track.place
    for bracelet in state.bracelets:
        if _next(bracelet, person) != at:
            continue
        reason, look_at = Reason.NOT_WORN, _up_since(before, person, at)
        if bracelet.strap is Strap.DOUBTED:
            reason, look_at = Reason.OUTSIDE_HOME, bracelet.since + person.policy.strap_home_grace
        off = replace(bracelet, strap=Strap.OFF, look_at=look_at, messages=0)
        state = _with(state, off)
        if _outside(before) if reason is Reason.OUTSIDE_HOME else look_at <= at:
            state, more = _tell(state, off, person, Alarm(reason, at, place))
            judgement = judgement + more
    return state, judgement


def excuse(state: StrapState, person: Person, absence: Absence, before: PersonState) -> StrapState:  # noqa: ARG001 - as every detector's
    """We were away: a bracelet that lay at home has time to say that it is worn again."""
    for bracelet in state.bracelets:
        look_at = absence.put_off(bracelet.look_at, person.policy.silence_least)
        if look_at is not bracelet.look_at:
            state = _with(state, replace(bracelet, look_at=look_at))
    return state


def quiet(state: StrapState, person: Person, before: PersonState, room: Room) -> None:  # noqa: ARG001 - as every detector's
    """Readings that say what is known: `geofence.quiet`."""
    straps = {bracelet.strap for bracelet in state.bracelets}
    heard = {device_id for device_id, kind, _ in before.order.newest if kind is not ReadingKind.BED}
    all_known = heard <= {bracelet.device_id for bracelet in state.bracelets}
    weighed = any(bracelet.battery_pct is not None for bracelet in state.bracelets)
    if straps == {Strap.RESTING} and all_known and not weighed:
        room.charging_only(True)
    elif straps <= {Strap.ON}:
        room.worn_only(*((None, True) if all_known else (None,)))
        room.charging_only(None, False)
    else:
        room.never(Facet.WEAR | Facet.FIX)


def said(reading: Reading) -> Word | None:
    """What one message says of its bracelet; None: nothing."""
    if reading.event is not None and reading.event.type is SafetyEventType.STRAP_REMOVED:
        return Word.REMOVED
    if reading.event is not None and reading.event.type is SafetyEventType.STRAP_FASTENED:
        return Word.WORN
    if reading.charging:
        return Word.CHARGING
    if reading.worn is None:
        return None
    return Word.WORN if reading.worn else Word.NOT_WORN


def _heard(known: Bracelet | None, word: Word | None, seen: Observation) -> Bracelet | None:
    """The bracelet after one message; None: it has not said yet, nor does it now."""
    battery_pct = _charge(seen)
    if battery_pct is not None and word in {None, Word.NOT_WORN} and _on_a_charger(known, battery_pct, seen):
        word = Word.CHARGING
    after = known if word is None else _follow(known, word, seen)
    return None if after is None else _weighed(after, battery_pct, seen.reading)


def _weighed(bracelet: Bracelet, battery_pct: float | None, reading: Reading) -> Bracelet:
    """The bracelet with the charge to compare the next one with; the same object when it is the same."""
    known_pct = bracelet.battery_pct
    if bracelet.strap is Strap.ON or reading.charging is not None:
        battery_pct = None
    elif battery_pct is None or (bracelet.strap is not Strap.RESTING and known_pct is not None):
        battery_pct = known_pct if battery_pct is None or known_pct is None else min(known_pct, battery_pct)
    return bracelet if known_pct == battery_pct else replace(bracelet, battery_pct=battery_pct)


def _charge(seen: Observation) -> float | None:
    """The charge, of a device that does not say whether it is charging; None: nothing newer than what was heard."""
    reading = seen.reading
    if reading.charging is not None or reading.event is not None or reading.battery_pct is None:
        return None
    newest = seen.before.order.newest
    overtaken = any(device == reading.device_id and at > reading.at for device, _, at in newest)
    return None if overtaken else reading.battery_pct


def _on_a_charger(known: Bracelet | None, battery_pct: float, seen: Observation) -> bool:
    """Whether the charge of one that lies shows a charger; outside there is none, and somebody is told at once."""
    if known is None or known.battery_pct is None:
        return False
    full = known.battery_pct >= FULL_PCT and battery_pct >= FULL_PCT
    rises = battery_pct - known.battery_pct >= seen.person.policy.strap_charger_rise_pct
    return (full or rises) and not _outside(seen.before, at_home=seen.reading.at_home)


def _follow(known: Bracelet | None, word: Word, seen: Observation) -> Bracelet:
    """The bracelet after one word; the same object when nothing is new."""
    before, policy, at = known.strap if known else None, seen.person.policy, seen.reading.at
    after = TRANSITIONS.get((before, word), before)
    assert after is not None
    if known is not None and after is before and after is not Strap.DOUBTED:
        return known
    messages = known.messages if known and before is Strap.DOUBTED else 0
    messages += word is Word.NOT_WORN
    if after is Strap.DOUBTED and messages >= policy.strap_confirming_messages:
        after = TRANSITIONS[after, Word.REMOVED]
    since = known.since if known and before is Strap.DOUBTED and after in LYING else at
    off = after is Strap.OFF
    return Bracelet(
        device_id=seen.reading.device_id,
        strap=after,
        since=since,
        messages=messages if after is Strap.DOUBTED else 0,
        look_at=since + policy.strap_home_grace if off else None,
        battery_pct=known.battery_pct if known else None,
    )


def _overtaken(seen: Observation) -> bool:
    """An event that is old on arrival, of a bracelet that has spoken since."""
    reading = seen.reading
    if reading.event is None or reading.received_at - reading.at <= seen.person.policy.live_max_age:
        return False
    return any(device_id == reading.device_id and at > reading.at for device_id, _, at in seen.before.order.newest)


def _next(bracelet: Bracelet, person: Person) -> datetime | None:
    if bracelet.strap is Strap.DOUBTED:
        return bracelet.since + person.policy.strap_open_for
    return bracelet.look_at


def _outside(before: PersonState, *, at_home: bool | None = None) -> bool:
    """Whether the bracelet is away from home, as far as is known; suspected counts, home Wi-Fi speaks against it."""
    if at_home:
        return False
    if before.zone.safety in (Safety.SUSPECT, Safety.OUTSIDE):
        return True
    return at_home is False and before.zone.safety is Safety.UNKNOWN


def _up_since(before: PersonState, person: Person, at: datetime) -> datetime:
    """When the grace ends: it does not begin while somebody lies in bed, and anew when they get up."""
    grace = person.policy.strap_home_grace
    if in_bed(before.bed, at, person.policy):
        return at + grace
    left_at = before.bed.left_at if before.bed.occupancy is Occupancy.OUT else None
    return at if left_at is None else left_at + grace


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why, when and where somebody is told, and how late the message came."""

    reason: Reason
    at: datetime
    place: Place | None
    late_s: float = 0.0


def _tell(state: StrapState, bracelet: Bracelet, person: Person, alarm: Alarm) -> tuple[StrapState, Judgement]:
    at = alarm.at
    detection = Detection(
        detection_id=identify(person.person_id, DetectionKind.STRAP_REMOVED, bracelet.since, bracelet.device_id),
        person_id=person.person_id,
        device_id=bracelet.device_id,
        kind=DetectionKind.STRAP_REMOVED,
        reason=alarm.reason,
        at=at,
        place=alarm.place,
        evidence={
            "suspected_since": bracelet.since.isoformat(),
            "off_min": round((at - bracelet.since).total_seconds() / 60, 1),
            "late_s": alarm.late_s,
            "place_age_s": age_s(alarm.place, at),
            **when(person, at),
        },
    )
    told = replace(bracelet, strap=TRANSITIONS[bracelet.strap, Word.ALARMING], look_at=None)
    return _with(state, told), Judgement(detections=(detection,))


def _with(state: StrapState, bracelet: Bracelet) -> StrapState:
    others = tuple(other for other in state.bracelets if other.device_id != bracelet.device_id)
    return StrapState(bracelets=tuple(sorted((*others, bracelet), key=lambda each: each.device_id)))
