"""A backlog settles: by person, bounded, the longest waiting first; acknowledged in the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest

from ingest import settling
from ingest.batching import Batcher
from ingest.settling import Acknowledgements, Backlog
from ingest.sources import Envelope
from tests.ingest.envelopes import NOW, envelope

LATER = NOW + timedelta(seconds=7)


def backlog(settle_s: float = 0.0, now: datetime = LATER) -> Backlog:
    """Topics are `{person}/{number}`."""
    return Backlog(now=lambda: now, whose=lambda topic: topic.partition("/")[0], settle_s=settle_s)


def topics(taken: Iterable[Envelope]) -> list[str]:
    return [each.topic for each in taken]


def test_messages_of_a_person_leave_together_and_the_longest_waiting_first() -> None:
    waiting = backlog()
    for topic in ("a/1", "b/1", "a/2", "c/1", "b/2"):
        waiting.put(envelope(topic, b"x"))
    assert len(waiting) == 5
    assert topics(waiting.take()) == ["a/1", "a/2", "b/1", "b/2", "c/1"]
    assert len(waiting) == 0
    assert waiting.take() == []


def test_what_leaves_together_came_at_one_instant() -> None:
    waiting = backlog()
    waiting.put(envelope("a/1", b"x", NOW))
    waiting.put(envelope("b/1", b"x", NOW + timedelta(seconds=1)))
    assert {each.received_at for each in waiting.take()} == {LATER}


def test_nothing_leaves_before_it_has_settled() -> None:
    waiting = backlog(settle_s=60.0)
    assert waiting.ready_in_s() is None
    waiting.put(envelope("a/1", b"x"))
    ready_in_s = waiting.ready_in_s()
    assert ready_in_s is not None
    assert 50 < ready_in_s <= 60
    assert waiting.take() == []
    assert waiting.waits_for("a")
    assert not waiting.waits_for("b")


def test_a_crowd_does_not_wait() -> None:
    waiting = backlog(settle_s=60.0)
    for number in range(settling.CROWDED + 5):
        waiting.put(envelope(f"{number}/1", b"x"))
    assert topics(waiting.take()) == [f"{number}/1" for number in range(6)]
    assert waiting.ready_in_s()


def test_a_batch_holds_so_much_and_takes_the_rest_next() -> None:
    waiting = backlog()
    for number in range(10):
        waiting.put(envelope(f"a/{number}", bytes(settling.FIRST_BYTES // 2)))
    assert topics(waiting.take()) == ["a/0", "a/1"]
    assert topics(waiting.take()) == ["a/2", "a/3"]
    assert len(waiting) == 6
    assert waiting.waits_for("a")


def test_a_message_too_large_for_any_batch_is_one_of_its_own() -> None:
    waiting = backlog()
    waiting.put(envelope("a/1", bytes(2 * settling.MOST_BYTES)))
    waiting.put(envelope("b/1", b"x"))
    assert topics(waiting.take()) == ["a/1"]
    assert topics(waiting.take()) == ["b/1"]


@pytest.mark.parametrize(
    ("seconds", "then"),
    [(4 * settling.AIM_S, 1), (settling.AIM_S / 10, 2), (settling.AIM_S, 2)],
    ids=["slow", "quick", "as wanted"],
)
def test_the_share_follows_from_how_long_the_last_one_took(seconds: float, then: int) -> None:
    waiting = backlog()
    for number in range(10):
        waiting.put(envelope(f"a/{number}", bytes(settling.FIRST_BYTES * 5 // 8)))
    assert len(waiting.take()) == 2
    waiting.took(seconds)
    assert len(waiting.take()) == then


def test_the_share_stays_within_bounds() -> None:
    waiting = backlog()
    for seconds, expected in ((60.0, settling.LEAST_BYTES), (1e-9, settling.MOST_BYTES)):
        for number in range(60):
            waiting.put(envelope(f"{number}/1", bytes(settling.MOST_BYTES)))
            assert len(waiting.take()) == 1
            waiting.took(seconds)
        for number in range(400):
            waiting.put(envelope(f"{number}/1", bytes(settling.LEAST_BYTES // 2)))
        assert sum(len(each.payload) for each in waiting.take()) == expected
        while waiting.take():
            pass


def test_a_batch_that_was_not_full_does_not_make_the_next_one_larger() -> None:
    waiting = backlog()
    for _ in range(50):
        waiting.put(envelope("a/1", b"x"))
        waiting.take()
        waiting.took(1e-6)
    for number in range(10):
        waiting.put(envelope(f"a/{number}", bytes(settling.FIRST_BYTES)))
    assert len(waiting.take()) == 1


@pytest.mark.parametrize("seed", range(10))
def test_acknowledgements_leave_in_the_order_of_arrival(seed: int) -> None:
    random, left = Random(seed), list[int]()
    order = Acknowledgements()
    tickets = [order.ticket(lambda number=number: left.append(number)) for number in range(40)]  # type: ignore[misc]
    done = list(range(40))
    random.shuffle(done)
    for place, number in enumerate(done):
        tickets[number]()
        finished = set(done[: place + 1])
        assert left == [n for n in range(40) if set(range(n + 1)) <= finished]


def test_nothing_is_acknowledged_by_waiting_here() -> None:
    left: list[str] = []
    waiting = backlog()
    for topic in ("a/1", "b/1", "a/2"):
        waiting.put(msgspec.structs.replace(envelope(topic, b"x"), acknowledge=lambda topic=topic: left.append(topic)))
    taken = waiting.take()
    assert left == []
    for each in taken:
        each.acknowledge()
    assert left == ["a/1", "b/1", "a/2"]


class TestInBatches:
    def batcher(self) -> Batcher:
        return Batcher(messages=10, age_s=0.0, settle_s=0.0)

    async def test_the_backlog_fills_a_batch_behind_what_is_live(self) -> None:
        batcher = self.batcher()
        batcher.put(2, envelope("old", b"x"))
        batcher.put(1, envelope("live", b"x"))
        assert topics(await batcher.next(wait_s=1)) == ["live", "old"]

    async def test_a_safety_event_travels_without_it(self) -> None:
        batcher = self.batcher()
        batcher.put(2, envelope("old", b"x"))
        batcher.put(1, envelope("live", b"x"))
        batcher.put(0, envelope("sos", b"x"))
        assert topics(await batcher.next(wait_s=1)) == ["sos", "live"]
        assert topics(await batcher.next(wait_s=1)) == ["old"]

    async def test_a_full_batch_has_no_room_for_it(self) -> None:
        batcher = self.batcher()
        batcher.put(2, envelope("old", b"x"))
        for number in range(12):
            batcher.put(1, envelope(f"live{number}", b"x"))
        assert len(await batcher.next(wait_s=1)) == 10
        assert topics(await batcher.next(wait_s=1)) == ["live10", "live11", "old"]

    async def test_alone_it_is_a_batch_too_and_no_sign_of_life(self) -> None:
        batcher = self.batcher()
        batcher.put(2, envelope("old", b"x"))
        assert (len(batcher), batcher.waiting_live) == (1, 0)
        assert batcher.quiet_for_s() > 0
        assert batcher.waits_for("old")
        assert topics(await batcher.next(wait_s=1)) == ["old"]
        assert not batcher.waits_for("old")

    async def test_what_has_not_settled_is_waited_for_no_longer_than_asked(self) -> None:
        batcher = Batcher(messages=10, age_s=0.0, settle_s=60.0)
        batcher.put(2, envelope("old", b"x"))
        assert await batcher.next(wait_s=0.01) == []
        assert len(batcher) == 1
