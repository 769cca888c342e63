"""What one fix says about the safe area, on both sides of every threshold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geofence.detectors.zone import classify
from geofence.features import SafeArea
from geofence.policy import DEFAULT
from geofence.reading import FixSource
from geofence.zone import Zone
from tests.geofence.scenes import circle, fix, polygon, square

LARGE, SMALL = circle(150.0), circle(149.9)


def sighting(distance_m: float, accuracy_m: float, zone: Zone = LARGE, *, moving: bool = False, **thresholds) -> str:
    area = SafeArea(distance_m=distance_m, zone=zone)
    policy = replace(DEFAULT, **thresholds)
    return str(classify(area, fix(0, accuracy_m=accuracy_m), moving=moving, policy=policy))


@pytest.mark.parametrize(
    ("distance_m", "accuracy_m", "zone", "expected"),
    [
        # The whole circle of error must lie beyond the edge.
        (12.0, 12.0, LARGE, "undecided"),
        (12.1, 12.0, LARGE, "outside"),
        (30.0, 50.0, LARGE, "undecided"),
        # ... but no more than 80 m of it count.
        (79.9, 79.9, LARGE, "undecided"),
        (80.0, 200.0, LARGE, "undecided"),
        (80.1, 200.0, LARGE, "outside"),
        # 15 m more for a zone under 150 m.
        (27.0, 12.0, SMALL, "undecided"),
        (27.1, 12.0, SMALL, "outside"),
        (95.0, 90.0, SMALL, "undecided"),
        (95.1, 90.0, SMALL, "outside"),
        # The edge itself is inside.
        (0.1, 12.0, LARGE, "undecided"),
        (0.0, 12.0, LARGE, "inside"),
        (-14.9, 12.0, LARGE, "inside"),
        # Back only a tenth of the radius within the edge, and never more than 20 m.
        (-15.0, 12.0, LARGE, "returned"),
        (-14.98, 12.0, SMALL, "inside"),
        (-14.991, 12.0, SMALL, "returned"),
        (-19.9, 12.0, circle(200.0), "inside"),
        (-20.0, 12.0, circle(200.0), "returned"),
        (-19.9, 12.0, circle(5_000.0), "inside"),
        (-20.0, 12.0, circle(5_000.0), "returned"),
        # A vague fix can say "back" too: that is where it most likely is.
        (-15.0, 200.0, LARGE, "returned"),
    ],
)
def test_where_a_fix_stands(distance_m: float, accuracy_m: float, zone: Zone, expected: str) -> None:
    assert sighting(distance_m, accuracy_m, zone) == expected
    if expected != "outside":
        assert sighting(distance_m, accuracy_m, zone, moving=True) == expected


@pytest.mark.parametrize(
    ("distance_m", "accuracy_m", "moving", "expected"),
    [
        (100.0, 40.0, True, "strong"),
        (100.0, 40.0, False, "outside"),
        (100.0, 40.1, True, "outside"),
        (80.0, 40.0, True, "outside"),
        (80.1, 40.0, True, "strong"),
        (24.0, 12.0, True, "outside"),
        (24.1, 12.0, True, "strong"),
    ],
)
def test_one_fix_is_strong_when_accurate_clear_and_moving(
    distance_m: float, accuracy_m: float, moving: bool, expected: str
) -> None:
    assert sighting(distance_m, accuracy_m, moving=moving) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (FixSource.GNSS, "strong"),
        (FixSource.WIFI, "outside"),
        (FixSource.CELL, "outside"),
        (FixSource.BEACON, "outside"),
    ],
)
def test_one_fix_is_strong_by_satellites_only(source: FixSource, expected: str) -> None:
    area = SafeArea(distance_m=300.0, zone=LARGE)
    assert classify(area, fix(0, accuracy_m=2.2, source=source), moving=True, policy=DEFAULT) == expected


@pytest.mark.parametrize(
    ("thresholds", "distance_m", "accuracy_m", "moving", "expected"),
    [
        ({"zone_accuracy_cap_m": 30.0}, 31.0, 60.0, False, "outside"),
        ({"zone_accuracy_cap_m": 30.0}, 30.0, 60.0, False, "undecided"),
        ({"zone_small_radius_m": 150.1}, 20.0, 12.0, False, "undecided"),
        ({"zone_small_radius_m": 150.1, "zone_small_margin_m": 5.0}, 20.0, 12.0, False, "outside"),
        ({"zone_strong_accuracy_m": 50.0}, 101.0, 50.0, True, "strong"),
        ({"zone_strong_ratio": 3.0}, 36.0, 12.0, True, "outside"),
        ({"zone_strong_ratio": 3.0}, 36.1, 12.0, True, "strong"),
        ({"zone_return_share": 0.0}, 0.0, 12.0, False, "returned"),
        ({"zone_return_share": 0.5}, -19.9, 12.0, False, "inside"),
        ({"zone_return_share": 0.5, "zone_return_cap_m": 60.0}, -59.9, 12.0, False, "inside"),
        ({"zone_return_share": 0.5, "zone_return_cap_m": 60.0}, -60.0, 12.0, False, "returned"),
    ],
)
def test_every_threshold_is_a_persons_own(thresholds, distance_m, accuracy_m, moving, expected) -> None:
    assert sighting(distance_m, accuracy_m, moving=moving, **thresholds) == expected


def test_a_polygon_counts_as_the_circle_of_its_area() -> None:
    """A square of 266 m has the area of a circle of 150.1 m; one of 265 m, of 149.5 m."""
    large, small = polygon(square(133.0)), polygon(square(132.5))
    assert sighting(13.0, 12.0, large) == "outside"
    assert sighting(13.0, 12.0, small) == "undecided"
    assert sighting(-14.9, 12.0, small) == "inside"
    assert sighting(-15.1, 12.0, large) == "returned"
