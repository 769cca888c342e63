"""A search plan as a drawing for a page that must work without a map, and on paper: paths in metres, north up. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import shapely

from alerts.search import Danger, Fix, SearchPlan

#: Free space around the widest ring, as a share of its size.
_MARGIN = 0.06
#: Dangers that get a label; more would cover each other. Count.
_LABELS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRing:
    """A ring's path and what stands beside it."""

    share_pct: int
    radius: str
    path: str
    #: Where its label stands.
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDanger:
    """A danger's path."""

    kind: str
    path: str
    #: Areas are filled, lines are not.
    filled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A word at a place."""

    text: str
    x: float
    y: float

    @property
    def anchor(self) -> str:
        """Words grow towards the middle, so that none is cut off at the edge."""
        return "end" if self.x > 0 else "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything a template puts into an SVG. Metres; y grows to the south."""

    view_box: str
    #: Half of the drawing's height; sizes of signs and letters are given in parts of it.
    size: float
    #: Widest first.
    rings: tuple[DrawnRing, ...]
    dangers: tuple[DrawnDanger, ...]
    labels: tuple[Label, ...]
    places: tuple[Label, ...]
    track: str
    #: Where the scale bar begins, its length in metres, and what stands on it.
    scale_x: float
    scale_y: float
    scale_m: float
    scale: str


def drawing(plan: SearchPlan, track: Sequence[Fix]) -> Drawing:
    """The drawing of a plan."""
    west, south, east, north = plan.rings[-1].outline.bounds
    margin = _MARGIN * (east - west)
    size = (north - south) / 2 + margin
    scale_m = _round_length((east - west) / 4)
    return Drawing(
        view_box=f"{west - margin:.1f} {-north - margin:.1f} {east - west + 2 * margin:.1f} {2 * size:.1f}",
        size=size,
        rings=tuple(_ring(plan, index) for index in reversed(range(len(plan.rings)))),
        dangers=tuple(_danger(near.what, near.inside) for near in plan.dangers if isinstance(near.what, Danger)),
        labels=tuple(_label(near.what.name, near.inside) for near in plan.dangers[:_LABELS] if near.what.name),
        places=tuple(_label(near.what.name, near.inside) for near in plan.places),
        track=_path([plan.frame.to_metres(fix.latitude, fix.longitude) for fix in track]),
        scale_x=round(west - margin / 2, 1),
        scale_y=round(-south + margin / 2, 1),
        scale_m=scale_m,
        scale=length(scale_m),
    )


def length(metres: float) -> str:
    """A length as people read it: 640 m, 1.8 km."""
    if metres < 1_000:  # noqa: PLR2004 - a kilometre
        return f"{metres:.0f} m"
    return f"{metres / 1_000:.0f} km" if metres % 1_000 == 0 else f"{metres / 1_000:.1f} km"


def _round_length(metres: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is no longer."""
    power = 10.0 ** math.floor(math.log10(max(metres, 1.0)))
    return max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1.0))


def _ring(plan: SearchPlan, index: int) -> DrawnRing:
    ring = plan.rings[index]
    west, _, east, north = ring.outline.bounds
    return DrawnRing(
        share_pct=round(ring.share * 100),
        radius=length(round(ring.radius_m, -1) if ring.radius_m > 100 else ring.radius_m),  # noqa: PLR2004 - rounding
        path=_path(ring.outline.exterior.coords),
        label_x=round((west + east) / 2, 1),
        label_y=round(-north, 1),
    )


def _danger(danger: Danger, inside: shapely.Geometry) -> DrawnDanger:
    parts = [part for part in _parts(inside) if part.geom_type in {"LineString", "Polygon"}]
    lines = [part.exterior.coords if part.geom_type == "Polygon" else part.coords for part in parts]
    return DrawnDanger(
        kind=danger.kind,
        path=" ".join(_path(line) for line in lines),
        filled=any(part.geom_type == "Polygon" for part in parts),
    )


def _parts(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """The simple shapes in a shape, however deep."""
    if hasattr(shape, "geoms"):
        return [part for inner in shape.geoms for part in _parts(inner)]
    return [shape]


def _label(text: str, inside: shapely.Geometry) -> Label:
    point = inside.representative_point()
    return Label(text=text, x=round(point.x, 1), y=round(-point.y, 1))


def _path(points: Iterable[Sequence[float]]) -> str:
    """SVG path data; nothing for less than two points."""
    corners = [f"{point[0]:.1f} {-point[1]:.1f}" for point in points]
    return "M" + "L".join(corners) if len(corners) > 1 else ""
