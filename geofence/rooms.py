"""The rooms of many persons in columns: hundreds of fixes are asked at once whether each is quiet.

A `Room` of `geofence.quiet` asks one reading; here stands the same in columns, for the fixes of devices that have a
seat there. `Rooms.quiet` gives for each fix what `Room.holds` gives, number for number: floats are compared as they
are, instants as whole microseconds.

With each room goes what was heard in it: the newest instant of the device's fixes, and the last believed place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from geofence.detection import Place
from geofence.fixes import ANSWERS, SOURCES, BoolArray, Fixes, grown
from geofence.instants import FloatArray, IntArray, instant, micros
from geofence.quiet import Room
from geofence.reading import FixSource

_CELL = SOURCES.index(FixSource.CELL)
_FIRST = 256
_MICROSECOND = timedelta(microseconds=1)

#: What a room asks for, one row a seat. A seat without a room has `until_us` 0.
_ROOM = np.dtype(
    [
        ("since_us", "i8"), ("until_us", "i8"), ("live_us", "i8"), ("gap_us", "i8"),
        ("radius_m2", "f8"), ("latitude", "f8"), ("longitude", "f8"), ("metres_north", "f8"), ("metres_east", "f8"),
        ("accuracy_m", "f8"), ("speed_mps", "f8"), ("steps", "f8"), ("least_pct", "f8"), ("most_pct", "f8"),
        ("worn", "u1"), ("charging", "u1"), ("at_home", "u1"), ("stepless", "?"),
    ]
)  # fmt: skip
#: What was heard: the newest instant of the device's fixes; instant, middle and radius of the last believed place.
_HEARD = np.dtype([("newest_us", "i8"), ("at_us", "i8"), ("latitude", "f8"), ("longitude", "f8"), ("accuracy_m", "f8")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was heard by the end of a room so far."""

    newest_at: datetime
    place: Place


class Rooms:
    """Rooms by seat: a small whole number that a device keeps."""

    def __init__(self) -> None:
        self._rooms = np.zeros(_FIRST, _ROOM)
        self._heard = np.zeros(_FIRST, _HEARD)

    def reach(self, seat: int) -> None:
        """Make sure that there is such a seat."""
        while seat >= len(self._rooms):
            self._rooms = grown(self._rooms)
            self._heard = grown(self._heard)

    def put(self, seat: int, room: Room, device_id: str, heard: Heard) -> None:
        """Put a closed room (`Room.close`) where one device's fixes find it, with what was heard so far."""
        latitude, longitude, metres_north, metres_east, radius_m2, gap = room.circle
        least_pct, most_pct = room.battery_pct
        if room.charged is not None and device_id not in room.charged:
            least_pct, most_pct = np.inf, -np.inf
        self._rooms[seat] = (
            micros(room.since), micros(room.until), room.live_max_age // _MICROSECOND, gap // _MICROSECOND,
            radius_m2, latitude, longitude, metres_north, metres_east,
            room.accuracy_m, room.speed_mps, room.steps, least_pct, most_pct,
            _bits(room.worn), _bits(room.charging), _bits(room.at_home), room.stepless,
        )  # fmt: skip
        self.tell(seat, heard)

    def tell(self, seat: int, heard: Heard) -> None:
        """What was heard elsewhere."""
        known = heard.place
        self._heard[seat] = (
            micros(heard.newest_at), micros(known.at), known.latitude, known.longitude, known.accuracy_m
        )  # fmt: skip

    def newest_us(self, seat: int) -> int:
        """The newest instant that was heard."""
        return int(self._heard["newest_us"][seat])

    def heard(self, seat: int) -> Heard:
        """What was heard."""
        newest_us, at_us, latitude, longitude, accuracy_m = self._heard[seat].tolist()
        return Heard(
            newest_at=instant(newest_us),
            place=Place(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=instant(at_us)),
        )

    def quiet(self, seats: IntArray, fixes: Fixes) -> BoolArray:
        """Which fixes are quiet.

        Args:
            seats: (n,) of the device of each, all different.
            fixes: n of them.
        """
        rooms, heard = self._rooms[seats], self._heard[seats]
        at_us, battery_pct = fixes.at_us, fixes.battery_pct
        north_m = (fixes.latitude - rooms["latitude"]) * rooms["metres_north"]
        east_m = (fixes.longitude - rooms["longitude"]) * rooms["metres_east"]
        conditions = (
            rooms["since_us"] <= at_us,
            at_us < rooms["until_us"],
            at_us > heard["newest_us"],
            fixes.received_us - at_us <= rooms["live_us"],
            np.isnan(battery_pct) | ((rooms["least_pct"] <= battery_pct) & (battery_pct <= rooms["most_pct"])),
            _is_one_of(fixes.worn, rooms["worn"]),
            _is_one_of(fixes.charging, rooms["charging"]),
            _is_one_of(fixes.at_home, rooms["at_home"]),
            _or_nought(fixes.steps) <= rooms["steps"],
            ~rooms["stepless"] | (fixes.steps == 0),
            north_m * north_m + east_m * east_m < rooms["radius_m2"],
            fixes.accuracy_m <= rooms["accuracy_m"],
            _or_nought(fixes.speed_mps) <= rooms["speed_mps"],
            fixes.source != _CELL,
            at_us - heard["at_us"] > rooms["gap_us"],
        )
        quiet: BoolArray = np.logical_and.reduce(conditions)
        return quiet

    def hear(self, seats: IntArray, fixes: Fixes) -> Undo:
        """Remember quiet fixes. Returns how to take that back."""
        before = self._heard[seats]
        after = np.empty(len(seats), _HEARD)
        after["newest_us"] = after["at_us"] = fixes.at_us
        after["latitude"], after["longitude"] = fixes.latitude, fixes.longitude
        after["accuracy_m"] = fixes.accuracy_m
        self._heard[seats] = after
        return Undo(seats=seats, before=before)

    def undo(self, undo: Undo) -> None:
        """What `hear` remembered was never heard; the newest first."""
        self._heard[undo.seats] = undo.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What was heard at some seats before."""

    seats: IntArray
    before: np.ndarray


@cache
def _bits(values: tuple[bool | None, ...]) -> int:
    """A bit for each answer that fits in, by its code."""
    return sum(1 << code for code, answer in enumerate(ANSWERS) if answer in values)


def _is_one_of(codes: np.ndarray, bits: np.ndarray) -> BoolArray:
    fits: BoolArray = (bits >> codes & 1) == 1
    return fits


def _or_nought(values: FloatArray) -> FloatArray:
    return np.where(np.isnan(values), 0.0, values)
