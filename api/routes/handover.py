"""Handing over: links for people without a login, what finders told, CAP messages, the city's platform."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from alerts.handover import giving, platform
from alerts.handover.giving import Offer
from alerts.handover.link import LinkKind
from alerts.store import platforms
from api import bulletins, searching
from api.access import Action
from api.auditing import looked
from api.dependencies import ConnectionDep, IncidentId, May, ServicesDep, must_see_case
from api.errors import CREATED, NO_CONTENT, Conflict, Invalid, NotFound, NotSignedIn, WrongRole, documented
from api.pages.addresses import page_url
from api.queries import handover as queries
from api.schemas.handover import (
    CapMessages,
    CapRow,
    FinderReports,
    Hook,
    HookBody,
    Hooks,
    LinkBody,
    LinkGiven,
    Links,
)
from api.viewer import Viewer

router = APIRouter(tags=["hand-over"], responses=documented(NotSignedIn, WrongRole))
Giver = Annotated[Viewer, Depends(May(Action.HAND_OVER))]
Reader = Annotated[Viewer, Depends(May(Action.READ_INCIDENT))]
Issuer = Annotated[Viewer, Depends(May(Action.ISSUE_CAP))]
Keeper = Annotated[Viewer, Depends(May(Action.MANAGE_PLATFORM))]
_KEEPER = Depends(May(Action.MANAGE_PLATFORM))
_Number = Annotated[int, Path(ge=1, le=100_000, description="Number of the message, 1 or more")]
_Id = Annotated[int, Path(ge=1, le=2**63 - 1, description="Identifier, 1 or more")]
CAP_TYPE = "application/cap+xml"


@router.post("/incidents/{incident_id}/links", status_code=CREATED, responses=documented(NotFound, Conflict))
async def give_link(
    incident_id: IncidentId,
    body: LinkBody,
    viewer: Giver,
    connection: ConnectionDep,
    parts: ServicesDep,
    request: Request,
) -> LinkGiven:
    """Let the police, or whoever reads a sheet, in without a login; for a while, and until you take it back."""
    await must_see_case(connection, viewer, incident_id)
    at = parts.clock.now()
    offer = Offer(
        kind=LinkKind(body.kind),
        since=at,
        until=at + timedelta(hours=body.hours),
        label=body.label,
        with_name=body.with_name,
        wearing=body.wearing,
    )
    given = await giving.give_link(connection, incident_id=incident_id, offer=offer, user_id=viewer.user.user_id, at=at)
    url = page_url(parts.settings, request, offer.kind, given.token)
    return LinkGiven(link_id=given.link_id, url=url, until=offer.until)


@router.get("/incidents/{incident_id}/links", responses=documented(NotFound, Conflict))
async def list_links(incident_id: IncidentId, viewer: Giver, connection: ConnectionDep) -> Links:
    """Who was let in, until when, and how often they looked."""
    await must_see_case(connection, viewer, incident_id)
    return Links(items=await queries.links(connection, incident_id))


@router.delete("/links/{link_id}", status_code=NO_CONTENT, responses=documented(NotFound))
async def revoke_link(link_id: _Id, viewer: Giver, connection: ConnectionDep, parts: ServicesDep) -> None:
    """Take a link back: it opens nothing from now on."""
    if await queries.incident_of_link(connection, viewer, link_id) is None:
        raise NotFound("Nothing of the sort was given.")
    await giving.revoke_link(connection, link_id=link_id, user_id=viewer.user.user_id, at=parts.clock.now())


@router.get("/incidents/{incident_id}/reports", responses=documented(NotFound, Conflict))
async def list_reports(
    incident_id: IncidentId, viewer: Reader, connection: ConnectionDep, parts: ServicesDep
) -> FinderReports:
    """What finders told, with the number to call back."""
    case = await must_see_case(connection, viewer, incident_id)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[case.person_id], what="reports")
    return FinderReports(items=await queries.reports(connection, incident_id))


@router.post("/incidents/{incident_id}/cap", status_code=CREATED, responses=documented(NotFound, Conflict))
async def issue_cap(incident_id: IncidentId, viewer: Issuer, connection: ConnectionDep, parts: ServicesDep) -> CapRow:
    """Issue the next CAP 1.2 message: first an Alert, then an Update, after the end a Cancel."""
    case = await must_see_case(connection, viewer, incident_id)
    issuer = bulletins.issuer(parts.settings)
    if issuer is None:
        raise Conflict("No sender is configured. Set TONGXING_CAP_SENDER, for example tongxing@your-city.example.")
    at = parts.clock.now()
    await looked(connection, viewer, at=at, person_ids=[case.person_id], what="cap")
    found = None if case.resolved else await searching.look(connection, case.person_id, at=at)
    bulletin = await bulletins.bulletin(connection, case, at=at, plan=found.plan if found else None)
    issued = await giving.issue_cap(
        connection, bulletin=bulletin, issuer=issuer, incident_id=incident_id, user_id=viewer.user.user_id
    )
    rows = await queries.cap_messages(connection, incident_id)
    return next(row for row in rows if row.number == issued.number)


@router.get("/incidents/{incident_id}/cap", responses=documented(NotFound, Conflict))
async def list_cap(incident_id: IncidentId, viewer: Issuer, connection: ConnectionDep) -> CapMessages:
    """CAP messages that were issued."""
    await must_see_case(connection, viewer, incident_id)
    return CapMessages(items=await queries.cap_messages(connection, incident_id))


@router.get(
    "/incidents/{incident_id}/cap/{number}",
    response_class=Response,
    responses={200: {"content": {CAP_TYPE: {}}, "description": "The message"}, **documented(NotFound, Conflict)},
)
async def read_cap(
    incident_id: IncidentId, number: _Number, viewer: Issuer, connection: ConnectionDep, parts: ServicesDep
) -> Response:
    """One CAP message, byte for byte as it was issued."""
    case = await must_see_case(connection, viewer, incident_id)
    xml = await queries.cap_xml(connection, incident_id, number)
    if xml is None:
        raise NotFound("There is no such message.")
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[case.person_id], what="cap")
    return Response('<?xml version="1.0" encoding="UTF-8"?>\n' + xml, media_type=CAP_TYPE)


@router.get("/platform-hooks", dependencies=[_KEEPER])
async def list_hooks(connection: ConnectionDep) -> Hooks:
    """Where platforms hear of incidents, and what waits for each."""
    return Hooks(items=await queries.hooks(connection))


@router.post("/platform-hooks", status_code=CREATED)
async def add_hook(body: HookBody, viewer: Keeper, connection: ConnectionDep) -> Hook:
    """Tell a platform of incidents from now on: opened, updated, resolved; signed, and without a position."""
    secret = body.secret.get_secret_value()
    if wrong := platform.problem(body.url, secret):
        raise Invalid(f"The hook cannot be used: {wrong}.")
    hook_id = await platforms.add_hook(
        connection,
        name=body.name,
        url=body.url,
        secret=secret,
        division=body.division,
        with_position=body.with_position,
        user_id=viewer.user.user_id,
    )
    found = await queries.hook(connection, hook_id)
    assert found is not None
    return found


@router.delete(
    "/platform-hooks/{hook_id}", status_code=NO_CONTENT, responses=documented(NotFound), dependencies=[_KEEPER]
)
async def disable_hook(hook_id: _Id, connection: ConnectionDep) -> None:
    """Tell a platform nothing more; what waits for it is given up."""
    if not await platforms.disable_hook(connection, hook_id):
        raise NotFound("There is no such hook.")
