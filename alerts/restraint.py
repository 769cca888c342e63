"""Whether a message goes out now or waits, and for what: a reason word. Pure.

The order of the rules is the order of the list in `judge`. The floors cannot be switched off: critical is never held by
anything, urgent only by a budget, and quiet hours, the morning and what somebody would rather not hear concern
the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from alerts import kinds, weekly
from alerts.kinds import Told
from alerts.messages.words import zone_of
from alerts.receiver import Receiver, Relation
from alerts.scale import Severity

#: Families are told of what is about the device between these local times. Source: the programme's visiting hours;
#: provisional.
MORNING = time(7, 0)
EVENING = time(21, 30)


class Scope(StrEnum):
    """Whose budget."""

    DEVICE = "device"
    RECEIVER = "receiver"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So many messages in a span of time; the rest waits and comes in one."""

    most: int
    every: timedelta


#: Written where none is stored. Sources: a family that gets more than a few calls an hour stops answering (87-99 % of
#: hospital alarms are not actionable and response slows as they pile up, PMC4456276), so six and twelve; a gateway's
#: contract decides the third: lower it to yours. Provisional.
BUDGETS: Mapping[Scope, Budget] = MappingProxyType(
    {
        Scope.DEVICE: Budget(most=6, every=timedelta(hours=1)),
        Scope.RECEIVER: Budget(most=12, every=timedelta(hours=1)),
        Scope.CHANNEL: Budget(most=10_000, every=timedelta(hours=1)),
    }
)


class Verdict(StrEnum):
    """What becomes of one message."""

    NOW = "now"
    #: Never: this receiver does not want to hear of this kind, which may be left away.
    UNWANTED = "unwanted"
    QUIET_HOURS = "quiet_hours"
    #: Of the device, and it is night: told in the morning.
    DAYTIME = "daytime"
    DEVICE_BUDGET = "device_budget"
    RECEIVER_BUDGET = "receiver_budget"
    CHANNEL_BUDGET = "channel_budget"

    @property
    def waits(self) -> bool:
        """Whether the message is told later."""
        return self not in {Verdict.NOW, Verdict.UNWANTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict, and until when a message waits; None when it does not."""

    verdict: Verdict
    until: datetime | None = None


_NOW = Judged(verdict=Verdict.NOW)
_BUDGET_VERDICT = {
    Scope.DEVICE: Verdict.DEVICE_BUDGET,
    Scope.RECEIVER: Verdict.RECEIVER_BUDGET,
    Scope.CHANNEL: Verdict.CHANNEL_BUDGET,
}


def judge(
    receiver: Receiver,
    *,
    kind: str,
    told: Told,
    severity: Severity,
    spent: Mapping[Scope, int],
    budgets: Mapping[Scope, Budget] = BUDGETS,
    now: datetime,
    time_zone: str,
) -> Judged:
    """What becomes of one message to one receiver.

    Args:
        receiver: who would be told.
        kind: the gravest kind of the incident.
        told: when somebody is told of what the message speaks of.
        severity: how bad the incident is.
        spent: messages of each budget within its span, up to now.
        budgets: how many there may be.
        now: scaled time.
        time_zone: IANA name of the person's time zone.
    """
    if severity is Severity.CRITICAL:
        return _NOW
    local = now.astimezone(zone_of(time_zone))
    may_wait = severity is not Severity.URGENT
    if may_wait and kind in receiver.unwanted_kinds:
        return Judged(verdict=Verdict.UNWANTED)
    if may_wait and (until := weekly.quiet_until(receiver.quiet_hours, local)) is not None:
        return Judged(verdict=Verdict.QUIET_HOURS, until=until)
    if may_wait and receiver.relation is Relation.FAMILY and told is Told.IN_THE_DAY and not _is_day(local.time()):
        return Judged(verdict=Verdict.DAYTIME, until=weekly.next_time(MORNING, after=local))
    for scope, budget in budgets.items():
        if spent.get(scope, 0) >= budget.most:
            return Judged(verdict=_BUDGET_VERDICT[scope], until=now + budget.every)
    return _NOW


def may_be_unwanted(kind: str) -> bool:
    """Whether a receiver may choose not to hear of a kind: never of one that is urgent by itself."""
    return kinds.of(kind).severity.rank < Severity.URGENT.rank


def _is_day(local: time) -> bool:
    return MORNING <= local < EVENING
