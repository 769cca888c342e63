"""Which zones are let through: both sides of every limit, and properties of what is stored."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.schemas.zones import ZoneBody
from api.zone_shape import ZoneError, ZoneReason, checked
from geofence.zone import schedule_from_rows, shape_from_geojson

CENTRE = (118.05, 36.81)
#: Metres a degree here, good to a tenth of a per cent.
NORTH_M, EAST_M = 110_960.0, 89_200.0


def polygon(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]}


def regular(count: int, radius_m: float, *, turn: float = 0.0) -> dict[str, Any]:
    angles = [turn + 2 * math.pi * step / count for step in range(count)]
    return polygon(
        *((CENTRE[0] + radius_m * math.cos(a) / EAST_M, CENTRE[1] + radius_m * math.sin(a) / NORTH_M) for a in angles)
    )


def point(longitude: Any = CENTRE[0], latitude: Any = CENTRE[1]) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


BOWTIE = polygon((118.0, 36.8), (118.01, 36.81), (118.01, 36.8), (118.0, 36.81))


@pytest.mark.parametrize(
    ("geometry", "radius_m", "reason"),
    [
        (point(), 20.0, None),
        (point(), 19.9, ZoneReason.WRONG_RADIUS),
        (point(), 20_000.0, None),
        (point(), 20_001.0, ZoneReason.WRONG_RADIUS),
        (point(), math.nan, ZoneReason.WRONG_RADIUS),
        (point(), None, ZoneReason.WRONG_RADIUS),
        (point(180.1), 100.0, ZoneReason.BAD_COORDINATE),
        (point(CENTRE[1], CENTRE[0]), 100.0, ZoneReason.BAD_COORDINATE),
        (point(math.inf), 100.0, ZoneReason.BAD_COORDINATE),
        (point(True), 100.0, ZoneReason.BAD_COORDINATE),
        (point("118"), 100.0, ZoneReason.BAD_COORDINATE),
        ({"type": "Point", "coordinates": [118.0]}, 100.0, ZoneReason.BAD_COORDINATE),
        ({"type": "LineString", "coordinates": []}, None, ZoneReason.WRONG_TYPE),
        (regular(3, 100), None, None),
        (regular(4, 100), 50.0, ZoneReason.WRONG_RADIUS),
        (polygon(CENTRE, (118.06, 36.81)), None, ZoneReason.TOO_FEW_CORNERS),
        (polygon(CENTRE, (118.06, 36.81), CENTRE, (118.06, 36.81)), None, ZoneReason.TOO_FEW_CORNERS),
        ({"type": "Polygon", "coordinates": []}, None, ZoneReason.TOO_FEW_CORNERS),
        ({"type": "Polygon", "coordinates": [[]]}, None, ZoneReason.TOO_FEW_CORNERS),
        (regular(500, 1000), None, None),
        (regular(501, 1000), None, ZoneReason.TOO_MANY_CORNERS),
        (regular(4, 19_900, turn=math.pi / 4), None, None),
        (regular(4, 20_100), None, ZoneReason.TOO_LARGE),
        (regular(4, 7.5), None, None),
        (regular(4, 7.0), None, ZoneReason.TOO_SMALL),
        (BOWTIE, None, ZoneReason.SELF_CROSSING),
        (polygon((118.0, 36.8), (118.01, 36.8), (118.02, 36.8)), None, ZoneReason.SELF_CROSSING),
        (
            {"type": "Polygon", "coordinates": regular(4, 1000)["coordinates"] + regular(4, 100)["coordinates"]},
            None,
            ZoneReason.HAS_HOLES,
        ),
    ],
)
def test_both_sides_of_every_limit(geometry: dict[str, Any], radius_m: float | None, reason: ZoneReason | None) -> None:
    if reason is None:
        shape_from_geojson(checked(geometry, radius_m), radius_m)
        return
    with pytest.raises(ZoneError) as caught:
        checked(geometry, radius_m)
    assert caught.value.reason is reason
    assert str(caught.value)


def test_a_crossing_is_named_by_its_place_and_what_to_do() -> None:
    with pytest.raises(ZoneError, match=r"longitude 118\.005000, latitude 36\.805000\. Move the corners"):
        checked(BOWTIE, None)


@given(
    count=st.integers(3, 60),
    radius_m=st.floats(50, 15_000),
    turn=st.floats(0, 6.3),
    closed=st.booleans(),
    repeated=st.integers(0, 2),
    height=st.booleans(),
)
def test_however_it_is_drawn_one_closed_ring_is_stored_that_the_engine_takes(  # noqa: PLR0917 - drawn by name
    count: int, radius_m: float, turn: float, closed: bool, repeated: int, height: bool
) -> None:
    corners = [tuple(corner) for corner in regular(count, radius_m, turn=turn)["coordinates"][0]]
    drawn = [corners[0]] * repeated + corners + ([corners[0]] if closed else [])
    stored = checked(polygon(*([(*corner, 31.0) for corner in drawn] if height else drawn)), None)
    [ring] = stored["coordinates"]
    assert ring[0] == ring[-1]
    assert len(ring) == count + 1
    assert shapely.Polygon(ring).is_valid
    assert shape_from_geojson(stored, None).signed_distance_m(CENTRE[1], CENTRE[0]) < 0
    assert checked(stored, None) == stored


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4)
    )
)
def test_no_coordinates_break_it(value: Any) -> None:
    for kind in ("Point", "Polygon"):
        with contextlib.suppress(ZoneError):
            checked({"type": kind, "coordinates": value}, 100.0 if kind == "Point" else None)


def body(*entries: dict[str, Any] | None) -> ZoneBody:
    schedule = None if entries == (None,) else list(entries)
    return ZoneBody.model_validate({"name": "home", "geometry": point(), "radius_m": 100, "schedule": schedule})


@pytest.mark.parametrize(
    ("entry", "right"),
    [
        ({"days": [1, 7], "from": "08:00", "until": "18:00"}, True),
        ({"days": [1], "from": "22:00", "until": "06:00"}, True),
        ({"days": [1], "from": "08:00", "until": "08:00"}, False),
        ({"days": [1], "from": "24:00", "until": "08:00"}, False),
        ({"days": [1], "from": "8:00", "until": "18:00"}, False),
        ({"days": [1], "from": "08:60", "until": "18:00"}, False),
        ({"days": [1], "from": "08:00:00", "until": "18:00"}, False),
        ({"days": [], "from": "08:00", "until": "18:00"}, False),
        ({"days": [0], "from": "08:00", "until": "18:00"}, False),
        ({"days": [8], "from": "08:00", "until": "18:00"}, False),
        ({"days": [2, 2], "from": "08:00", "until": "18:00"}, False),
        ({"days": [1], "from": "08:00", "until": "18:00", "extra": 1}, False),
        ({"days": [1], "until": "18:00"}, False),
    ],
)
def test_schedules(entry: dict[str, Any], right: bool) -> None:
    if not right:
        with pytest.raises(ValidationError):
            body(entry)
        return
    rows = body(entry).schedule_rows()
    assert rows == [entry]
    assert schedule_from_rows(rows)


def test_a_schedule_is_null_or_has_entries() -> None:
    assert body(None).schedule_rows() is None
    with pytest.raises(ValidationError):
        body()


def test_an_unknown_field_is_a_mistake_worth_naming() -> None:
    with pytest.raises(ValidationError, match="radius"):
        ZoneBody.model_validate({"name": "home", "geometry": point(), "radius": 100})
