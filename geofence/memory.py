"""The states of many persons while their readings come in: what batches are judged with.

A `Memory` holds of each person the state, the next deadline and the room of quiet readings (`geofence.quiet`). A quiet
reading is not judged but remembered as hearsay, and put into the state when somebody asks for it; so `state` is always
what `engine.step` would have given. Everything since the last `keep` can be taken back: a shell keeps when it has
stored, and takes back what it could not store. A shell that judges on while it stores ends each batch with `seal`: it
keeps batch by batch, the oldest first, and takes back the last one or all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from geofence import engine, opening
from geofence.absence import Absence
from geofence.columns import Columns
from geofence.detection import Place
from geofence.detectors.zone import Safety
from geofence.engine import FRESH, PLAIN, Dues, Outcome, PersonState
from geofence.features import SafeArea, area_at, safe_areas
from geofence.fixes import BoolArray, CodeArray, Fixes
from geofence.held import Held, Stream
from geofence.instants import IntArray
from geofence.observation import NOTHING, Judgement
from geofence.ordering import Admission
from geofence.person import Person
from geofence.quiet import Room
from geofence.reading import Reading
from geofence.rooms import Undo

_LIVE = PLAIN[Admission.LIVE]


#: How to take back a full step (whose state it was), a quiet reading, or many.
_Undo = tuple[int, Held | None] | tuple[Held, Stream, datetime, Place | None, datetime | None] | tuple[Undo]


class Memory:
    """States by person, as far as they were asked for."""

    def __init__(self, load: Callable[[int], PersonState] = lambda _: FRESH) -> None:
        """`load` gives the state of somebody who is not held yet."""
        self._load = load
        #: Spans in which we were away: `geofence.absence`. Whoever knows of them sets them.
        self.absences: tuple[Absence, ...] = ()
        self._held: dict[int, Held] = {}
        self._undo: list[_Undo] = []
        #: How to take back what was sealed and not kept yet, oldest first; and of whom something was remembered in it.
        self._sealed: deque[tuple[list[_Undo], set[int]]] = deque()
        self._columns = Columns()
        #: Since the last `keep` or `seal`: persons of whom something was remembered but for quiet fixes in columns, and
        #: the state as it was then of those whose state changed materially (`engine.material`).
        self.touched: set[int] = set()
        self.material: dict[int, PersonState] = {}

    def __len__(self) -> int:
        """Persons held."""
        return len(self._held)

    def state(self, person_id: int) -> PersonState:
        """The state of one person, hearsay included."""
        held = self._held.get(person_id)
        return self._load(person_id) if held is None else self._current(held)

    def hold(self, person: Person) -> bool:
        """Make the state of somebody who is not held yet now, and not when it is first needed. Whether it was made."""
        if person.person_id in self._held:
            return False
        state = self._load(person.person_id)
        dues = engine.dues(state, person)
        self._held[person.person_id] = Held(state, person, dues, None, engine.earliest(dues))
        return True

    def is_place(self, person_id: int, reading: Reading) -> bool:
        """Whether a reading's fix is one person's last believed place."""
        held, fix = self._held.get(person_id), reading.fix
        if held is not None:
            self._columns.take_over(held)
        place = self._load(person_id).track.place if held is None else held.place
        return (
            place is not None
            and fix is not None
            and place.at == reading.at
            and (place.latitude, place.longitude, place.accuracy_m) == (fix.latitude, fix.longitude, fix.accuracy_m)
        )

    def safety(self, person_id: int) -> Safety:
        """Where one person is believed to be."""
        held = self._held.get(person_id)
        return (held.state if held is not None else self._load(person_id)).zone.safety

    def due(self, person: Person) -> datetime | None:
        """`engine.due` of one person's state."""
        held = self._held.get(person.person_id)
        if held is not None and held.person is person:
            return held.due_at
        return engine.due(self.state(person.person_id), person)

    def seat(self, device_id: str, person_id: int) -> int:
        """Where in columns the fixes of a device are heard that this person wears from here on (`hear_fixes`)."""
        return self._columns.seat(device_id, person_id, self._held.get(person_id))

    def quiet_fixes(self, seats: IntArray, fixes: Fixes, persons: Mapping[int, Person]) -> BoolArray:
        """Which fixes are quiet; the others have to be judged.

        Args:
            seats: (n,) of the device of each, of as many persons.
            fixes: n of them, each the next reading of its person.
            persons: everybody whose device has one of these seats.
        """
        return self._columns.quiet(seats, fixes, persons)

    def hear_fixes(self, seats: IntArray, fixes: Fixes) -> None:
        """Remember fixes that are quiet, as `quiet_fixes` has just said."""
        self._undo.append((self._columns.hear(seats, fixes),))

    def safeties(self, seats: IntArray) -> CodeArray:
        """Where they are believed to be whose quiet fixes were heard at these seats: codes of `columns.SAFETIES`."""
        return self._columns.safeties(seats)

    def judge_all(self, readings: Sequence[Reading], persons: Mapping[int, Person]) -> list[Outcome]:
        """Judge readings in the order given.

        Args:
            readings: in order of arrival.
            persons: every person that a reading names.

        Returns:
            One outcome for each reading, equal to single steps.
        """
        outcomes = [_LIVE] * len(readings)
        loud = self._hear_quiet_ones(readings, persons)
        rest = [readings[place] for place in loud]
        people = [persons[reading.person_id] for reading in rest]
        areas = safe_areas(rest, people)
        for place, reading, person, area in zip(loud, rest, people, areas, strict=True):
            outcomes[place] = self._judge(reading, person, area)
        return outcomes

    def run_down(self, person: Person, until: datetime) -> Judgement:
        """Judge every deadline of one person up to and including `until`."""
        due_at = self.due(person)
        if due_at is None or due_at > until:
            return NOTHING
        state = self.state(person.person_id)
        after, judgement = engine.run_down(state, person, until, self.absences)
        if after is not state:
            dues, held, room = engine.dues(after, person), self._held.get(person.person_id), None
            settled = judgement is NOTHING and engine.settled(state, after)
            if settled and held is not None and held.room is not None and held.person is person:
                since = max(at for _, _, at in after.order.newest)
                room = opening.again(held.room, after, person, since, dues)
            self._replace(Held(after, person, dues, room, engine.earliest(dues)))
            self.material.setdefault(person.person_id, state)
        return judgement

    def seal(self) -> None:
        """End a batch: what is judged from here on belongs to the next one."""
        self._sealed.append((self._undo, self.touched))
        self._begin()

    def keep(self) -> set[int]:
        """The oldest batch that was sealed, or what was judged if none was, is stored: it will not be taken back.

        Returns:
            Persons of whom something was remembered in it.
        """
        if self._sealed:
            return self._sealed.popleft()[1]
        touched = self.touched
        self._begin()
        return touched

    def undo(self) -> None:
        """What was judged since the last `keep` or `seal` was never heard."""
        for entry in reversed(self._undo):
            if len(entry) == 1:
                self._columns.undo(entry[0])
            elif len(entry) == 2:  # noqa: PLR2004 - a full step
                person_id, held = entry
                self._columns.leave(self._held[person_id])
                if held is None:
                    del self._held[person_id]
                else:
                    self._held[person_id] = held
                    self._columns.put(held)
            else:
                heard, stream, last_at, fixed, fix_at = entry
                heard.newest[stream], heard.fixed, heard.fix_at = last_at, fixed, fix_at
                self._columns.tell(heard)
        self._begin()

    def undo_all(self) -> None:
        """Nothing since the last `keep` was ever heard, sealed or not."""
        self.undo()
        while self._sealed:
            self._undo, _ = self._sealed.pop()
            self.undo()

    def _begin(self) -> None:
        self._undo, self.touched, self.material = [], set(), {}

    def _hear_quiet_ones(self, readings: Sequence[Reading], persons: Mapping[int, Person]) -> list[int]:
        """Remember the quiet readings. Returns where the others stand: after one, nobody's next is looked at yet."""
        held_by, touched, loud, behind = self._held, self.touched, list[int](), set[int]()
        for place, reading in enumerate(readings):
            person_id = reading.person_id
            held = held_by.get(person_id)
            if (
                held is not None
                and held.room is not None
                and person_id not in behind
                and held.person is persons[person_id]
                and self._hear(held, held.room, reading)
            ):
                touched.add(person_id)
            else:
                behind.add(person_id)
                loud.append(place)
        return loud

    def _hear(self, held: Held, room: Room, reading: Reading) -> bool:
        """Remember a reading if it is quiet."""
        self._columns.take_over(held)
        stream = (reading.device_id, reading.kind)
        last_at = held.newest.get(stream)
        if last_at is None or reading.at <= last_at or not room.holds(reading, last_at, held.fix_at):
            return False
        self._undo.append((held, stream, last_at, held.fixed, held.fix_at))
        held.newest[stream] = reading.at
        if (fix := reading.fix) is not None:
            held.fix_at = reading.at
            held.fixed = Place(
                latitude=fix.latitude, longitude=fix.longitude, accuracy_m=fix.accuracy_m, at=reading.at
            )  # fmt: skip
            self._columns.tell(held)
        return True

    def _judge(self, reading: Reading, person: Person, area: SafeArea | None) -> Outcome:
        """A full step; afterwards the room of the next quiet ones, if this one changed nothing."""
        person_id = reading.person_id
        held, stands = self._held.get(person_id), None
        if held is None:
            state = self._load(person_id)
        else:
            if held.room is not None and held.person is person:
                if self._hear(held, held.room, reading):
                    self.touched.add(person_id)
                    return _LIVE
                stands = held.room if _stands(held, held.room, reading) else None
            state = self._current(held)
        if held is not None and held.person is person:
            dues, due_at = held.dues, held.due_at
        else:
            dues = engine.dues(state, person)
            due_at = engine.earliest(dues)
        looked = engine.look(state, reading, person, area, dues, self.absences) if stands else None
        after, outcome = looked or engine.judge(state, reading, person, area, due_at, self.absences)
        if after is state:
            return outcome
        changed = engine.changes(state, after)
        settled = True
        if engine.material(state, after, changed):
            self.material.setdefault(person_id, state)
            known, dues = dues, engine.dues_after(dues, changed, after, person)
            if dues is not known:
                due_at = engine.earliest(dues)
            settled = engine.settled(state, after, changed)
        room = None
        if outcome is _LIVE and settled:
            # A look that had to give way to judging settles nothing.
            if stands:
                room = opening.again(stands, after, person, reading.at, dues)
            else:
                room = _room(after, reading, person, area, dues)
        self._replace(Held(after, person, dues, room, due_at))
        return outcome

    def _replace(self, held: Held) -> None:
        """Hold this of somebody from here on: a step from `_current`, which knows what the columns heard."""
        person_id = held.person.person_id
        known = self._held.get(person_id)
        if known is not None:
            self._columns.leave(known)
        self._undo.append((person_id, known))
        self._held[person_id] = held
        self.touched.add(person_id)
        self._columns.put(held)

    def _current(self, held: Held) -> PersonState:
        """A state with the hearsay, that of the columns too."""
        self._columns.take_over(held)
        return held.current()


def _stands(held: Held, room: Room, reading: Reading) -> bool:
    """Whether only those that settle at once have to look at a reading that is not quiet."""
    last_at = held.newest.get((reading.device_id, reading.kind))
    return last_at is not None and room.stands(reading, last_at, held.fix_at)


def _room(state: PersonState, reading: Reading, person: Person, area: SafeArea | None, dues: Dues) -> Room | None:
    """The room after a reading that changed nothing; one without a believed fix opens it around the last place."""
    place = state.track.place
    if place is not None and (reading.fix is None or place.at != reading.at):
        area = area_at(place, reading.at, person)
    return opening.room(state, reading, person, area, dues)
