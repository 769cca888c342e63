"""The routes, one module a resource: they ask `dependencies` who it is, `queries` what there is, and answer."""

from __future__ import annotations

from fastapi import APIRouter

from api.errors import Invalid, NotReady, documented
from api.routes import (
    answers,
    credentials,
    dangers,
    devices,
    fleet,
    handover,
    incidents,
    keeping,
    ladders,
    live,
    outages,
    outings,
    persons,
    policies,
    positions,
    profiles,
    push,
    receivers,
    responders,
    responses,
    rules,
    search,
    timeline,
    tokens,
    zones,
)

api_v1 = APIRouter(prefix="/api/v1", responses=documented(Invalid, NotReady))
_MODULES = (
    tokens,
    persons,
    devices,
    credentials,
    zones,
    dangers,
    policies,
    positions,
    incidents,
    responses,
    search,
    profiles,
    handover,
    responders,
    live,
    fleet,
    answers,
    push,
    timeline,
    outings,
    receivers,
    ladders,
    outages,
    rules,
    keeping,
)
for module in _MODULES:
    api_v1.include_router(module.router)
