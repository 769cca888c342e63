"""The book of states: thawed when needed, deadlines earliest first, replaced only by what was committed."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from geofence import engine, snapshot
from geofence.engine import FRESH, PersonState
from ingest.recall.queries import Hearsay
from ingest.states import DUE_AT_ONCE, NO_HEARSAY, StateBook
from tests.geofence.scenes import BRACELET, Story, at, fix, person, reading

PERSON = person()


def suspect(seconds: float) -> PersonState:
    """Somebody suspected since then: a deadline five minutes later."""
    story = Story()
    story.fix(0, 0)
    story.fix(seconds, 300.0)
    return story.state


def row(person_id: int, state: PersonState, due_at: datetime | None) -> tuple[int, bytes, datetime | None]:
    return person_id, snapshot.freeze(state), due_at


def book_of(*rows: tuple[int, bytes, datetime | None], hearsay: Hearsay = NO_HEARSAY) -> StateBook:
    """A book of which everything was read."""
    book = StateBook()
    book.expect([(person_id, due_at) for person_id, _, due_at in rows])
    book.remember([each[0] for each in rows], [each[:2] for each in rows], hearsay)
    return book


def test_a_stranger_is_fresh() -> None:
    assert StateBook().state(7) is FRESH
    assert len(StateBook()) == 0


def test_what_was_stored_comes_back_once_thawed() -> None:
    book = book_of(row(1, suspect(60), at(360)))
    assert book.state(1) == suspect(60)
    assert len(book) == 1


def test_what_another_version_stored_is_forgotten_not_fatal() -> None:
    book = book_of((1, b"\x92\x63\x80", at(360)), row(2, suspect(60), at(360)))
    assert book.state(1) is FRESH
    assert book.state(2).zone.safety == "suspect"


def test_deadlines_come_earliest_first() -> None:
    book = book_of(row(1, suspect(60), at(360)), row(2, suspect(30), at(330)), row(3, FRESH, None))
    assert book.next_due() == at(330)
    assert book.take_due(at(329)) == []
    assert book.take_due(at(330)) == [2]
    assert book.take_due(at(360)) == [1, 2]
    # Until a new state is adopted they come again: the commit may have failed.
    assert book.take_due(at(360)) == [1, 2]


def test_what_was_judged_brings_its_own_deadline_once_it_is_kept() -> None:
    book = book_of(row(1, suspect(60), at(777)))
    book.memory.judge_all([reading(90, fix(0))], {1: PERSON})
    assert book.next_due() == at(777)
    book.seal({1: PERSON})
    book.keep()
    assert book.next_due() == engine.due(book.state(1), PERSON) != at(777)
    book.memory.judge_all([reading(130, fix(0))], {1: PERSON})
    book.seal({})
    book.keep()
    assert book.next_due() is None


def test_what_could_not_be_committed_is_taken_back() -> None:
    book = book_of(row(1, suspect(60), at(360)))
    book.memory.judge_all([reading(90, fix(0))], {1: PERSON})
    assert book.state(1) != suspect(60)
    book.undo()
    assert book.state(1) == suspect(60)
    book.seal({1: PERSON})
    book.keep()
    assert (book.next_due(), len(book)) == (at(360), 1)


def test_a_part_that_another_version_stored_otherwise_is_forgotten_alone() -> None:
    version, parts = msgspec.msgpack.decode(snapshot.freeze(suspect(60)))
    data = msgspec.msgpack.encode((version, parts | {"battery": 7}))
    assert book_of((1, data, at(360))).state(1) == suspect(60)


def test_somebody_who_is_gone_has_no_deadline() -> None:
    book = book_of(row(1, suspect(60), at(360)))
    book.drop_deadline(1)
    book.drop_deadline(99)
    assert (book.next_due(), book.take_due(at(999))) == (None, [])


class TestReadWhenNeeded:
    """States are read when somebody is judged, deadlines at once."""

    def test_nobody_is_judged_as_if_nothing_were_known(self) -> None:
        book = StateBook()
        book.expect([(1, at(360))])
        assert (book.lacks(1), book.lacks(2), len(book)) == (True, False, 1)
        assert book.next_due() == at(360)
        with pytest.raises(LookupError, match="person 1"):
            book.memory.judge_all([reading(90, fix(0))], {1: PERSON})
        book.undo()
        book.remember([1], [row(1, suspect(60), None)[:2]])
        assert (book.lacks(1), len(book)) == (False, 1)
        assert book.state(1) == suspect(60)

    def test_whose_row_is_gone_is_fresh(self) -> None:
        book = StateBook()
        book.expect([(1, at(360))])
        book.remember([1], [])
        assert book.state(1) is FRESH
        assert not book.lacks(1)

    def test_who_was_judged_before_being_made_ahead_can_still_be_taken_back(self) -> None:
        book = book_of(row(1, suspect(60), at(360)))
        book.memory.judge_all([reading(90, fix(0))], {1: PERSON})
        book.seal({1: PERSON})
        book.make([PERSON])
        book.undo_all()
        assert book.state(1) == suspect(60)

    def test_what_was_read_is_dropped_when_what_follows_is_kept(self) -> None:
        book = book_of(row(1, suspect(60), at(360)))
        book.memory.judge_all([reading(90, fix(0))], {1: PERSON})
        book.seal({1: PERSON})
        book.keep()
        assert len(book) == 1

    def test_what_was_read_survives_a_commit_that_failed(self) -> None:
        book = StateBook()
        book.expect([(1, at(360))])
        book.remember([1], [row(1, suspect(60), None)[:2]])
        book.memory.judge_all([reading(90, fix(0))], {1: PERSON})
        book.seal({1: PERSON})
        book.undo_all()
        assert (book.lacks(1), book.state(1), book.next_due()) == (False, suspect(60), at(360))

    def test_what_is_made_ahead_is_as_if_it_were_made_when_needed(self) -> None:
        heard = Hearsay(heard=[(1, BRACELET, at(80), None, None)], places=[(1, 36.8, 118.05, 12.0, at(80))])
        made, unmade = (book_of(row(1, suspect(60), at(360)), hearsay=heard) for _ in range(2))
        made.expect([(2, None)])
        made.make([PERSON, person(person_id=2), person(person_id=3)])
        assert (len(made), made.lacks(2)) == (2, True)
        assert made.state(1) == unmade.state(1) != suspect(60)
        for book in (made, unmade):
            book.memory.judge_all([reading(90, fix(0))], {1: PERSON})
            book.seal({1: PERSON})
        assert made.state(1) == unmade.state(1)
        assert made.next_due() == unmade.next_due()
        for book in (made, unmade):
            book.undo_all()
        assert made.state(1) == unmade.state(1)
        assert made.memory.due(PERSON) == unmade.memory.due(PERSON)

    def test_deadlines_come_in_lots_the_longest_past_first(self) -> None:
        book = StateBook()
        book.expect([(number, at(number)) for number in range(2 * DUE_AT_ONCE, 0, -1)])
        assert book.take_due(at(10_000)) == list(range(1, DUE_AT_ONCE + 1))
        assert book.take_due(at(10_000), unless=lambda number: number <= 100) == list(range(101, DUE_AT_ONCE + 101))
        for number in range(1, 2 * DUE_AT_ONCE):
            book.drop_deadline(number)
        assert book.take_due(at(10_000)) == [2 * DUE_AT_ONCE]
        assert book.take_due(at(10_000)) == [2 * DUE_AT_ONCE]

    def test_a_deadline_that_was_put_off_and_taken_back_comes_once(self) -> None:
        book = StateBook()
        book.expect([(1, at(360))])
        book._schedule(1, at(400))
        book._schedule(1, at(360))
        assert book.take_due(at(9_999)) == [1]
