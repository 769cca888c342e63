"""The noun `Outcome`: what a channel says of one attempt. Channels answer with it and do not raise for the expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """Whether it arrived, and whether trying again makes sense."""

    DELIVERED = "delivered"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One attempt's end."""

    verdict: Verdict
    #: One word or number for the record; never an address, a token or a text.
    detail: str
    #: What the service asked for, counted from now.
    retry_after: timedelta | None = None


def delivered(detail: str) -> Outcome:
    """It arrived."""
    return Outcome(verdict=Verdict.DELIVERED, detail=detail)


def temporary(detail: str, *, retry_after: timedelta | None = None) -> Outcome:
    """It may arrive later."""
    return Outcome(verdict=Verdict.TEMPORARY, detail=detail, retry_after=retry_after)


def permanent(detail: str) -> Outcome:
    """It will never arrive through this channel."""
    return Outcome(verdict=Verdict.PERMANENT, detail=detail)
