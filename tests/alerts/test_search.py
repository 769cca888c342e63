"""Rings agree with what was found where people were lost, grow, stay nested, lean ahead; what lies inside is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from alerts import search, search_map
from alerts.search import PRIORS, Basis, Danger, Fix, KnownPlace, last_good, plan, radius_m
from geofence.geometry import Frame, distance_m

AT = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
#: 36.81 N 118.05 E.
FIX = Fix(at=AT, latitude=36.81, longitude=118.05, accuracy_m=12.0)
WALKING_EAST = replace(FIX, speed_mps=0.9, heading_deg=90.0)
FRAME = Frame.at(FIX.latitude, FIX.longitude)


def degrees(east_m: float, north_m: float) -> tuple[float, float]:
    """(longitude, latitude) of a place seen from the fix."""
    return (
        FIX.longitude + east_m / FRAME.metres_per_degree_east,
        FIX.latitude + north_m / FRAME.metres_per_degree_north,
    )


def canal(*corners_m: tuple[float, float], kind: str = "water") -> Danger:
    return Danger(
        danger_id=7, kind=kind, name="孝妇河", geometry=shapely.LineString([degrees(*one) for one in corners_m])
    )


@pytest.mark.parametrize(
    ("share", "elapsed", "lowest_m", "highest_m"),
    [
        # Grampian: half within 700 m after 75 min; 95 % within 5.8 km after 8 h. Virginia: median 0.8 km in the end.
        (0, 75 * MINUTE, 700, 850),
        (0, 24 * HOUR, 790, 830),
        (2, 8 * HOUR, 5_650, 5_830),
        (1, 24 * HOUR, 1_780, 1_830),
        # Ten minutes of walking straight on: the outer ring must have kept up.
        (2, 10 * MINUTE, 600, 750),
        # Nothing has happened yet: the rings are the fix's own error.
        (0, timedelta(), 9, 10),
        (1, timedelta(), 13, 13.5),
        (2, timedelta(), 19, 20),
    ],
)
def test_rings_agree_with_what_was_found(share: int, elapsed: timedelta, lowest_m: float, highest_m: float) -> None:
    assert lowest_m <= radius_m(PRIORS[share], FIX, elapsed) <= highest_m


@given(
    minutes=st.floats(0, 48 * 60),
    later=st.floats(0.5, 600),
    accuracy_m=st.floats(1, 5_000),
    speed_mps=st.none() | st.floats(0, 20),
    heading_deg=st.none() | st.floats(0, 360),
)
def test_rings_are_nested_grow_and_hold_the_fix(
    minutes: float, later: float, accuracy_m: float, speed_mps: float | None, heading_deg: float | None
) -> None:
    fix = replace(FIX, accuracy_m=accuracy_m, speed_mps=speed_mps, heading_deg=heading_deg)
    now = plan(fix, at=AT + minutes * MINUTE)
    assert all(inner.radius_m < outer.radius_m for inner, outer in pairwise(now.rings))
    assert all(outer.outline.covers(inner.outline) for inner, outer in pairwise(now.rings))
    assert all(ring.outline.contains(shapely.Point(0, 0)) for ring in now.rings)
    then = plan(fix, at=AT + (minutes + later) * MINUTE)
    assert all(ring.radius_m <= grown.radius_m for ring, grown in zip(now.rings, then.rings, strict=True))


def test_rings_lean_towards_the_last_heading_and_forget_it() -> None:
    early = plan(WALKING_EAST, at=AT + 5 * MINUTE).rings[0]
    west, _, east, _ = early.outline.bounds
    assert east / -west == pytest.approx(1.84, abs=0.05)
    late = plan(WALKING_EAST, at=AT + 3 * HOUR).rings[0]
    west, south, east, north = late.outline.bounds
    assert east / -west == pytest.approx(1.0, abs=0.01)
    assert north == pytest.approx(-south)
    # Standing still, or drifting, is no heading.
    standing = plan(replace(WALKING_EAST, speed_mps=0.3), at=AT + 5 * MINUTE).rings[0]
    assert standing.outline.bounds[2] == pytest.approx(-standing.outline.bounds[0])


def test_the_outer_ring_keeps_up_with_a_fast_walker_only() -> None:
    fast = replace(FIX, speed_mps=1.8)
    assert radius_m(PRIORS[2], fast, 10 * MINUTE) > 1.3 * radius_m(PRIORS[2], FIX, 10 * MINUTE)
    assert radius_m(PRIORS[0], fast, 10 * MINUTE) == radius_m(PRIORS[0], FIX, 10 * MINUTE)


def test_findings_about_walkers_are_not_used_for_who_was_in_a_vehicle() -> None:
    riding = replace(FIX, speed_mps=10.0, heading_deg=0.0)
    found = plan(riding, at=AT + 30 * MINUTE)
    assert found.basis is Basis.VEHICLE
    assert [round(ring.radius_m, -3) for ring in found.rings] == [7_000, 13_000, 18_000]
    assert plan(riding, at=AT + 48 * HOUR).rings[2].radius_m == pytest.approx(60_000, rel=0.01)
    assert plan(replace(FIX, speed_mps=2.9), at=AT).basis is Basis.GOOD_FIX


@pytest.mark.parametrize(
    ("fixes", "expected"),
    [
        # minutes before now, accuracy in metres
        ([(10, 12), (5, 900)], 10),
        ([(10, 12), (5, 100)], 5),
        ([(10, 12), (5, 101)], 10),
        ([(479, 12), (5, 900)], 479),
        ([(481, 12), (5, 900)], 5),
        ([(5, 900), (20, 500)], 5),
        # From the future: a clock that is wrong.
        ([(-3, 12), (5, 900)], 5),
    ],
)
def test_the_last_good_fix(fixes: list[tuple[int, float]], expected: int) -> None:
    made = [replace(FIX, at=AT - ago * MINUTE, accuracy_m=accuracy_m) for ago, accuracy_m in fixes]
    found = last_good(made, at=AT)
    assert found is not None
    assert (AT - found.at) == expected * MINUTE
    assert last_good([], at=AT) is None
    assert plan(replace(FIX, accuracy_m=900), at=AT).basis is Basis.COARSE_FIX


def test_dangers_inside_are_named_with_distance_bearing_and_the_ring_that_reaches_them() -> None:
    east = canal((300, -5_000), (300, 5_000))
    far = canal((9_000, -5_000), (9_000, 5_000), kind="rail")
    road = canal((-2_000, 1_500), (2_000, 1_500), kind="highway")
    found = plan(FIX, at=AT + 75 * MINUTE, dangers=[far, road, east])
    assert [near.what for near in found.dangers] == [east, road]
    water, highway = found.dangers
    assert water.distance_m == pytest.approx(300, abs=1)
    assert water.bearing_deg == pytest.approx(90, abs=0.1)
    assert water.walking_min == pytest.approx(300 / 0.95 / 60, abs=0.05)
    assert (water.share, highway.share) == (0.50, 0.75)
    assert highway.bearing_deg == pytest.approx(0, abs=0.1)
    # Cut off where the widest ring ends.
    assert found.rings[-1].outline.buffer(0.01).covers(water.inside)


def test_a_pond_that_the_fix_lies_in_is_at_hand() -> None:
    pond = Danger(
        danger_id=1,
        kind="water",
        name="",
        geometry=shapely.Polygon([degrees(*one) for one in ((-50, -50), (50, -50), (50, 50), (-50, 50))]),
    )
    (near,) = plan(FIX, at=AT, dangers=[pond]).dangers
    assert (near.distance_m, near.share) == (0.0, 0.50)


def test_known_places_inside_are_named() -> None:
    longitude, latitude = degrees(0.0, 600.0)
    longitude_far, latitude_far = degrees(0.0, 60_000.0)
    market = KnownPlace(name="老单位", kind="work", latitude=latitude, longitude=longitude)
    elsewhere = KnownPlace(name="青岛", kind="home", latitude=latitude_far, longitude=longitude_far)
    (near,) = plan(FIX, at=AT + 75 * MINUTE, places=[elsewhere, market]).places
    assert (near.what, round(near.distance_m), near.share) == (market, 600, 0.50)


def test_the_map_is_geojson_in_degrees_with_every_part() -> None:
    found = plan(
        WALKING_EAST,
        at=AT + 10 * MINUTE,
        dangers=[canal((300, -5_000), (300, 5_000))],
        places=[KnownPlace(name="家", kind="home", latitude=FIX.latitude, longitude=FIX.longitude)],
    )
    track = [replace(FIX, at=AT - ago * MINUTE, latitude=FIX.latitude - ago * 1e-4) for ago in (3, 2, 1, 0)]
    document = search_map.collection(found, track, at=AT + 10 * MINUTE)
    assert json.loads(json.dumps(document)) == document
    assert [feature["properties"]["what"] for feature in document["features"]] == [
        "ring",
        "ring",
        "ring",
        "danger",
        "track",
        "place",
        "heading",
        "last_fix",
    ]
    widest, *_, smallest = (f for f in document["features"] if f["properties"]["what"] == "ring")
    assert (widest["properties"]["share"], smallest["properties"]["share"]) == (0.95, 0.50)
    corners = widest["geometry"]["coordinates"][0]
    assert corners[0] == corners[-1]
    far = max(distance_m(FIX.latitude, FIX.longitude, latitude, longitude) for longitude, latitude in corners)
    assert far == pytest.approx(found.rings[-1].outline.bounds[2], rel=0.01)
    assert document["properties"] == {
        "basis": "good_fix",
        "at": "2026-11-20T18:50:00+00:00",
        "elapsed_s": 600,
        "lean": 0.247,
    }
    assert search_map.collection(plan(FIX, at=AT), track[:1], at=AT)["features"][-2]["properties"]["what"] == "ring"


def test_nobody_was_ever_seen() -> None:
    document = search_map.nothing_known(at=AT)
    assert (document["features"], document["properties"]["basis"]) == ([], "no_fix")


def test_every_prior_stands_in_its_source() -> None:
    text = search.__doc__ or ""
    assert all(word in text for word in ("Grampian", "Virginia", "Japan", "5.8 km", "77.8 %", "1.8 km"))
