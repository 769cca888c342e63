"""Running sums of a walk: the same however they grew, and never a walk ruled out whose shape could speak."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.detectors import wandering
from geofence.geometry import Frame
from geofence.tally import SLACK, Spotted, Tally, added, dropped, leads_on, spread_m, tallied
from geofence.walk import Spot, shape_of
from geofence.wandering_score import LEAST_DENSITY, LEAST_TURNS
from tests.geofence.walks import Corner, lapping, pacing, random_walk, seen, straight

LATITUDES = (-77.0, -33.0, 0.0, 36.8, 60.0, 85.0)


def spotted(
    corners: list[Corner], *, latitude: float = 36.8, noise_m: float = 0.0, seed: int = 0, **how: float
) -> tuple[Spotted, ...]:
    """A walk as `wandering` remembers it."""
    random, frame = Random(seed), Frame.at(latitude, 118.0)
    return tuple(
        (
            int(at_s),
            round(1e6 * (latitude + (north + random.gauss(0, noise_m)) / frame.metres_per_degree_north)),
            round(1e6 * (118.0 + (east + random.gauss(0, noise_m)) / frame.metres_per_degree_east)),
        )
        for at_s, east, north in seen(corners, **({"until_s": 900.0} | how))
    )


def ruled_out(spots: tuple[Spotted, ...]) -> bool:
    return leads_on(tallied(spots), spots, LEAST_DENSITY, LEAST_TURNS)


walks = st.builds(
    lambda corners, latitude, noise_m, seed, every_s, speed_mps: spotted(
        corners, latitude=latitude, noise_m=noise_m, seed=seed, every_s=every_s, speed_mps=speed_mps
    ),
    st.one_of(
        st.builds(pacing, st.floats(20, 500)),
        st.builds(lapping, st.floats(20, 150)),
        st.builds(lambda seed, radius_m: random_walk(seed, radius_m=radius_m), st.integers(0, 10_000), st.floats(30, 300)),
        st.just(straight()),
    ),
    st.sampled_from(LATITUDES),
    st.sampled_from([0.0, 3.0, 8.0, 20.0]),
    st.integers(0, 2**32),
    st.sampled_from([15.0, 30.0, 45.0, 60.0]),
    st.floats(0.4, 1.6),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(walks)
def test_no_walk_is_ruled_out_whose_shape_could_speak(spots: tuple[Spotted, ...]) -> None:
    """In whole and in every part: the shape would be None."""
    for begin in range(0, len(spots) - 1, 3):
        part = spots[begin : begin + 16]
        if ruled_out(part):
            assert wandering.measured(part) is None


@settings(max_examples=100, deadline=None)
@given(walks, st.integers(2, 20))
def test_it_is_the_same_however_it_grew(spots: tuple[Spotted, ...], most: int) -> None:
    walk, tally = spots[:1], tallied(spots[:1])
    for spot in spots[1:]:
        walk = (*walk, spot)
        tally = added(tally, walk)
        if len(walk) > most:
            tally, walk = dropped(tally, walk), walk[1:]
        assert tally == tallied(walk)


def test_of_nothing_and_of_one() -> None:
    spots = spotted(straight())
    assert tallied(()) == Tally()
    assert dropped(tallied(spots[:1]), spots[:1]) == Tally()
    assert spread_m(tallied(spots[:1]), spots[:1]) == 0


@pytest.mark.parametrize("latitude", LATITUDES)
def test_spread_and_way_are_those_of_the_shape(latitude: float) -> None:
    spots = spotted(random_walk(), latitude=latitude)
    tally, frame = tallied(spots), Frame.at(latitude, 118.0)
    shape = shape_of([Spot(float(at_s), *frame.to_metres(north / 1e6, east / 1e6)) for at_s, north, east in spots])
    assert shape is not None
    assert spread_m(tally, spots) == pytest.approx(shape.spread_m, rel=SLACK - 1)
    assert tally.way_mm / 1_000 >= shape.length_m / SLACK


@pytest.mark.parametrize(
    ("corners", "out"),
    [
        (straight(), True),
        # To the shop and home: turned once.
        ([(0, 0), (400, 0), (0, 0)], True),
        # Once around a large block comes to a full turn only back where it began.
        ([(0, 0), (250, 0), (250, 250), (0, 250), (0, 100)], True),
        # There, back and there again.
        (pacing(290.0), False),
        (pacing(60.0), False),
        (lapping(60.0), False),
        (random_walk(), False),
    ],
)
def test_what_it_rules_out(corners: list[Corner], out: bool) -> None:
    assert ruled_out(spotted(corners, every_s=45.0)) is out


def test_turns_of_short_steps_do_not_rule_out() -> None:
    """24 m from fix to fix: which of them are vertices only the shape knows."""
    steps = [(24.0 * math.sin(i), 24.0 * (i % 2)) for i in range(30)]
    assert not ruled_out(spotted(steps, every_s=30.0, speed_mps=0.8))


def turned(*turns_deg: float, leg_m: float = 60.0) -> tuple[Spotted, ...]:
    """A walk of equal legs with these turns between them, a spot at each corner."""
    heading, east, north = 0.0, 0.0, 0.0
    corners: list[Corner] = [(0.0, 0.0)]
    for turn_deg in (0.0, *turns_deg):
        heading += math.radians(turn_deg)
        east, north = east + leg_m * math.sin(heading), north + leg_m * math.cos(heading)
        corners.append((east, north))
    return spotted(corners, every_s=leg_m)


@pytest.mark.parametrize(
    ("turns_deg", "least_turns", "out"),
    [
        # Five gentle turns and a sharp one: once around.
        ((60.0, 60.0, 60.0, 60.0, 60.0, 100.0), (2, 360.0), False),
        ((60.0, 60.0, 60.0, -60.0, -60.0, 100.0), (2, 360.0), True),
        ((10.0, 170.0, 10.0), (1, 900.0), False),
        ((10.0, 170.0, 10.0), (2, 900.0), True),
        ((89.0, -89.0), (1, 360.0), True),
        # So near to a right angle nobody can tell.
        ((89.9, -89.9), (1, 360.0), False),
    ],
)
def test_turns_rule_out(turns_deg: tuple[float, ...], least_turns: tuple[int, float], out: bool) -> None:
    """However sparse: 0 is the least density."""
    spots = turned(*turns_deg)
    assert len(spots) == len(turns_deg) + 2
    assert leads_on(tallied(spots), spots, 0.0, least_turns) is out


def test_nothing_is_ruled_out_near_the_poles() -> None:
    assert ruled_out(spotted(straight(), latitude=79.9))
    assert not ruled_out(spotted(straight(), latitude=80.1))
    assert not ruled_out(spotted(straight(), latitude=-80.1))
