"""Datums: known points, the way there and back over China, nothing outside, and arrays as single points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.datum import EAST, NORTH, SOUTH, WEST, Datum, from_wgs84, to_wgs84
from geofence.geometry import distance_m

SHIFTED = [Datum.GCJ02, Datum.BD09]
china = st.tuples(st.floats(SOUTH, NORTH), st.floats(WEST, EAST))
anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
ZIBO = (36.81, 118.05)


@pytest.mark.parametrize(("wgs84", "gcj02"), [
    # Published with the formulas: pairs that other implementations are tested with.
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
])  # fmt: skip
def test_known_points(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert from_wgs84(*wgs84, Datum.GCJ02) == pytest.approx(gcj02, abs=1e-9)
    assert distance_m(*to_wgs84(*gcj02, Datum.GCJ02), *wgs84) < 0.001


def test_a_known_point_of_baidus() -> None:
    """Its published inverse is an approximation, good to some ten metres."""
    found = to_wgs84(29.199786, 120.019809, Datum.BD09)
    assert distance_m(*found, 29.196131605295484, 120.00877901149691) < 15


@pytest.mark.parametrize(("datum", "least_m", "largest_m"), [(Datum.GCJ02, 300, 800), (Datum.BD09, 600, 2_000)])
def test_what_ignoring_the_datum_would_cost_in_zibo(datum: Datum, least_m: float, largest_m: float) -> None:
    assert least_m < distance_m(*ZIBO, *from_wgs84(*ZIBO, datum)) < largest_m


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(china, st.sampled_from(SHIFTED))
def test_there_and_back_over_china(point: tuple[float, float], datum: Datum) -> None:
    assert distance_m(*to_wgs84(*from_wgs84(*point, datum), datum), *point) < 0.01


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.tuples(st.floats(SOUTH + 1, NORTH - 1), st.floats(WEST + 1, EAST - 1)), st.sampled_from(SHIFTED))
def test_back_and_there_over_china(point: tuple[float, float], datum: Datum) -> None:
    assert distance_m(*from_wgs84(*to_wgs84(*point, datum), datum), *point) < 0.01


@settings(max_examples=300, deadline=None)
@given(anywhere, st.sampled_from(SHIFTED))
def test_nothing_moves_outside_the_box(point: tuple[float, float], datum: Datum) -> None:
    latitude, longitude = point
    if not (SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST):
        assert from_wgs84(*point, datum) == point
    if not (SOUTH - 0.05 <= latitude <= NORTH + 0.05 and WEST - 0.05 <= longitude <= EAST + 0.05):
        assert to_wgs84(*point, datum) == point


@given(anywhere)
def test_wgs84_is_itself(point: tuple[float, float]) -> None:
    assert to_wgs84(*point, Datum.WGS84) == from_wgs84(*point, Datum.WGS84) == point


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(china, anywhere), min_size=1, max_size=20), st.sampled_from(list(Datum)))
def test_arrays_are_their_points(points: list[tuple[float, float]], datum: Datum) -> None:
    latitudes, longitudes = (np.array(side) for side in zip(*points, strict=True))
    for convert in (to_wgs84, from_wgs84):
        many = np.stack(convert(latitudes, longitudes, datum), axis=1)
        one_by_one = [convert(*point, datum) for point in points]
        np.testing.assert_allclose(many, one_by_one, rtol=0, atol=1e-9)


@pytest.mark.parametrize("datum", SHIFTED)
@pytest.mark.parametrize(
    "point", [(30.0, EAST + 0.03), (30.0, WEST - 0.03), (NORTH + 0.03, 100.0), (SOUTH - 0.03, 100.0)]
)
def test_just_beyond_the_box_nothing_moves_either(point: tuple[float, float], datum: Datum) -> None:
    assert to_wgs84(*point, datum) == point
