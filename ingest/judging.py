"""One batch from envelopes to everything its transaction writes: decode, look up, judge, lay out as rows.

No input or output happens here. What the engine remembers of it is kept only after the commit (`StateBook.keep`), or
taken back, so a batch can be judged again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeGuard

import msgspec

from geofence import last_resort, snapshot
from geofence.detection import Command, Detection, Place
from geofence.engine import PLAIN, Outcome, PersonState
from geofence.ordering import Admission, old
from geofence.person import Person
from geofence.reading import Reading
from geofence.reading import ReadingKind as Kind
from ingest import wire
from ingest.flood import Flood
from ingest.registry import SPOKEN_BY, Device
from ingest.rows import device_row, flood_rows, merge_device_rows, position_row, quarantine_row, reading_row
from ingest.sequence import Novelty, Numbers, follow
from ingest.sources import Envelope
from ingest.states import StateBook
from ingest.store import Commit, Row, detection_row
from ingest.wire.message import Answer, Decoded, Ignored, Rejection, RejectionReason, Report, Status

#: A device's clock may be this far ahead of ours. Source: docs/wire.md; settled.
CLOCK_AHEAD_ALLOWED = timedelta(minutes=5)
#: What an admission says about a message's number; the others are old.
NOVELTY = {Admission.LIVE: Novelty.NEW, Admission.NEWS: Novelty.NEW, Admission.STALE: Novelty.UNSURE}


#: Of readings of one instant, the place comes before what is said of it.
_KINDS = {kind: n for n, kind in enumerate((Kind.LOCATION, Kind.BED, Kind.HEARTBEAT, Kind.EVENT))}
Instant = tuple[datetime, float, int, str]


def order_within(reading: Reading, seq: int | None) -> Instant:
    """Where a reading stands among those that arrived at one instant: the same however they were shuffled."""
    return reading.at, math.inf if seq is None else seq, _KINDS[reading.kind], reading.device_id


class Heard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reading with where it came from."""

    #: Place in the batch.
    place: int
    envelope: Envelope
    report: Report
    device: Device
    reading: Reading


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a device said about itself: a status or an answer."""

    #: Place in the batch.
    place: int
    device: Device
    at: datetime
    message: Status | Answer


@dataclass(slots=True, kw_only=True)
class Judged:
    """A judged batch: what to write, and what to do once it is written."""

    commit: Commit = field(default_factory=Commit)
    #: States to store: those that changed materially, and of whoever was due.
    states: dict[int, PersonState] = field(default_factory=dict)
    due: list[int] = field(default_factory=list)
    numbers: dict[int, Numbers] = field(default_factory=dict)
    #: (device id, event id) of safety events to answer.
    answers: list[tuple[str, str]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    #: At most one a message.
    rejections: list[Rejection] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a batch is judged with; judging changes nothing but the book's memory."""

    devices: Mapping[str, Device]
    persons: Mapping[int, Person]
    book: StateBook
    numbers: Mapping[int, Numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Persons whose deadlines up to an instant have passed in silence."""

    person_ids: Sequence[int]
    until: datetime


def judge(envelopes: Sequence[Envelope], known: Known, *, now: datetime, deadlines: Deadlines | None = None) -> Judged:
    """Judge a batch, and the deadlines first."""
    judged = Judged()
    _hear(envelopes, known, judged)
    memory = known.book.memory
    if deadlines is not None:
        judged.due = [key for key in deadlines.person_ids if key in known.persons]
        _run_down(judged.due, deadlines.until, known, judged, now)
    judged.outcomes = _judge_all([heard.reading for heard in judged.heard], known)
    # Whoever was due is written in any case: with another policy the deadline may have moved.
    judged.states = {key: memory.state(key) for key in sorted({*memory.material, *judged.due})}
    _lay_out(known, judged, now)
    for key, before in memory.material.items():
        if (safety := memory.safety(key)) is not before.zone.safety:
            judged.commit.safeties.append((safety, key))
    return judged


def _judge_all(readings: Sequence[Reading], known: Known) -> list[Outcome]:
    """The engine's outcomes. What it need not see is history at once: old telemetry, what a device says too much."""
    outcomes = [unjudged(reading, known.persons[reading.person_id], known.book.flood) for reading in readings]
    if any(outcomes):
        seen = [reading for reading, outcome in zip(readings, outcomes, strict=True) if outcome is None]
        rest = iter(known.book.memory.judge_all(seen, known.persons))
        return [outcome or next(rest) for outcome in outcomes]
    return known.book.memory.judge_all(readings, known.persons)


def unjudged(reading: Reading, person: Person, flood: Flood) -> Outcome | None:
    """What becomes of a reading that the engine need not see; None: it is judged. A safety event always is."""
    if reading.event is not None:
        return None
    if old(reading, person.policy):
        return PLAIN[Admission.STALE]
    return None if flood.admits(reading.device_id, reading.at) else PLAIN[Admission.SURPLUS]


def judge_alone(envelope: Envelope, known: Known, *, now: datetime) -> Judged | None:
    """A call for help that the engine failed on, told from the message alone; None if it is none.

    No state is changed. The message is quarantined as well, so that it can be looked into and sent again.
    """
    told = Judged()
    _hear([envelope], known, told)
    judged = set_aside([envelope])
    for heard in told.heard:
        detection = last_resort.call(heard.reading, _last_place(known, heard.reading.person_id))
        if detection is None:
            continue
        table, row = reading_row(heard.reading, heard.report, heard.device)
        judged.commit.rows[table].append(row)
        judged.detections.append(detection)
        judged.commit.detections.append(
            detection_row(
                detection,
                judged_at=now,
                published_wall=heard.report.published_wall,
                received_wall=heard.envelope.received_wall,
            )
        )
        if heard.reading.event is not None:
            judged.answers.append((heard.device.device_id, heard.reading.event.event_id))
    return judged if judged.detections else None


def _last_place(known: Known, person_id: int) -> Place | None:
    try:
        return known.book.state(person_id).track.place
    # Whatever is wrong with the state, the call is told.
    except Exception:  # noqa: BLE001
        return None


def set_aside(envelopes: Sequence[Envelope]) -> Judged:
    """Messages that we fail on, for quarantine, so that they cannot hold up everybody's."""
    judged = Judged()
    for envelope in envelopes:
        rejection = Rejection(reason=RejectionReason.ENGINE_ERROR, detail="Tongxing failed on it; see the log")
        judged.rejections.append(rejection)
        judged.commit.quarantine.append(quarantine_row(envelope, wire.device_of(envelope.topic), rejection))
    return judged


def _hear(envelopes: Sequence[Envelope], known: Known, judged: Judged) -> None:
    """Decode and look up; what cannot be used goes to quarantine, each message once.

    What settled together (`ingest.settling`) is one place in the batch, and in the order of event time.
    """
    settled, several = None, False
    for place, envelope in enumerate(envelopes):
        if envelope.skipped:
            continue
        route = wire.route(envelope.topic)
        device = known.devices.get(route.device_id) if route.device_id else None
        said = route.decode(envelope.payload)
        if len(said) == 1 and device is not None and not route.is_backlog and _plain(said[0], device, envelope):
            judged.heard.append(_heard(place, envelope, said[0], device))
            continue
        parts = [_accept(part, device, envelope) for part in said]
        rejection = next((part for part in parts if isinstance(part, Rejection)), None)
        if rejection is not None:
            judged.rejections.append(rejection)
            judged.commit.quarantine.append(quarantine_row(envelope, route.device_id, rejection))
        if device is None:
            continue
        if route.is_backlog:
            settled = place if settled is None else settled
            place = settled  # noqa: PLW2901 - one place for all of them
        several = several or settled is not None or len(parts) > 1
        for part in parts:
            _take(place, envelope, device, part, judged)
    if several:
        judged.heard.sort(key=_in_order)


def _plain(said: Decoded, device: Device, envelope: Envelope) -> TypeGuard[Report]:
    """Whether it is a report of what the device may say, with a time that is believed: most are."""
    return (
        type(said) is Report
        and said.at is not None
        and said.kind in SPOKEN_BY[device.kind]
        and said.at - envelope.received_at <= CLOCK_AHEAD_ALLOWED
    )


def _in_order(heard: Heard) -> tuple[int, Instant]:
    """As they came; of one place, as they happened."""
    return heard.place, order_within(heard.reading, heard.report.seq)


def _take(place: int, envelope: Envelope, device: Device, part: Decoded, judged: Judged) -> None:
    """One thing that a message says, to where it belongs."""
    if isinstance(part, Report):
        judged.heard.append(_heard(place, envelope, part, device))
    elif isinstance(part, Ignored):
        judged.ignored.append(part)
    elif not isinstance(part, Rejection):
        at = _believed_at(part.at, envelope)
        judged.said.append(Said(place=place, device=device, at=at, message=part))
        if isinstance(part, Answer):
            judged.commit.answers.append((at, part.result, part.detail, part.command_id, device.device_id))


def _accept(decoded: Decoded, device: Device | None, envelope: Envelope) -> Decoded:
    """The message, or why it cannot be used after all."""
    if isinstance(decoded, Rejection):
        return decoded
    if device is None:
        return Rejection(reason=RejectionReason.UNKNOWN_DEVICE, detail="no registered, worn device has this id")
    if not isinstance(decoded, Report):
        return decoded
    if decoded.kind not in SPOKEN_BY[device.kind]:
        detail = f"a {device.kind} does not send {decoded.kind}"
        return Rejection(reason=RejectionReason.WRONG_KIND, detail=detail)
    at = decoded.at
    if at is not None and decoded.event is None and _believed_at(at, envelope) != at:
        detail = f"the device's clock is {(at - envelope.received_at).total_seconds():.0f} s ahead"
        return Rejection(reason=RejectionReason.CLOCK_AHEAD, detail=detail)
    return decoded


def _believed_at(at: datetime | None, envelope: Envelope) -> datetime:
    """When something happened; without a clock, or with one that runs ahead, when it arrived."""
    return envelope.received_at if at is None or at - envelope.received_at > CLOCK_AHEAD_ALLOWED else at


def _heard(place: int, envelope: Envelope, report: Report, device: Device) -> Heard:
    reading = Reading(
        person_id=device.person_id,
        device_id=device.device_id,
        kind=report.kind,
        at=_believed_at(report.at, envelope),
        received_at=envelope.received_at,
        fix=report.fix,
        bed=report.bed,
        event=report.event,
        battery_pct=report.battery_pct,
        charging=report.charging,
        worn=report.worn,
        steps=report.steps,
        at_home=report.at_home,
    )
    return Heard(place=place, envelope=envelope, report=report, device=device, reading=reading)


def _run_down(due: Sequence[int], until: datetime, known: Known, judged: Judged, now: datetime) -> None:
    """Judge the deadlines that have passed without a reading."""
    for person_id in due:
        judgement = known.book.memory.run_down(known.persons[person_id], until)
        for detection in judgement.detections:
            judged.detections.append(detection)
            judged.commit.detections.append(
                detection_row(detection, judged_at=now, published_wall=None, received_wall=None)
            )
        judged.commit.commands.extend(judgement.commands)


def _lay_out(known: Known, judged: Judged, now: datetime) -> None:
    """Everything as rows."""
    places: dict[int, Heard] = {}
    floods: list[tuple[int, datetime]] = []
    memory = known.book.memory
    commands: list[Command] = judged.commit.commands
    for heard, outcome in zip(judged.heard, judged.outcomes, strict=True):
        table, row = reading_row(heard.reading, heard.report, heard.device)
        judged.commit.rows[table].append(row)
        if heard.reading.event is not None:
            judged.answers.append((heard.device.device_id, heard.reading.event.event_id))
        if outcome.admission is Admission.SURPLUS:
            floods.append((heard.device.device_key, heard.reading.at))
        if heard.reading.fix is not None and memory.is_place(heard.reading.person_id, heard.reading):
            places[heard.reading.person_id] = heard
        for detection in outcome.judgement.detections:
            judged.detections.append(detection)
            judged.commit.detections.append(
                detection_row(
                    detection,
                    judged_at=now,
                    published_wall=heard.report.published_wall,
                    received_wall=heard.envelope.received_wall,
                )
            )
        commands.extend(outcome.judgement.commands)
    judged.commit.floods = flood_rows(floods)
    judged.commit.surely_new = all(outcome.admission is Admission.LIVE for outcome in judged.outcomes)
    judged.commit.device_states = merge_device_rows(_device_rows(known, judged))
    judged.commit.positions = [
        position_row(heard.reading, heard.device, memory.safety(person_id))
        for person_id, heard in sorted(places.items())
    ]
    for person_id, state in judged.states.items():
        due_at = memory.due(known.persons[person_id])
        judged.commit.engine_states.append((person_id, snapshot.freeze(state), due_at))


def _device_rows(known: Known, judged: Judged) -> Iterator[Row]:
    """What each message says of its device, in the order of their coming."""
    readings: list[tuple[Heard | Said, Outcome | None]] = [*zip(judged.heard, judged.outcomes, strict=True)]
    spoken = _by_place(readings, judged.said) if judged.said else readings
    for each, outcome in spoken:
        if isinstance(each, Said):
            numbers, missing = _counted(known, judged, each.device, each.message.seq, Novelty.UNSURE)
            status = each.message if isinstance(each.message, Status) else Status(online=True)
            yield device_row(
                each.device,
                each.at,
                online=status.online,
                firmware=status.firmware,
                gateway=status.gateway,
                numbers=numbers,
                missing=missing,
            )
        elif outcome is not None:
            novelty = NOVELTY.get(outcome.admission, Novelty.OLD)
            numbers, missing = _counted(known, judged, each.device, each.report.seq, novelty)
            # How the device is only if that is not history.
            live, at = outcome.admission is Admission.LIVE, each.reading.at
            yield device_row(
                each.device,
                at,
                online=True,
                report=each.report if live else None,
                numbers=numbers,
                missing=missing,
                live_kind=each.reading.kind if live else None,
            )


def _by_place(
    readings: list[tuple[Heard | Said, Outcome | None]], said: Sequence[Said]
) -> list[tuple[Heard | Said, Outcome | None]]:
    return sorted([*readings, *((each, None) for each in said)], key=lambda pair: pair[0].place)


def _counted(
    known: Known, judged: Judged, device: Device, seq: int | None, novelty: Novelty
) -> tuple[Numbers | None, int]:
    """The device's numbers after a message, and how many are missing more than before."""
    key = device.device_key
    numbers = judged.numbers.get(key, known.numbers.get(key))
    if seq is None:
        return numbers, 0
    judged.numbers[key], missing = follow(numbers, seq, novelty)
    return judged.numbers[key], missing
