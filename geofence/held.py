"""What a `geofence.memory.Memory` holds of one person."""

from __future__ import annotations

from datetime import datetime

import msgspec

from geofence.detection import Place
from geofence.engine import Dues, PersonState
from geofence.ordering import OrderState
from geofence.person import Person
from geofence.quiet import Room
from geofence.reading import ReadingKind
from geofence.track import TrackState

Stream = tuple[str, ReadingKind]


class Held:
    """What is held of one person."""

    __slots__ = ("_newest", "column", "due_at", "dues", "fix_at", "fixed", "person", "room", "seen_us", "state")

    def __init__(
        self, state: PersonState, person: Person, dues: Dues, room: Room | None, due_at: datetime | None
    ) -> None:
        #: Without the hearsay of quiet readings.
        self.state, self.person, self.room = state, person, room
        #: `engine.dues` of it, and the first of them.
        self.dues, self.due_at = dues, due_at
        #: `newest`, made when it is first asked for: of most only the columns are.
        self._newest: dict[Stream, datetime] | None = None
        #: The place of the last quiet fix, and the instant of the last believed one.
        self.fixed: Place | None = None
        self.fix_at: datetime | None = None
        #: Where the room stands in columns, or -1, and the newest instant there that was taken over from it.
        self.column, self.seen_us = -1, 0
        if room is not None:
            self.fix_at = state.track.place.at if state.track.place else None

    @property
    def newest(self) -> dict[Stream, datetime]:
        """The newest instant of each stream, hearsay included; only with a room."""
        if self._newest is None:
            rows = () if self.room is None else self.state.order.newest
            self._newest = {(device_id, kind): at for device_id, kind, at in rows}
        return self._newest

    @property
    def located(self) -> list[tuple[str, datetime]]:
        """Devices that tell where the person is, and their newest word of it; only with a room."""
        if self._newest is None:
            rows = () if self.room is None else self.state.order.newest
            return [(device_id, at) for device_id, kind, at in rows if kind is ReadingKind.LOCATION]
        return [(device_id, at) for (device_id, kind), at in self._newest.items() if kind is ReadingKind.LOCATION]

    @property
    def place(self) -> Place | None:
        """The last believed place."""
        return self.fixed or self.state.track.place

    def current(self) -> PersonState:
        """The state with the hearsay."""
        state, fixed = self.state, self.fixed
        if self.room is None or self._newest is None:
            return state
        newest = tuple((device_id, kind, at) for (device_id, kind), at in self._newest.items())
        track = state.track
        if fixed is not None:
            track = TrackState(place=fixed)
        elif newest == state.order.newest:
            return state
        return msgspec.structs.replace(state, order=OrderState(newest=newest, events=state.order.events), track=track)
