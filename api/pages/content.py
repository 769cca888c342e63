"""What the pages say of a person and a search, read in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.handover.link import Link
from alerts.search import Basis, Near, SearchPlan
from api import searching
from api.pages.drawing import Drawing, drawing, length
from api.queries import profiles
from api.queries import responders as answers
from api.queries.profiles import About
from api.schemas.profiles import Profile
from api.schemas.responders import ResponseRow
from geofence.datum import Datum, from_wgs84
from runtime.database import Connection

#: What a danger or a basis is called, Chinese and English.
DANGERS = {"water": ("水域", "Water"), "rail": ("铁路", "Railway"), "highway": ("快速路", "Fast road")}
BASES = {
    Basis.GOOD_FIX: ("卫星或无线网络定位", "Good position"),
    Basis.COARSE_FIX: ("粗略定位，范围仅供参考", "Rough position: rings are a hint only"),
    Basis.VEHICLE: (
        "最后一次定位时在车上，步行规律不适用",
        "Last seen in a vehicle: findings about walkers do not hold",
    ),
}
GENDERS = {"female": ("女", "Female"), "male": ("男", "Male"), "": ("", "")}
_COMPASS = ("北 N", "东北 NE", "东 E", "东南 SE", "南 S", "西南 SW", "西 W", "西北 NW")


@dataclass(frozen=True, slots=True, kw_only=True)
class NearLine:
    """Something inside the rings, in words."""

    what: tuple[str, str]
    name: str
    distance: str
    direction: str
    walking_min: int
    share_pct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """Where and when, in words and in the datums that maps in China use."""

    at: datetime
    #: Minutes ago.
    ago_min: int
    accuracy: str
    wgs84: str
    gcj02: str
    basis: tuple[str, str]
    heading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything a page may say; a template takes what its reader may see."""

    about: About
    profile: Profile
    age: int | None
    zone: ZoneInfo
    now: datetime
    last_seen: LastSeen | None
    plan: SearchPlan | None
    drawing: Drawing | None
    dangers: tuple[NearLine, ...]
    places: tuple[NearLine, ...]
    going: tuple[ResponseRow, ...]

    def local(self, at: datetime) -> str:
        """An instant as the person's neighbours write it."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"


async def content(connection: Connection, link: Link, *, at: datetime) -> Content | None:
    """What is known of the person of a link; None: deleted."""
    if link.person_id is None or (about := await profiles.about(connection, link.person_id)) is None:
        return None
    found = await searching.look(connection, link.person_id, at=at)
    plan = found.plan if found else None
    answered = await answers.responses(connection, link.incident_id, user_id=None)
    return Content(
        about=about,
        profile=await profiles.profile(connection, link.person_id),
        age=None if about.birth_year is None else at.year - about.birth_year,
        zone=ZoneInfo(about.time_zone),
        now=at,
        last_seen=None if plan is None else last_seen(plan, at=at),
        plan=plan,
        drawing=None if found is None else drawing(found.plan, found.track),
        dangers=tuple(near_line(near) for near in plan.dangers[:12]) if plan else (),
        places=tuple(near_line(near) for near in plan.places) if plan else (),
        going=tuple(one for one in answered if one.state in {"accepted", "arrived"}),
    )


def last_seen(plan: SearchPlan, *, at: datetime) -> LastSeen:
    """The fix a plan starts from, in words."""
    fix = plan.fix
    shifted = from_wgs84(fix.latitude, fix.longitude, Datum.GCJ02)
    return LastSeen(
        at=fix.at,
        ago_min=max(0, round((at - fix.at).total_seconds() / 60)),
        accuracy=length(round(fix.accuracy_m)),
        wgs84=f"{fix.latitude:.5f}, {fix.longitude:.5f}",
        gcj02=f"{shifted[0]:.5f}, {shifted[1]:.5f}",
        basis=BASES[plan.basis],
        heading=compass(fix.heading_deg) if fix.heading_deg is not None and (fix.speed_mps or 0.0) > 0 else "",
    )


def near_line(near: Near) -> NearLine:
    """Something inside the rings, in words."""
    return NearLine(
        what=DANGERS.get(near.what.kind, ("地点", "Place")),
        name=near.what.name,
        distance=length(round(near.distance_m, -1)) if near.distance_m >= 10 else "< 10 m",  # noqa: PLR2004 - rounding
        direction=compass(near.bearing_deg),
        walking_min=max(1, round(near.walking_min)),
        share_pct=round(near.share * 100),
    )


def compass(bearing_deg: float) -> str:
    """One of eight directions."""
    return _COMPASS[round(bearing_deg / 45) % 8]
