"""The book of numbers: in columns and one by one, kept and taken back, the same as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import sequence
from ingest.sequence import REMEMBERED, UNNUMBERED, Novelty, NumberBook, Numbers, follow


def together(book: NumberBook, said: dict[int, int]) -> list[bool]:
    """One message each of several devices, in columns."""
    return book.follow_all(places(book, said), np.array([*said.values()], dtype=np.int64)).tolist()


def places(book: NumberBook, keys: dict[int, int]) -> np.ndarray:
    return np.array([book.place(key) for key in keys], dtype=np.int64)


def test_what_is_next_is_counted_and_everything_else_is_left() -> None:
    book = NumberBook()
    book.remember({1: Numbers(7), 2: Numbers(7), 3: Numbers(7), 4: Numbers(7), 5: Numbers(7)})
    said = {1: 8, 2: 7, 3: 9, 4: 0, 5: UNNUMBERED, 6: 0, 7: 40, 8: UNNUMBERED}
    assert together(book, said) == [True, False, False, False, True, True, True, True]
    assert {key: numbers.last for key, numbers in book.items()} == {1: 8, 2: 7, 3: 7, 4: 7, 5: 7, 6: 0, 7: 40}
    assert book.last_of(places(book, said)).tolist() == [8, 7, 7, 7, 7, 0, 40, UNNUMBERED]


@pytest.mark.parametrize(("behind", "remembered"), [(1, 998), (998, 1), (999, 0)])
def test_gaps_move_on_with_the_numbers_until_they_are_forgotten(behind: int, remembered: int) -> None:
    book, known, said = NumberBook(), Numbers(5_000, 1 << behind), {1: 0}
    book.remember({1: known})
    for _ in range(remembered):
        said = {1: known.last + 1}
        assert together(book, said) == [True]
        known, _ = follow(known, known.last + 1)
        assert book[1] == known
    assert book[1] == Numbers(5_000 + remembered, 1 << REMEMBERED - 1)
    assert together(book, {1: known.last + 1}) == [True]
    assert book[1] == Numbers(known.last + 1)
    book.undo()
    assert book[1] == Numbers(5_000, 1 << behind)


def test_of_two_gaps_the_older_is_forgotten_first() -> None:
    book = NumberBook()
    book.remember({1: Numbers(5_000, 1 << 999 | 1 << 998 | 1 << 2)})
    for gaps in (1 << 999 | 1 << 3, 1 << 4, 1 << 5):
        last = book[1].last + 1
        assert together(book, {1: last}) == [True]
        assert book[1] == Numbers(last, gaps)


def test_gaps_that_came_and_went_are_taken_back() -> None:
    book = NumberBook()
    book.remember({1: Numbers(10, 2), 2: Numbers(10)})
    book.seal({1: Numbers(10), 2: Numbers(12, 2)})
    assert book == {1: Numbers(10), 2: Numbers(12, 2)}
    assert together(book, {1: 11, 2: 13}) == [True, True]
    assert book == {1: Numbers(11), 2: Numbers(13, 4)}
    book.seal({1: Numbers(13, 2), 2: Numbers(13)})
    assert book == {1: Numbers(13, 2), 2: Numbers(13)}
    assert together(book, {1: 14}) == [True]
    book.keep()
    book.undo_all()
    assert book == {1: Numbers(10), 2: Numbers(12, 2)}
    book.seal({1: Numbers(10, 4), 2: Numbers(12)})
    book.undo_all()
    assert book == {1: Numbers(10), 2: Numbers(12, 2)}


def test_whose_number_is_not_known_is_known() -> None:
    book = NumberBook()
    book.remember({1: Numbers(0)})
    book.place(2)
    assert book.unknown([3, 1, 2]) == [3, 2]
    assert (1 in book, 2 in book, 3 in book, "1" in book, len(book)) == (True, False, False, False, 1)
    assert (book.get(1), book.get(2), book.get(3)) == (Numbers(0), None, None)
    book.remember({1: Numbers(9), 2: Numbers(9)})
    assert book == {1: Numbers(0), 2: Numbers(9)}


def test_there_is_room_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequence, "_ROOM", 2)
    book = NumberBook()
    for many in (1, 2, 3, 50):
        said = dict.fromkeys(range(100, 100 + many), 0)
        fresh = [key not in book for key in said]
        assert book.last_of(places(book, said)).tolist() == [UNNUMBERED if new else 0 for new in fresh]
        assert together(book, said) == fresh
    book.seal({})
    assert places(book, said).tolist() == list(range(50))
    assert book == {key: Numbers(0) for key in said}


class Plain:
    """The same in a dict, with a copy of it after each batch."""

    def __init__(self) -> None:
        self.known: dict[int, Numbers] = {}
        self.kept: list[dict[int, Numbers]] = [{}]

    def says(self, key: int, seq: int) -> bool:
        known = self.known.get(key)
        if seq == UNNUMBERED:
            return True
        if known is not None and seq != known.last + 1:
            return False
        self.known[key], _ = follow(known, seq)
        return True

    def remember(self, read: dict[int, Numbers]) -> None:
        """Of whom nothing is known now, nothing was known before."""
        learnt = {key: numbers for key, numbers in read.items() if key not in self.known}
        for known in (self.known, *self.kept):
            known.update(learnt)

    def seal(self, changed: dict[int, Numbers]) -> None:
        self.known.update(changed)
        self.kept.append(dict(self.known))

    def keep(self) -> None:
        del self.kept[0]

    def undo(self) -> None:
        self.known = dict(self.kept[-1])

    def undo_all(self) -> None:
        del self.kept[1:]
        self.undo()


KEYS = st.integers(1, 4)
#: Relative to the last number: mostly the next, else a repeat, a gap, one that fills it, one that clears the memory.
AHEAD = st.one_of(st.just(1), st.just(1), st.sampled_from([-2, -1, 0, 2, 3, 500, 1_002, 200_000]))
SAID = st.one_of(AHEAD, AHEAD, st.none())
STEPS = st.one_of(
    st.tuples(st.just("all"), st.dictionaries(KEYS, SAID, min_size=1)),
    st.tuples(st.just("all"), st.dictionaries(KEYS, SAID, min_size=1)),
    st.tuples(st.just("one"), KEYS, AHEAD, st.sampled_from(Novelty)),
    st.tuples(st.just("remember"), st.dictionaries(KEYS, st.builds(Numbers, st.just(90), st.sampled_from([0, 6, 1 << 998, 1 << 998 | 2])))),
    st.tuples(st.sampled_from(["seal", "seal", "seal", "keep", "undo", "undo_all"])),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_however_they_are_counted_and_taken_back_it_is_as_one_by_one(steps: list[tuple]) -> None:
    book, plain, changed = NumberBook(), Plain(), dict[int, Numbers]()
    for name, *told in steps:
        if name == "all":
            # A device that has changed one by one goes on so until the batch is sealed.
            said = {key: number(plain.known.get(key), ahead) for key, ahead in told[0].items() if key not in changed}
            assert together(book, said) == [plain.says(*each) for each in said.items()]
        elif name == "one":
            key, ahead, novelty = told
            known = changed.get(key) or plain.known.get(key)
            assert (changed.get(key) or book.get(key)) == known
            changed[key], _ = follow(known, number(known, ahead), novelty)
        elif name == "remember":
            book.remember(told[0])
            plain.remember(told[0])
        elif name == "seal":
            book.seal(changed)
            plain.seal(changed)
            changed = {}
        elif name != "keep" or len(plain.kept) > 1:
            getattr(book, name)()
            getattr(plain, name)()
            changed = changed if name == "keep" else {}
        compare(book, plain)


def number(known: Numbers | None, ahead: int | None) -> int:
    if ahead is None:
        return UNNUMBERED
    return max(0, ahead if known is None else known.last + ahead)


def compare(book: NumberBook, plain: Plain) -> None:
    assert book == plain.known
    keys = dict.fromkeys(plain.known, 0)
    assert book.last_of(places(book, keys)).tolist() == [plain.known[key].last for key in keys]
    assert book.unknown(range(5)) == [key for key in range(5) if key not in plain.known]
