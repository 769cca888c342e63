"""A judged batch as the rows that its transaction writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice, repeat

import numpy as np

from geofence import snapshot
from geofence.engine import PLAIN, Outcome
from geofence.ordering import Admission
from ingest.judged import TURN, Heard, Judged, Known, Said
from ingest.quiet_rows import history_rows, location_columns, loud_ones, newest, special
from ingest.rows import (
    device_row,
    flood_rows,
    in_order,
    later_state,
    live_device_row,
    merge_into,
    numbering_rows,
    position_row,
    reading_row,
)
from ingest.sequence import Novelty
from ingest.store import Row, detection_row
from ingest.wire.message import Status

_LIVE = PLAIN[Admission.LIVE]
#: What an admission says about a message's number; the others are old.
NOVELTY = {Admission.LIVE: Novelty.NEW, Admission.NEWS: Novelty.NEW, Admission.STALE: Novelty.UNSURE}


def lay_out(known: Known, judged: Judged, now: datetime) -> Iterator[None]:
    """Everything as rows; stops after every `TURN` readings, so that others may have a turn."""
    places: dict[int, Heard] = {}
    floods: list[tuple[int, datetime]] = []
    repeated: list[int] = []
    restarted: list[tuple[int, datetime]] = []
    memory = known.book.memory
    rows, is_place = judged.commit.rows, memory.is_place
    for number, (heard, outcome) in enumerate(zip(judged.heard, judged.outcomes, strict=True), start=1):
        if number % TURN == 0:
            yield
        reading = heard.reading
        table, row = reading_row(reading, heard.report, heard.device)
        rows[table].append(row)
        if reading.fix is not None and is_place(reading.person_id, reading):
            places[reading.person_id] = heard
        if reading.event is not None:
            judged.answers.append((heard.device.device_id, reading.event.event_id))
        if outcome is _LIVE:
            continue
        if outcome.admission is Admission.SURPLUS:
            floods.append((heard.device.device_key, reading.at))
        elif outcome.admission is Admission.DUPLICATE:
            repeated.append(heard.device.device_key)
        _conclude(judged, heard, outcome, now)
    judged.commit.floods = flood_rows(floods)
    judged.commit.surely_new = all(map(_is_surely_new, repeat(known), judged.heard, judged.outcomes))
    states: dict[int, Row] = {}
    told = _device_rows(known, judged, restarted)
    while several := list(islice(told, TURN)):
        merge_into(states, several, later_state)
        yield
    _lay_out_quiet(known, judged, places, states, restarted)
    judged.commit.positions += [
        position_row(heard.reading, heard.device, memory.safety(person_id))
        for person_id, heard in sorted(places.items())
    ]
    judged.commit.device_states = in_order(states)
    judged.commit.numbering = numbering_rows(repeated, restarted)
    for person_id, state in judged.states.items():
        due_at = memory.due(known.persons[person_id])
        judged.commit.engine_states.append((person_id, snapshot.freeze(state), due_at))


def _lay_out_quiet(
    known: Known,
    judged: Judged,
    places: dict[int, Heard],
    states: dict[int, Row],
    restarted: list[tuple[int, datetime]],
) -> None:
    """What was judged in columns as columns, and with it newest words of others; as rows what is special of numbers."""
    quiet, commit = judged.quiet, judged.commit
    if quiet is None or known.seats is None:
        return
    commit.fixes = location_columns(quiet)
    if quiet.old.any():
        states.update((row[0], row) for row in history_rows(quiet.only(quiet.old), known))
        quiet = quiet.only(~quiet.old)
    rows = newest(quiet, known)
    apart = ~quiet.followed
    more_seats, more = loud_ones(known, judged, known.seats, places, states)
    commit.newest = np.concatenate((rows[~apart], more))
    commit.seats = np.concatenate((quiet.seats[~apart], more_seats))
    for position, state in special(known, judged, quiet, rows, apart, restarted):
        commit.positions.append(position)
        states[state[0]] = state


def _conclude(judged: Judged, heard: Heard, outcome: Outcome, now: datetime) -> None:
    """What a reading was judged to be, as rows."""
    published_s, received_wall = heard.report.published_s, heard.envelope.received_wall
    for detection in outcome.judgement.detections:
        judged.detections.append(detection)
        row = detection_row(detection, judged_at=now, published_s=published_s, received_wall=received_wall)
        judged.commit.detections.append(row)
    judged.commit.commands.extend(outcome.judgement.commands)


def _is_surely_new(known: Known, heard: Heard, outcome: Outcome) -> bool:
    """Whether a reading cannot be in its table yet, but for what is sent again after a crash."""
    if outcome is _LIVE or outcome.admission is Admission.LIVE:
        return True
    before, seq = known.numbers.get(heard.device.device_key), heard.report.seq
    return outcome.admission is Admission.STALE and seq is not None and (before is None or seq == before.last + 1)


def _device_rows(known: Known, judged: Judged, restarted: list[tuple[int, datetime]]) -> Iterator[Row]:
    """What each message says of its device, in the order of their coming; whose numbering began anew is noted."""
    readings: list[tuple[Heard | Said, Outcome | None]] = [*zip(judged.heard, judged.outcomes, strict=True)]
    spoken = _by_place(readings, judged.said) if judged.said else readings
    for each, outcome in spoken:
        if outcome is not None and isinstance(each, Heard):
            yield _told(known, judged, each, outcome.admission, restarted)
        elif isinstance(each, Said):
            key = each.device.device_key
            numbers, missing, _ = judged.counted(known, key, each.message.seq, Novelty.UNSURE)
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


def _told(
    known: Known, judged: Judged, heard: Heard, admission: Admission, restarted: list[tuple[int, datetime]]
) -> Row:
    """What a reading says of its device."""
    device, at = heard.device, heard.reading.at
    key, novelty = device.device_key, NOVELTY.get(admission, Novelty.OLD)
    numbers, missing, anew = judged.counted(known, key, heard.report.seq, novelty)
    if anew:
        restarted.append((key, at))
    # How the device is only if that is not history.
    if admission is Admission.LIVE:
        return live_device_row(key, at, heard.report, numbers, missing)
    return device_row(device, at, online=True, numbers=numbers, missing=missing)


def _by_place(
    readings: list[tuple[Heard | Said, Outcome | None]], said: Sequence[Said]
) -> list[tuple[Heard | Said, Outcome | None]]:
    return sorted([*readings, *((each, None) for each in said)], key=lambda pair: pair[0].place)
