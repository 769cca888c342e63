"""One owner at a time, and no commit of one who was deposed without knowing it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ingest import store
from ingest.ownership import store as ownership
from ingest.ownership.store import Deposed, Ownership
from runtime import database
from runtime.database import Connection
from tests.ingest.envelopes import Desk, location
from tests.integration.ingest_running import rows


@pytest_asyncio.fixture(loop_scope="session")
async def two(database_url: str) -> AsyncIterator[tuple[Connection, Connection]]:
    """Two connections, as two processes have them."""
    async with await database.connect(database_url) as one, await database.connect(database_url) as other:
        yield one, other


async def forget_the_lock(connection: Connection) -> None:
    """As when a connection ended that its process still believes in."""
    await connection.execute("SELECT pg_advisory_unlock_all()")
    await connection.commit()


def batch(owner: Ownership | None) -> store.Commit:
    commit = Desk().judge(location(0)).commit
    commit.owner = owner
    return commit


async def test_a_second_one_waits_and_each_owner_has_a_higher_epoch(two: tuple[Connection, Connection]) -> None:
    one, other = two
    first = await ownership.take(one)
    assert first == Ownership(partition=0, epoch=1)
    assert await ownership.take(other) is None
    assert await ownership.take(other, partition=1) == Ownership(partition=1, epoch=1)
    await forget_the_lock(one)
    assert await ownership.take(other) == Ownership(partition=0, epoch=2)


async def test_who_was_deposed_cannot_commit(two: tuple[Connection, Connection], database_url: str) -> None:
    one, other = two
    await store.prepare(one)
    first = await ownership.take(one)
    await store.commit(one, batch(first))
    await forget_the_lock(one)
    await ownership.take(other)
    late = Desk().judge(location(60)).commit
    late.owner = first
    with pytest.raises(Deposed):
        await store.commit(one, late)
    assert rows(database_url, "SELECT count(*) FROM locations") == [(1,)]


async def test_a_new_owner_waits_for_the_commit_that_is_under_way(two: tuple[Connection, Connection]) -> None:
    one, other = two
    first = await ownership.take(one)
    assert first is not None
    await forget_the_lock(one)
    async with one.transaction():
        await (await ownership.claim(one, first)).confirm()
        taking = asyncio.create_task(ownership.take(other))
        _, waiting = await asyncio.wait([taking], timeout=0.3)
        assert waiting
    assert await taking == Ownership(partition=0, epoch=2)
    with pytest.raises(Deposed):
        await (await ownership.claim(one, first)).confirm()


async def test_what_was_thought_new_and_is_there_is_stored_once(
    two: tuple[Connection, Connection], database_url: str
) -> None:
    """A device that changed hands: its new wearer's state has never heard of it."""
    one, _ = two
    await store.prepare(one)
    for _ in range(2):
        commit = batch(await ownership.take(one))
        assert commit.surely_new
        await store.commit(one, commit)
    assert rows(database_url, "SELECT count(*) FROM locations") == [(1,)]
    commit.surely_new = False
    await store.commit(one, commit)
    assert rows(database_url, "SELECT count(*) FROM locations") == [(1,)]
