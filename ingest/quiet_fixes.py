"""Quiet fixes of a batch, judged in columns: read, looked up, asked and remembered hundreds at a time.

Most readings of a city are fixes of people at home that change nothing (decision 0008). Under load those are never
objects: from the messages of native topics to the blocks of COPY they are columns (decision 0019). Whatever is special
about a message, or about another of the same person in the batch, leaves it to `ingest.judging`, which takes one by
one.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from geofence.fixes import BoolArray, Fixes
from geofence.instants import IntArray, micros_of
from ingest.judged import TURN, Known, QuietFixes
from ingest.seats import NOBODY
from ingest.sequence import UNNUMBERED
from ingest.sources import Envelope
from ingest.wire.bodies import LocationBody
from ingest.wire.columns import Locations, in_columns, read_all

#: Fewer than these in a batch are judged one by one: columns cost as much for one as for a hundred. Count; provisional.
LEAST = 64


#: Nobody's policy calls a reading old that came within this. Source: the lower bound of `live_max_age`
#: (geofence.thresholds.order); settled.
_SURELY_LIVE_US = 60_000_000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Fixes of a batch that may be quiet, in columns of one length n, each of another person."""

    #: Which messages of the batch.
    places: IntArray
    seats: IntArray
    told: Locations
    fixes: Fixes


def read_fixes(envelopes: Sequence[Envelope], known: Known, due: Collection[int]) -> Generator[None, None, Read | None]:
    """Read what may be quiet of a batch; stops every millisecond or so, so that others may have a turn.

    Args:
        envelopes: in order of arrival.
        known: what they are judged with.
        due: persons whose deadlines are looked at in this batch.

    Returns:
        None if that is not worth while.
    """
    if known.seats is None or len(envelopes) < LEAST:
        return None
    seats = known.seats.of([envelope.topic for envelope in envelopes], known.devices)
    places = np.flatnonzero(_alone(envelopes, seats, known, due))
    if len(places) < LEAST:
        return None
    bodies: list[LocationBody | None] = []
    for begin in range(0, len(places), TURN):
        yield
        bodies += read_all([envelopes[place].payload for place in places[begin : begin + TURN].tolist()])
    places = places[[body is not None for body in bodies]]
    told = in_columns([body for body in bodies if body is not None])
    return Read(
        places=places, seats=seats[places], told=told, fixes=_fixes(told, [envelopes[n] for n in places.tolist()])
    )


def judge_fixes(read_: Read, known: Known, clock_ahead: timedelta) -> tuple[BoolArray, QuietFixes | None]:
    """Judge what is quiet of it, and remember that; and take what is history.

    Args:
        read_: of a batch.
        known: what it is judged with.
        clock_ahead: how far a device's clock may be ahead of ours.

    Returns:
        (n,) which of them need no further judging, and those; None: none.
    """
    assert known.seats is not None
    seats, fixes = read_.seats, read_.fixes
    quiet = known.book.memory.quiet_fixes(seats, fixes, known.persons)
    quiet &= fixes.at_us - fixes.received_us <= clock_ahead // timedelta(microseconds=1)
    quiet[quiet] = known.book.flood.admits_all(known.seats.in_flood(seats[quiet]), fixes.at_us[quiet])
    if quiet.any():
        known.book.memory.hear_fixes(seats[quiet], fixes.only(quiet))
    old = _old(read_, known)
    return quiet | old, _taken(known, read_, quiet, old) if quiet.any() or old.any() else None


def _taken(known: Known, read_: Read, quiet: BoolArray, old: BoolArray) -> QuietFixes:
    """Fixes that were quiet, or are history."""
    assert known.seats is not None
    told, taken = read_.told, quiet | old
    seats, seq = read_.seats[taken], told.seq[taken]
    followed = old[taken]
    followed[~followed] = known.numbers.follow_all(known.seats.in_numbers(read_.seats[quiet]), told.seq[quiet])
    return QuietFixes(
        seats=seats,
        device_key=known.seats.device_keys(seats),
        person_id=known.seats.person_ids(seats),
        fixes=read_.fixes.only(taken),
        altitude_m=told.altitude_m[taken],
        heading_deg=told.heading_deg[taken],
        seq=seq,
        published_s=told.published_s[taken],
        followed=followed,
        old=old[taken],
    )


def _old(read_: Read, known: Known) -> BoolArray:
    """Which are old on arrival and the next of their devices, by their numbers: surely new, and history. Counts them.

    What is said once more, or has no number, is for `ingest.judging`.
    """
    assert known.seats is not None
    fixes, seq, seats = read_.fixes, read_.told.seq, read_.seats
    age_us = fixes.received_us - fixes.at_us
    old: BoolArray = (age_us > _SURELY_LIVE_US) & (seq != UNNUMBERED)
    if not old.any():
        return old
    policies = [known.persons[person_id].policy for person_id in known.seats.person_ids(seats[old]).tolist()]
    old[old] = age_us[old] > np.array([policy.live_max_age // _MICROSECOND for policy in policies])
    old[old] = known.numbers.follow_all(known.seats.in_numbers(seats[old]), seq[old])
    return old


def _alone(envelopes: Sequence[Envelope], seats: IntArray, known: Known, due: Collection[int]) -> BoolArray:
    """Which messages come from a seat, and are all there is of their person in this batch."""
    assert known.seats is not None
    seated: BoolArray = seats != NOBODY
    seated &= ~np.array([envelope.skipped for envelope in envelopes], dtype=np.bool_)
    others = set(due)
    for place in np.flatnonzero(~seated).tolist():
        device = known.device(envelopes[place].topic)
        if device is not None:
            others.add(device.person_id)
    persons = known.seats.person_ids(seats)
    _, whose, spoke = np.unique(persons, return_inverse=True, return_counts=True)
    alone: BoolArray = seated & (spoke[whose] == 1)
    if others:
        alone &= ~np.isin(persons, list(others))
    return alone


def _fixes(told: Locations, envelopes: Sequence[Envelope]) -> Fixes:
    received_s = np.array([envelope.received_at.timestamp() for envelope in envelopes], dtype=np.float64)
    return Fixes(
        at_us=told.at_us,
        received_us=micros_of(received_s),
        latitude=told.latitude,
        longitude=told.longitude,
        accuracy_m=told.accuracy_m,
        source=told.source,
        speed_mps=told.speed_mps,
        battery_pct=told.battery_pct,
        steps=told.steps,
        charging=told.charging,
        worn=told.worn,
        at_home=told.at_home,
    )
