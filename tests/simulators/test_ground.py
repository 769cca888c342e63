"""The ground: streets without a jump, ways that cross water on bridges only, and lines that Tongxing can load."""

from __future__ import annotations

import json
import math
import random
from itertools import pairwise

import pytest

from api.dangers.features import rows_of
from geofence.datum import Datum
from simulators import city, divisions, geodesy
from simulators.errors import SimulatorError
from simulators.ground import boundaries, dangers
from simulators.ground.streets import Streets
from tests.simulators.maps import ZHANGDIAN, square, written

TOWNS = divisions.towns(1)


@pytest.fixture(scope="module")
def streets():
    return Streets(1, TOWNS[0].code)


def test_the_same_town_has_the_same_streets(streets):
    again = Streets(1, TOWNS[0].code)
    assert [again.at((column, 3)) for column in range(-9, 9)] == [streets.at((column, 3)) for column in range(-9, 9)]
    assert again.barriers == streets.barriers
    assert Streets(2, TOWNS[0].code).at((1, 1)) != streets.at((1, 1))


def test_a_crossing_is_the_nearest_to_itself_and_blocks_are_of_a_hundred_metres(streets):
    for column in range(-20, 20):
        for row in range(-20, 20):
            assert streets.nearest(streets.at((column, row))) == (column, row)
            assert 50 < math.dist(streets.at((column, row)), streets.at((column + 1, row))) < 190


def test_ways_follow_streets_and_cross_barriers_on_bridges(streets):
    rng = random.Random(1)
    crossed = 0
    for _ in range(100):
        here, there = ((rng.randint(-16, 16), rng.randint(-12, 12)) for _ in range(2))
        way = streets.way(here, there)
        assert (way[0], way[-1]) == (here, there)
        for step in pairwise(way):
            assert sum(abs(a - b) for a, b in zip(*step, strict=True)) == 1
            assert not any(barrier.crossed_by(*step) for barrier in streets.barriers)
            crossed += any(
                sorted(place[0 if barrier.along_column else 1] for place in step) == [barrier.line, barrier.line + 1]
                for barrier in streets.barriers
            )
    assert crossed > 20


def test_a_bridge_every_few_streets(streets):
    for barrier in streets.barriers:
        along = [
            ((barrier.line, street), (barrier.line + 1, street))
            if barrier.along_column
            else ((street, barrier.line), (street, barrier.line + 1))
            for street in range(60)
        ]
        assert sum(not barrier.crossed_by(*step) for step in along) == 60 / barrier.bridge_every
        assert not barrier.crossed_by((barrier.line + 1, barrier.line + 1), (barrier.line + 2, barrier.line + 2))


def test_a_way_stays_within_what_is_allowed_or_is_none(streets):
    near = lambda place: math.dist(place, streets.at((0, 0))) < 350  # noqa: E731 - a predicate of one line
    way = streets.way((0, 0), (2, 1), within=near)
    assert way
    assert all(near(streets.at(crossing)) for crossing in way)
    assert streets.way((0, 0), (12, 0), within=near) == []


def test_every_town_has_a_canal_and_a_fast_road_and_some_have_rivers_and_rails():
    kinds = [[barrier.kind.value for barrier in Streets(1, town.code).barriers] for town in TOWNS]
    assert all("water" in each and "highway" in each for each in kinds)
    assert 0.2 < sum(each.count("water") == 2 for each in kinds) / len(kinds) < 0.5
    assert 0.3 < sum("rail" in each for each in kinds) / len(kinds) < 0.7


def test_dangers_can_be_loaded_and_lie_where_the_streets_are_cut():
    collection = dangers.collection(1, TOWNS)
    assert json.loads(json.dumps(collection)) == collection
    rows = rows_of(collection, Datum.WGS84)
    assert len(rows) == len(collection["features"]) > 150
    assert {row.kind for row in rows} == {"water", "rail", "highway"}
    assert all(row.half_width_m > 4 for row in rows)


def test_homes_lie_beside_streets_and_not_in_canals():
    built = city.build(1, bracelets=300, beds=0)
    for person in built.persons:
        streets = Streets(1, person.town_code)
        assert streets.barrier_m(person.home_in_town) > 40
        assert math.dist(streets.at(streets.nearest(person.home_in_town)), person.home_in_town) < 140


def test_boundaries_of_any_datum_hold_the_towns(tmp_path):
    # A square of six kilometres, as a map of AMap has it: some 600 m north-west of where it is.
    district, file = ZHANGDIAN, written(tmp_path, square(ZHANGDIAN))
    areas = {datum: boundaries.load(file, datum) for datum in (Datum.WGS84, Datum.GCJ02)}
    apart_m = geodesy.distance_m(
        *((area.areas[district.code].centroid.y, area.areas[district.code].centroid.x) for area in areas.values())
    )
    assert 300 < apart_m < 800
    towns = divisions.towns(1, areas[Datum.WGS84])
    inside = [town for town in towns if town.district_code == district.code]
    assert len(inside) == district.towns
    assert all(areas[Datum.WGS84].holds(district.code, town.latitude, town.longitude) for town in inside)
    before = [town for town in TOWNS if town.district_code == district.code]
    assert not all(areas[Datum.WGS84].holds(district.code, town.latitude, town.longitude) for town in before)
    assert areas[Datum.WGS84].holds("370302", 0.0, 0.0), "a district that the file does not have holds anything"


def test_parts_of_a_district_are_one_boundary(tmp_path):
    parts = [square(ZHANGDIAN, half_m=1_500, east_m=east_m) for east_m in (-2_000, 4_000)]
    for number, part in enumerate(parts):
        part["properties"] = {"code": f"{ZHANGDIAN.code}{number:03d}000"}
    area = boundaries.load(written(tmp_path, *parts), Datum.WGS84)
    built = city.build(1, bracelets=400, beds=0, boundaries=area)
    east = [
        geodesy.offset_m((ZHANGDIAN.latitude, ZHANGDIAN.longitude), (town.latitude, town.longitude))[0]
        for town in built.towns
        if town.district_code == ZHANGDIAN.code
    ]
    assert all(-3_501 <= one <= -499 or 2_499 <= one <= 5_501 for one in east)
    assert min(east) < 0 < max(east)


def test_a_boundary_that_lies_elsewhere_is_explained(tmp_path):
    for wrong in (square(ZHANGDIAN, east_m=40_000), square(ZHANGDIAN, latitude_first=True)):
        area = boundaries.load(written(tmp_path, wrong), Datum.WGS84)
        with pytest.raises(SimulatorError, match=r"boundary of 370303 holds no place within 9 km.*longitude first"):
            city.build(1, bracelets=1, beds=0, boundaries=area)


@pytest.mark.parametrize(
    "geometry", [None, {"type": "Point", "coordinates": [118.0, 36.8]}, {"type": "Polygon", "coordinates": []}]
)
def test_a_boundary_that_is_no_polygon_is_named(tmp_path, geometry):
    file = written(tmp_path, {**square(ZHANGDIAN), "geometry": geometry})
    with pytest.raises(SimulatorError, match=r"zibo\.geojson: the boundary of 370303 is no polygon"):
        boundaries.load(file, Datum.WGS84)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"type": "FeatureCollection", "features": []}',
        '{"features": [{"a": 1}]}',
        '{"features": [{"properties": {"adcode": 110101}}]}',
    ],
)
def test_a_file_without_districts_is_explained(tmp_path, text):
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(SimulatorError, match=r"x\.json"):
        boundaries.load(file, Datum.WGS84)
