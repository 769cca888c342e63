"""What to do after a channel did not deliver: try again, use the next channel, or give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alerts.outcome import Outcome, Verdict

#: First upper bound of the wait; doubled with each attempt. Source: "Exponential backoff and jitter", AWS Architecture
#: Blog 2015 (full jitter); value provisional: short, because somebody may be walking.
BACKOFF_BASE = timedelta(seconds=1)
#: Longest wait between two attempts. Provisional.
BACKOFF_CAP = timedelta(seconds=30)
#: Attempts on a channel that has another one behind it. Count. Provisional.
ATTEMPTS_WITH_FALLBACK = 3
#: Attempts on a receiver's last channel: about two minutes in all. Count. Provisional.
ATTEMPTS_ON_LAST = 8
#: A service that asks for more patience than this is left for the next channel, if there is one. Provisional.
PATIENCE = timedelta(seconds=15)
#: Longest Retry-After that is honoured on the last channel. Provisional.
PATIENCE_ON_LAST = timedelta(minutes=5)


class Verb(StrEnum):
    """What happens to the notification."""

    AGAIN = "again"
    NEXT_CHANNEL = "next_channel"
    GIVE_UP = "give_up"


class Reason(StrEnum):
    """Why."""

    BACKOFF = "backoff"
    ASKED_TO_WAIT = "asked_to_wait"
    ASKED_TO_WAIT_TOO_LONG = "asked_to_wait_too_long"
    PERMANENT = "permanent"
    ATTEMPTS_SPENT = "attempts_spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDecision:
    """What to do, why, and when."""

    verb: Verb
    reason: Reason
    delay: timedelta = timedelta()


def backoff(attempt: int, *, jitter: float) -> timedelta:
    """`jitter` x min(cap, base x 2^(attempt-1)): the wait after attempt 1, 2, ... with jitter in [0, 1)."""
    doublings = min(attempt - 1, 16)
    return min(BACKOFF_CAP, BACKOFF_BASE * (1 << doublings)) * jitter


def after_failure(attempt: int, outcome: Outcome, *, has_next: bool, jitter: float) -> RetryDecision:
    """What to do after attempt number `attempt` (from 1) ended with `outcome`."""
    leave = Verb.NEXT_CHANNEL if has_next else Verb.GIVE_UP
    if outcome.verdict is Verdict.PERMANENT:
        return RetryDecision(verb=leave, reason=Reason.PERMANENT)
    if attempt >= (ATTEMPTS_WITH_FALLBACK if has_next else ATTEMPTS_ON_LAST):
        return RetryDecision(verb=leave, reason=Reason.ATTEMPTS_SPENT)
    if outcome.retry_after is None:
        return RetryDecision(verb=Verb.AGAIN, reason=Reason.BACKOFF, delay=backoff(attempt, jitter=jitter))
    if has_next and outcome.retry_after > PATIENCE:
        return RetryDecision(verb=leave, reason=Reason.ASKED_TO_WAIT_TOO_LONG)
    return RetryDecision(verb=Verb.AGAIN, reason=Reason.ASKED_TO_WAIT, delay=min(outcome.retry_after, PATIENCE_ON_LAST))
