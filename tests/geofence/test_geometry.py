"""Distances: against the ellipsoid, one point against many, holes and edges, and shapes that are refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.geometry import Circle, Frame, Polygon, Shape, ShapeError, distance_m, signed_distances_m
from geofence.zone import shape_from_geojson, shapes_from_geojson
from tests.geofence.scenes import HOME, place, polygon, ring, square

WGS84_A_M, WGS84_F = 6_378_137.0, 1 / 298.257223563


def geodesic_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Vincenty's inverse formula on the WGS-84 ellipsoid, good to a millimetre: Survey Review 23 (176), 1975."""
    b_m = WGS84_A_M * (1 - WGS84_F)
    u1 = math.atan((1 - WGS84_F) * math.tan(math.radians(latitude)))
    u2 = math.atan((1 - WGS84_F) * math.tan(math.radians(other_latitude)))
    difference = math.radians(other_longitude - longitude)
    lam = difference
    for _ in range(50):
        sin_sigma = math.hypot(
            math.cos(u2) * math.sin(lam),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam),
        )
        if sin_sigma == 0:
            return 0.0
        cos_sigma = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(lam) / sin_sigma
        cos2_alpha = 1 - sin_alpha**2
        cos_2m = cos_sigma - 2 * math.sin(u1) * math.sin(u2) / cos2_alpha if cos2_alpha else 0.0
        c = WGS84_F / 16 * cos2_alpha * (4 + WGS84_F * (4 - 3 * cos2_alpha))
        turn = sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m**2 - 1))
        before, lam = lam, difference + (1 - c) * WGS84_F * sin_alpha * turn
        if abs(lam - before) < 1e-13:
            break
    u_squared = cos2_alpha * (WGS84_A_M**2 - b_m**2) / b_m**2
    big_a = 1 + u_squared / 16_384 * (4_096 + u_squared * (-768 + u_squared * (320 - 175 * u_squared)))
    big_b = u_squared / 1_024 * (256 + u_squared * (-128 + u_squared * (74 - 47 * u_squared)))
    inner = cos_sigma * (2 * cos_2m**2 - 1) - big_b / 6 * cos_2m * (4 * sin_sigma**2 - 3) * (4 * cos_2m**2 - 3)
    return b_m * big_a * (sigma - big_b * sin_sigma * (cos_2m + big_b / 4 * inner))


def test_the_reference_itself() -> None:
    """A degree of the equator, and the worked example of the Geocentric Datum of Australia: Flinders Peak to Buninyong."""
    assert geodesic_m(0, 0, 0, 1) == pytest.approx(111_319.491, abs=0.01)
    flinders = (-(37 + 57 / 60 + 3.72030 / 3_600), 144 + 25 / 60 + 29.52440 / 3_600)
    buninyong = (-(37 + 39 / 60 + 10.15610 / 3_600), 143 + 55 / 60 + 35.38390 / 3_600)
    assert geodesic_m(*flinders, *buninyong) == pytest.approx(54_972.271, abs=0.001)


@pytest.mark.parametrize("radius_m", [100.0, 1_000.0, 5_000.0])
@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_a_circle_is_round_on_the_ellipsoid(radius_m: float, degrees: int) -> None:
    """Within 0.6 m at 5 km in Zibo, centimetres off at the size of a zone."""
    shape = Circle(frame=HOME, radius_m=radius_m)
    latitude, longitude = place(radius_m * math.cos(math.radians(degrees)), radius_m * math.sin(math.radians(degrees)))
    truth_m = geodesic_m(HOME.latitude, HOME.longitude, latitude, longitude) - radius_m
    allowed_m = {100.0: 0.005, 1_000.0: 0.03, 5_000.0: 0.6}[radius_m]
    assert shape.signed_distance_m(latitude, longitude) == pytest.approx(truth_m, abs=allowed_m)


@pytest.mark.parametrize("latitude", [0.0, 25.0, -36.8, 53.0])
def test_frames_of_other_latitudes(latitude: float) -> None:
    frame = Frame.at(latitude, 10.0)
    for east, north in ((0.001, 0.0), (0.0, 0.001), (0.001, -0.001)):
        east_m, north_m = frame.to_metres(latitude + north, 10.0 + east)
        truth_m = geodesic_m(latitude, 10.0, latitude + north, 10.0 + east)
        assert math.hypot(east_m, north_m) == pytest.approx(truth_m, abs=0.01)
        assert (east_m > 0) is (east > 0)
        assert (north_m > 0) is (north > 0)


