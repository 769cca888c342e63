from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from simulators import city, routine
from simulators.life import AT_HOME, BedStatus, Life
from tests.simulators.engine_room import MORNING_S

CITY = city.build(5, bracelets=60, beds=60)
WALKERS = [person for person in CITY.persons if person.bracelet_id]
days = st.integers(20_000, 22_000)
people = st.sampled_from(WALKERS)


@given(person=people, number=days)
def test_a_day_is_the_same_whenever_asked(person, number):
    assert routine.day(1, person, number) == routine.day(1, person, number)


@given(person=people, number=days)
def test_visits_are_short_and_at_night(person, number):
    day = routine.day(1, person, number)
    for visit in day.visits:
        assert visit.end_s - visit.start_s <= routine.VISIT_LONGEST_S + 1e-6 < 15 * 60
        assert visit.edge_s < visit.start_s
        assert visit.end_s < day.wakes_s or visit.edge_s > day.sleeps_s
        assert visit.edge_s > 0
        assert visit.end_s < routine.DAY_S


def test_no_visit_of_many_years_is_too_long():
    found = [visit for number in range(20_000, 28_000) for visit in routine.day(1, WALKERS[0], number).visits]
    assert 13 * 60 < max(visit.end_s - visit.start_s for visit in found) <= routine.VISIT_LONGEST_S + 1e-6


@given(person=people, number=days)
def test_walks_stay_on_a_ground_and_come_home(person, number):
    day = routine.day(1, person, number)
    for walk in day.walks:
        assert walk.points[0] == walk.points[-1] == (0.0, 0.0)
        assert day.wakes_s < walk.start_s < walk.end_s < day.charging[0]
        assert any(
            ground.from_s <= walk.start_s
            and walk.end_s <= ground.until_s
            and all(math.dist(point, (ground.east_m, ground.north_m)) <= ground.reach_m + 1e-6 for point in walk.points)
            for ground in person.grounds
        )


@given(person=people, number=days, shares=st.lists(st.floats(0, 1), min_size=2, max_size=8).map(sorted))
def test_nobody_jumps_during_a_walk(person, number, shares):
    for walk in routine.day(1, person, number).walks:
        steps = [walk.at(walk.start_s + share * (walk.end_s - walk.start_s)) for share in shares]
        for (before, after), (here, there) in zip(pairwise(shares), pairwise(steps), strict=True):
            passed_s = (after - before) * (walk.end_s - walk.start_s)
            moved_m = math.dist((here.east_m, here.north_m), (there.east_m, there.north_m))
            assert moved_m <= walk.speed_mps * passed_s + 1e-6


def test_a_walk_is_where_its_legs_say():
    walk = routine.walk(100.0, 2.0, ((0.0, 0.0), (30.0, 0.0), (30.0, 40.0)))
    assert walk.end_s == 135.0
    assert (walk.at(105).east_m, walk.at(105).north_m, walk.at(105).heading_deg) == (10.0, 0.0, 90.0)
    assert (walk.at(125).east_m, walk.at(125).north_m, walk.at(125).heading_deg) == (30.0, 20.0, 0.0)
    assert (walk.at(0).east_m, walk.at(999).north_m) == (0.0, 40.0)


def test_at_a_quarter_to_five_almost_everybody_is_in_bed():
    lives = [Life(1, person) for person in CITY.persons]
    asleep = sum(life.bed_status(MORNING_S) is BedStatus.OCCUPIED for life in lives)
    assert asleep >= 0.95 * len(lives)
    assert all(life.whereabouts(MORNING_S) == AT_HOME for life in lives)


@given(person=people, at_s=st.floats(MORNING_S, MORNING_S + 3 * 86_400))
def test_next_changes_lie_ahead_and_nothing_changes_before(person, at_s):
    life = Life(1, person)
    change_s = life.next_bed_change_s(at_s)
    assert change_s > at_s
    assert life.bed_status(at_s) == life.bed_status(at_s + 0.99 * (change_s - at_s))
    move_s = life.next_move_s(at_s)
    assert move_s > at_s
    assert life.whereabouts(at_s).outdoors == life.whereabouts(at_s + 0.99 * (move_s - at_s)).outdoors


@given(person=people, at_s=st.floats(MORNING_S, MORNING_S + 3 * 86_400))
def test_charged_within_two_days_and_not_in_the_future(person, at_s):
    assert at_s - 2 * 86_400 <= Life(1, person).charged_at_s(at_s) <= at_s
