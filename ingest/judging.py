"""One batch from envelopes to everything its transaction writes: decode, look up, judge, lay out as rows.

No input or output happens here. What the engine remembers of it is kept only after the commit (`StateBook.keep`), or
taken back, so a batch can be judged again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from geofence import last_resort
from geofence.detection import Place
from geofence.engine import PLAIN, Outcome
from geofence.ordering import Admission, old
from geofence.person import Person
from geofence.reading import Reading
from geofence.reading import ReadingKind as Kind
from ingest import wire
from ingest.flood import Flood
from ingest.judged import TURN, Heard, Judged, Known, Said
from ingest.laying_out import lay_out
from ingest.quiet_fixes import judge_fixes, read_fixes
from ingest.registry import SPOKEN_BY, Device
from ingest.rows import quarantine_row, reading_row
from ingest.sources import Envelope
from ingest.store import detection_row
from ingest.wire.message import Answer, Decoded, Ignored, Rejection, RejectionReason, Report

#: A device's clock may be this far ahead of ours. Source: docs/wire.md; settled.
CLOCK_AHEAD_ALLOWED = timedelta(minutes=5)
#: The broker's access list is the first line against who pretends to be another device; this is the second.
NOT_ITS_FORMAT: tuple[Decoded, ...] = (
    Rejection(
        reason=RejectionReason.WRONG_DEVICE,
        detail="the device has a credential, and none for this format: who says this?",
    ),
)

#: Of readings of one instant, the place comes before what is said of it.
_KINDS = {kind: n for n, kind in enumerate((Kind.LOCATION, Kind.BED, Kind.HEARTBEAT, Kind.EVENT))}
Instant = tuple[datetime, float, int, str]


def order_within(reading: Reading, seq: int | None) -> Instant:
    """Where a reading stands among those that arrived at one instant: the same however they were shuffled."""
    return reading.at, math.inf if seq is None else seq, _KINDS[reading.kind], reading.device_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Persons whose deadlines up to an instant have passed in silence."""

    person_ids: Sequence[int]
    until: datetime


def judge(envelopes: Sequence[Envelope], known: Known, *, now: datetime, deadlines: Deadlines | None = None) -> Judged:
    """Judge a batch, and the deadlines first."""
    judged = Judged()
    for _ in judge_in_turns(envelopes, known, judged, now=now, deadlines=deadlines):
        pass
    return judged


def judge_in_turns(
    envelopes: Sequence[Envelope], known: Known, judged: Judged, *, now: datetime, deadlines: Deadlines | None = None
) -> Iterator[None]:
    """`judge` into `judged`; stops every millisecond or so, so that a commit under way can go on meanwhile.

    Whoever has a turn then must leave `known` as it is, but for keeping what was sealed before.
    """
    memory = known.book.memory
    judged.left = envelopes
    for stage, steps in (
        ("decode", _hear_fixes(known, judged, deadlines)),
        ("decode", _hear(known, judged)),
        ("judge", _judge(deadlines, known, judged, now)),
        ("lay_out", _lay_out(known, judged, now)),
    ):
        took_s, began_s = judged.took_s.get(stage, 0.0), time.perf_counter()
        for _ in steps:
            took_s += time.perf_counter() - began_s
            yield
            began_s = time.perf_counter()
        judged.took_s[stage] = took_s + time.perf_counter() - began_s
    for key, before in memory.material.items():
        if (safety := memory.safety(key)) is not before.zone.safety:
            judged.commit.safeties.append((safety, key))


def _judge(deadlines: Deadlines | None, known: Known, judged: Judged, now: datetime) -> Iterator[None]:
    """Deadlines and readings, in this order."""
    if deadlines is not None:
        judged.due = [key for key in deadlines.person_ids if key in known.persons]
        _run_down(judged.due, deadlines.until, known, judged, now)
        yield
    for begin in range(0, len(judged.heard), TURN):
        readings = [heard.reading for heard in judged.heard[begin : begin + TURN]]
        judged.outcomes += _judge_all(readings, known)
        yield


def _lay_out(known: Known, judged: Judged, now: datetime) -> Iterator[None]:
    memory = known.book.memory
    # Whoever was due is written in any case: with another policy the deadline may have moved.
    judged.states = {key: memory.state(key) for key in sorted({*memory.material, *judged.due})}
    yield from lay_out(known, judged, now)


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
    told = Judged(left=[envelope])
    for _ in _hear(known, told):
        pass
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
                published_s=heard.report.published_s,
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


def _hear_fixes(known: Known, judged: Judged, deadlines: Deadlines | None) -> Iterator[None]:
    """Judge the quiet fixes in columns; what is left is judged one by one."""
    envelopes = judged.left
    read = yield from read_fixes(envelopes, known, deadlines.person_ids if deadlines else ())
    if read is None:
        return
    quiet, judged.quiet = judge_fixes(read, known, CLOCK_AHEAD_ALLOWED)
    done = set(read.places[quiet].tolist())
    judged.left = [envelope for place, envelope in enumerate(envelopes) if place not in done]


def _hear(known: Known, judged: Judged) -> Iterator[None]:
    """Decode and look up; what cannot be used goes to quarantine, each message once.

    What settled together (`ingest.settling`) is one place in the batch, and in the order of event time.
    """
    settled, several = None, False
    for place, envelope in enumerate(judged.left):
        if place % TURN == TURN - 1:
            yield
        if envelope.skipped:
            continue
        route = wire.route(envelope.topic)
        device = known.devices.get(route.device_id) if route.device_id else None
        may_speak = device is None or route.foreign is None or device.speaks(route.foreign)
        said = route.decode(envelope.payload) if may_speak else NOT_ITS_FORMAT
        # Most are one report of what the device may say, with a time that is believed.
        first = said[0]
        if (
            type(first) is Report
            and len(said) == 1
            and device is not None
            and not route.is_backlog
            and first.at is not None
            and first.kind in SPOKEN_BY[device.kind]
            and first.at - envelope.received_at <= CLOCK_AHEAD_ALLOWED
        ):
            judged.heard.append(_heard(place, envelope, first, device, first.at))
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


def _in_order(heard: Heard) -> tuple[int, Instant]:
    """As they came; of one place, as they happened."""
    return heard.place, order_within(heard.reading, heard.report.seq)


def _take(place: int, envelope: Envelope, device: Device, part: Decoded, judged: Judged) -> None:
    """One thing that a message says, to where it belongs."""
    if isinstance(part, Report):
        judged.heard.append(_heard(place, envelope, part, device, _believed_at(part.at, envelope)))
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


def _heard(place: int, envelope: Envelope, report: Report, device: Device, at: datetime) -> Heard:
    reading = Reading(
        person_id=device.person_id,
        device_id=device.device_id,
        kind=report.kind,
        at=at,
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
                detection_row(detection, judged_at=now, published_s=None, received_wall=None)
            )
        judged.commit.commands.extend(judgement.commands)
