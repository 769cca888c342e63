"""Where to look: rings around the last good fix that grow with time, dangers and known places inside them. Pure.

A ring of 50 % means: of people like this one, lost on foot, half are found inside. Its outer size comes from where such
people were found, its growth from how fast they get away. Sources, none of them from China and none about bracelets:

- Grampian, Scotland, 2007, women with dementia on foot: 50 % within 700 m and 75 min, 95 % within 5.8 km and 8 h.
- Virginia, USA: median 0.8 km, mean 0.88 km from where last seen; no deaths when found within 24 h, 46 % after that.
- Japan, National Police Agency, 2024, of 491 found dead: about half within 1 km, 77.8 % within 5 km; 115 in or at
  rivers, 79 in irrigation channels and gutters, 71 in hills and woods. So water counts, however small.
- China, Guangming Net: 65 % within 3 km of home (a newspaper's figure, its source not named); not used.

The ring of 75 % is interpolated: a log-normal distance through 800 m at 50 % and 5.8 km at 95 % gives 1.8 km. Where the
person was last seen in a vehicle the findings do not hold, and the rings say so: they are then what the vehicle's speed
allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely

from geofence.geometry import Frame

Floats = npt.NDArray[np.float64]

#: A fix at most this uncertain is good. Metres, 68 %. A canal's two banks are told apart by a bridge, not by less;
#: cell towers are above it. Provisional.
GOOD_ACCURACY_M = 100.0
#: A good fix older than this is left for a newer bad one. Provisional: the ring of 95 % is then full-grown.
GOOD_FOR = timedelta(hours=8)
#: Faster than any of them walks. Metres a second; running is above 2, and buses seldom are below 3. Provisional.
VEHICLE_SPEED_MPS = 3.0
#: Slower than this the heading of a fix says nothing. Metres a second; GPS drift shows as much. Provisional.
HEADING_SPEED_MPS = 0.4
#: How far the rings lean towards the last heading at first: they reach so much further ahead, and less behind. Share.
#: Lost walkers tend to keep going until they get stuck; nobody has published by how much. Provisional.
LEAN = 0.35
#: After this time the lean has halved. Provisional.
LEAN_HALVES_AFTER = timedelta(minutes=20)
#: The fastest walk the rings follow. Metres a second; brisk for 60 years of age. Provisional.
FASTEST_WALK_MPS = 2.0
#: What walking minutes are counted with. Metres a second. Comfortable walking at 80 to 99 years, Bohannon and Andrews
#: 2011 (meta-analysis): 0.94 for women, 0.97 for men.
WALKING_SPEED_MPS = 0.95
#: Where a vehicle's ring ends. Metres. Provisional: across the city.
FURTHEST_RIDE_M = 60_000.0
#: Corners of a ring's outline. Count.
CORNERS = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is known of one share of those who were lost."""

    #: Of all who were found, 0 to 1.
    share: float
    #: Within so many metres in the end.
    final_m: float
    #: How fast the distance grows at first. Metres a second, as the crow flies.
    speed_mps: float
    #: Of a vehicle's way.
    ride_share: float
    #: Of a fix's 68 % radius, for this share of a two-dimensional normal error.
    accuracy_factor: float


#: Speeds are fitted: 0.5 m/s gives 750 m after 75 min, 1.2 m/s 5.8 km after 8 h (Grampian); 0.8 lies between.
PRIORS = (
    Prior(share=0.50, final_m=800.0, speed_mps=0.5, ride_share=0.4, accuracy_factor=0.78),
    Prior(share=0.75, final_m=1_800.0, speed_mps=0.8, ride_share=0.7, accuracy_factor=1.10),
    Prior(share=0.95, final_m=5_800.0, speed_mps=1.2, ride_share=1.0, accuracy_factor=1.62),
)


