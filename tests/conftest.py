"""Fixtures for every test. Servers start when first asked for, once a session, and are real."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from hypothesis import HealthCheck
from hypothesis import settings as examples

from runtime import settings
from runtime.clock import ManualClock
from runtime.embedded import EmbeddedError
from runtime.embedded import broker as embedded_broker
from runtime.embedded import postgres as embedded_postgres
from tests import servers, workers


def pytest_configure(config: pytest.Config) -> None:
    # How long an example took says how busy the machine was.
    examples.register_profile("busy machine", examples(deadline=None, suppress_health_check=[HealthCheck.too_slow]))
    examples.load_profile("busy machine")
    config.addinivalue_line("markers", "needs_servers: lies in tests/integration or tests/end_to_end")
    workers.register(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if workers.folder(item):
            item.add_marker("needs_servers")
    workers.arrange(items, spread=workers.is_one_of_several(config))


def missing(what: str, how: str) -> None:
    """Skip and say why; where CI is set, fail, so that a skip cannot pass as green."""
    reason = f"{what} is missing: {how}"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this machine's environment nor a developer's .env or running demo has a say."""
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "DOTENV", None)
    monkeypatch.setattr(settings, "ASK_THE_RUN", False)


@pytest.fixture
def clock() -> ManualClock:
    """Stands still until the test moves it. 02:40 in Zibo."""
    return ManualClock(datetime(2026, 11, 20, 18, 40, tzinfo=UTC))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def databases() -> AsyncIterator[servers.Databases]:
    """One PostgreSQL for the session."""
    try:
        embedded_postgres.installation()
    except EmbeddedError as error:
        missing("PostgreSQL", str(error))
    async with servers.private_postgres() as made:
        yield made


@pytest.fixture
def database_url(databases: servers.Databases) -> Iterator[str]:
    """A fresh, migrated database."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def empty_database_url(databases: servers.Databases) -> Iterator[str]:
    """A fresh database without our tables."""
    with databases.fresh(template="template0") as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker_url() -> AsyncIterator[str]:
    """The embedded broker, one for the session: use client ids and device ids of your own."""
    try:
        embedded_broker.program()
    except EmbeddedError as error:
        missing("the broker", str(error))
    async with servers.private_broker() as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mosquitto_url() -> AsyncIterator[str]:
    """Mosquitto with our production settings, one for the session."""
    program = servers.mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    async with servers.private_mosquitto(program) as url:
        yield url
