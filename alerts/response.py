"""What one responder says to one incident: accept, arrive, found, decline. A table, and who leads. Pure.

The first to accept leads: the one the others ask. Who accepts after that joins. When the one who leads steps back, the
lead passes to whoever accepted next; when nobody is left, the caller opens the incident again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from alerts.errors import AlertsError


class ResponseState(StrEnum):
    """Where a responder stands."""

    ACCEPTED = "accepted"
    #: With the person, or where the person was last.
    ARRIVED = "arrived"
    #: Has the person; the incident is over.
    FOUND = "found"
    #: Cannot go, or cannot go on. Access to the incident ends.
    DECLINED = "declined"


class Answer(StrEnum):
    """What a responder can say."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    FOUND = "found"
    DECLINE = "decline"


class Standing(StrEnum):
    """What an answer came to."""

    #: The first to accept.
    LEADS = "leads"
    #: Goes as well; somebody else leads.
    JOINED = "joined"
    ARRIVED = "arrived"
    FOUND = "found"
    #: Cannot go; had not accepted.
    DECLINED = "declined"
    #: Had accepted, and others are still going.
    STEPPED_BACK = "stepped_back"
    #: Had accepted, and nobody is going any more: the ladder climbs again.
    NOBODY_LEFT = "nobody_left"
    #: Said the same before.
    UNCHANGED = "unchanged"


_FROM_ACCEPTED: Mapping[Answer, ResponseState] = MappingProxyType(
    {
        Answer.ACCEPT: ResponseState.ACCEPTED,
        Answer.ARRIVE: ResponseState.ARRIVED,
        Answer.FOUND: ResponseState.FOUND,
        Answer.DECLINE: ResponseState.DECLINED,
    }
)
#: None: has not answered yet. A finger that slipped on "decline" may still accept.
TABLE: Mapping[ResponseState | None, Mapping[Answer, ResponseState]] = MappingProxyType(
    {
        None: _FROM_ACCEPTED,
        ResponseState.ACCEPTED: _FROM_ACCEPTED,
        ResponseState.ARRIVED: MappingProxyType(dict(_FROM_ACCEPTED) | {Answer.ACCEPT: ResponseState.ARRIVED}),
        ResponseState.DECLINED: _FROM_ACCEPTED,
        ResponseState.FOUND: MappingProxyType({Answer.FOUND: ResponseState.FOUND}),
    }
)
#: On the way or there.
GOING = frozenset({ResponseState.ACCEPTED, ResponseState.ARRIVED})


class AnswerNotPossible(AlertsError):  # noqa: N818 - reads as the answer it is
    """The answer does not fit what the responder said before."""

    def __init__(self, state: ResponseState | None, answer: Answer) -> None:
        super().__init__(f"you have answered {state or 'nothing'}; {answer} is not possible after that")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who answers: a login, or a receiver without one. The same person has one key, by whatever way they answer."""

    key: str
    user_id: int | None
    receiver_id: int | None


def party_of(*, user_id: int | None, receiver_id: int | None) -> Party:
    """The party of a login and its receiver; one of them is known."""
    key = f"receiver:{receiver_id}" if user_id is None else f"user:{user_id}"
    return Party(key=key, user_id=user_id, receiver_id=receiver_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What one party has said to one incident."""

    incident_id: int
    party: Party
    state: ResponseState
    leads: bool = False
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def going(self) -> bool:
        """Whether they are on the way or there."""
        return self.state in GOING


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an answer does: rows to write, in this order, and what it came to."""

    standing: Standing
    rows: tuple[Response, ...] = ()
    #: Who leads from now on, where that changed hands.
    passed_to: Party | None = None


def after(incident_id: int, party: Party, answer: Answer, responses: Iterable[Response], *, at: datetime) -> Change:
    """What follows from one party's answer.

    Args:
        incident_id: to which incident.
        party: who answers.
        answer: what they say.
        responses: of everybody, first accepted first.
        at: when.

    Raises:
        AnswerNotPossible: they have said something that excludes it.
    """
    everybody = list(responses)
    mine = next((one for one in everybody if one.party.key == party.key), None)
    others = [one for one in everybody if one.party.key != party.key]
    before = mine.state if mine else None
    if answer not in TABLE[before]:
        raise AnswerNotPossible(before, answer)
    state = TABLE[before][answer]
    if state is before:
        return Change(standing=Standing.UNCHANGED)
    row = mine or Response(incident_id=incident_id, party=party, state=state)
    if state is ResponseState.DECLINED:
        return _declined(row, others, had_accepted=mine is not None and mine.going, at=at)
    return _going(replace(row, state=state), others, at=at)


def _going(row: Response, others: Iterable[Response], *, at: datetime) -> Change:
    first = row.accepted_at is None
    leads = row.leads or not any(one.leads for one in others)
    row = replace(
        row,
        leads=leads,
        accepted_at=row.accepted_at or at,
        arrived_at=at if row.state is ResponseState.ARRIVED else row.arrived_at,
        ended_at=at if row.state is ResponseState.FOUND else None,
    )
    if row.state is ResponseState.FOUND:
        return Change(standing=Standing.FOUND, rows=(row,))
    if row.state is ResponseState.ARRIVED and not first:
        return Change(standing=Standing.ARRIVED, rows=(row,))
    return Change(standing=Standing.LEADS if leads else Standing.JOINED, rows=(row,))


def _declined(row: Response, others: Iterable[Response], *, had_accepted: bool, at: datetime) -> Change:
    # Whoever accepts again after this queues anew.
    gone = replace(row, state=ResponseState.DECLINED, leads=False, accepted_at=None, arrived_at=None, ended_at=at)
    if not had_accepted:
        return Change(standing=Standing.DECLINED, rows=(gone,))
    following = next((one for one in others if one.going), None)
    if following is None:
        return Change(standing=Standing.NOBODY_LEFT, rows=(gone,))
    if not row.leads:
        return Change(standing=Standing.STEPPED_BACK, rows=(gone,))
    return Change(
        standing=Standing.STEPPED_BACK, rows=(gone, replace(following, leads=True)), passed_to=following.party
    )
