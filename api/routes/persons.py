"""Persons who are looked after, and who looked at them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from psycopg.errors import UniqueViolation

from api import store
from api.access import Action
from api.dependencies import ConnectionDep, May, PersonId, must_see_person
from api.errors import CREATED, NO_CONTENT, Conflict, NotFound, NotSignedIn, WrongRole, documented
from api.queries import persons as queries
from api.schemas.persons import AccessPage, Person, PersonChange, PersonCreate, PersonPage
from api.viewer import Viewer
from runtime.database import Connection

router = APIRouter(tags=["persons"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_PERSON))]
Writer = Annotated[Viewer, Depends(May(Action.WRITE_PERSON))]
Auditor = Annotated[Viewer, Depends(May(Action.READ_ACCESSES))]
Limit = Annotated[int, Query(ge=1, le=200, description="Items a page, 1 to 200")]
_NEWEST = 2**63 - 1


@router.get("/persons")
async def list_persons(
    viewer: Reader,
    connection: ConnectionDep,
    query: Annotated[str, Query(max_length=100, description="Part of a name, number or device id")] = "",
    after: Annotated[int, Query(ge=0, le=_NEWEST, description="`next` of the page before")] = 0,
    limit: Limit = 50,
) -> PersonPage:
    """Persons you may see, in order of their identifier."""
    items = await queries.page(connection, viewer, query=query.strip(), after=after, limit=limit)
    return PersonPage(items=items, next=items[-1].person_id if len(items) == limit else None)


@router.post("/persons", status_code=CREATED, responses=documented(Conflict))
async def add_person(body: PersonCreate, viewer: Writer, connection: ConnectionDep) -> Person:
    """Add a person."""
    person_id = await store.add_person(connection, body.model_dump())
    if person_id is None:
        raise Conflict(f"A person with external_id {body.external_id} is already registered.")
    return await _read(connection, viewer, person_id)


@router.get("/persons/{person_id}", responses=documented(NotFound))
async def read_person(person_id: PersonId, viewer: Reader, connection: ConnectionDep) -> Person:
    """One person."""
    return await _read(connection, viewer, person_id)


@router.patch("/persons/{person_id}", responses=documented(NotFound, Conflict))
async def change_person(person_id: PersonId, body: PersonChange, viewer: Writer, connection: ConnectionDep) -> Person:
    """Change what is given; leave the rest."""
    await store.lock_person(connection, person_id)
    person = await _read(connection, viewer, person_id)
    values = person.model_dump(include=set(PersonChange.model_fields)) | body.model_dump(exclude_unset=True)
    try:
        await store.change_person(connection, person_id, values)
    except UniqueViolation:
        raise Conflict(f"A person with external_id {body.external_id} is already registered.") from None
    return await _read(connection, viewer, person_id)


@router.delete("/persons/{person_id}", status_code=NO_CONTENT, responses=documented(NotFound, Conflict))
async def delete_person(person_id: PersonId, viewer: Writer, connection: ConnectionDep) -> None:
    """Take a person out of the registry, with zones and family; devices stay, issued to nobody."""
    await store.lock_person(connection, person_id)
    person = await _read(connection, viewer, person_id)
    if person.open_incident_id is not None:
        # Its ladder would go on calling people about somebody who is no longer there.
        raise Conflict(f"Incident {person.open_incident_id} is not resolved. Resolve it first.")
    await store.delete_person(connection, person_id)


@router.get("/persons/{person_id}/accesses", responses=documented(NotFound))
async def list_accesses(
    person_id: PersonId,
    viewer: Auditor,
    connection: ConnectionDep,
    before: Annotated[int, Query(ge=1, le=_NEWEST, description="`next` of the page before")] = _NEWEST,
    limit: Limit = 50,
) -> AccessPage:
    """Who looked at this person's whereabouts, newest first."""
    await must_see_person(connection, viewer, person_id)
    rows = await queries.accesses(connection, viewer, person_id, before=before, limit=limit)
    return AccessPage(items=[access for _, access in rows], next=rows[-1][0] if len(rows) == limit else None)


async def _read(connection: Connection, viewer: Viewer, person_id: int) -> Person:
    person = await queries.one(connection, viewer, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person
