"""A GeoJSON FeatureCollection as rows of dangers, WGS-84. Pure; knows neither HTTP nor SQL.

A feature says what it is by `kind` (water, rail, highway) or by the tags of OpenStreetMap; `name` and `width_m` (the
whole width of a line) are optional. The engine has the last word (`geofence.danger_map`).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geofence.danger_map import DEFAULT_HALF_WIDTH_M, DangerError, DangerKind, danger_from_geojson
from geofence.datum import Datum, to_wgs84

#: Features of one file at most: all of Zibo's rivers, rails and main roads are a tenth of it.
MOST_FEATURES = 50_000
#: Half the width of a line at most. Metres; the table refuses more.
MOST_HALF_WIDTH_M = 500.0
#: Problems that one message names.
_SHOWN = 20
_RAILS = frozenset({"rail", "light_rail", "subway", "narrow_gauge"})
_ROADS = frozenset({"motorway", "motorway_link", "trunk", "trunk_link", "primary"})


class DangersRefused(Exception):  # noqa: N818 - said as people say it
    """Some features cannot be used; the message names each by its place in the file, from 0, and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DangerRow:
    """One feature as it is stored."""

    external_id: str
    kind: str
    name: str
    #: GeoJSON, WGS-84.
    geometry: dict[str, Any]
    half_width_m: float


def rows_of(document: object, datum: Datum) -> list[DangerRow]:
    """Every feature of a document.

    Args:
        document: parsed GeoJSON.
        datum: what its coordinates refer to.

    Raises:
        DangersRefused: it is no FeatureCollection, or some features cannot be used; then none is.
    """
    if not isinstance(document, Mapping) or document.get("type") != "FeatureCollection":
        raise DangersRefused("The document must be a GeoJSON FeatureCollection.")
    features = document.get("features")
    if not isinstance(features, Sequence) or isinstance(features, str):
        raise DangersRefused("`features` must be a list.")
    if len(features) > MOST_FEATURES:
        raise DangersRefused(f"{len(features)} features are more than {MOST_FEATURES}: split the area.")
    rows: dict[str, DangerRow] = {}
    problems: list[str] = []
    for index, feature in enumerate(features):
        try:
            row = _row(feature, datum)
        except DangerError as error:
            problems.append(f"feature {index}: {error}")
            continue
        if row.external_id in rows:
            problems.append(f"feature {index}: its id {row.external_id!r} stands twice: give each its own, or none")
        rows[row.external_id] = row
    if problems:
        more = f"\nand {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise DangersRefused("\n".join(problems[:_SHOWN]) + more)
    return list(rows.values())


def _row(feature: object, datum: Datum) -> DangerRow:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("geometry"), Mapping):
        raise DangerError("it is no GeoJSON Feature with a geometry")
    given = feature.get("properties")
    properties: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    kind, geometry = _kind(properties), _converted(feature["geometry"], datum)
    name = str(properties.get("name:zh") or properties.get("name") or "")[:200]
    width_m = _half_width_m(properties)
    danger = danger_from_geojson(geometry, danger_id=0, kind=kind, name=name, half_width_m=width_m)
    known = feature.get("id") or properties.get("@id")
    external_id = str(known) if known else _fingerprint(kind, geometry)
    return DangerRow(
        external_id=external_id[:200], kind=kind, name=name, geometry=geometry, half_width_m=danger.half_width_m
    )


def _kind(properties: Mapping[str, Any]) -> str:
    if "kind" in properties:
        return str(properties["kind"])
    if properties.get("waterway") or properties.get("natural") == "water":
        return DangerKind.WATER
    if properties.get("railway") in _RAILS:
        return DangerKind.RAIL
    if properties.get("highway") in _ROADS:
        return DangerKind.HIGHWAY
    raise DangerError(f"it does not say what it is: give it a property kind, one of {', '.join(DangerKind)}")


def _half_width_m(properties: Mapping[str, Any]) -> float:
    width_m = properties.get("width_m")
    if width_m is None:
        return DEFAULT_HALF_WIDTH_M
    if isinstance(width_m, bool) or not isinstance(width_m, int | float) or not math.isfinite(width_m):
        raise DangerError(f"width_m is {width_m!r}: write a number of metres")
    if not 0 <= width_m <= 2 * MOST_HALF_WIDTH_M:
        raise DangerError(f"width_m is {width_m:g}: write 0 to {2 * MOST_HALF_WIDTH_M:g}, or draw an area")
    return width_m / 2


def _converted(geometry: Mapping[str, Any], datum: Datum) -> dict[str, Any]:
    """The geometry in WGS-84, two numbers a corner."""
    return {"type": geometry.get("type"), "coordinates": _place(geometry.get("coordinates"), datum)}


def _place(value: object, datum: Datum) -> Any:
    """A position, or a list of what holds positions."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise DangerError("its coordinates must be lists of [longitude, latitude]")
    if value and (isinstance(value[0], str) or not isinstance(value[0], Sequence)):
        if len(value) < 2 or not all(isinstance(each, int | float) and math.isfinite(each) for each in value[:2]):  # noqa: PLR2004
            raise DangerError("a position must be [longitude, latitude], two numbers")
        latitude, longitude = to_wgs84(float(value[1]), float(value[0]), datum)
        return [round(longitude, 7), round(latitude, 7)]
    return [_place(each, datum) for each in value]


def _fingerprint(kind: str, geometry: Mapping[str, Any]) -> str:
    """The same shape always gets the same name, so that a file read twice changes nothing."""
    text = json.dumps([kind, geometry], sort_keys=True)
    return "shape-" + hashlib.sha256(text.encode()).hexdigest()[:32]
