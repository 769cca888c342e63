"""The references of coordinates met in China, and the way to WGS-84 from each. Pure; for one point and for arrays.

GCJ-02 is what maps and many devices sold in China must use: WGS-84 shifted by 100 to 700 metres. BD-09 is Baidu's, a
further shift of GCJ-02. The forward formulas are the ones in public use since 2010 ("Restrictions on geographic data in
China", Wikipedia, section GCJ-02, and the projects it names). There is no closed inverse: it is found by iteration.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

#: One coordinate or many. Degrees.
Degrees = TypeVar("Degrees", float, NDArray[np.float64])


class Datum(StrEnum):
    """What coordinates refer to."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


#: Krasovsky 1940, the ellipsoid of the formulas: semi-major axis in metres, and eccentricity squared.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
#: The box outside of which nothing is shifted. Degrees.
SOUTH, NORTH, WEST, EAST = 0.8293, 55.8271, 72.004, 137.8347
#: Further than this from the box no point can come from within it. Degrees; the largest shift is below 0.02.
_REACH = 0.05
#: A step leaves at most 2 % of the error: 0.01 degrees become less than a micrometre.
_STEPS = 6
#: Waves of BD-09's distortion, radians a degree.
_BD_WAVE = math.pi * 3_000.0 / 180.0


class _Functions(NamedTuple):
    """The same names for one number and for arrays."""

    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    atan2: Callable[[Any, Any], Any]
    where: Callable[[Any, Any, Any], Any]


_ONE = _Functions(math.sin, math.cos, math.sqrt, math.atan2, lambda condition, yes, no: yes if condition else no)
_MANY = _Functions(np.sin, np.cos, np.sqrt, np.arctan2, np.where)

_Point = tuple[Any, Any]
_Shift = Callable[[_Functions, Any, Any], _Point]


def to_wgs84(latitude: Degrees, longitude: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """Coordinates of some datum in WGS-84. Outside the box they stay as they are."""
    f = _functions(latitude)
    if datum is Datum.WGS84:
        return latitude, longitude
    shift = _gcj02_of_wgs84 if datum is Datum.GCJ02 else _bd09_of_wgs84
    return _unshifted(f, shift, latitude, longitude)


def from_wgs84(latitude: Degrees, longitude: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """WGS-84 in another datum. Outside the box it stays as it is."""
    f = _functions(latitude)
    if datum is Datum.WGS84:
        return latitude, longitude
    shift = _gcj02_of_wgs84 if datum is Datum.GCJ02 else _bd09_of_wgs84
    shifted = shift(f, latitude, longitude)
    inside = _within(latitude, longitude, 0.0)
    return f.where(inside, shifted[0], latitude), f.where(inside, shifted[1], longitude)


def _functions(coordinate: float | NDArray[np.float64]) -> _Functions:
    return _MANY if isinstance(coordinate, np.ndarray) else _ONE


def _within(latitude: Any, longitude: Any, margin: float) -> Any:
    """Whether points lie in the box; `&` does for truth values as it does for arrays of them."""
    return (
        (latitude >= SOUTH - margin)
        & (latitude <= NORTH + margin)
        & (longitude >= WEST - margin)
        & (longitude <= EAST + margin)
    )


def _unshifted(f: _Functions, shift: _Shift, latitude: Any, longitude: Any) -> _Point:
    """The point that is shifted to this one, if it lies in the box; else the point itself."""
    near = _within(latitude, longitude, _REACH)
    # Far away the formulas may not converge; what they give there is thrown away.
    start = f.where(near, latitude, SOUTH), f.where(near, longitude, WEST)
    found = start
    for _ in range(_STEPS):
        shifted = shift(f, *found)
        found = found[0] - (shifted[0] - start[0]), found[1] - (shifted[1] - start[1])
    inside = near & _within(*found, 1e-9)
    return f.where(inside, found[0], latitude), f.where(inside, found[1], longitude)


def _bd09_of_wgs84(f: _Functions, latitude: Any, longitude: Any) -> _Point:
    return _bd09_of_gcj02(f, *_gcj02_of_wgs84(f, latitude, longitude))


def _gcj02_of_wgs84(f: _Functions, latitude: Any, longitude: Any) -> _Point:
    x, y = longitude - 105.0, latitude - 35.0
    root, ripple = f.sqrt(abs(x)), 20.0 * f.sin(6.0 * math.pi * x) + 20.0 * f.sin(2.0 * math.pi * x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += (ripple + _waves(f, y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += (ripple + _waves(f, x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))) * 2.0 / 3.0
    phi = latitude * math.pi / 180.0
    flattening = 1.0 - _ECCENTRICITY_2 * f.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / (flattening * f.sqrt(flattening))
    parallel_m = _AXIS_M / f.sqrt(flattening) * f.cos(phi)
    return latitude + north_m / meridian_m * 180.0 / math.pi, longitude + east_m / parallel_m * 180.0 / math.pi


def _waves(f: _Functions, degrees: Any, *waves: tuple[float, float]) -> Any:
    """Sum of sines, each with its amplitude in metres and its half period in degrees."""
    return sum(amplitude * f.sin(degrees * math.pi / half_period) for amplitude, half_period in waves)


def _bd09_of_gcj02(f: _Functions, latitude: Any, longitude: Any) -> _Point:
    radius = f.sqrt(longitude * longitude + latitude * latitude) + 0.000_02 * f.sin(latitude * _BD_WAVE)
    angle = f.atan2(latitude, longitude) + 0.000_003 * f.cos(longitude * _BD_WAVE)
    return radius * f.sin(angle) + 0.006, radius * f.cos(angle) + 0.0065
