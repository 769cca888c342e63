"""Accept, arrive, found, decline: who leads, who joins, and what follows when somebody steps back."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from alerts.response import (
    TABLE,
    Answer,
    AnswerNotPossible,
    Party,
    Response,
    ResponseState,
    Standing,
    after,
    party_of,
)

AT = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
ZHAO, QIAN, SUN = (party_of(user_id=number, receiver_id=number + 100) for number in (1, 2, 3))


class Case:
    """One incident's responses, kept as the table keeps them."""

    def __init__(self) -> None:
        self.rows: dict[str, Response] = {}
        self.now = AT

    def says(self, party: Party, answer: Answer) -> Standing:
        self.now += timedelta(seconds=1)
        far = datetime.max.replace(tzinfo=UTC)
        ordered = sorted(self.rows.values(), key=lambda row: (row.accepted_at or far, row.party.key))
        change = after(1, party, answer, ordered, at=self.now)
        for row in change.rows:
            self.rows[row.party.key] = row
        return change.standing

    def leads(self) -> list[str]:
        return [key for key, row in self.rows.items() if row.leads]


def test_the_first_to_accept_leads_and_others_join() -> None:
    case = Case()
    assert [case.says(party, Answer.ACCEPT) for party in (ZHAO, QIAN, SUN)] == [
        Standing.LEADS,
        Standing.JOINED,
        Standing.JOINED,
    ]
    assert case.leads() == ["user:1"]
    assert case.says(ZHAO, Answer.ACCEPT) is Standing.UNCHANGED


def test_the_lead_passes_to_whoever_accepted_next() -> None:
    case = Case()
    for party in (ZHAO, SUN, QIAN):
        case.says(party, Answer.ACCEPT)
    assert case.says(ZHAO, Answer.DECLINE) is Standing.STEPPED_BACK
    assert case.leads() == ["user:3"]
    assert case.says(QIAN, Answer.DECLINE) is Standing.STEPPED_BACK
    assert case.leads() == ["user:3"]
    assert case.says(SUN, Answer.DECLINE) is Standing.NOBODY_LEFT
    assert case.leads() == []


def test_who_declined_before_accepting_leaves_nobody_behind() -> None:
    case = Case()
    assert case.says(ZHAO, Answer.DECLINE) is Standing.DECLINED
    assert case.says(ZHAO, Answer.DECLINE) is Standing.UNCHANGED
    assert case.leads() == []


def test_a_finger_that_slipped_may_still_accept_and_queues_anew() -> None:
    case = Case()
    case.says(ZHAO, Answer.ACCEPT)
    case.says(QIAN, Answer.ACCEPT)
    case.says(ZHAO, Answer.DECLINE)
    assert case.says(ZHAO, Answer.ACCEPT) is Standing.JOINED
    assert case.leads() == ["user:2"]
    assert case.rows["user:1"].accepted_at == case.now


def test_who_arrives_without_a_word_goes_and_may_lead() -> None:
    case = Case()
    assert case.says(ZHAO, Answer.ARRIVE) is Standing.LEADS
    assert (case.rows["user:1"].accepted_at, case.rows["user:1"].arrived_at) == (case.now, case.now)
    assert case.says(QIAN, Answer.ACCEPT) is Standing.JOINED
    accepted_at = case.now
    assert case.says(QIAN, Answer.ARRIVE) is Standing.ARRIVED
    # How long the way took is read from these two.
    assert (case.rows["user:2"].accepted_at, case.rows["user:2"].arrived_at) == (accepted_at, case.now)
    # Accepting after having arrived takes nothing back.
    assert case.says(QIAN, Answer.ACCEPT) is Standing.UNCHANGED
    assert case.rows["user:2"].state is ResponseState.ARRIVED


def test_found_ends_it_whoever_says_so() -> None:
    case = Case()
    case.says(ZHAO, Answer.ACCEPT)
    assert case.says(QIAN, Answer.FOUND) is Standing.FOUND
    assert case.rows["user:2"].ended_at == case.now
    with pytest.raises(AnswerNotPossible, match="found; accept is not possible"):
        case.says(QIAN, Answer.ACCEPT)


def test_the_same_person_is_one_party_by_login_and_by_link() -> None:
    assert party_of(user_id=1, receiver_id=101).key == party_of(user_id=1, receiver_id=None).key
    assert party_of(user_id=None, receiver_id=101).key == "receiver:101"


def test_at_most_one_leads_and_somebody_does_while_anybody_goes() -> None:
    for answers in itertools.product(itertools.product((ZHAO, QIAN), Answer), repeat=4):
        case = Case()
        for party, answer in answers:
            if (row := case.rows.get(party.key)) is not None and answer not in TABLE[row.state]:
                continue
            case.says(party, answer)
            _check_lead(case)


def _check_lead(case: Case) -> None:
    assert len(case.leads()) <= 1
    if any(row.state is ResponseState.FOUND for row in case.rows.values()):
        return
    if any(row.going for row in case.rows.values()):
        (lead,) = case.leads()
        assert case.rows[lead].going
