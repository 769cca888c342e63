"""What a detector is: pure functions over a state of its own, and which readings concern it.

A detector is a module of `geofence.detectors` with

* a frozen state, default: nothing known, kept in the field of `geofence.state.PersonState` that bears its name;
* `step(state, seen) -> (state, judgement)`: one reading. An unchanged state comes back as the same object;
* optionally `due(state, person) -> instant | None`, when silence alone would change something, and
  `tick(state, person, at, before) -> (state, judgement)`, that instant has come. `before` is the person's whole state
  just before, for what other detectors know;
* optionally `excuse(state, person, absence, before) -> state`, deadlines that passed while we were away put off
  (`geofence.absence`); what already is put off comes back as the same object;
* optionally `quiet(state, person, before, room)`, which narrows a `geofence.quiet.Room` to readings of which it is
  certain that `step` would return the same state and nothing to tell. The engine asks after a reading that changed no
  detector's state, or only theirs who settle at once, and then asks no `step` at all while readings stay in the room.
  Without it every reading that carries what concerns the detector is stepped, which is always right and slow.

What makes `quiet` worth having: do not remember *when somebody was last heard*. `before.order.newest` and
`before.track.place` know it at no cost, up to the last reading, quiet ones included. A deadline that every reading
would move is one that looks again: `due` gives the earliest instant at which anything can be wrong; `tick` then looks
at `before.order`, and if something was heard meanwhile only moves its own state to the next such instant. What is
learnt from every reading is learnt in portions (a minute's mean, an hour's last), so that most change nothing.

    def quiet(state: BatteryState, person: Person, before: PersonState, room: Room) -> None:
        if state.levels:
            room.never(Facet.BATTERY)
        room.battery_between(math.nextafter(person.policy.battery_low_pct, math.inf), 100.0)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geofence.absence import Absence
from geofence.observation import Judgement, Observation
from geofence.person import Person
from geofence.quiet import Facet, Room
from geofence.reading import Reading

__all__ = ["ANY", "Detector", "Facet", "Quiet", "facets"]

if TYPE_CHECKING:
    from geofence.state import PersonState


#: Every reading, whatever it carries.
ANY = Facet.FIX | Facet.BED | Facet.EVENT | Facet.BATTERY | Facet.WEAR

Step = Callable[[Any, Observation], tuple[Any, Judgement]]
Due = Callable[[Any, Person], datetime | None]
Tick = Callable[[Any, Person, datetime, "PersonState"], tuple[Any, Judgement]]
Quiet = Callable[[Any, Person, "PersonState", Room], None]
Excuse = Callable[[Any, Person, Absence, "PersonState"], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One detector as the engine calls it."""

    #: Of its field in `PersonState`; "" for one that remembers nothing.
    name: str
    step: Step
    concerns: Facet
    due: Due | None = None
    tick: Tick | None = None
    #: Puts off what passed while we were away; None: it is judged as if in time.
    excuse: Excuse | None = None
    #: Narrows the room of readings that change nothing; None: whatever carries what concerns it is stepped.
    quiet: Quiet | None = None
    #: Whether `quiet` holds whatever the last reading changed of its state, and no other `step` looks at that: then a
    #: reading that changed nothing else opens a room, too; and when its time has come, it alone is asked (decision
    #: 0020). Its `quiet` looks at nothing of the room but `since`: what opened it may be long ago.
    settles_at_once: bool = False
    #: Whether a safety event that is old on arrival is told to it too.
    hears_old_news: bool = False


def facets(reading: Reading) -> int:
    """What a reading carries, as the number of a `Facet`: a flag's own arithmetic costs a microsecond each."""
    found = 0
    if reading.fix is not None:
        found |= 1
    if reading.bed is not None:
        found |= 2
    if reading.event is not None:
        found |= 4
    if reading.battery_pct is not None:
        found |= 8
    if reading.kind != "bed":
        found |= 16
    return found
