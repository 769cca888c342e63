"""Gaps in the numbering: counted once, taken off when filled, untouched by what is sent again."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sequence import JUMP_AHEAD, REMEMBERED, Novelty, Numbers, begins_anew, follow

NEW, UNSURE, OLD = Novelty


def missing(*numbers: int, novelty: Novelty = NEW) -> int:
    known, total = None, 0
    for number in numbers:
        known, change = follow(known, number, novelty)
        total += change
    return total


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), 0),
        ((5,), 0),
        ((0, 1, 2), 0),
        ((7, 10), 2),
        ((7, 10, 9), 1),
        ((7, 10, 9, 8), 0),
        ((7, 10, 8, 9, 11, 13), 1),
        # A restart: from nought, from one, from anywhere far below.
        ((500, 0, 1, 2), 0),
        ((500, 1, 2), 0),
        ((500, 1, 2, 5), 2),
        ((500, 0, 3), 2),
        ((500, 600, 3, 4), 99),
        ((4_294_967_295, 0, 1), 0),
        # A counter that jumped.
        ((1, 1 + JUMP_AHEAD), JUMP_AHEAD - 1),
        ((1, 2 + JUMP_AHEAD), 0),
    ],
)
def test_new_messages(numbers: tuple[int, ...], expected: int) -> None:
    assert missing(*numbers) == expected


def test_what_was_heard_before_changes_nothing() -> None:
    known, _ = follow(None, 7)
    known, change = follow(known, 10)
    assert change == 2
    for number in (7, 10, 10):
        for novelty in (OLD, UNSURE):
            assert follow(known, number, novelty) == (known, 0)


def test_an_old_message_can_fill_a_gap_and_make_none() -> None:
    known, _ = follow(follow(None, 7)[0], 10)
    filled, change = follow(known, 9, OLD)
    assert (filled.last, change) == (10, -1)
    assert follow(filled, 9, OLD) == (filled, 0)
    assert follow(known, 20, OLD) == (known, 0)
    assert follow(known, 0, OLD) == (known, 0)


def test_an_unsure_message_goes_on_and_never_back() -> None:
    known, _ = follow(None, 7)
    assert follow(known, 9, UNSURE) == (Numbers(9, 0b10), 1)
    assert follow(known, 0, UNSURE) == (known, 0)
    assert follow(known, 8 + JUMP_AHEAD, UNSURE) == (known, 0)


def test_memory_reaches_back_a_thousand_numbers() -> None:
    known, _ = follow(follow(None, 0)[0], 2_000)
    assert follow(known, 2_000 - REMEMBERED + 1, OLD)[1] == -1
    assert follow(known, 2_000 - REMEMBERED, OLD)[1] == 0


def test_an_event_that_overtakes_hundreds_is_no_loss() -> None:
    """A device comes back from an outage: its SOS has a lane of its own, 300 locations queue in another."""
    assert missing(10, 311, *range(11, 311), 312) == 0


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2 ** (REMEMBERED - 1) - 1).map(lambda gaps: gaps << 1),
    st.integers(0, 2**32 - 1),
    st.sampled_from(Novelty),
)
def test_it_stays_bounded_and_comes_back_from_its_columns(last: int, gaps: int, seq: int, novelty: Novelty) -> None:
    for number in (seq, last + seq % 2_000, max(0, last - seq % 2_000)):
        known, change = follow(Numbers(last, gaps), number, novelty)
        assert len(known.gaps_stored()) <= 8 + REMEMBERED // 8
        assert not known.gaps & 1
        assert -1 <= change < JUMP_AHEAD
        assert Numbers.stored(known.last, known.gaps_stored()) == known


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.floats(0, 0.4))
def test_shuffled_within_the_memory_only_what_was_lost_is_missing(seed: int, count: int, loss: float) -> None:
    """And everything sent again afterwards, as after a crash, changes nothing."""
    random = Random(seed)
    sent = [number for number in range(1, count + 1) if random.random() >= loss or number == 1]
    shuffled = [1, *sorted(sent[1:], key=lambda number: number + random.uniform(0, 8))]
    known, total = None, 0
    for number in shuffled:
        known, change = follow(known, number, NEW if known is None or number > known.last else UNSURE)
        total += change
    assert known is not None
    assert total == known.last - len(set(sent))
    for number in shuffled:
        after, change = follow(known, number, random.choice([OLD, UNSURE]))
        assert (after, change) == (known, 0)


@pytest.mark.parametrize(("heard", "seq", "novelty", "anew"), [
    ((), 0, NEW, False), ((7,), 8, NEW, False), ((7,), 7, NEW, False), ((7,), 6, NEW, True), ((7,), 0, NEW, True),
    ((7, 10), 9, NEW, False), ((7, 10), 7, NEW, True), ((7, 10), 6, NEW, True),
    ((7,), 7 + JUMP_AHEAD, NEW, False), ((7,), 8 + JUMP_AHEAD, NEW, True),
    ((5_000,), 5_000 - REMEMBERED, NEW, True), ((4_294_967_295,), 0, NEW, True), ((7,), 0, OLD, False), ((7,), 0, UNSURE, False),
    ((7,), 8 + JUMP_AHEAD, OLD, False),
])  # fmt: skip
def test_when_a_device_numbers_anew(heard: tuple[int, ...], seq: int, novelty: Novelty, anew: bool) -> None:
    known = None
    for number in heard:
        known, _ = follow(known, number)
    assert begins_anew(known, seq, novelty) is anew


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_it_numbers_anew_where_its_numbers_are_forgotten(numbers: list[int]) -> None:
    """The one case in which `follow` starts over."""
    known = None
    for number in numbers:
        anew, before = begins_anew(known, number, NEW), known
        known, change = follow(known, number)
        started_over = before is not None and known == Numbers(number) and number < before.last and change == 0
        assert anew is started_over


@given(
    st.integers(0, 2**63 - 1 - 2_000),
    st.integers(0, 2 ** (REMEMBERED - 1) - 1).map(lambda gaps: gaps << 1),
    st.integers(0, 1_100),
)
def test_gaps_that_were_stored_are_right_after_numbers_that_went_on(last: int, gaps: int, steps: int) -> None:
    """Also after they are forgotten."""
    stored = Numbers(last, gaps).gaps_stored()
    followed = Numbers(last, gaps)
    for seq in range(last + 1, last + steps + 1):
        followed, missing = follow(followed, seq)
        assert not missing
    assert Numbers.stored(last + steps, stored) == followed


@pytest.mark.parametrize("stored", [b"", b"\x02", b"\x00" * 8, (11).to_bytes(8) + b"\x02", b"\xff" * 130])
def test_what_cannot_be_a_gap_is_none(stored: bytes) -> None:
    """Noted by another version, or after a number that is still to come."""
    assert Numbers.stored(10, stored) == Numbers(10)
