"""Pages for people without a login. The token in the address is all they have; each look is written down."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from alerts.handover import giving
from alerts.handover import link as links
from alerts.handover.finding import CALLBACK_LENGTH, NOTE_LENGTH, PLACE_LENGTH, Report, TooManyReports
from alerts.handover.link import Link, LinkKind, Standing
from alerts.store import handover
from api.dependencies import ConnectionDep, ServicesDep
from api.errors import NotFound
from api.pages import store
from api.pages.addresses import page_url
from api.pages.code import code
from api.pages.content import GENDERS, Content, content
from api.pages.discretion import discreet
from api.pages.rendering import STATIC, page
from api.routes.profiles import photo_of
from api.services import Services
from runtime import identifiers
from runtime.database import Connection

router = APIRouter(include_in_schema=False)
Token = Annotated[str, Path(min_length=1, max_length=100)]
_STATUS = {
    Standing.UNKNOWN: HTTPStatus.NOT_FOUND,
    Standing.NOT_YET: HTTPStatus.FORBIDDEN,
    Standing.EXPIRED: HTTPStatus.GONE,
    Standing.REVOKED: HTTPStatus.GONE,
    Standing.RESOLVED: HTTPStatus.OK,
}
_FILES = {"pages.css": "text/css", "found.js": "text/javascript"}
_NO_PLACE = "请写下地点，或允许使用手机定位 / Please write where, or allow your phone's position"


@router.get("/pages/{name}")
async def read_page_file(name: str) -> FileResponse:
    """The style and the script of the pages."""
    if name not in _FILES:
        raise NotFound("There is nothing at this address.")
    return FileResponse(STATIC / name, media_type=_FILES[name], headers={"cache-control": "no-cache"})


@router.get("/p/{token}")
async def read_police_page(token: Token, connection: ConnectionDep, parts: ServicesDep) -> HTMLResponse:
    """Everything a search needs, read only."""
    return await _show(connection, parts, token, LinkKind.POLICE, "police.html")


@router.get("/s/{token}")
async def read_sheet_page(
    token: Token, connection: ConnectionDep, parts: ServicesDep, request: Request
) -> HTMLResponse:
    """The missing-person sheet with its code."""
    address = page_url(parts.settings, request, LinkKind.FINDER, links.finder_token(token))
    return await _show(connection, parts, token, LinkKind.SHEET, "sheet.html", code=code(address), address=address)


@router.get("/p/{token}/photo")
async def read_police_photo(token: Token, connection: ConnectionDep, parts: ServicesDep) -> Response:
    """The photo on the page for the police."""
    return await _photo(connection, parts, token, LinkKind.POLICE)


@router.get("/s/{token}/photo")
async def read_sheet_photo(token: Token, connection: ConnectionDep, parts: ServicesDep) -> Response:
    """The photo on the sheet."""
    return await _photo(connection, parts, token, LinkKind.SHEET)


@router.get("/f/{token}")
async def read_finder_page(token: Token, connection: ConnectionDep, parts: ServicesDep) -> HTMLResponse:
    """How to behave, and where to report. No name, no address, no number, no photo."""
    found, closed = await _opened(connection, parts, token, LinkKind.FINDER)
    return closed or await _finder_form(connection, parts, found)


@router.post("/f/{token}")
async def report_finding(
    token: Token,
    connection: ConnectionDep,
    parts: ServicesDep,
    request: Request,
    place: Annotated[str, Form(max_length=PLACE_LENGTH)] = "",
    note: Annotated[str, Form(max_length=NOTE_LENGTH)] = "",
    callback: Annotated[str, Form(max_length=CALLBACK_LENGTH)] = "",
    latitude: Annotated[str, Form(max_length=24)] = "",
    longitude: Annotated[str, Form(max_length=24)] = "",
    accuracy_m: Annotated[str, Form(max_length=24)] = "",
) -> HTMLResponse:
    """Somebody has seen the person."""
    found, closed = await _opened(connection, parts, token, LinkKind.FINDER)
    if closed is not None or found is None:
        return closed or page("closed.html", HTTPStatus.NOT_FOUND, standing=Standing.UNKNOWN)
    where = _position(latitude, longitude, accuracy_m)
    report = Report(place=place.strip(), note=note.strip(), callback=callback.strip(), **where)
    if not (report.place or report.note or where):
        return await _finder_form(connection, parts, found, problem=_NO_PLACE, report=report)
    try:
        await giving.take_report(
            connection, found=found, report=report, sender=_sender(found, request), at=parts.clock.now()
        )
    except TooManyReports:
        return page("busy.html", HTTPStatus.TOO_MANY_REQUESTS)
    return page("thanks.html", callback=bool(report.callback))


async def _finder_form(
    connection: Connection, parts: Services, found: Link | None, *, problem: str = "", report: Report | None = None
) -> HTMLResponse:
    known = None if found is None else await content(connection, found, at=parts.clock.now())
    if known is None:
        return page("closed.html", HTTPStatus.NOT_FOUND, standing=Standing.UNKNOWN)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    # Only what helps to be kind to somebody one has before one's eyes. Not the content: it knows the name.
    return page(
        "found.html",
        status,
        **{word: discreet(text, name=known.about.display_name) for word, text in _kindness(known).items()},
        problem=problem,
        report=report or Report(),
        lengths={"place": PLACE_LENGTH, "note": NOTE_LENGTH, "callback": CALLBACK_LENGTH},
    )


def _kindness(known: Content) -> dict[str, str]:
    return {"approach": known.about.approach, "calms": known.profile.calms, "speech": known.profile.speech}


def _position(latitude: str, longitude: str, accuracy_m: str) -> dict[str, float | None]:
    """What the finder's device said, if it is a place on earth; nothing else is worth refusing a report for."""
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return {}
    if not (-90 <= north <= 90 and -180 <= east <= 180):  # noqa: PLR2004 - degrees
        return {}
    try:
        within_m = min(max(float(accuracy_m), 0.0), 1e6)
    except ValueError:
        within_m = None
    return {"latitude": north, "longitude": east, "accuracy_m": within_m}


