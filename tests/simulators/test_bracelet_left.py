"""A bracelet on the night table: from when on it has to be asked for."""

from __future__ import annotations

import pytest

from simulators import city
from simulators.fleet import Fleet
from simulators.people.whereabouts import BedStatus
from tests.simulators.engine_room import MORNING_S

CITY = city.build(4, bracelets=24, beds=24)
BOTH = [person.index for person in CITY.persons if person.bracelet_id and person.bed_id][1:]


def test_a_bracelet_left_during_a_nap_counts_from_getting_up():
    """The engine leaves somebody alone who lies in bed: the night table is a good place then."""
    midnight_s = MORNING_S - 4.75 * 3600
    fleet = Fleet(CITY, at_s=MORNING_S)
    naps = ((index, midnight_s + 60 * minute) for index in BOTH for minute in range(12 * 60, 14 * 60))
    index, at_s = next(
        (index, at_s) for index, at_s in naps if fleet._lives[index].bed_status(at_s) is BedStatus.OCCUPIED
    )
    episode = fleet.begin("bracelet_left", index, at_s)
    up_s = episode.counts_from.timestamp()
    life = fleet._lives[index]
    assert up_s > at_s
    assert life.bed_status(up_s) is BedStatus.EMPTY
    assert life.bed_status(up_s - 120) is not BedStatus.EMPTY
    assert episode.expects == {"strap_removed"}
    awake = next(other for other in BOTH if fleet._lives[other].bed_status(at_s) is BedStatus.EMPTY)
    assert fleet.begin("bracelet_left", awake, at_s).counts_from.timestamp() == pytest.approx(at_s)
