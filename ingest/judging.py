"""One batch from envelopes to everything its transaction writes: decode, look up, judge, lay out as rows.

No input or output happens here. What is returned is adopted only after the commit, so a batch can be judged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from geofence import batch, engine, snapshot
from geofence.detection import Command, Detection
from geofence.engine import Outcome, PersonState
from geofence.ordering import Admission
from geofence.person import Person
from geofence.reading import Reading, ReadingKind
from ingest import sequence, wire
from ingest.registry import SPOKEN_BY, Device
from ingest.rows import device_row, merge_device_rows, position_row, quarantine_row, reading_row
from ingest.sources import Envelope
from ingest.states import StateBook
from ingest.store import Commit, detection_row
from ingest.wire.message import Answer, Decoded, Rejection, RejectionReason, Report, Status

#: A device's clock may be this far ahead of ours. Source: docs/wire.md; settled.
CLOCK_AHEAD_ALLOWED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A reading with where it came from."""

    envelope: Envelope
    report: Report
    device: Device
    reading: Reading


@dataclass(slots=True, kw_only=True)
class Judged:
    """A judged batch: what to write, and what to do once it is written."""

    commit: Commit = field(default_factory=Commit)
    states: dict[int, PersonState] = field(default_factory=dict)
    sequences: dict[int, int] = field(default_factory=dict)
    #: (device id, event id) of safety events to answer.
    answers: list[tuple[str, str]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a batch is judged with; not changed by judging."""

    devices: Mapping[str, Device]
    persons: Mapping[int, Person]
    book: StateBook
    sequences: Mapping[int, int]


def judge(envelopes: Sequence[Envelope], known: Known, *, now: datetime, due_until: datetime | None) -> Judged:
    """Judge a batch, and every deadline up to `due_until` first."""
    judged = Judged()
    _hear(envelopes, known, judged)
    before = _states_before(known, judged.heard, due_until)
    states = dict(before)
    if due_until is not None:
        _run_down(states, known, due_until, now, judged)
    readings = [heard.reading for heard in judged.heard]
    judged.outcomes = batch.judge_all(states, readings, known.persons)
    judged.states = {key: state for key, state in states.items() if before.get(key) is not state}
    _lay_out(known, judged, now)
    return judged


def _hear(envelopes: Sequence[Envelope], known: Known, judged: Judged) -> None:
    """Decode and look up; what cannot be used goes to quarantine."""
    for envelope in envelopes:
        if envelope.skipped:
            continue
        device_id = wire.device_of(envelope.topic)
        device = known.devices.get(device_id) if device_id else None
        decoded = _accept(wire.decode(envelope.topic, envelope.payload), device, envelope)
        if isinstance(decoded, Rejection):
            judged.rejections.append(decoded)
            judged.commit.quarantine.append(quarantine_row(envelope, device_id, decoded))
            continue
        assert device is not None
        if isinstance(decoded, Status):
            judged.commit.device_states.append(
                device_row(device, decoded.at or envelope.received_at, online=decoded.online, firmware=decoded.firmware)
            )
        elif isinstance(decoded, Answer):
            row = (decoded.at, decoded.result, decoded.detail, decoded.command_id, device.device_id)
            judged.commit.answers.append(row)
        else:
            judged.heard.append(_heard(envelope, decoded, device))


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
    ahead = decoded.at - envelope.received_at
    if ahead > CLOCK_AHEAD_ALLOWED and decoded.event is None:
        detail = f"the device's clock is {ahead.total_seconds():.0f} s ahead"
        return Rejection(reason=RejectionReason.CLOCK_AHEAD, detail=detail)
    return decoded


def _heard(envelope: Envelope, report: Report, device: Device) -> Heard:
    """A reading; a safety event from a clock that runs ahead happened when it arrived."""
    ahead = report.at - envelope.received_at > CLOCK_AHEAD_ALLOWED
    reading = Reading(
        person_id=device.person_id,
        device_id=device.device_id,
        kind=report.kind,
        at=envelope.received_at if ahead else report.at,
        received_at=envelope.received_at,
        fix=report.fix,
        bed=report.bed,
        event=report.event,
        battery_pct=report.battery_pct,
        charging=report.charging,
        worn=report.worn,
        steps=report.steps,
    )
    return Heard(envelope=envelope, report=report, device=device, reading=reading)


def _states_before(known: Known, heard: Sequence[Heard], due_until: datetime | None) -> dict[int, PersonState]:
    wanted = {item.reading.person_id for item in heard}
    if due_until is not None:
        wanted.update(known.book.take_due(due_until))
    return {person_id: known.book.state(person_id) for person_id in wanted}


def _run_down(states: dict[int, PersonState], known: Known, due_until: datetime, now: datetime, judged: Judged) -> None:
    """Judge the deadlines that have passed without a reading."""
    for person_id in known.book.take_due(due_until):
        person = known.persons.get(person_id)
        if person is None:
            known.book.drop_deadline(person_id)
            continue
        states[person_id], judgement = engine.run_down(states[person_id], person, due_until)
        judged.commit.safeties.append((states[person_id].zone.safety, person_id))
        for detection in judgement.detections:
            judged.detections.append(detection)
            judged.commit.detections.append(
                detection_row(detection, judged_at=now, published_wall=None, received_wall=None)
            )
        judged.commit.commands.extend(judgement.commands)


def _lay_out(known: Known, judged: Judged, now: datetime) -> None:
    """Everything as rows."""
    newest_fix: dict[tuple[int, datetime], Heard] = {}
    commands: list[Command] = judged.commit.commands
    for heard, outcome in zip(judged.heard, judged.outcomes, strict=True):
        table, row = reading_row(heard.reading, heard.report, heard.device)
        judged.commit.rows[table].append(row)
        judged.commit.device_states.append(_device_row(known, judged, heard, outcome))
        if heard.reading.event is not None:
            judged.answers.append((heard.device.device_id, heard.reading.event.event_id))
        if heard.reading.kind is ReadingKind.LOCATION:
            newest_fix[heard.reading.person_id, heard.reading.at] = heard
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
    judged.commit.device_states = merge_device_rows(judged.commit.device_states)
    for person_id, state in judged.states.items():
        place = state.track.place
        fixed = newest_fix.get((person_id, place.at)) if place else None
        if fixed is not None:
            judged.commit.positions.append(position_row(fixed.reading, fixed.device, state.zone.safety))
        due_at = engine.due(state, known.persons[person_id])
        judged.commit.engine_states.append((person_id, snapshot.freeze(state), due_at))


def _device_row(known: Known, judged: Judged, heard: Heard, outcome: Outcome) -> tuple[object, ...]:
    key, seq, missing = heard.device.device_key, heard.report.seq, 0
    if seq is not None and outcome.admission is not Admission.DUPLICATE:
        last = judged.sequences.get(key, known.sequences.get(key))
        judged.sequences[key], missing = sequence.follow(last, seq)
    return device_row(
        heard.device,
        heard.reading.at,
        online=True,
        report=heard.report,
        last_seq=judged.sequences.get(key),
        missing=missing,
    )
