"""Boundary files made by hand: squares around the centres of districts."""

from __future__ import annotations

import json
from pathlib import Path

from simulators import divisions, geodesy
from simulators.divisions import District

SQUARE_M = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))


def square(district: District, *, half_m: float = 3_000.0, east_m: float = 0.0, latitude_first: bool = False) -> dict:
    """A feature with a square of twice `half_m` around a district's centre, or so far east of it."""
    corners = [
        geodesy.moved(district.latitude, district.longitude, east_m=east_m + east * half_m, north_m=north * half_m)
        for east, north in SQUARE_M
    ]
    ring = [list(corner if latitude_first else corner[::-1]) for corner in corners]
    return {
        "type": "Feature",
        "properties": {"adcode": int(district.code)},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def written(folder: Path, *features: dict) -> Path:
    file = folder / "zibo.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return file


ZHANGDIAN = divisions.DISTRICTS[1]
