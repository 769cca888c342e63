"""What routes ask for: services, one transaction, who is signed in, and a viewer with a scope.

A route of personal data depends on `May(action)`. There is no other way to a `Viewer`, and queries take nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Path, Request
from fastapi.security import OAuth2PasswordBearer

from api.access import Action, scope_of
from api.errors import Conflict, NotFound, NotSignedIn, WrongRole
from api.queries import persons, seen, sessions
from api.queries.seen import Case, SeenIncident
from api.services import Services
from api.user import User
from api.viewer import Viewer
from runtime import identifiers
from runtime.database import Connection

#: Seconds a request waits for a connection before it says that the database is away.
CONNECTION_WITHIN_S = 5.0
_LARGEST = 2**63 - 1

_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/token", auto_error=False, description="Token of POST /api/v1/token")


def services(request: Request) -> Services:
    """The parts of this process."""
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(services)]


async def transaction(parts: ServicesDep) -> AsyncIterator[Connection]:
    """One connection in one transaction, committed before the answer leaves: a look is in the log before it is had."""
    async with parts.pool.connection(timeout=CONNECTION_WITHIN_S) as connection:
        yield connection


ConnectionDep = Annotated[Connection, Depends(transaction, scope="function")]


def token_digest(token: Annotated[str | None, Depends(_bearer)]) -> bytes:
    """What is stored of the token that came with the request.

    Raises:
        NotSignedIn: none came.
    """
    if not token:
        raise NotSignedIn("Send a token: Authorization: Bearer …, from POST /api/v1/token.")
    return identifiers.digest(token)


TokenDigest = Annotated[bytes, Depends(token_digest)]


async def signed_in(digest: TokenDigest, connection: ConnectionDep) -> User:
    """Who asks.

    Raises:
        NotSignedIn: the token is unknown or has expired.
    """
    user = await sessions.user_of_token(connection, digest)
    if user is None:
        raise NotSignedIn("The token is unknown or has expired. Sign in again.")
    return user


SignedIn = Annotated[User, Depends(signed_in)]


class May:
    """The dependency that lets a request through for one action, with the scope its user has for it."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, user: SignedIn) -> Viewer:
        """The viewer.

        Raises:
            WrongRole: the role has no scope for this action.
        """
        scope = scope_of(user.role, self.action)
        if scope is None:
            raise WrongRole(f"The role {user.role} may not do this.")
        return Viewer(user=user, scope=scope)


PersonId = Annotated[int, Path(ge=1, le=_LARGEST, description="Identifier of the person")]
IncidentId = Annotated[int, Path(ge=1, le=_LARGEST, description="Identifier of the incident")]
ZoneId = Annotated[int, Path(ge=1, le=_LARGEST, description="Identifier of the zone")]
DeviceId = Annotated[str, Path(min_length=1, max_length=64, description="Identifier of the device")]


async def must_see_person(connection: Connection, viewer: Viewer, person_id: int) -> None:
    """Go on only with a person the viewer may see.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    if not await persons.is_visible(connection, viewer, person_id):
        raise NotFound("There is no such person.")


async def must_see_incident(connection: Connection, viewer: Viewer, incident_id: int) -> SeenIncident:
    """Go on only with an incident the viewer may see.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    found = await seen.incident(connection, viewer, incident_id)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


async def must_see_case(connection: Connection, viewer: Viewer, incident_id: int) -> Case:
    """Go on only with an incident of a person that the viewer may see.

    Raises:
        NotFound: there is none, or not for this viewer.
        Conflict: it is about an area.
    """
    found = await must_see_incident(connection, viewer, incident_id)
    if found.person_id is None:
        raise Conflict("This incident is about an area, not about a person.")
    return Case(incident_id=found.incident_id, person_id=found.person_id, state=found.state, opened_at=found.opened_at)
