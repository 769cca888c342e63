"""Rooms in columns: what is asked there of hundreds of fixes is what each room says of each fix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geofence.detection import Place
from geofence.fixes import ANSWERS, answer_codes, grown
from geofence.quiet import Room
from geofence.reading import FixSource, Reading
from geofence.rooms import Heard, Rooms
from tests.geofence.judging_in_columns import in_columns
from tests.geofence.scenes import BRACELET, at, fix, place, reading


def answers() -> st.SearchStrategy[bool | None]:
    return st.sampled_from([None, False, True])


@st.composite
def told(draw: st.DrawFn) -> Reading:
    north_m, east_m = draw(st.sampled_from([(0, 0), (45, 0), (0, -49.2), (49.6, 0), (-30, 39), (36, 35), (80, 10)]))
    accuracy_m = draw(st.sampled_from([5.0, 20.0, 20.1]))
    speed_mps = draw(st.sampled_from([None, 0.0, 1.0, 1.1]))
    source = draw(st.sampled_from(list(FixSource)))
    where = replace(fix(north_m, east_m, accuracy_m=accuracy_m, source=source), speed_mps=speed_mps)
    when_s = draw(st.sampled_from([-0.1, 0.0, 1e-6, 30.0, 44.0, 45.2, 60.0, 3599.999999, 3600.0]))
    said = reading(
        when_s,
        where,
        late_s=draw(st.sampled_from([0.0, 600.0, 600.000001])),
        battery_pct=draw(st.sampled_from([None, 29.9, 30.0, 40.0, 40.1])),
        steps=draw(st.sampled_from([None, 0, 9, 10])),
        worn=draw(answers()),
    )
    return replace(said, charging=draw(answers()), at_home=draw(answers()))


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    latitude, longitude = place(0.0)
    where = Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(0))
    room = Room(
        said=reading(0, fix(0)), since=at(0), live_max_age=timedelta(minutes=10), place=where, radius_m=50.0,
        accuracy_m=draw(st.sampled_from([20.0, 500.0])),
    )  # fmt: skip
    room.before(at(3_600))
    narrowings: tuple[Callable[[], None], ...] = (
        lambda: room.slower_than(1.0),
        lambda: room.moves_slower_than(draw(st.sampled_from([0.1, 1.5, 50.0]))),
        lambda: room.steps_up_to(9),
        room.without_steps,
        lambda: room.battery_between(30, 40),
        lambda: room.battery_only_of(draw(st.sampled_from([BRACELET, "zb-other"]))),
        lambda: room.worn_only(None, True),
        lambda: room.charging_only(False, None),
        lambda: room.at_home_only(True),
    )
    for narrow in narrowings:
        if draw(st.booleans()):
            narrow()
    return room.close()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One fix in one room, the newest of its device and the last place before it; instants in seconds."""

    room: Room
    said: Reading
    newest_s: float = 0.0
    place_s: float = -60.0

    @property
    def held(self) -> bool:
        """What single readings say."""
        newest_at = at(self.newest_s)
        return self.said.at > newest_at and self.room.holds(self.said, newest_at, at(self.place_s))