def test_the_quick_distance_is_good_to_a_percent_over_a_city() -> None:
    for east_m, north_m in ((300.0, 0.0), (0.0, -5_000.0), (12_000.0, 9_000.0), (-20_000.0, 15_000.0)):
        far = place(east_m, north_m)
        truth_m = geodesic_m(HOME.latitude, HOME.longitude, *far)
        assert distance_m(HOME.latitude, HOME.longitude, *far) == pytest.approx(truth_m, rel=0.01)


POLYGON_WITH_POND = polygon(square(100.0), square(20.0, 50.0)).shape


@pytest.mark.parametrize(
    ("east_m", "north_m", "expected_m"),
    [
        (0.0, 0.0, -30.0),
        (-90.0, 0.0, -10.0),
        (-130.0, 0.0, 30.0),
        (130.0, 140.0, 50.0),
        # In the pond: outside, by the way back to its shore.
        (50.0, 0.0, 20.0),
        (35.0, 0.0, 5.0),
        (75.0, 0.0, -5.0),
    ],
)
def test_a_polygon_with_a_hole(east_m: float, north_m: float, expected_m: float) -> None:
    assert POLYGON_WITH_POND.signed_distance_m(*place(east_m, north_m)) == pytest.approx(expected_m, abs=0.01)


@pytest.mark.parametrize(
    "shape", [POLYGON_WITH_POND, polygon(square(100.0), square(20.0)).shape, Circle(frame=HOME, radius_m=77.0)]
)
def test_the_middle_is_measured_like_any_place(shape: Shape) -> None:
    """Of a polygon around its own middle, and of one that has a pond there."""
    middle = shape.frame.latitude, shape.frame.longitude
    assert shape.middle_m == pytest.approx(shape.signed_distance_m(*middle), abs=0.01)


def test_winding_does_not_matter() -> None:
    turned = Polygon.from_rings([ring(square(100.0))[::-1]])
    assert turned.signed_distance_m(*place(0, 90)) == pytest.approx(-10.0, abs=0.01)


def test_the_effective_radius_is_that_of_a_circle_of_the_same_area() -> None:
    assert POLYGON_WITH_POND.effective_radius_m == pytest.approx(math.sqrt((40_000 - 1_600) / math.pi), rel=1e-4)
    assert Circle(frame=HOME, radius_m=77.0).effective_radius_m == 77.0


SHAPES: list[Shape] = [
    Circle(frame=HOME, radius_m=150.0),
    Circle(frame=Frame.at(36.815, 118.06), radius_m=20.0),
    POLYGON_WITH_POND,
    polygon([(0, 0), (300, 20), (250, 260), (120, 90), (-40, 200)]).shape,
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(SHAPES), st.floats(36.79, 36.83), st.floats(118.03, 118.07)), min_size=1, max_size=40
    )
)
def test_many_at_once_are_equal_to_single_ones_bit_for_bit(pairs: list[tuple[Shape, float, float]]) -> None:
    shapes = [shape for shape, _, _ in pairs]
    latitudes, longitudes = [row[1] for row in pairs], [row[2] for row in pairs]
    single = [shape.signed_distance_m(latitude, longitude) for shape, latitude, longitude in pairs]
    many = signed_distances_m(shapes, latitudes, longitudes)
    assert [each.hex() for each in many] == [each.hex() for each in single]


def test_none_at_once() -> None:
    assert signed_distances_m([], [], []) == []


class TestRefused:
    def test_edges_that_cross_and_where(self) -> None:
        """It crosses itself 25 m east and 25 m south of its middle."""
        with pytest.raises(
            ShapeError, match=r"must not cross: Self-intersection\[2[45]\.\d* -2[45]\.\d*\] \(metres from"
        ):
            Polygon.from_rings([ring([(0, 0), (100, 100), (100, 0), (0, 300)])])

    @pytest.mark.parametrize(
        "rings",
        [
            [],
            [[]],
            [ring([(0, 0), (100, 0)])],
            [[(118.0, 36.8), (118.1, 36.8), (118.0, 36.8)]],
        ],
    )
    def test_too_few_corners(self, rings) -> None:
        with pytest.raises(ShapeError, match="at least three corners"):
            Polygon.from_rings(rings)

    def test_corners_on_one_line(self) -> None:
        with pytest.raises(ShapeError):
            Polygon.from_rings([ring([(0, 0), (100, 0), (200, 0)])])

    def test_a_hole_that_sticks_out(self) -> None:
        with pytest.raises(ShapeError, match="must not cross"):
            Polygon.from_rings([ring(square(100.0)), ring(square(50.0, 90.0))])

    @pytest.mark.parametrize(("half_m", "fine"), [(19_900.0, True), (20_100.0, False)])
    def test_a_shape_too_large_for_a_flat_frame(self, half_m: float, fine: bool) -> None:
        if fine:
            Polygon.from_rings([ring(square(half_m))])
            return
        with pytest.raises(ShapeError, match="within 20 km"):
            Polygon.from_rings([ring(square(half_m))])


