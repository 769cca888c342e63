"""Puts a search plan together for one person: reads what it is made of, lets `alerts.search` compute it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts import search, search_map
from alerts.search import GOOD_FOR, PRIORS, Fix, SearchPlan
from api.queries import search as queries
from runtime.database import Connection

#: How much of the way before the last fix is shown. Source: the work a searcher does first is to follow it back.
TRACK_FOR = timedelta(hours=1)
#: Dangers are looked up this much further out than the widest ring: rings lean.
_MARGIN = 1.0 + search.LEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A plan, and the way that led to its fix."""

    plan: SearchPlan
    #: Oldest first.
    track: list[Fix]


async def look(connection: Connection, person_id: int, *, at: datetime) -> Looked | None:
    """Where to look for a person now; None: they were never seen."""
    recent = await queries.fixes(connection, person_id, since=at - GOOD_FOR - TRACK_FOR, until=at)
    newest = await queries.newest(connection, person_id)
    fix = search.last_good([*recent, *([newest] if newest else [])], at=at)
    if fix is None:
        return None
    within_m = _MARGIN * search.radius_m(PRIORS[-1], fix, max(at - fix.at, timedelta()))
    dangers = await queries.dangers(connection, fix, within_m=within_m)
    places = await queries.places(connection, person_id)
    # Geometry by the thousand: not on the loop that serves others.
    plan = await asyncio.to_thread(search.plan, fix, at=at, dangers=dangers, places=places)
    return Looked(plan=plan, track=[one for one in recent if one.at >= fix.at - TRACK_FOR])


async def look_as_geojson(connection: Connection, person_id: int, *, at: datetime) -> dict[str, Any]:
    """The same as a FeatureCollection."""
    looked = await look(connection, person_id, at=at)
    if looked is None:
        return search_map.nothing_known(at=at)
    return search_map.collection(looked.plan, looked.track, at=at)
