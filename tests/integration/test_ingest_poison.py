"""A failure of our own, planted in a running ingest: it costs one message or one deadline, never the rest."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
import structlog

from geofence import engine
from ingest import store
from tests.integration.ingest_running import (
    device,
    publish,
    rows,
    rows_when,
    running_ingest,
    settings_for,
    unique,
)
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE, add_person

INSIDE = {"latitude": HOME_LATITUDE, "longitude": HOME_LONGITUDE, "accuracy_m": 12}
OUTSIDE = INSIDE | {"latitude": HOME_LATITUDE + 0.0018}


@pytest.fixture(autouse=True)
def _production_logging() -> Iterator[None]:
    said = io.StringIO()
    as_configured = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(processors=as_configured, logger_factory=structlog.PrintLoggerFactory(said))
    yield
    structlog.reset_defaults()
    assert "planted" in said.getvalue()
    assert str(HOME_LATITUDE) not in said.getvalue(), "a position was logged"


@pytest.mark.parametrize("where", ["judging", "storing"])
async def test_one_message_is_quarantined_and_the_rest_is_stored(
    where: str, database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = unique("zb"), unique("zb")
    add_person(database_url, bracelet=good)
    add_person(database_url, bracelet=bad)
    judge, commit = engine.judge, store.commit

    def failing_judge(state: Any, reading: Any, *rest: Any) -> Any:
        if where == "judging" and reading.battery_pct == 66.0:
            raise ZeroDivisionError("planted")
        return judge(state, reading, *rest)

    async def failing_commit(connection: Any, batch: store.Commit) -> int:
        if where == "storing" and any(66.0 in row for row in batch.rows["locations"]):
            raise psycopg.DataError("planted")
        return await commit(connection, batch)

    monkeypatch.setattr(engine, "judge", failing_judge)
    monkeypatch.setattr(store, "commit", failing_commit)
    now = time.time()
    settings = settings_for(database_url, broker_url, ingest_batch_age_ms=500)
    async with running_ingest(settings), device(broker_url, good) as client:
        told = [(good, now - 90, INSIDE), (bad, now - 80, INSIDE), (bad, now - 70, INSIDE | {"battery_pct": 66.0})]
        told += [(good, now - 60, OUTSIDE), (bad, now - 50, INSIDE), (good, now - 20, OUTSIDE)]
        await asyncio.gather(*(publish(client, who, "location", at=at, **fix) for who, at, fix in told))
        await rows_when(database_url, "SELECT 1 FROM locations", count=5)
        found = await rows_when(database_url, "SELECT reason, device_id, payload, detail FROM quarantine", count=1)
    ((reason, device_id, payload, detail),) = found
    assert (reason, device_id, json.loads(bytes(payload))["battery_pct"]) == ("engine_error", bad, 66.0)
    assert "see the log" in detail
    assert rows(database_url, "SELECT kind FROM detections") == [("zone_exit",)]


async def test_an_sos_beside_it_is_answered(
    database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that no index takes is refused by the database as a lack of resources; that is no outage."""
    bracelet = unique("zb")
    add_person(database_url, bracelet=bracelet)
    real = store.commit

    async def refusing(connection: Any, batch: store.Commit) -> int:
        if any(row[1] == "too-much" for row in batch.rows["safety_events"]):
            raise psycopg.errors.ProgramLimitExceeded("planted: index row size exceeds maximum")
        return await real(connection, batch)

    monkeypatch.setattr(psycopg.errors.ProgramLimitExceeded, "sqlstate", "54000")
    monkeypatch.setattr(store, "commit", refusing)
    settings = settings_for(database_url, broker_url, ingest_batch_age_ms=200)
    async with running_ingest(settings), device(broker_url, bracelet) as client:
        await client.subscribe(f"tongxing/v1/{bracelet}/ack", qos=1)
        for event_id in ("too-much", "fine"):
            await publish(client, bracelet, "event", id=event_id, type="sos")
        assert json.loads((await asyncio.wait_for(anext(client.messages), 15)).payload)["id"] == "fine"
        await rows_when(database_url, "SELECT 1 FROM quarantine WHERE reason = 'engine_error'", count=1)
    assert rows(database_url, "SELECT event_id FROM safety_events") == [("fine",)]
    assert rows(database_url, "SELECT evidence ->> 'event_id' FROM detections") == [("fine",)]


async def test_one_deadline_does_not_hold_up_the_others_nor_a_message(
    database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, well = unique("zb"), unique("zb")
    poisoned_id = add_person(database_url, bracelet=poisoned, overrides={"suspect_silence": 60})
    well_id = add_person(database_url, bracelet=well, overrides={"suspect_silence": 60})
    real = engine.run_down

    def failing(state: Any, person: Any, until: datetime, *rest: Any) -> Any:
        due_at = engine.due(state, person)
        if person.person_id == poisoned_id and due_at is not None and due_at <= until:
            raise ZeroDivisionError("planted")
        return real(state, person, until, *rest)

    monkeypatch.setattr(engine, "run_down", failing)
    now = time.time()
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, well) as client:
        for who in (poisoned, well):
            await publish(client, who, "location", at=now - 90, **INSIDE)
            await publish(client, who, "location", at=now - 59, **OUTSIDE)
        found = await rows_when(database_url, "SELECT person_id, reason FROM detections", count=1)
        assert found == [(well_id, "silent_while_suspected")]
        await publish(client, well, "location", at=now, **INSIDE)
        await rows_when(database_url, "SELECT 1 FROM locations", count=5)
    assert rows(database_url, "SELECT count(*) FROM quarantine") == [(0,)]


@pytest.mark.parametrize(("type_", "kind", "reason"), [
    ("sos", "sos", "pressed_judged_alone"), ("impact", "fall", "impact_judged_alone"),
])  # fmt: skip
async def test_a_call_for_help_is_told_whatever_fails(  # noqa: PLR0917 - fixtures
    type_: str, kind: str, reason: str, database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detector that raises on the event itself: the call is committed, answered and told, once."""
    bracelet, real = unique("zb"), engine.judge
    add_person(database_url, bracelet=bracelet)

    def failing(state: Any, reading: Any, *rest: Any) -> Any:
        if reading.event is not None:
            raise ZeroDivisionError("planted")
        return real(state, reading, *rest)

    monkeypatch.setattr(engine, "judge", failing)
    async with running_ingest(settings_for(database_url, broker_url)), device(broker_url, bracelet) as client:
        await client.subscribe(f"tongxing/v1/{bracelet}/ack", qos=1)
        await publish(client, bracelet, "location", **INSIDE)
        await rows_when(database_url, "SELECT 1 FROM engine_states", count=1)
        for _ in range(2):
            await publish(client, bracelet, "event", id="e1", type=type_, at=1_795_161_600.0)
            answer = json.loads((await asyncio.wait_for(anext(client.messages), 10)).payload)
            assert answer["id"] == "e1"
    told = rows(database_url, "SELECT kind, reason, latitude FROM detections")
    assert told == [(kind, reason, pytest.approx(HOME_LATITUDE))]
    assert rows(database_url, "SELECT event_id FROM safety_events") == [("e1",)]
    assert rows(database_url, "SELECT DISTINCT reason FROM quarantine") == [("engine_error",)]
