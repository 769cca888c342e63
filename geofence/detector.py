"""What a detector is: pure functions over a state of its own, and which readings concern it.

A detector is a module of `geofence.detectors` with

* a frozen state, default: nothing known, kept in the field of `geofence.state.PersonState` that bears its name;
* `step(state, seen) -> (state, judgement)`: one reading. An unchanged state comes back as the same object;
* optionally `due(state, person) -> instant | None`, when silence alone would change something, and
  `tick(state, person, at, before) -> (state, judgement)`, that instant has come. `before` is the person's whole state
  just before, for what other detectors know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from typing import TYPE_CHECKING, Any

from geofence.observation import Judgement, Observation
from geofence.person import Person
from geofence.reading import Reading

if TYPE_CHECKING:
    from geofence.state import PersonState


class Facet(IntFlag):
    """What a reading carries; a detector is only asked about readings that carry what concerns it."""

    FIX = 1
    BED = 2
    EVENT = 4
    BATTERY = 8
    #: Steps, worn, charging, home: what a bracelet says of itself in any message.
    WEAR = 16


#: Every reading, whatever it carries.
ANY = Facet.FIX | Facet.BED | Facet.EVENT | Facet.BATTERY | Facet.WEAR

Step = Callable[[Any, Observation], tuple[Any, Judgement]]
Due = Callable[[Any, Person], datetime | None]
Tick = Callable[[Any, Person, datetime, "PersonState"], tuple[Any, Judgement]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One detector as the engine calls it."""

    #: Of its field in `PersonState`; "" for one that remembers nothing.
    name: str
    step: Step
    concerns: Facet
    due: Due | None = None
    tick: Tick | None = None
    #: Whether a safety event that is old on arrival is told to it too.
    hears_old_news: bool = False


def facets(reading: Reading) -> Facet:
    """What a reading carries."""
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
    return Facet(found)
