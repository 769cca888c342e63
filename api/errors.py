"""What goes wrong, and how HTTP says it: problem documents (RFC 9457). The only place with HTTP codes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from alerts.errors import IncidentNotFound, LadderError
from alerts.lifecycle import IllegalTransition
from alerts.outing import OutingNotFound, OutingRefused
from alerts.response import AnswerNotPossible
from api.dangers.features import DangersRefused
from api.importing.csv_rows import RegisterError
from api.zone_shape import ZoneError
from geofence.policy import PolicyError
from ingest.identity.issuing import CredentialsRefused

log = structlog.get_logger(__name__)

OK = HTTPStatus.OK
CREATED = HTTPStatus.CREATED
NO_CONTENT = HTTPStatus.NO_CONTENT
PROBLEM_TYPE = "application/problem+json"


class ApiError(Exception):
    """A request cannot be answered; the message says what to do."""

    kind = "error"
    title = "Something went wrong"

    def __init__(self, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.more = more

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with the answer."""
        return {}


class NotSignedIn(ApiError):  # noqa: N818 - reads as the answer it is
    """No valid token."""

    kind = "not_signed_in"
    title = "Sign in first"

    @property
    def headers(self) -> dict[str, str]:
        """What kind of token is wanted."""
        return {"WWW-Authenticate": "Bearer"}


class WrongRole(ApiError):  # noqa: N818 - reads as the answer it is
    """The role has no business with this route."""

    kind = "wrong_role"
    title = "Not for your role"


class NotFound(ApiError):  # noqa: N818 - reads as the answer it is
    """There is no such thing, or the asker may not know of it."""

    kind = "not_found"
    title = "Not found"


class Gone(ApiError):  # noqa: N818 - reads as the answer it is
    """It was there, and its time is over."""

    kind = "gone"
    title = "No longer valid"


class Conflict(ApiError):  # noqa: N818 - reads as the answer it is
    """The thing is not in a state for this."""

    kind = "conflict"
    title = "Not possible now"


class Invalid(ApiError):  # noqa: N818 - reads as the answer it is
    """The request is understood and cannot be meant."""

    kind = "invalid"
    title = "Please correct the request"


class TooManyAttempts(ApiError):  # noqa: N818 - reads as the answer it is
    """Signing in failed too often."""

    kind = "too_many_attempts"
    title = "Too many attempts"

    def __init__(self, *, retry_after_s: float) -> None:
        self._retry_after_s = max(1, math.ceil(retry_after_s))
        super().__init__(f"Signing in failed too often. Wait {self._retry_after_s} seconds and try again.")

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": str(self._retry_after_s)}


class NotReady(ApiError):  # noqa: N818 - reads as the answer it is
    """A part that is needed does not work."""

    kind = "not_ready"
    title = "Not ready"


_STATUS: Mapping[type[ApiError], HTTPStatus] = {
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    WrongRole: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Gone: HTTPStatus.GONE,
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}


class WrongField(BaseModel):
    """One field that cannot be accepted."""

    where: str = Field(description="Path of the field, e.g. body.radius_m")
    message: str = Field(description="What is wrong with it")


class Problem(BaseModel):
    """An answer that is not the one asked for (RFC 9457)."""

    type: str = Field(description="urn:tongxing:problem:… with one machine word")
    title: str = Field(description="What kind of problem, in a few words")
    status: int = Field(description="HTTP status, 400 to 599")
    detail: str = Field(description="What happened and what to do")
    errors: list[WrongField] | None = Field(default=None, description="With 422: the fields, one by one")
    state: str | None = Field(default=None, description="With 409 on an incident: the state it is in")


def documented(*kinds: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can answer with these problems."""
    return {
        int(_STATUS[kind]): {
            "description": kind.title,
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for kind in kinds
    }


def install(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""
    app.add_exception_handler(ApiError, _answer_api_error)
    app.add_exception_handler(ZoneError, _answer_zone)
    app.add_exception_handler(PolicyError, _answer_policy)
    app.add_exception_handler(IncidentNotFound, _answer_incident_not_found)
    app.add_exception_handler(IllegalTransition, _answer_transition)
    app.add_exception_handler(LadderError, _answer_refused)
    app.add_exception_handler(OutingRefused, _answer_refused)
    app.add_exception_handler(DangersRefused, _answer_refused)
    app.add_exception_handler(OutingNotFound, _answer_outing_not_found)
    app.add_exception_handler(AnswerNotPossible, _answer_not_possible)
    app.add_exception_handler(RegisterError, _answer_register)
    app.add_exception_handler(CredentialsRefused, _answer_not_possible)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(psycopg.OperationalError, _answer_database_away)
    app.add_exception_handler(psycopg.DataError, _answer_bad_text)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_bug)


def _problem(
    status: HTTPStatus, kind: str, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    body = {"type": f"urn:tongxing:problem:{kind}", "title": title, "status": int(status), "detail": detail}
    return JSONResponse(body | more, int(status), headers=headers, media_type=PROBLEM_TYPE)


async def _answer_api_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return _problem(_STATUS[type(error)], error.kind, error.title, str(error), headers=error.headers, **error.more)


async def _answer_zone(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ZoneError)
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"zone_{error.reason}", "This zone cannot be used", str(error))


async def _answer_policy(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PolicyError)
    errors = [{"where": f"body.overrides.{name}", "message": problem} for name, problem in error.problems.items()]
    return await _answer_api_error(request, Invalid(str(error), errors=errors))


async def _answer_incident_not_found(request: Request, _: Exception) -> JSONResponse:
    return await _answer_api_error(request, NotFound("There is no such incident."))


async def _answer_refused(request: Request, error: Exception) -> JSONResponse:
    return await _answer_api_error(request, Invalid(str(error)))


async def _answer_outing_not_found(request: Request, _: Exception) -> JSONResponse:
    return await _answer_api_error(request, NotFound("There is no such outing, or it is over."))


async def _answer_transition(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, IllegalTransition)
    return await _answer_api_error(request, Conflict(f"{error}.", state=str(error.state)))


async def _answer_not_possible(request: Request, error: Exception) -> JSONResponse:
    return await _answer_api_error(request, Conflict(f"{error}."))


async def _answer_register(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RegisterError)
    errors = [
        {"where": ".".join(filter(None, (f"line {fault.line}", fault.column))), "message": str(fault)}
        for fault in error.faults
    ]
    return await _answer_api_error(request, Invalid(str(error), errors=errors))


async def _answer_database_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("database_away", error=str(error).strip())
    return await _answer_api_error(request, NotReady("The database does not answer. Try again in a moment."))


async def _answer_bad_text(request: Request, _: Exception) -> JSONResponse:
    return await _answer_api_error(
        request, Invalid("The request holds a character or number that cannot be stored, such as NUL.")
    )


async def _answer_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # The input itself is not echoed: it may be a password.
    errors = [
        {"where": ".".join(str(step) for step in detail["loc"]), "message": detail["msg"]} for detail in error.errors()
    ]
    text = "; ".join(f"{one['where']}: {one['message']}" for one in errors)
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, Invalid.kind, Invalid.title, text, errors=errors)


async def _answer_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    kind = status.phrase.lower().replace(" ", "_")
    return _problem(status, kind, status.phrase, str(error.detail), headers=error.headers)


async def _answer_bug(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", method=request.method, route=_route(request), exc_info=error)
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "Our mistake",
        "The server failed on this request. It has been logged; try again, and tell the operator if it stays.",
    )


def _route(request: Request) -> str:
    """The route's name; a raw path could carry a name somebody searched for."""
    return str(getattr(request.scope.get("route"), "name", "unknown"))
