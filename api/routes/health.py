"""For supervisors and Prometheus: alive, ready, metrics. Nothing personal, so no token."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from api import health
from api.dependencies import ServicesDep
from api.errors import NotReady, documented
from api.schemas.health import Ready
from runtime import telemetry

router = APIRouter(tags=["health"])


@router.get("/health/live", response_class=PlainTextResponse)
async def read_liveness() -> str:
    """The process answers."""
    return "ok\n"


@router.get("/health/ready", responses=documented(NotReady))
async def read_readiness(parts: ServicesDep) -> Ready:
    """Every part works; else 503 and which does not."""
    found = await health.examine(parts)
    if found.wrong:
        reasons = "; ".join(f"{part}: {said}" for part, said in found.wrong.items())
        raise NotReady(reasons, parts=dict(found.parts))
    return Ready(parts=dict(found.parts), newest_reading_age_s=found.newest_reading_age_s)


@router.get("/metrics", response_class=PlainTextResponse)
async def read_metrics() -> Response:
    """All metrics in Prometheus' text format."""
    return Response(telemetry.metrics_text(), media_type=telemetry.METRICS_CONTENT_TYPE)