def in_rooms(asked: Sequence[Asked]) -> list[bool]:
    """The same in columns."""
    columns, first = Rooms(), 512
    latitude, longitude = place(0.0)
    for seat, each in enumerate(asked, start=first):
        columns.reach(seat)
        known = Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(each.place_s))
        columns.put(seat, each.room, BRACELET, Heard(newest_at=at(each.newest_s), place=known))
    found = columns.quiet(np.arange(first, first + len(asked)), in_columns([each.said for each in asked]))
    return [bool(each) for each in found]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Asked,
            room=rooms(),
            said=told(),
            newest_s=st.sampled_from([-30.0, 0.0, 30.0]),
            place_s=st.sampled_from([-60.0, -44.9, 0.0]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_a_room_in_columns_holds_what_it_holds(asked: list[Asked]) -> None:
    assert in_rooms(asked) == [each.held for each in asked]


def wide(*narrowings: Callable[[Room], None]) -> Room:
    latitude, longitude = place(0.0)
    where = Place(latitude=latitude, longitude=longitude, accuracy_m=10.0, at=at(0))
    room = Room(
        said=reading(0, fix(0)), since=at(0), live_max_age=timedelta(minutes=10), place=where, radius_m=50.0,
        accuracy_m=500.0,
    )  # fmt: skip
    for narrow in narrowings:
        narrow(room)
    return room.close()


#: A degree is a metre long in it, and its circle five metres wide; nothing is rounded.
FLAT = Room(
    said=reading(0, fix(0)), since=at(0), live_max_age=timedelta(minutes=10), accuracy_m=500.0,
    _radius_m2=25.0, _metres=(1.0, -2.0, 1.0, 2.0),
)  # fmt: skip
WIDE = wide()
GAP_S = wide(lambda r: r.moves_slower_than(10.0)).circle[-1].total_seconds()
GIVEN = replace(reading(60, fix(0)), battery_pct=None)


def on_flat_ground(latitude: float, longitude: float) -> Reading:
    return reading(60, replace(fix(0), latitude=latitude, longitude=longitude))


#: On each side of every wall: what is quiet, and what is not.
INSIDE = [
    Asked(room=WIDE, said=GIVEN), Asked(room=WIDE, said=reading(0, fix(0)), newest_s=-1.0),
    Asked(room=WIDE, said=GIVEN, newest_s=59.999999), Asked(room=WIDE, said=GIVEN, newest_s=-90.0),
    Asked(room=wide(lambda r: r.before(at(61))), said=reading(60.999999, fix(0))),
    Asked(room=WIDE, said=reading(60, fix(0), late_s=600.0)), Asked(room=WIDE, said=reading(60, fix(0), late_s=-600.000001)),
    Asked(room=wide(lambda r: r.moves_slower_than(10.0)), said=GIVEN, place_s=60 - GAP_S - 1e-6),
    Asked(room=wide(lambda r: r.moves_slower_than(10.0)), said=GIVEN, newest_s=59.9, place_s=0.0),
    Asked(room=WIDE, said=replace(GIVEN, battery_pct=0.0)), Asked(room=WIDE, said=replace(GIVEN, battery_pct=100.0)),
    *(Asked(room=wide(lambda r: r.battery_between(30, 40)), said=replace(GIVEN, battery_pct=pct)) for pct in (None, 30.0, 40.0)),
    Asked(room=wide(lambda r: r.battery_only_of(BRACELET)), said=replace(GIVEN, battery_pct=1.0)),
    Asked(room=wide(lambda r: r.battery_only_of("zb-other")), said=GIVEN), Asked(room=WIDE, said=replace(GIVEN, steps=5)),
    *(Asked(room=wide(lambda r: r.steps_up_to(9)), said=replace(GIVEN, steps=steps)) for steps in (None, 0, 9)),
    Asked(room=wide(lambda r: r.steps_up_to(0)), said=GIVEN), Asked(room=wide(Room.without_steps), said=replace(GIVEN, steps=0)),
    *(Asked(room=wide(lambda r: r.slower_than(1.0)), said=replace(GIVEN, fix=fix(0, speed_mps=mps))) for mps in (None, 0.0, 1.0)),
    Asked(room=wide(lambda r: r.slower_than(0.0)), said=GIVEN), Asked(room=WIDE, said=reading(60, fix(0, speed_mps=30.0))),
    Asked(room=wide(lambda r: r.accurate_to(20.0)), said=reading(60, fix(0, accuracy_m=20.0))),
    *(Asked(room=WIDE, said=reading(60, fix(0, source=source))) for source in FixSource if source is not FixSource.CELL),
    *(Asked(room=WIDE, said=reading(60, fix(*metres))) for metres in ((49.0, 0.0), (0.0, -49.0), (-34.0, 34.0))),
    *(Asked(room=FLAT, said=on_flat_ground(*there)) for there in ((5.9, -2.0), (1.0, -4.4), (4.0, -0.1))),
]  # fmt: skip
OUTSIDE = [
    Asked(room=WIDE, said=reading(-1e-6, fix(0)), newest_s=-1.0), Asked(room=WIDE, said=GIVEN, newest_s=60.0),
    Asked(room=WIDE, said=GIVEN, newest_s=61.0), Asked(room=WIDE, said=GIVEN, newest_s=0.0, place_s=61.0),
    Asked(room=wide(lambda r: r.before(at(61))), said=reading(61, fix(0))),
    Asked(room=wide(lambda r: r.before(at(61))), said=reading(90, fix(0))),
    Asked(room=WIDE, said=reading(60, fix(0), late_s=600.000001)),
    Asked(room=wide(lambda r: r.moves_slower_than(10.0)), said=GIVEN, place_s=60 - GAP_S),
    *(Asked(room=wide(lambda r: r.battery_between(30, 40)), said=replace(GIVEN, battery_pct=pct)) for pct in (29.9, 40.1)),
    Asked(room=wide(lambda r: r.battery_only_of("zb-other")), said=replace(GIVEN, battery_pct=50.0)),
    Asked(room=wide(lambda r: r.battery_only_of()), said=replace(GIVEN, battery_pct=50.0)),
    Asked(room=wide(lambda r: r.steps_up_to(9)), said=replace(GIVEN, steps=10)),
    *(Asked(room=wide(Room.without_steps), said=replace(GIVEN, steps=steps)) for steps in (None, 5)),
    Asked(room=wide(lambda r: r.slower_than(1.0)), said=reading(60, fix(0, speed_mps=1.1))),
    Asked(room=wide(lambda r: r.accurate_to(20.0)), said=reading(60, fix(0, accuracy_m=20.1))),
    Asked(room=WIDE, said=reading(60, fix(0, source=FixSource.CELL))),
    *(Asked(room=WIDE, said=reading(60, fix(*metres))) for metres in ((50.0, 0.0), (0.0, -50.0), (-36.0, 36.0))),
    *(Asked(room=FLAT, said=on_flat_ground(*there)) for there in ((6.0, -2.0), (1.0, -4.5), (4.0, 0.0), (-2.0, 1.0))),
]  # fmt: skip


def test_both_sides_of_every_wall() -> None:
    """One thing at a time: what a fix in the middle of a room may just be, and what it may not."""
    assert [each.held for each in INSIDE] == [True] * len(INSIDE) == in_rooms(INSIDE)
    assert [each.held for each in OUTSIDE] == [False] * len(OUTSIDE) == in_rooms(OUTSIDE)


def only(name: str, answers_: tuple[bool | None, ...]) -> Callable[[Room], None]:
    return lambda room: setattr(room, name, answers_)


def test_every_answer_in_every_room() -> None:
    subsets = [tuple(subset) for count in range(4) for subset in combinations(ANSWERS, count)]
    asked = [
        Asked(room=wide(only(name, subset)), said=replace(GIVEN, **{name: answer}))
        for name in ("worn", "charging", "at_home")
        for subset in subsets
        for answer in ANSWERS
    ]  # fmt: skip
    assert in_rooms(asked) == [answer in subset for _ in range(3) for subset in subsets for answer in ANSWERS]
    assert in_rooms(asked) == [each.held for each in asked]


def test_a_column_that_grows_keeps_what_it_has() -> None:
    assert grown(np.array([1, 2, 3], dtype=np.uint8)).tolist() == [1, 2, 3, 0, 0, 0]


def test_codes_of_answers() -> None:
    codes = answer_codes(np.array([np.nan, 0.0, 1.0]))
    assert [ANSWERS[code] for code in codes.tolist()] == [None, False, True]
