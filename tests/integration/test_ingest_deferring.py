"""Positions and device states that are put off under load: seen soon, and known after a crash."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ingest import pipeline
from ingest.deferring import latest
from tests.integration.ingest_process import TIMELESS, frozen, stored_states, uninterrupted
from tests.integration.ingest_running import device, publish, rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

INSIDE = {"latitude": HOME_LATITUDE, "longitude": HOME_LONGITUDE, "accuracy_m": 8.0}
NEWEST = "SELECT last_seq, last_seen_at = (SELECT max(at) FROM locations), missing FROM device_states"


@pytest.fixture(autouse=True)
def _as_under_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "FEW", 0)


async def at_home(client: Any, bracelet: str, began_s: float, *numbers: int) -> None:
    """Readings that change nothing: what is known of them is in the rows that are put off."""
    for number in numbers:
        await publish(client, bracelet, "location", at=began_s + 30 * number, seq=number, battery_pct=80, **INSIDE)


async def test_what_was_put_off_is_written_soon_and_told(database_url: str, broker_url: str) -> None:
    bracelet, began_s = unique("zb"), time.time() - 600
    add_person(database_url, bracelet=bracelet, overrides=TIMELESS)
    settings = settings_for(database_url, broker_url, ingest_batch_age_ms=0)
    async with running_ingest(settings), device(broker_url, bracelet) as client:
        await at_home(client, bracelet, began_s, 1, 2, 3, 5)
        await rows_when(database_url, "SELECT 1 FROM locations", count=4)
        await rows_when(database_url, f"SELECT 1 FROM ({NEWEST}) AS newest (seq, is_newest) WHERE seq = 5", count=1)
        await rows_when(database_url, "SELECT 1 WHERE NOT EXISTS (SELECT FROM deferred_rows)", count=1)
    assert rows(database_url, NEWEST) == [(5, True, 1)]
    assert rows(database_url, "SELECT at = (SELECT max(at) FROM locations) FROM latest_positions") == [(True,)]


async def test_nothing_of_it_is_unknown_after_a_crash(
    database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bracelet, began_s = unique("zb"), time.time() - 600
    add_person(database_url, bracelet=bracelet, overrides=TIMELESS)
    settings = settings_for(database_url, broker_url, ingest_batch_age_ms=0)

    async def killed(*_: object) -> None:
        """What ends like this writes nothing at its end."""

    with monkeypatch.context() as crashing:
        crashing.setattr(latest, "WRITE_AFTER_S", 1_000.0)
        crashing.setattr(pipeline, "write_everything", killed)
        async with running_ingest(settings), device(broker_url, bracelet) as client:
            await at_home(client, bracelet, began_s, 1, 2, 3, 5, 6)
            await rows_when(database_url, "SELECT 1 FROM locations", count=5)
    assert rows(database_url, "SELECT count(*) FROM deferred_rows") != [(0,)]
    assert rows(database_url, NEWEST) != [(6, True, 1)]
    async with running_ingest(settings), device(broker_url, bracelet) as client:
        assert rows(database_url, NEWEST) == [(6, True, 1)]
        assert rows(database_url, "SELECT count(*) FROM deferred_rows") == [(0,)]
        states, _ = await uninterrupted(database_url)
        assert await stored_states(database_url) == frozen(states)
        await at_home(client, bracelet, began_s, 4, 7)
        await rows_when(database_url, "SELECT 1 FROM locations", count=7)
    assert rows(database_url, NEWEST) == [(7, True, 0)]
    states, _ = await uninterrupted(database_url)
    assert await stored_states(database_url) == frozen(states)