class Basis(StrEnum):
    """What the rings stand on."""

    GOOD_FIX = "good_fix"
    #: No good fix is recent enough: the best there is.
    COARSE_FIX = "coarse_fix"
    #: The person was moving too fast to be walking; findings about walkers do not hold.
    VEHICLE = "vehicle"
    #: Nothing to start from.
    NO_FIX = "no_fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One place the person was. WGS-84, degrees."""

    at: datetime
    latitude: float
    longitude: float
    #: Metres, 68 %.
    accuracy_m: float
    speed_mps: float | None = None
    heading_deg: float | None = None

    @property
    def good(self) -> bool:
        """Whether it says where, and not only roughly."""
        return self.accuracy_m <= GOOD_ACCURACY_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """Water, a railway or a fast road."""

    danger_id: int
    kind: str
    name: str
    #: In degrees, longitude first.
    geometry: shapely.Geometry


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlace:
    """Where the person may be drawn to: home, an old workplace, the market."""

    name: str
    kind: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """An area that holds the person with this share."""

    share: float
    #: Mean radius. Metres.
    radius_m: float
    #: Metres east and north of the fix, first corner repeated.
    outline: shapely.Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Something inside the widest ring."""

    what: Danger | KnownPlace
    #: From the fix to its nearest point. Metres.
    distance_m: float
    #: Clockwise from true north, degrees.
    bearing_deg: float
    #: Of the smallest ring that reaches it.
    share: float
    #: Its part inside the widest ring; metres east and north.
    inside: shapely.Geometry

    @property
    def walking_min(self) -> float:
        """Minutes to walk there in a straight line."""
        return self.distance_m / WALKING_SPEED_MPS / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """Where to look."""

    basis: Basis
    fix: Fix
    frame: Frame
    elapsed: timedelta
    #: Smallest first.
    rings: tuple[Ring, ...]
    #: Nearest first.
    dangers: tuple[Near, ...]
    places: tuple[Near, ...]


def last_good(fixes: Iterable[Fix], *, at: datetime) -> Fix | None:
    """The newest good fix; the newest of all where none is good and recent."""
    newest_first = sorted((fix for fix in fixes if fix.at <= at), key=lambda fix: fix.at, reverse=True)
    recent = (fix for fix in newest_first if fix.good and at - fix.at <= GOOD_FOR)
    return next(recent, newest_first[0] if newest_first else None)


def basis_of(fix: Fix) -> Basis:
    """What rings around a fix stand on."""
    if (fix.speed_mps or 0.0) >= VEHICLE_SPEED_MPS:
        return Basis.VEHICLE
    return Basis.GOOD_FIX if fix.good else Basis.COARSE_FIX


def plan(fix: Fix, *, at: datetime, dangers: Sequence[Danger] = (), places: Sequence[KnownPlace] = ()) -> SearchPlan:
    """Rings around a fix as they are at an instant, and what lies inside.

    Args:
        fix: where the person was last.
        at: now; not before the fix.
        dangers: those in the neighbourhood; what lies outside the widest ring is left away.
        places: where the person may be drawn to.
    """
    frame = Frame.at(fix.latitude, fix.longitude)
    elapsed = max(at - fix.at, timedelta())
    rings = tuple(_ring(prior, fix, elapsed) for prior in PRIORS)
    near_dangers = (_near(danger, _to_metres(frame, danger.geometry), rings) for danger in dangers)
    near_places = (
        _near(place, shapely.Point(frame.to_metres(place.latitude, place.longitude)), rings) for place in places
    )
    return SearchPlan(
        basis=basis_of(fix),
        fix=fix,
        frame=frame,
        elapsed=elapsed,
        rings=rings,
        dangers=_sorted(near_dangers),
        places=_sorted(near_places),
    )


def radius_m(prior: Prior, fix: Fix, elapsed: timedelta) -> float:
    """Mean radius of one ring: the fix's own error, and how far the person may have got."""
    elapsed_s = elapsed.total_seconds()
    speed_mps = fix.speed_mps or 0.0
    if basis_of(fix) is Basis.VEHICLE:
        way_m = min(prior.ride_share * speed_mps * elapsed_s, prior.ride_share * FURTHEST_RIDE_M)
    else:
        # The outer ring keeps up with somebody who was seen walking fast.
        widest = prior is PRIORS[-1]
        pace_mps = max(prior.speed_mps, min(speed_mps, FASTEST_WALK_MPS)) if widest else prior.speed_mps
        way_m = prior.final_m * -math.expm1(-pace_mps * elapsed_s / prior.final_m)
    return prior.accuracy_factor * fix.accuracy_m + way_m


def lean(fix: Fix, elapsed: timedelta) -> float:
    """How far rings lean towards the last heading: 0 is not at all."""
    if fix.heading_deg is None or (fix.speed_mps or 0.0) < HEADING_SPEED_MPS:
        return 0.0
    return LEAN * math.exp2(-elapsed / LEAN_HALVES_AFTER)


def _ring(prior: Prior, fix: Fix, elapsed: timedelta) -> Ring:
    mean_m = radius_m(prior, fix, elapsed)
    bearings = np.linspace(0.0, 2 * math.pi, CORNERS, endpoint=False)
    ahead = np.cos(bearings - math.radians(fix.heading_deg or 0.0))
    radii = mean_m * (1.0 + lean(fix, elapsed) * ahead)
    outline = shapely.Polygon(np.column_stack((radii * np.sin(bearings), radii * np.cos(bearings))))
    return Ring(share=prior.share, radius_m=mean_m, outline=outline)


def _to_metres(frame: Frame, geometry: shapely.Geometry) -> shapely.Geometry:
    origin = np.array([frame.longitude, frame.latitude])
    scale = np.array([frame.metres_per_degree_east, frame.metres_per_degree_north])

    def shift(coordinates: Floats) -> Floats:
        moved: Floats = (coordinates - origin) * scale
        return moved

    return shapely.transform(geometry, shift)


def to_degrees(frame: Frame, geometry: shapely.Geometry) -> shapely.Geometry:
    """Metres east and north of a frame's origin as longitude and latitude, rounded to 0.1 m."""
    origin = np.array([frame.longitude, frame.latitude])
    scale = np.array([frame.metres_per_degree_east, frame.metres_per_degree_north])

    def shift(coordinates: Floats) -> Floats:
        moved: Floats = np.round(coordinates / scale + origin, 6)
        return moved

    return shapely.transform(geometry, shift)


def _near(what: Danger | KnownPlace, shape: shapely.Geometry, rings: Sequence[Ring]) -> Near | None:
    """Where it lies, if inside the widest ring."""
    share = next((ring.share for ring in rings if ring.outline.intersects(shape)), None)
    if share is None:
        return None
    origin = shapely.Point(0.0, 0.0)
    # shapely's own pair: the nearest point on each.
    east, north = shapely.get_coordinates(shapely.shortest_line(origin, shape))[1]
    return Near(
        what=what,
        distance_m=math.hypot(east, north),
        bearing_deg=math.degrees(math.atan2(east, north)) % 360,
        share=share,
        inside=shape.intersection(rings[-1].outline),
    )


def _sorted(found: Iterable[Near | None]) -> tuple[Near, ...]:
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.distance_m))
