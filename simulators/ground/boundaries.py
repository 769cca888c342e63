"""Real boundaries of districts, if the user has a GeoJSON of them: invented towns then lie within theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from geofence.datum import Datum, to_wgs84
from simulators.errors import SimulatorError

CITY_CODE = "3703"
#: Properties of a feature that may hold the six digits of a district.
_CODES = ("adcode", "code", "id", "division")


@dataclass(frozen=True, slots=True, eq=False)
class Boundaries:
    """Areas in WGS-84 degrees (longitude, latitude), by the six digits of a district."""

    areas: Mapping[str, shapely.Geometry]

    def holds(self, code: str, latitude: float, longitude: float) -> bool:
        """Whether a place lies in a district; true for one that the file does not have."""
        area = self.areas.get(code)
        return area is None or bool(shapely.contains_xy(area, longitude, latitude))


def load(file: Path, datum: Datum) -> Boundaries:
    """Read a FeatureCollection of polygons whose properties name the district (`adcode` or `code`), or its parts.

    Args:
        file: GeoJSON.
        datum: what its coordinates refer to; maps of AMap and DataV are gcj02.

    Raises:
        SimulatorError: it cannot be read, or holds no district of Zibo.
    """
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise SimulatorError(f"{file} cannot be read as GeoJSON: {error}") from None
    features = document.get("features") if isinstance(document, dict) else None
    parts: dict[str, list[shapely.Geometry]] = {}
    for feature in features if isinstance(features, list) else []:
        if (code := _code(feature)) is not None and code.startswith(CITY_CODE):
            parts.setdefault(code, []).append(_area(feature, datum, file))
    if not parts:
        raise SimulatorError(
            f"{file} has none of Zibo's districts: its features need a property adcode or code, such as 370303."
        )
    areas = {code: shapely.union_all(found) for code, found in parts.items()}
    shapely.prepare(list(areas.values()))
    return Boundaries(areas=areas)


def _code(feature: Any) -> str | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    found = next((str(properties[name]) for name in _CODES if properties.get(name)), None) if properties else None
    return found[:6] if found is not None and found[:6].isdigit() else None


def _area(feature: Mapping[str, Any], datum: Datum, file: Path) -> shapely.Geometry:
    try:
        area = shapely.from_geojson(json.dumps(feature.get("geometry")))
    except shapely.errors.GEOSException as error:
        raise SimulatorError(f"{file}: the boundary of {_code(feature)} is no polygon: {error}") from None

    def moved(points: Any) -> Any:
        latitude, longitude = to_wgs84(points[:, 1], points[:, 0], datum)
        points[:, 0], points[:, 1] = longitude, latitude
        return points

    if not isinstance(area, shapely.Polygon | shapely.MultiPolygon) or area.is_empty:
        raise SimulatorError(f"{file}: the boundary of {_code(feature)} is no polygon.")
    return shapely.transform(area, moved)
