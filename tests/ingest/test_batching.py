"""Batches: by count, by age, the urgent first, the order of a lane kept."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from ingest.batching import Batcher
from tests.ingest.envelopes import envelope

#: Longer than any test may take: who waits for it, waits for ever.
LONG_S = 60.0


def put(batcher: Batcher, *names: str, rank: int = 1) -> None:
    for name in names:
        batcher.put(rank, envelope(name, b""))


def topics(batch) -> list[str]:
    return [each.topic for each in batch]


async def soon(batcher: Batcher) -> list[str]:
    """The next batch, which must be there without waiting for its age."""
    async with asyncio.timeout(5):
        return topics(await batcher.next(wait_s=LONG_S))


async def test_nothing_came() -> None:
    assert await Batcher(messages=10, age_s=LONG_S).next(wait_s=0.0) == []


async def test_a_batch_of_one_after_its_age() -> None:
    batcher = Batcher(messages=10, age_s=0.0)
    put(batcher, "a")
    assert await soon(batcher) == ["a"]
    assert len(batcher) == 0


async def test_a_full_batch_waits_for_nothing() -> None:
    batcher = Batcher(messages=3, age_s=LONG_S)
    put(batcher, "a", "b", "c")
    assert await soon(batcher) == ["a", "b", "c"]


async def test_a_safety_event_waits_for_nothing_and_goes_first() -> None:
    batcher = Batcher(messages=10, age_s=LONG_S)
    put(batcher, "a", "b")
    put(batcher, "sos", rank=0)
    assert await soon(batcher) == ["sos", "a", "b"]


async def test_a_safety_event_ends_a_wait_that_has_begun() -> None:
    batcher = Batcher(messages=10, age_s=LONG_S)
    put(batcher, "a")
    waiting = asyncio.create_task(soon(batcher))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    put(batcher, "sos", rank=0)
    assert await waiting == ["sos", "a"]


async def test_a_message_ends_the_wait_for_one() -> None:
    batcher = Batcher(messages=10, age_s=0.0)
    waiting = asyncio.create_task(soon(batcher))
    await asyncio.sleep(0)
    put(batcher, "a")
    assert await waiting == ["a"]


async def test_what_does_not_fit_comes_next_without_waiting_if_it_is_full_or_urgent() -> None:
    batcher = Batcher(messages=2, age_s=LONG_S)
    put(batcher, "a", "b", "c", "d", "e")
    assert await soon(batcher) == ["a", "b"]
    assert await soon(batcher) == ["c", "d"]
    put(batcher, "s1", "s2", "s3", rank=0)
    assert await soon(batcher) == ["s1", "s2"]
    assert await soon(batcher) == ["s3", "e"]
    assert await batcher.next(wait_s=0.0) == []


async def test_after_an_urgent_batch_the_age_counts_again() -> None:
    batcher = Batcher(messages=10, age_s=LONG_S)
    put(batcher, "sos", rank=0)
    assert await soon(batcher) == ["sos"]
    put(batcher, "a")
    waiting = asyncio.create_task(soon(batcher))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


@pytest.mark.parametrize("seed", range(20))
async def test_every_message_comes_out_once_and_in_the_order_of_its_lane(seed: int) -> None:
    random = Random(seed)
    batcher = Batcher(messages=random.randint(1, 7), age_s=0.0)
    sent: list[list[str]] = [[], []]
    came: list[str] = []
    for number in range(200):
        rank = int(random.random() < 0.8)
        sent[rank].append(f"{rank}-{number}")
        put(batcher, sent[rank][-1], rank=rank)
        if random.random() < 0.3:
            batch = await soon(batcher)
            assert batch == sorted(batch, key=lambda name: name[0])
            came += batch
    while len(batcher):
        came += await soon(batcher)
    assert [[name for name in came if name[0] == str(rank)] for rank in (0, 1)] == sent


async def test_how_long_it_has_been_quiet() -> None:
    batcher = Batcher(messages=10, age_s=0.0)
    put(batcher, "a")
    assert batcher.quiet_for_s() == 0.0
    await soon(batcher)
    assert 0.0 <= batcher.quiet_for_s() < 5.0


def test_all_that_a_read_brought_is_taken_in_every_lane() -> None:
    batcher = Batcher(messages=100, age_s=0.0)
    for rank in (0, 1, 2):
        batcher.put(rank, envelope("a", b""), envelope("b", b""))
        assert len(batcher) == 2 * (rank + 1)
