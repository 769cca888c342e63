"""The numbers of a walk's shape, on walks that can be checked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.walk import Shape, Spot, shape_of
from tests.geofence.walks import Corner, lapping, pacing, random_walk, seen, straight


def shape(corners: list[Corner], *, until_s: float = 900.0, every_s: float = 30.0, speed_mps: float = 1.0) -> Shape:
    found = shape_of(spots(corners, until_s=until_s, every_s=every_s, speed_mps=speed_mps))
    assert found is not None
    return found


def spots(corners: list[Corner], **how: float) -> list[Spot]:
    return [Spot(*row) for row in seen(corners, **how)]


def test_a_straight_walk() -> None:
    found = shape(straight())
    assert (found.span_s, found.length_m, found.net_m) == pytest.approx((900, 900, 900))
    assert found.straightness == pytest.approx(1)
    assert found.density == pytest.approx(math.sqrt(12), rel=0.05)
    assert (found.sharp_turns, found.reversals, found.turning_deg, found.revisits) == (0, 0, 0, 0)
    assert found.along_axis == pytest.approx(1)
    assert found.disorder == pytest.approx(0, abs=1e-9)
    assert found.roundness == pytest.approx(0, abs=1e-6)
    assert found.unevenness == pytest.approx(0, abs=1e-9)


def test_to_and_fro() -> None:
    found = shape(pacing(60.0))
    assert found.reversals == found.sharp_turns == 14
    assert found.straightness == pytest.approx(60 / 900)
    assert found.density > 30
    assert found.along_axis == pytest.approx(1)
    assert found.disorder == pytest.approx(math.log(2) / math.log(8), abs=0.01)
    assert found.roundness == pytest.approx(0, abs=1e-6)
    assert found.revisits > 0.9


def test_round_and_round() -> None:
    found = shape(lapping(60.0), until_s=960.0)
    assert found.turning_deg == pytest.approx(360 * 4, abs=100)
    assert found.bending_deg == pytest.approx(found.turning_deg)
    assert found.reversals == 0
    assert found.roundness == pytest.approx(1, abs=0.1)
    assert found.along_axis < 0.2
    assert found.revisits > 0.6


def test_the_other_way_round_has_the_other_sign() -> None:
    mirrored = [(-east, north) for east, north in lapping(60.0)]
    assert shape(mirrored).turning_deg == pytest.approx(-shape(lapping(60.0)).turning_deg)


def test_without_a_direction() -> None:
    found = shape(random_walk())
    assert found.disorder > 0.75
    assert found.along_axis < 0.5
    assert found.sharp_turns >= 4


@pytest.mark.parametrize(("way_m", "length_m"), [(24.9, 0.0), (25.0, 75.0)])
def test_a_shorter_way_is_no_step(way_m: float, length_m: float) -> None:
    found = shape_of([Spot(30.0 * i, way_m * (i % 2), 0.0) for i in range(4)])
    assert found is not None
    assert found.length_m == length_m


@pytest.mark.parametrize(("turn_deg", "sharp", "reversals"), [(89, 0, 0), (91, 1, 0), (119, 1, 0), (121, 1, 1)])
def test_turns(turn_deg: float, sharp: int, reversals: int) -> None:
    angle = math.radians(turn_deg)
    found = shape_of([Spot(0, 0, 0), Spot(60, 50, 0), Spot(120, 50 + 50 * math.cos(angle), 50 * math.sin(angle))])
    assert found is not None
    assert (found.sharp_turns, found.reversals) == (sharp, reversals)
    assert found.turning_deg == pytest.approx(turn_deg)


@pytest.mark.parametrize(("back_s", "back_m", "share"), [(90, 24.9, 1.0), (89, 24.9, None), (90, 25.1, 0.0)])
def test_ground_walked_again(back_s: float, back_m: float, share: float | None) -> None:
    """Close by, long enough after, and away in between. Before 90 s nothing can be walked again."""
    found = shape_of([Spot(0, 0, 0), Spot(40, 60, 0), Spot(back_s, back_m, 0)])
    assert found is not None
    assert found.revisits == (0.0 if share is None else share)


def test_standing_is_not_walking_again() -> None:
    found = shape_of([Spot(30.0 * i, 2.0 * (i % 2), 0.0) for i in range(20)])
    assert found is not None
    assert found.revisits == 0
    assert found.density == 0


def test_uneven_speeds() -> None:
    found = shape_of([Spot(0, 0, 0), Spot(30, 30, 0), Spot(60, 120, 0)])
    assert found is not None
    assert found.unevenness == pytest.approx(0.5)


@pytest.mark.parametrize(("least", "none"), [(3.3, False), (3.6, True)])
def test_a_walk_on_its_way_is_not_measured_further(least: float, none: bool) -> None:
    assert (shape_of(spots(straight(), until_s=900.0), least_density=least) is None) is none


@given(st.integers(0, 1_000), st.floats(-5_000, 5_000), st.floats(0, 2 * math.pi))
def test_where_and_which_way_does_not_matter(seed: int, far_m: float, angle: float) -> None:
    here = spots(random_walk(seed), until_s=900.0)
    there = [
        Spot(
            s.at_s,
            far_m + s.east_m * math.cos(angle) - s.north_m * math.sin(angle),
            s.east_m * math.sin(angle) + s.north_m * math.cos(angle),
        )
        for s in here
    ]
    one, other = shape_of(here), shape_of(there)
    assert one is not None
    assert other is not None
    assert one.length_m == pytest.approx(other.length_m, rel=0.2)
    assert one.spread_m == pytest.approx(other.spread_m)
    assert one.roundness == pytest.approx(other.roundness, abs=1e-4)
    assert 0 <= one.revisits <= 1
    assert 0 <= one.disorder <= 1
    assert 0 <= one.along_axis <= 1 + 1e-9
