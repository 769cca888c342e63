"""What the tests of alerts share: a pool, the test's own connection, and a pipeline with the ladders we ship."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from alerts.pipeline import Pipeline
from runtime import database
from runtime.clock import ManualClock
from runtime.database import Pool
from tests.alerts.scene import Database


@pytest_asyncio.fixture(loop_scope="session")
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Connections as the alerts process has them."""
    made = await database.open_pool(database_url, min_size=2, max_size=8)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def scene(database_url: str) -> AsyncIterator[Database]:
    """The test's own connection, in autocommit."""
    async with await database.connect(database_url, autocommit=True) as connection:
        yield Database(connection)


@pytest_asyncio.fixture(loop_scope="session")
async def pipeline(pool: Pool, clock: ManualClock) -> Pipeline:
    """Handles detections when it is asked to."""
    made = Pipeline(pool=pool, clock=clock, wake_delivery=lambda: None)
    await made.seed()
    return made
