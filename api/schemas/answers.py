"""What a link in a message shows and takes, what services report, and a browser that wants to be told."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from alerts.answering import Receipt, Told, Way
from api.schemas.fields import Instant


class Asked(BaseModel):
    """The message behind a link, and how its incident stands. No position, and nothing about anybody else."""

    title: str = Field(description="As it was sent")
    body: str = Field(description="As it was sent, without addresses")
    language: Literal["zh-CN", "en"] = Field(description="Language of the message")
    purpose: str = Field(description="alert or all_clear")
    relation: str = Field(description="What the receiver is to the person: family, coordinator, station, …")
    at: Instant = Field(description="When the message was written")
    expires_at: Instant = Field(description="Until when the link can be answered")
    state: str = Field(description="open, acknowledged, responding or resolved")
    outcome: str | None = Field(description="How it ended, once resolved")
    taken_by: str | None = Field(description="Who takes care, if somebody with a login does")
    incident_id: int = Field(description="To be opened by who can sign in, 1 or more")


class AnswerBody(BaseModel):
    """An answer by link."""

    way: Way = Field(description="acknowledge: I take care; respond: I am going; decline: I cannot")


class Answered(BaseModel):
    """What an answer led to."""

    told: Told = Field(description="done; already: somebody else was faster; over: the incident is resolved")
    state: str = Field(description="open, acknowledged, responding or resolved")
    taken_by: str | None = Field(description="Who takes care, if somebody with a login does")


class CallReport(BaseModel):
    """What a gateway for calls reports; signed like a webhook."""

    call_id: UUID = Field(description="As we gave it")
    event: Receipt = Field(description="picked_up, no_answer, busy, failed, key, delivered or undelivered")
    key: Annotated[str, Field(max_length=1)] = Field(default="", description="With key: the key, for example 1")


class PushKey(BaseModel):
    """The key with which a browser subscribes."""

    public_key: str | None = Field(description="VAPID public key, URL-safe base64; null: not configured here")


class PushSubscription(BaseModel):
    """A browser's subscription, as its PushManager gives it."""

    endpoint: Annotated[str, Field(max_length=1000, pattern=r"^https://[^\s]+$")] = Field(description="Address")
    p256dh: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_=-]+$")] = Field(description="Its public key")
    auth: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_=-]+$")] = Field(description="Its secret")
