"""Receivers who cannot be told: found before it matters, and told to the operators once a day until it is mended.

Operators are the receivers with relation `fleet`. The notice names receivers by number and relation, no person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import structlog

from alerts import metrics
from alerts.channels import CHANNELS, Sender, destination, problem
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Verdict
from alerts.receiver import Receiver, Relation
from alerts.store import notices, people
from runtime import identifiers
from runtime.database import Connection

log = structlog.get_logger(__name__)

NOTICE = "unreachable"
#: Not before this, local time of the programme: nobody mends a list at night. Provisional.
FROM = time(8, 0)
TIME_ZONE = ZoneInfo("Asia/Shanghai")
#: Receivers named in one notice; more are counted.
NAMED = 20
_TITLE = {
    "zh-CN": "有 {count} 位接收人无法通知，请检查联系方式",
    "en": "{count} receivers cannot be told: check their channels",
}
_BODY = {
    "zh-CN": "以下接收人没有可用的通知渠道：{who}。请在登记信息中补充渠道，或运行 tongxing alerts check 查看原因。",
    "en": "These receivers have no working channel: {who}. Add one in the register; tongxing alerts check says why.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """One receiver without a channel that works here."""

    receiver_id: int
    relation: str
    #: One sentence a channel; empty when there is none at all.
    problems: tuple[str, ...]


def wrong(entry: Mapping[str, object], settings: ChannelSettings) -> str | None:
    """Why a channel cannot be used on this machine, or None."""
    return problem(entry) or CHANNELS[str(entry["kind"])].missing(settings)


def unreachable(receivers: Iterable[Receiver], settings: ChannelSettings) -> list[Unreachable]:
    """Those of some receivers who cannot be told."""
    found = []
    for receiver in receivers:
        problems = [wrong(entry, settings) for entry in receiver.channels]
        if None not in problems:
            said = tuple(text for text in problems if text)
            found.append(Unreachable(receiver_id=receiver.receiver_id, relation=str(receiver.relation), problems=said))
    return found


class Watch:
    """Looks, counts, and tells the operators."""

    def __init__(self, settings: ChannelSettings, console_url: str, senders: Mapping[str, Sender]) -> None:
        self._settings, self._console_url, self._senders = settings, console_url.rstrip("/"), senders

    async def look(self, connection: Connection, *, at: datetime) -> Sequence[Unreachable]:
        """Count who cannot be told; tell the operators if nobody did today."""
        receivers = await people.enabled(connection)
        found = unreachable(receivers, self._settings)
        metrics.UNREACHABLE.set(len(found))
        local = at.astimezone(TIME_ZONE)
        if found and local.time() >= FROM and await notices.first_today(connection, NOTICE, local.date()):
            log.warning("receivers_unreachable", count=len(found), receiver_ids=[one.receiver_id for one in found])
            for operator in receivers:
                if operator.relation is Relation.FLEET:
                    await self._tell(operator, found, at=at)
        return found

    async def _tell(self, operator: Receiver, found: Sequence[Unreachable], *, at: datetime) -> None:
        """Through the first channel that takes it."""
        for entry in operator.channels:
            if wrong(entry, self._settings) is None:
                envelope = self._envelope(operator, entry, found, at=at)
                outcome = await self._senders[str(entry["kind"])].send(envelope)
                if outcome.verdict is Verdict.DELIVERED:
                    return
        log.warning("operator_not_told", receiver_id=operator.receiver_id)

    def _envelope(
        self, operator: Receiver, entry: Mapping[str, object], found: Sequence[Unreachable], *, at: datetime
    ) -> Envelope:
        language = operator.language if operator.language in _TITLE else "zh-CN"
        who = "、" if language == "zh-CN" else ", "
        named = who.join(f"{one.relation} {one.receiver_id}" for one in found[:NAMED])
        return Envelope(
            notification_id=identifiers.deterministic(NOTICE, at.date().isoformat(), operator.receiver_id),
            attempt=1,
            incident_id=0,
            purpose="notice",
            receiver_id=operator.receiver_id,
            channel=entry,
            destination=destination(entry),
            language=language,
            title=_TITLE[language].format(count=len(found)),
            body=_BODY[language].format(who=named if len(found) <= NAMED else f"{named} …"),
            link=self._console_url,
            answer_link=None,
            answer_code="",
            console_url=self._console_url,
            created_at=at,
            severity="warning",
            kind=NOTICE,
            person_name="",
            opened_at=at,
            detection_kind=None,
            detection_reason=None,
            detection_at=None,
            evidence={},
        )
