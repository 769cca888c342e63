from __future__ import annotations

import math
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from simulators import city
from simulators.ground.streets import Streets
from simulators.people import habits, routine
from simulators.people.life import Life
from simulators.people.whereabouts import AT_HOME, BedStatus, Strap, walked
from simulators.person import REFERENCE_YEAR
from tests.simulators.engine_room import MORNING_S

CITY = city.build(5, bracelets=60, beds=60)
WALKERS = [person for person in CITY.persons if person.bracelet_id]
days = st.integers(20_000, 22_000)
people = st.sampled_from(WALKERS)


@cache
def life_of(person) -> Life:
    return Life(1, person, Streets(CITY.seed, person.town_code))


def day_of(person, number):
    life = life_of(person)
    return routine.day(1, person, number, life.habits, life.streets)


@given(person=people, number=days)
def test_a_day_is_the_same_whenever_asked(person, number):
    again = Life(1, person, Streets(CITY.seed, person.town_code))
    assert day_of(person, number) == routine.day(1, person, number, again.habits, again.streets)


@given(person=people, number=days)
def test_visits_are_short_and_at_night(person, number):
    day = day_of(person, number)
    for visit in day.visits:
        assert visit.until_s - visit.since_s <= routine.VISIT_LONGEST_S + 1e-6 < 15 * 60
        assert visit.edge_s < visit.since_s
        assert visit.until_s < day.wakes_s or visit.edge_s > day.sleeps_s
        assert visit.edge_s > 0
        assert visit.until_s < routine.DAY_S


@given(person=people, number=days)
def test_walks_stay_on_a_ground_and_come_home(person, number):
    day = day_of(person, number)
    for trip in day.trips:
        points = [point for leg in trip.legs for point in leg.points]
        assert points[0] == points[-1] == (0.0, 0.0)
        assert day.wakes_s < trip.since_s < trip.until_s < day.charging[0]
        assert any(
            ground.from_s <= trip.since_s
            and all(math.dist(point, (ground.east_m, ground.north_m)) <= ground.reach_m + 1e-6 for point in points)
            for ground in person.grounds
        )


@given(person=people, number=days)
def test_the_legs_of_a_walk_follow_each_other_and_nobody_jumps(person, number):
    for trip in day_of(person, number).trips:
        for before, after in zip(trip.legs, trip.legs[1:], strict=False):
            assert before.until_s == after.since_s
            assert math.dist(before.points[-1], after.points[0]) < 1e-6
        moments = [trip.since_s + share / 40 * (trip.until_s - trip.since_s) for share in range(40)]
        places = [next(leg.at(at) for leg in trip.legs if leg.since_s <= at <= leg.until_s) for at in moments]
        for (before_s, here), (after_s, there) in zip(
            zip(moments, places, strict=True), list(zip(moments, places, strict=True))[1:], strict=False
        ):
            moved_m = math.hypot(here.east_m - there.east_m, here.north_m - there.north_m)
            assert moved_m <= 1.5 * (after_s - before_s)


def test_a_walk_is_where_its_legs_say():
    leg = walked(100.0, 2.0, ((0.0, 0.0), (30.0, 0.0), (30.0, 40.0)))
    assert leg.until_s == 135.0
    assert (leg.at(105).east_m, leg.at(105).north_m, leg.at(105).heading_deg) == (10.0, 0.0, 90.0)
    assert (leg.at(125).east_m, leg.at(125).north_m, leg.at(125).heading_deg) == (30.0, 20.0, 0.0)
    assert (leg.at(0).east_m, leg.at(999).north_m) == (0.0, 40.0)


def test_the_old_walk_slower():
    whole = city.build(3, bracelets=400, beds=0)
    speeds = {
        old: [
            habits.habits(3, person, Streets(3, person.town_code)).speed_mps
            for person in whole.persons
            if (REFERENCE_YEAR - person.birth_year >= 84) is old
        ]
        for old in (False, True)
    }
    means = {old: sum(found) / len(found) for old, found in speeds.items()}
    assert 0.03 < means[False] - means[True] < 0.25
    assert all(habits.SLOWEST_MPS <= speed <= habits.FASTEST_MPS for found in speeds.values() for speed in found)


def test_on_market_days_more_go_out():
    went = dict.fromkeys((False, True), 0)
    asked = dict(went)
    for number in range(20_000, 20_070):
        market = routine.weekday(number) in routine.MARKET_DAYS
        for person in WALKERS[:20]:
            asked[market] += 1
            went[market] += sum(trip.since_s < 11 * 3600 for trip in day_of(person, number).trips)
    assert went[True] / asked[True] > 1.05 * went[False] / asked[False]


def test_the_week_begins_on_a_monday():
    # 23 November 2026 is a Monday.
    assert routine.weekday(routine.day_number(1_795_392_000)) == 1


def test_at_a_quarter_to_five_almost_everybody_is_in_bed():
    lives = [life_of(person) for person in WALKERS]
    asleep = sum(life.bed_status(MORNING_S) is BedStatus.OCCUPIED for life in lives)
    assert asleep >= 0.95 * len(lives)
    assert all(life.whereabouts(MORNING_S) == AT_HOME for life in lives)


@given(person=people, at_s=st.floats(MORNING_S, MORNING_S + 3 * 86_400))
def test_next_changes_lie_ahead_and_nothing_changes_before(person, at_s):
    life = life_of(person)
    change_s = life.next_bed_change_s(at_s)
    assert change_s > at_s
    assert life.bed_status(at_s) == life.bed_status(at_s + 0.99 * (change_s - at_s))
    move_s = life.next_move_s(at_s)
    assert move_s > at_s
    later_s = at_s + 0.99 * (move_s - at_s)
    assert life.whereabouts(at_s).outdoors == life.whereabouts(later_s).outdoors
    assert life.strap(at_s) is life.strap(later_s)


@given(person=people, at_s=st.floats(MORNING_S, MORNING_S + 3 * 86_400))
def test_charged_within_two_days_and_not_in_the_future(person, at_s):
    assert at_s - 2 * 86_400 <= life_of(person).charged_at_s(at_s) <= at_s


def test_the_bracelet_is_charged_in_the_evening():
    life = life_of(WALKERS[0])
    number = routine.day_number(MORNING_S)
    since_s, until_s = life.day(number).charging
    midnight_s = routine.midnight_s(number)
    assert life.strap(midnight_s + since_s - 1) is Strap.WORN
    assert life.strap(midnight_s + since_s + 1) is Strap.CHARGER
    assert life.strap(midnight_s + until_s + 1) is Strap.WORN
