"""Who is asked: by area and by distance, on duty, with room, and not again after they declined."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.availability import Availability, availability
from alerts.dispatch import Dispatch, Place, Reach, dispatch
from alerts.divisions import Level, area, level_of, parent_of, spellings
from alerts.ladder import Audience
from alerts.receiver import Receiver, Relation
from geofence.zone import schedule_from_rows

LOG = ({"kind": "log"},)
#: A Friday.
NIGHT = datetime(2026, 11, 20, 2, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
HOME = Place(latitude=36.81, longitude=118.05)
VILLAGE = "370303001002"
#: Degrees of latitude a kilometre.
KM = 1 / 111.13292


def responder(receiver_id: int, **more: Any) -> Receiver:
    values: dict[str, Any] = {
        "receiver_id": receiver_id,
        "relation": Relation.COORDINATOR,
        "division": "379999001001",
        "priority": 1,
        "language": "zh-CN",
        "channels": LOG,
    }
    return Receiver(**values | more)


def north(receiver_id: int, km: float, **more: Any) -> Receiver:
    return responder(receiver_id, latitude=HOME.latitude + km * KM, longitude=HOME.longitude, **more)


def ask(*receivers: Receiver, audience: Audience = Audience.COORDINATORS, **more: Any) -> Dispatch:
    values: dict[str, Any] = {
        "division": VILLAGE,
        "told": frozenset(),
        "works": bool,
        "local": NIGHT,
        "place": HOME,
    }
    return dispatch([audience], receivers, **values | more)


def ids(found: Dispatch) -> list[int]:
    return [one.receiver.receiver_id for one in found.addressed]


@pytest.mark.parametrize(
    ("code", "bare", "level", "parent"),
    [
        ("370000000000", "37", Level.PROVINCE, None),
        ("370300000000", "3703", Level.CITY, "370000000000"),
        ("370302000000", "370302", Level.COUNTY, "370300000000"),
        ("370302100000", "370302100", Level.TOWN, "370302000000"),
        ("370302001002", "370302001002", Level.VILLAGE, "370302001000"),
        # The zeros at the end belong to the village's own number.
        ("370302001200", "370302001200", Level.VILLAGE, "370302001000"),
    ],
)
def test_the_level_stands_in_the_code(code: str, bare: str, level: Level, parent: str | None) -> None:
    assert (area(code), level_of(code), parent_of(code)) == (bare, level, parent)
    assert {bare, code} <= set(spellings(code))


def test_the_two_nearest_are_asked_beside_those_of_the_village() -> None:
    own = responder(1, division=VILLAGE)
    found = ask(own, north(2, 3.0), north(3, 1.0), north(4, 2.0), north(5, 1.5, division="370304001001"))
    assert ids(found) == [1, 3, 5]


def test_nobody_is_near_beyond_five_kilometres_or_without_a_place() -> None:
    assert ids(ask(north(1, 4.99))) == [1]
    assert ask(north(1, 5.05)).reach is Reach.NOBODY
    assert ask(north(1, 1.0), place=None).reach is Reach.NOBODY
    assert ask(responder(1)).reach is Reach.NOBODY


def test_a_town_station_is_asked_by_area_and_the_nearest_by_distance() -> None:
    station = {"relation": Relation.STATION}
    found = ask(
        responder(1, division="370303001000", **station),
        responder(2, division="370303000000", **station),
        north(3, 9.0, division="370304001000", **station),
        north(4, 9.5, division="370304002000", **station),
        audience=Audience.STATION,
    )
    assert ids(found) == [1, 3]


def test_a_desk_of_a_county_is_asked_by_area_alone() -> None:
    county = {"relation": Relation.COUNTY}
    assert ids(
        ask(
            responder(1, division="370303000000", **county),
            north(2, 0.1, division="370304000000", **county),
            audience=Audience.COUNTY,
        )
    ) == [1]


def test_who_was_told_in_this_round_is_not_told_again() -> None:
    assert ask(north(1, 1.0), told=frozenset({1})).reach is Reach.TOLD_ALREADY
    # The third is not asked instead of the second: two know already.
    assert ids(ask(north(1, 1.0), north(2, 2.0), north(3, 3.0), told=frozenset({1}))) == [2]


NIGHTS = schedule_from_rows([{"days": [1, 2, 3, 4, 5], "from": "20:00", "until": "06:00"}])
OFFICE = schedule_from_rows([{"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "18:00"}])
#: Friday 02:40 belongs to Thursday's night; Monday 02:40 belongs to Sunday's, which is not on the list.
MONDAY = NIGHT + timedelta(days=3)


@pytest.mark.parametrize(
    ("more", "at", "expected"),
    [
        ({}, NIGHT, Availability.AVAILABLE),
        ({"duty": NIGHTS}, NIGHT, Availability.AVAILABLE),
        ({"duty": NIGHTS}, MONDAY, Availability.OFF_DUTY),
        ({"duty": NIGHTS}, NIGHT + timedelta(hours=3, minutes=19), Availability.AVAILABLE),
        ({"duty": NIGHTS}, NIGHT + timedelta(hours=3, minutes=20), Availability.OFF_DUTY),
        ({"duty": OFFICE}, NIGHT, Availability.OFF_DUTY),
        ({"duty": OFFICE}, NIGHT + timedelta(hours=5, minutes=20), Availability.AVAILABLE),
        ({"duty": OFFICE + NIGHTS}, NIGHT, Availability.AVAILABLE),
        ({"capacity": 1}, NIGHT, Availability.AVAILABLE),
        ({"capacity": 1, "open_cases": 1}, NIGHT, Availability.FULL),
        ({"capacity": 2, "open_cases": 1}, NIGHT, Availability.AVAILABLE),
        ({"open_cases": 99}, NIGHT, Availability.AVAILABLE),
        ({"declined": True}, NIGHT, Availability.DECLINED),
        ({"declined": True, "relation": Relation.FAMILY, "duty": OFFICE}, NIGHT, Availability.AVAILABLE),
    ],
)
def test_who_can_be_asked(more: dict[str, Any], at: datetime, expected: Availability) -> None:
    assert availability(responder(1, **more), local=at) is expected


def test_who_is_passed_over_makes_room_for_the_next_and_is_counted() -> None:
    found = ask(
        north(1, 0.5, duty=OFFICE),
        north(2, 1.0, capacity=1, open_cases=1),
        north(3, 1.5, channels=()),
        north(4, 2.0, declined=True),
        north(5, 2.5),
        north(6, 3.0),
        responder(7, relation=Relation.STATION, duty=OFFICE, division=VILLAGE),
    )
    assert ids(found) == [5, 6]
    assert found.passed_over == {
        Availability.OFF_DUTY: 1,
        Availability.FULL: 1,
        Availability.NO_CHANNEL: 1,
        Availability.DECLINED: 1,
    }


def test_a_village_off_duty_is_answered_by_the_town() -> None:
    found = ask(
        responder(1, division=VILLAGE, duty=OFFICE),
        responder(2, division="370303001000"),
        responder(3, division="370303000000"),
        place=None,
    )
    assert ids(found) == [2]
