"""A map of dangers as it is loaded: what a feature says, which datum, and what is refused by its place in the file."""

from __future__ import annotations

from typing import Any

import pytest

from api.dangers.features import DangersRefused, rows_of
from geofence.datum import Datum, from_wgs84

LINE: dict[str, Any] = {"type": "LineString", "coordinates": [[118.05, 36.81], [118.06, 36.82]]}
AREA: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[118.05, 36.81], [118.06, 36.81], [118.06, 36.82], [118.05, 36.81]]],
}


def feature(geometry: Any = LINE, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({"kind": "water"}, "water"),
        ({"kind": "rail"}, "rail"),
        ({"kind": "highway"}, "highway"),
        ({"waterway": "canal"}, "water"),
        ({"natural": "water"}, "water"),
        ({"railway": "rail"}, "rail"),
        ({"highway": "motorway"}, "highway"),
        # Our own word goes before a tag.
        ({"kind": "rail", "waterway": "canal"}, "rail"),
    ],
)
def test_what_a_feature_is(properties: dict[str, str], kind: str) -> None:
    (row,) = rows_of(collection(feature(**properties)), Datum.WGS84)
    assert row.kind == kind


def test_name_and_width() -> None:
    row = rows_of(collection(feature(kind="water", name="Canal", width_m=12, **{"name:zh": "引黄干渠"})), Datum.WGS84)[
        0
    ]
    assert (row.name, row.half_width_m) == ("引黄干渠", 6.0)
    area = rows_of(collection(feature(AREA, kind="water", width_m=12)), Datum.WGS84)[0]
    assert (area.name, area.half_width_m) == ("", 0.0)
    assert rows_of(collection(feature(kind="rail")), Datum.WGS84)[0].half_width_m == 5.0


def test_a_chinese_map_is_brought_to_wgs84() -> None:
    latitude, longitude = from_wgs84(36.81, 118.05, Datum.GCJ02)
    assert abs(longitude - 118.05) > 0.001
    shifted = {"type": "LineString", "coordinates": [[longitude, latitude], [longitude + 0.01, latitude]]}
    row = rows_of(collection(feature(shifted, kind="water")), Datum.GCJ02)[0]
    assert row.geometry["coordinates"][0] == pytest.approx([118.05, 36.81], abs=2e-7)


def test_the_same_shape_has_the_same_name_and_an_own_id_is_kept() -> None:
    one, two = (rows_of(collection(feature(kind="water")), Datum.WGS84)[0] for _ in range(2))
    assert one.external_id == two.external_id
    other = rows_of(collection(feature(kind="rail")), Datum.WGS84)[0]
    assert other.external_id != one.external_id
    named = {**feature(kind="water"), "id": "way/1"}
    assert rows_of(collection(named), Datum.WGS84)[0].external_id == "way/1"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (feature(), r"feature 1: it does not say what it is: give it a property kind, one of water, rail, highway"),
        (feature(kind="tiger"), r"feature 1: 'tiger' is no kind of danger"),
        (feature({"type": "Point", "coordinates": [118, 36]}, kind="water"), r"feature 1: 'Point' is refused"),
        (feature({"type": "LineString", "coordinates": "x"}, kind="water"), r"feature 1: .*lists"),
        (feature({"type": "LineString", "coordinates": [["a", 36]]}, kind="water"), r"feature 1: .*two numbers"),
        (feature({"type": "LineString", "coordinates": [[36, 118], [36, 119]]}, kind="water"), r"beyond ±180, ±90"),
        (feature({"type": "LineString", "coordinates": []}, kind="water"), r"feature 1: .*no coordinates"),
        (feature(kind="water", width_m=-1), r"feature 1: width_m is -1: write 0 to 1000"),
        (feature(kind="water", width_m="wide"), r"feature 1: width_m is 'wide': write a number"),
        (feature(kind="water", width_m=1001), r"feature 1: width_m is 1001"),
        ({"type": "Feature"}, r"feature 1: it is no GeoJSON Feature"),
        (
            feature(
                {"type": "Polygon", "coordinates": [[[118, 36], [118.1, 36.1], [118.1, 36], [118, 36.1], [118, 36]]]},
                kind="water",
            ),
            r"feature 1: its edge crosses",
        ),
        (feature({"type": "LineString", "coordinates": [[118, 36], [121, 36]]}, kind="rail"), r"split it"),
        ({**feature(kind="water"), "id": "a"}, r"feature 1: its id 'a' stands twice"),
    ],
)
def test_what_is_refused_names_the_feature(wrong: Any, message: str) -> None:
    good = {**feature(kind="water"), "id": "a"}
    with pytest.raises(DangersRefused, match=message):
        rows_of(collection(good, wrong), Datum.WGS84)


@pytest.mark.parametrize("document", [None, [], {"type": "Feature"}, {"type": "FeatureCollection", "features": "x"}])
def test_only_a_collection_is_read(document: object) -> None:
    with pytest.raises(DangersRefused):
        rows_of(document, Datum.WGS84)


def test_every_wrong_feature_is_named_up_to_twenty() -> None:
    with pytest.raises(DangersRefused) as caught:
        rows_of(collection(*[feature()] * 22), Datum.WGS84)
    assert str(caught.value).count("feature ") == 20
    assert "and 2 more" in str(caught.value)