class TestGeoJson:
    def test_a_point_with_a_radius(self) -> None:
        shape = shape_from_geojson({"type": "Point", "coordinates": [118.05, 36.81, 30.0]}, 150.0)
        assert isinstance(shape, Circle)
        assert (shape.frame.latitude, shape.frame.longitude, shape.radius_m) == (36.81, 118.05, 150.0)

    def test_a_polygon(self) -> None:
        shape = shape_from_geojson({"type": "Polygon", "coordinates": [ring(square(100.0))]}, None)
        assert shape.signed_distance_m(*place(0, 0)) == pytest.approx(-100.0, abs=0.01)

    @pytest.mark.parametrize("heights", [[30.0], [30.0, 31.0]])
    def test_heights_are_left_out(self, heights: list[float]) -> None:
        """Of every corner, or of some."""
        flat = ring(square(100.0))
        high = [[*corner, *heights[n % 2 :][:1]] for n, corner in enumerate(flat)]
        found = shape_from_geojson({"type": "Polygon", "coordinates": [high]}, None)
        assert found == shape_from_geojson({"type": "Polygon", "coordinates": [flat]}, None)

    @pytest.mark.parametrize("radius_m", [None, 0.0, -1.0, 20_000.1])
    def test_a_radius_that_is_none(self, radius_m: float | None) -> None:
        with pytest.raises(ShapeError, match="radius_m"):
            shape_from_geojson({"type": "Point", "coordinates": [118.05, 36.81]}, radius_m)

    @pytest.mark.parametrize("geometry", [{"type": "LineString", "coordinates": []}, {}])
    def test_something_else(self, geometry) -> None:
        with pytest.raises(ShapeError, match="Point with radius_m, or a Polygon"):
            shape_from_geojson(geometry, 100.0)

    def test_many_at_once_are_those_alone_bit_for_bit(self) -> None:
        rings = [
            [ring(square(100.0))],
            [ring(square(100.0)), ring(square(20.0))],
            [ring([(0, 0), (300, 20), (250, 260), (120, 90), (-40, 200)])],
            [ring(square(900.0, 70.0))],
        ]
        described = [({"type": "Polygon", "coordinates": each}, None) for each in rings]
        described.insert(2, ({"type": "Point", "coordinates": [118.05, 36.81]}, 150.0))
        assert shapes_from_geojson(described) == [shape_from_geojson(*each) for each in described]
        assert shapes_from_geojson([]) == []

    @pytest.mark.parametrize(
        ("geometry", "error"),
        [
            ({"type": "Polygon", "coordinates": [ring([(0, 0), (100, 100), (100, 0), (0, 300)])]}, ShapeError),
            ({"type": "Polygon", "coordinates": [ring(square(20_100.0))]}, ShapeError),
            ({"type": "Polygon", "coordinates": []}, ShapeError),
            ({"type": "Polygon", "coordinates": [[["x"] * 2] * 4]}, Exception),
            ({"type": "Polygon", "coordinates": 7}, Exception),
            ({"type": "Polygon"}, KeyError),
            ({"type": "Point", "coordinates": [118.05, 36.81]}, ShapeError),
            ("Polygon", AttributeError),
            (None, AttributeError),
        ],
    )
    def test_what_is_wrong_with_one_costs_no_other(self, geometry: object, error: type[Exception]) -> None:
        fine = ({"type": "Polygon", "coordinates": [ring(square(100.0))]}, None)
        circle = ({"type": "Point", "coordinates": [118.05, 36.81]}, 150.0)
        first, second, found, third = shapes_from_geojson([fine, circle, (geometry, None), fine])
        assert (first, second, third) == (shape_from_geojson(*fine), shape_from_geojson(*circle), first)
        assert isinstance(found, error)
