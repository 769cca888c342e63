"""Answers without signing in: the code in a message's link is what lets one in, and it opens that message alone."""

from __future__ import annotations

import re
import time
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import ValidationError

from alerts import answering, answers
from alerts.answering import LinkExpired, LinkUnknown
from alerts.channels import webhook
from alerts.store import answers as stored
from api.dependencies import ConnectionDep, ServicesDep
from api.errors import NO_CONTENT, Gone, Invalid, NotFound, NotSignedIn, TooManyAttempts, documented
from api.schemas.answers import AnswerBody, Answered, Asked, CallReport
from api.services import Services
from runtime.clock import wall_now

router = APIRouter(tags=["answers"])
Code = Annotated[str, Path(min_length=1, max_length=100, description="The last part of the link in a message")]
#: The words about the link in a message, which is not filled in yet: on its page it stands behind buttons.
_ABOUT_THE_LINK = re.compile(r"[^.。!！]*\{link\}.*$", re.DOTALL)
#: Bytes of a report that are read at most.
_LONGEST = 10_000


@router.get("/answers/{code}", responses=documented(NotFound, Gone, TooManyAttempts))
async def read_answer_link(code: Code, request: Request, connection: ConnectionDep, parts: ServicesDep) -> Asked:
    """What a link in a message speaks of. Opening it answers nothing: messengers open links to draw previews."""
    asked = await _opened(code, request, connection, parts)
    return Asked(
        title=asked.title,
        body=_ABOUT_THE_LINK.sub("", asked.body).strip(),
        language="en" if asked.language == "en" else "zh-CN",
        purpose=asked.purpose,
        relation=asked.relation,
        at=asked.created_at,
        expires_at=asked.created_at + answers.GOOD_FOR,
        state=asked.state,
        outcome=asked.outcome,
        taken_by=asked.taken_by,
        incident_id=asked.incident_id,
    )


@router.post("/answers/{code}", responses=documented(NotFound, Gone, TooManyAttempts))
async def answer_by_link(
    code: Code, body: AnswerBody, request: Request, connection: ConnectionDep, parts: ServicesDep
) -> Answered:
    """Take care, go, or say that one cannot; the same as signed in."""
    asked = await _opened(code, request, connection, parts)
    told = await answering.answer(connection, code, body.way, at=parts.clock.now())
    after = await answering.standing(connection, asked.notification_id)
    return Answered(told=told, state=after.state, taken_by=after.taken_by)


@router.post("/receipts/voice", status_code=NO_CONTENT, responses=documented(NotFound, NotSignedIn, Invalid))
async def report_call(
    request: Request,
    connection: ConnectionDep,
    parts: ServicesDep,
    signature: Annotated[str, Header(alias="Tongxing-Signature", description="As docs/alerts.md says")] = "",
) -> None:
    """What became of a call, or which key was pressed; from the gateway that we gave it to."""
    raw = (await request.body())[:_LONGEST]
    secret = parts.settings.alerts_voice_secret
    if secret is None:
        raise NotSignedIn("Calls are not configured: set TONGXING_ALERTS_VOICE_SECRET.")
    if wrong := webhook.verify(secret.get_secret_value(), raw, signature, at=wall_now()):
        raise NotSignedIn(f"The signature is {wrong}: sign the raw body as docs/alerts.md says.")
    try:
        report = CallReport.model_validate_json(raw)
    except ValidationError as error:
        raise Invalid("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())) from None
    try:
        await answering.receipt(connection, report.call_id, report.event, key=report.key, at=parts.clock.now())
    except LinkUnknown:
        raise NotFound("We have placed no such call.") from None


async def _opened(code: str, request: Request, connection: ConnectionDep, parts: Services) -> stored.Asked:
    """The message of a code; whoever guesses has to wait."""
    address = request.client.host if request.client else ""
    try:
        return await answering.open_link(connection, code, at=parts.clock.now())
    except LinkExpired:
        raise Gone("This message is too old to be answered by its link. Sign in to see how it stands.") from None
    except LinkUnknown:
        if wait_s := parts.attempts.begin("answer link", address, time.monotonic()):
            raise TooManyAttempts(retry_after_s=wait_s) from None
        raise NotFound("This link belongs to no message of ours. Check that it was copied whole.") from None
