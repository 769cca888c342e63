"""Signing in and out, and what the signed-in may know about themselves and the server."""

from __future__ import annotations

import time
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import OAuth2PasswordRequestForm

from api import store
from api.access import Action
from api.dependencies import ConnectionDep, May, ServicesDep, TokenDigest
from api.divisions import ZIBO
from api.errors import NO_CONTENT, NotSignedIn, TooManyAttempts, WrongRole, documented
from api.queries import sessions
from api.schemas.tokens import DivisionInfo, Info, Me, Token
from api.services import Services
from api.user import User
from api.viewer import Viewer
from runtime import identifiers

router = APIRouter(tags=["signing in"])
Self = Annotated[Viewer, Depends(May(Action.READ_SELF))]
#: Longest password looked at. Characters; argon2 would take any.
_LONGEST = 200


@router.post("/token", responses=documented(NotSignedIn, TooManyAttempts))
async def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], request: Request, parts: ServicesDep) -> Token:
    """Exchange username and password for a bearer token (OAuth2 password flow)."""
    address = request.client.host if request.client else ""
    username = form.username[:64]
    if wait_s := parts.attempts.begin(username, address, time.monotonic()):
        raise TooManyAttempts(retry_after_s=wait_s)
    user = await _authenticated(parts, username, form.password)
    parts.attempts.succeeded(username, address)
    token, hours = identifiers.token(), parts.settings.api_token_hours
    async with parts.pool.connection() as connection:
        await store.add_session(connection, token_digest=identifiers.digest(token), user_id=user.user_id, hours=hours)
    return Token(
        access_token=token,
        expires_in=round(hours * 3600),
        role=user.role,
        display_name=user.display_name,
        language=user.language,
    )


async def _authenticated(parts: Services, username: str, password: str) -> User:
    """The user of that name and password; a wrong name takes as long as a wrong password, and says the same."""
    async with parts.pool.connection() as connection:
        found = await sessions.user_to_sign_in(connection, username)
    user, stored = found or (None, None)
    right = await parts.passwords.matches(stored, password[:_LONGEST])
    if user is None or not right:
        raise NotSignedIn("Username or password is wrong.")
    return user


@router.delete("/token", status_code=NO_CONTENT, responses=documented(NotSignedIn, WrongRole))
async def sign_out(viewer: Self, digest: TokenDigest, connection: ConnectionDep) -> None:
    """Forget the token this request came with."""
    del viewer
    await store.end_session(connection, digest)


@router.get("/me", responses=documented(NotSignedIn, WrongRole))
async def read_me(viewer: Self) -> Me:
    """Who is signed in."""
    return Me.model_validate(viewer.user, from_attributes=True)


@router.get("/info", responses=documented(NotSignedIn, WrongRole))
async def read_info(viewer: Self, parts: ServicesDep) -> Info:
    """The server's clock, version and map."""
    del viewer
    scaled = parts.settings.clock_start is not None
    return Info(
        now=parts.clock.now(),
        clock_rate=parts.settings.clock_rate if scaled else 1.0,
        version=version("tongxing"),
        basemap_style_url=parts.settings.basemap_style_url,
        divisions=[DivisionInfo(**asdict(division)) for division in ZIBO],
    )
