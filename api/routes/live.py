"""The live stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from api.access import Action
from api.dependencies import ConnectionDep, May, ServicesDep, TokenDigest
from api.errors import OK, NotSignedIn, WrongRole, documented
from api.live import last_words
from api.streaming import EventStream
from api.viewer import Viewer

router = APIRouter(tags=["live"], responses=documented(NotSignedIn, WrongRole))
Watcher = Annotated[Viewer, Depends(May(Action.WATCH_LIVE))]


@router.get(
    "/live",
    response_class=EventStream,
    status_code=OK,
    responses={int(OK): {"description": "Events until either side hangs up", "content": {"text/event-stream": {}}}},
)
async def watch_live(
    viewer: Watcher,
    digest: TokenDigest,
    connection: ConnectionDep,
    parts: ServicesDep,
    last_event_id: Annotated[str | None, Header(description="The last id heard, to resume from", max_length=64)] = None,
) -> Response:
    """Server-sent events: `hello`, `position` (a Feature), `incident` (an Incident), `ping` every 15 s, `goodbye`."""
    client = await parts.hub.join(connection, viewer, digest, last_event_id)
    return EventStream(client.outlet, last_words=last_words, on_end=lambda: parts.hub.leave(client))
