from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from shapely.geometry import Point, Polygon

from simulators import city, divisions, geodesy, roster
from simulators.scene import Scene


@pytest.fixture(scope="module")
def whole():
    return city.build(1)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_city(whole):
    assert city.build(1) == whole
    assert json.dumps(roster.roster(city.build(1))) == json.dumps(roster.roster(whole))


def test_another_seed_is_another_city(whole):
    assert city.build(2).persons[0] != whole.persons[0]


def test_sizes(whole):
    bracelets = [person for person in whole.persons if person.bracelet_id]
    beds = [person for person in whole.persons if person.bed_id]
    both = [person for person in bracelets if person.bed_id]
    assert (len(bracelets), len(beds), len(both)) == (1_500, 2_000, 1_200)
    assert len(whole.towns) == 88
    assert len({town.district_code for town in whole.towns}) == 8


def test_device_ids_count_from_one(whole):
    assert [person.bracelet_id for person in whole.persons if person.bracelet_id][:2] == ["zb-000001", "zb-000002"]
    beds = sorted(person.bed_id for person in whole.persons if person.bed_id)
    assert beds[0] == "bed-000001"
    assert beds[-1] == "bed-002000"


@pytest.mark.parametrize(("bracelets", "beds"), [(1, 0), (0, 3), (3, 1), (10, 10)])
def test_small_cities_can_be_built(bracelets, beds):
    built = city.build(3, bracelets=bracelets, beds=beds)
    assert sum(person.bracelet_id is not None for person in built.persons) == bracelets
    assert sum(person.bed_id is not None for person in built.persons) == beds
    assert all(bool(indexes) == bool(bracelets) for indexes in built.cast.values())


def test_homes_lie_near_their_town(whole):
    towns = {town.code: town for town in whole.towns}
    for person in whole.persons:
        town = towns[person.division[:9]]
        assert geodesy.distance_m((town.latitude, town.longitude), (person.latitude, person.longitude)) < 2_600
        assert re.fullmatch(r"3703\d{8}", person.division)


def test_every_bracelet_has_a_zone_around_home_and_walks_inside_one(whole):
    for person in whole.persons:
        if not person.bracelet_id:
            continue
        home = (person.latitude, person.longitude)
        for zone, ground in zip(person.zones, person.grounds, strict=True):
            centre = Point(ground.east_m, ground.north_m)
            if zone.corners:
                shape = Polygon([geodesy.offset_m(home, corner) for corner in zone.corners])
                assert shape.is_valid
            else:
                shape = Point(geodesy.offset_m(home, (zone.latitude, zone.longitude))).buffer(zone.radius_m, 64)
            assert shape.buffer(-city.WALK_MARGIN_M + 1).contains(centre.buffer(ground.reach_m))
            assert shape.contains(Point(0, 0))


def test_some_zones_are_polygons_and_some_hold_by_the_week(whole):
    zones = [zone for person in whole.persons for zone in person.zones]
    assert 100 < sum(bool(zone.corners) for zone in zones) < 300
    assert 80 < sum(zone.hours is not None for zone in zones) < 250
    assert all(150 <= zone.radius_m <= 300 for zone in zones if zone.radius_m)


def test_the_man_who_leaves_is_about_81_and_has_a_bed(whole):
    for index in whole.cast[Scene.NIGHT_EXIT]:
        person = whole.persons[index]
        assert person.bed_id
        assert 76 <= city.REFERENCE_YEAR - person.birth_year <= 86
        assert person.division.startswith(city.CAST_DISTRICT)
    assert Counter(index for indexes in whole.cast.values() for index in indexes).most_common(1)[0][1] == 1
    assert 0 not in {index for indexes in whole.cast.values() for index in indexes}


def test_roster_has_the_form_that_register_reads(whole):
    made = roster.roster(whole, webhook=("http://127.0.0.1:9/", "s"))
    assert [user["role"] for user in made["users"]] == ["family", "responder", "operator", "admin"]
    assert Counter(row["relation"] for row in made["receivers"]) == {
        "coordinator": 176,
        "station": 88,
        "county": 8,
        "centre": 1,
    }
    person = made["persons"][whole.cast[Scene.NIGHT_EXIT][0]]
    assert person["guardians"] == ["family"]
    assert person["receivers"][0]["channels"][0] == {"kind": "webhook", "url": "http://127.0.0.1:9/", "secret": "s"}
    assert person["zones"][0]["geometry"]["type"] == "Point"
    assert {district.code for district in divisions.DISTRICTS} == {
        row["division"] for row in made["receivers"] if row["relation"] == "county"
    }


def test_family_sees_everybody_who_may_play_and_a_few_more(whole):
    watched = roster.watched_by_family(whole)
    cast = {index for indexes in whole.cast.values() for index in indexes}
    assert cast < watched
    assert len(watched) == len(cast) + roster.MORE_RELATIVES
