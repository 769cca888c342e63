"""Persons whose quiet fixes are heard in columns (`geofence.rooms`): what is held of them, and where it stands there.

A device has a seat once somebody has asked for it. The room of a person stands there while that one device tells where
they are; whoever has two that do is heard one by one. What was heard in columns is taken over by what is held of the
person as soon as anybody asks for that, so that there is one truth: the newer of the two.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from geofence.detectors.zone import Safety
from geofence.fixes import BoolArray, CodeArray, Fixes, grown
from geofence.held import Held, Stream
from geofence.instants import IntArray
from geofence.person import Person
from geofence.reading import ReadingKind
from geofence.rooms import Heard, Rooms, Undo

#: What the codes of a column of safeties stand for, by position.
SAFETIES = tuple(Safety)
_CODES = {safety: code for code, safety in enumerate(SAFETIES)}
_FIRST = 256


class Columns:
    """Seats, by device and wearer, and whose rooms stand at them."""

    def __init__(self) -> None:
        self._rooms = Rooms()
        self._seats: dict[tuple[str, int], int] = {}
        self._owners: list[Held | None] = []
        self._safeties: CodeArray = np.zeros(_FIRST, np.uint8)

    def seat(self, device_id: str, person_id: int, held: Held | None) -> int:
        """The seat of a device that somebody wears, and what is held of them."""
        # Another wearer, another seat: what was heard at the old one may still be taken back.
        seat = self._seats.get((device_id, person_id), -1)
        if seat < 0:
            seat = self._seats[device_id, person_id] = len(self._owners)
            self._owners.append(None)
            self._rooms.reach(seat)
            if held is not None and held.column < 0:
                self.put(held)
        return seat

    def quiet(self, seats: IntArray, fixes: Fixes, persons: Mapping[int, Person]) -> BoolArray:
        """Which fixes are quiet, of persons who are what they were when their room was opened."""
        owners = [self._owners[seat] for seat in seats.tolist()]
        known = [held is not None and held.person is persons.get(held.person.person_id) for held in owners]
        quiet: BoolArray = self._rooms.quiet(seats, fixes) & np.array(known, dtype=np.bool_)
        return quiet

    def hear(self, seats: IntArray, fixes: Fixes) -> Undo:
        """Remember quiet fixes; returns how to take that back."""
        return self._rooms.hear(seats, fixes)

    def undo(self, undo: Undo) -> None:
        """What `hear` remembered was never heard; the newest first."""
        self._rooms.undo(undo)
        for seat in undo.seats.tolist():
            if (held := self._owners[seat]) is not None:
                self.take_over(held)

    def safeties(self, seats: IntArray) -> CodeArray:
        """Where they are believed to be whose rooms stand at these seats: codes of `SAFETIES`."""
        return self._safeties[seats]

    def put(self, held: Held) -> None:
        """Put somebody's room into columns, if one device alone tells where they are and has a seat there."""
        room, place = held.room, held.place
        if room is None or place is None or not self._seats:
            return
        located = held.located
        seat = self._seats.get((located[0][0], held.person.person_id), -1) if len(located) == 1 else -1
        if seat < 0:
            return
        [(device_id, newest_at)] = located
        self._rooms.put(seat, room, device_id, Heard(newest_at=newest_at, place=place))
        self._owners[seat] = held
        while seat >= len(self._safeties):
            self._safeties = grown(self._safeties)
        self._safeties[seat] = _CODES[held.state.zone.safety]
        held.column, held.seen_us = seat, self._rooms.newest_us(seat)

    def leave(self, held: Held) -> None:
        """Take somebody's room out of the columns."""
        if held.column >= 0:
            self._owners[held.column] = None
            held.column = -1

    def take_over(self, held: Held) -> None:
        """Let what is held of somebody know what was heard in columns since."""
        column = held.column
        if column >= 0 and (newest_us := self._rooms.newest_us(column)) != held.seen_us:
            heard, held.seen_us = self._rooms.heard(column), newest_us
            held.newest[_stream(held)] = heard.newest_at
            held.fixed, held.fix_at = heard.place, heard.place.at

    def tell(self, held: Held) -> None:
        """Let the columns know what was heard elsewhere, or taken back."""
        place = held.place
        if held.column >= 0 and place is not None:
            self._rooms.tell(held.column, Heard(newest_at=held.newest[_stream(held)], place=place))
            held.seen_us = self._rooms.newest_us(held.column)


def _stream(held: Held) -> Stream:
    """The one stream that tells where somebody is who stands in columns."""
    return next(stream for stream in held.newest if stream[1] is ReadingKind.LOCATION)
