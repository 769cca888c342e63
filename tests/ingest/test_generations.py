"""What is judged ahead can be taken back together with what it was judged on, and is kept batch by batch."""

from __future__ import annotations

import asyncio

from geofence.engine import FRESH
from ingest import batching
from ingest.batching import Batcher
from ingest.flood import Flood
from ingest.sequence import NumberBook, Numbers
from ingest.states import StateBook
from tests.geofence.scenes import at, fix, person, reading
from tests.ingest.test_batching import LONG_S, put, soon
from tests.ingest.test_states import book_of, row, suspect

PERSONS = {1: person(), 2: person(person_id=2)}


def judged(book: StateBook, seconds: float, *, due: tuple[int, ...] = ()) -> None:
    """One batch of one fix, sealed; back home, so that the deadline moves."""
    book.memory.judge_all([reading(seconds, fix(0))], PERSONS)
    book.seal(PERSONS, due)


def test_both_batches_are_taken_back() -> None:
    book = book_of(row(1, suspect(60), at(777)))
    judged(book, 90)
    judged(book, 100)
    book.memory.judge_all([reading(110, fix(0))], PERSONS)
    assert book.next_due() != at(777)
    book.undo_all()
    assert (book.state(1), book.next_due(), book.take_due(at(777))) == (suspect(60), at(777), [1])
    judged(book, 90)
    book.keep()
    assert book.state(1) != suspect(60)


def test_of_two_batches_the_first_is_kept_and_the_second_taken_back() -> None:
    book = book_of(row(1, suspect(60), at(360)))
    judged(book, 90)
    kept, due_at = book.state(1), book.next_due()
    judged(book, 100)
    assert book.state(1) != kept
    book.keep()
    book.undo_all()
    assert (book.state(1), book.next_due()) == (kept, due_at)


def test_what_cannot_be_judged_ahead_takes_back_itself_alone() -> None:
    book = StateBook()
    judged(book, 90)
    before = book.state(1)
    book.memory.judge_all([reading(100, fix(0))], PERSONS)
    book.undo()
    assert book.state(1) == before != FRESH
    book.keep()
    assert book.state(1) == before


def test_what_quiet_readings_left_is_taken_back_as_well() -> None:
    book = StateBook()
    for seconds in (0, 60, 120):
        judged(book, seconds)
        book.keep()
    before = book.state(1)
    judged(book, 180)
    judged(book, 240)
    assert book.state(1).order != before.order
    book.undo_all()
    assert book.state(1) == before


def test_a_flood_is_counted_once_however_often_it_is_judged() -> None:
    flood = Flood(3)
    for seconds in (1, 2):
        assert flood.admits("a", at(seconds))
        flood.seal()
    flood.undo_all()
    assert [flood.admits("a", at(seconds)) for seconds in (1, 2)] == [True, True]
    flood.seal()
    assert flood.admits("a", at(3))
    flood.keep()
    flood.undo_all()
    assert [flood.admits("a", at(seconds)) for seconds in (3, 4)] == [True, False]


def test_numbers_are_those_of_what_was_kept() -> None:
    numbers = NumberBook()
    numbers.remember({7: Numbers(1)})
    numbers.seal({7: Numbers(2)})
    numbers.seal({7: Numbers(3), 8: Numbers(1)})
    numbers.keep()
    assert numbers == {7: Numbers(3), 8: Numbers(1)}
    numbers.undo_all()
    assert numbers == {7: Numbers(2)}


async def later(batcher: Batcher) -> asyncio.Task[list[str]]:
    waiting = asyncio.create_task(soon(batcher))
    for _ in range(5):
        await asyncio.sleep(0)
    return waiting


async def test_while_one_is_committed_the_next_is_gathered_until_that_ends() -> None:
    batcher = Batcher(messages=10, age_s=0.0)
    batcher.committing(True)
    put(batcher, "a", "b")
    waiting = await later(batcher)
    assert not waiting.done()
    put(batcher, "c")
    batcher.committing(False)
    assert await waiting == ["a", "b", "c"]


async def test_or_until_it_is_worth_while(monkeypatch) -> None:
    monkeypatch.setattr(batching, "AHEAD", 3)
    batcher = Batcher(messages=10, age_s=0.0)
    batcher.committing(True)
    put(batcher, "a", "b")
    waiting = await later(batcher)
    assert not waiting.done()
    put(batcher, "c")
    assert await waiting == ["a", "b", "c"]
    put(batcher, "d")
    waiting = await later(batcher)
    assert not waiting.done(), "what was enough once is not enough for ever"
    waiting.cancel()


async def test_a_safety_event_waits_for_no_commit() -> None:
    batcher = Batcher(messages=10, age_s=LONG_S)
    batcher.committing(True)
    put(batcher, "a")
    put(batcher, "sos", rank=0)
    assert await soon(batcher) == ["sos", "a"]