def _sender(found: Link, request: Request) -> bytes:
    """What reports are counted by: of no use to anybody who does not have link and address already."""
    address = request.client.host if request.client else ""
    return hashlib.sha256(f"{found.link_id}\x1f{address}".encode()).digest()


async def _show(
    connection: Connection, parts: Services, token: str, kind: LinkKind, template: str, **more: object
) -> HTMLResponse:
    found, closed = await _opened(connection, parts, token, kind)
    if closed is not None or found is None:
        return closed or page("closed.html", HTTPStatus.NOT_FOUND, standing=Standing.UNKNOWN)
    known = await content(connection, found, at=parts.clock.now())
    if known is None:
        return page("closed.html", HTTPStatus.NOT_FOUND, standing=Standing.UNKNOWN)
    return page(template, link=found, content=known, token=token, genders=GENDERS, discreet=discreet, **more)


async def _photo(connection: Connection, parts: Services, token: str, kind: LinkKind) -> Response:
    found, closed = await _opened(connection, parts, token, kind)
    if closed is not None or found is None or found.person_id is None:
        return closed or page("closed.html", HTTPStatus.NOT_FOUND, standing=Standing.UNKNOWN)
    return await photo_of(connection, found.person_id)


async def _opened(
    connection: Connection, parts: Services, token: str, kind: LinkKind
) -> tuple[Link | None, HTMLResponse | None]:
    """The link behind a token, with its look written down; or the page that says why it does not open."""
    at = parts.clock.now()
    found = await handover.link_of_token(connection, identifiers.digest(token), kind)
    how = links.standing(found, at=at)
    if found is not None and found.person_id is not None:
        await store.record_look(
            connection, at=at, link_id=found.link_id, person_id=found.person_id, what=f"{kind}_page"
        )
    if how is Standing.OPEN:
        return found, None
    return found, page("closed.html", _STATUS[how], standing=how)
