"""What a searcher needs to know of a person: the family writes it, whoever goes reads the part that helps."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.access import Action
from api.auditing import looked
from api.dependencies import (
    ConnectionDep,
    IncidentId,
    May,
    PersonId,
    ServicesDep,
    must_see_case,
    must_see_person,
)
from api.errors import NO_CONTENT, Conflict, Invalid, NotFound, NotSignedIn, WrongRole, documented
from api.profiles import store
from api.profiles.photo import MOST_BYTES, PhotoError, prepared
from api.queries import profiles as queries
from api.queries.profiles import About
from api.schemas.profiles import Brief, PhotoKept, Profile, ProfileBody
from api.viewer import Viewer
from runtime.database import Connection

router = APIRouter(tags=["profiles"], responses=documented(NotSignedIn, WrongRole, NotFound))
Reader = Annotated[Viewer, Depends(May(Action.READ_PROFILE))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_PROFILE))]
Searcher = Annotated[Viewer, Depends(May(Action.READ_BRIEF))]
_PHOTO: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "The photo"}}
_BINARY = {"image/*": {"schema": {"type": "string", "format": "binary"}}}
_UPLOAD = {"requestBody": {"required": True, "content": _BINARY}}


@router.get("/persons/{person_id}/profile")
async def read_profile(person_id: PersonId, viewer: Reader, connection: ConnectionDep, parts: ServicesDep) -> Profile:
    """The whole profile, with medication and whom to ask: for the family and the centre."""
    await must_see_person(connection, viewer, person_id)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[person_id], what="profile")
    return await queries.profile(connection, person_id)


@router.put("/persons/{person_id}/profile")
async def replace_profile(
    person_id: PersonId, body: ProfileBody, viewer: Writer, connection: ConnectionDep, parts: ServicesDep
) -> Profile:
    """Write the profile anew."""
    await must_see_person(connection, viewer, person_id)
    at, user_id = parts.clock.now(), viewer.user.user_id
    await store.put_profile(connection, person_id, body.model_dump(), at=at, user_id=user_id)
    return await queries.profile(connection, person_id)


@router.get("/persons/{person_id}/photo", response_class=Response, responses=_PHOTO)
async def read_photo(person_id: PersonId, viewer: Reader, connection: ConnectionDep, parts: ServicesDep) -> Response:
    """The photo."""
    await must_see_person(connection, viewer, person_id)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[person_id], what="profile")
    return await photo_of(connection, person_id)


@router.put("/persons/{person_id}/photo", openapi_extra=_UPLOAD)
async def replace_photo(
    person_id: PersonId, request: Request, viewer: Writer, connection: ConnectionDep, parts: ServicesDep
) -> PhotoKept:
    """Keep a photo: JPEG, PNG or WebP, at most 10 MB. It is made smaller, and the place it was taken is removed."""
    await must_see_person(connection, viewer, person_id)
    try:
        photo = await asyncio.to_thread(prepared, await _upload(request))
    except PhotoError as error:
        raise Invalid(str(error)) from None
    await store.put_photo(connection, person_id, photo, at=parts.clock.now(), user_id=viewer.user.user_id)
    return PhotoKept(width_px=photo.width_px, height_px=photo.height_px, bytes=len(photo.image))


@router.delete("/persons/{person_id}/photo", status_code=NO_CONTENT)
async def delete_photo(person_id: PersonId, viewer: Writer, connection: ConnectionDep) -> None:
    """Forget the photo."""
    await must_see_person(connection, viewer, person_id)
    if not await store.delete_photo(connection, person_id):
        raise NotFound("There is no photo.")


@router.get("/incidents/{incident_id}/brief", responses=documented(Conflict))
async def read_brief(incident_id: IncidentId, viewer: Searcher, connection: ConnectionDep, parts: ServicesDep) -> Brief:
    """Who to look for and how to approach them, while the incident is yours."""
    case = await must_see_case(connection, viewer, incident_id)
    at = parts.clock.now()
    await looked(connection, viewer, at=at, person_ids=[case.person_id], what="brief")
    about = await queries.about(connection, case.person_id)
    if about is None:
        raise NotFound("There is no such person.")
    profile = await queries.profile(connection, case.person_id)
    known = profile.model_dump(include=set(Brief.model_fields))
    return Brief(display_name=about.display_name, approach=about.approach, age=age_of(about, at=at), **known)


@router.get("/incidents/{incident_id}/photo", response_class=Response, responses={**_PHOTO, **documented(Conflict)})
async def read_incident_photo(
    incident_id: IncidentId, viewer: Searcher, connection: ConnectionDep, parts: ServicesDep
) -> Response:
    """The photo of who to look for."""
    case = await must_see_case(connection, viewer, incident_id)
    await looked(connection, viewer, at=parts.clock.now(), person_ids=[case.person_id], what="brief")
    return await photo_of(connection, case.person_id)


async def photo_of(connection: Connection, person_id: int) -> Response:
    """The photo as an answer; it does not belong into a cache.

    Raises:
        NotFound: there is none.
    """
    photo = await queries.photo(connection, person_id)
    if photo is None:
        raise NotFound("There is no photo.")
    return Response(photo.image, media_type=photo.media_type, headers={"cache-control": "no-store"})


def age_of(about: About, *, at: datetime) -> int | None:
    """Years, to one."""
    return None if about.birth_year is None else at.year - about.birth_year


async def _upload(request: Request) -> bytes:
    """The body, as long as it is no longer than a photo.

    Raises:
        PhotoError: it is too long.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise PhotoError(f"The photo has more than {MOST_BYTES // 1_000_000} MB. Send a smaller one.")
    return bytes(raw)
