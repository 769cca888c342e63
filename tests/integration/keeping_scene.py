"""Databases with both kinds of series, and rows in them, for the tests of keeping."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from runtime import migrate, timescale
from tests import registry_rows
from tests.servers import Databases

#: Noon of a Sunday in Zibo; "now" in most of these tests.
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KINDS = ("native", "hypertables")


@contextmanager
def series(databases: Databases, kind: str) -> Iterator[str]:
    """A migrated database with native parts, or with hypertables where this PostgreSQL has them."""
    if kind == "native" and not has_timescale(databases):
        with databases.fresh() as url:
            yield url
    elif kind == "native":
        with native(databases) as url:
            yield url
    elif has_timescale(databases):
        with databases.fresh() as url:
            yield url
    else:
        pytest.skip("TimescaleDB is missing: no registry of packages carries it; runs on a PostgreSQL that has it")


def has_timescale(databases: Databases) -> bool:
    return bool(rows(databases.url, "SELECT FROM pg_available_extensions WHERE name = 'timescaledb'"))


@contextmanager
def native(databases: Databases) -> Iterator[str]:
    """Migrated as if the extension were not there."""
    with databases.fresh(template="template0") as url:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timescale, "choose", lambda **_: timescale.Choice.NOT_AVAILABLE)
            # The loop of the tests is running; this one needs its own.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(lambda: asyncio.run(migrate.migrate(url))).result()
        yield url


def rows(url: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query, parameters or None).fetchall()


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        for statement in statements:
            connection.execute(statement)


def put(url: str, table: str, new: list[dict[str, Any]]) -> None:
    """Rows of one table as ingest puts them: what is there already stays."""
    names = sorted({name for row in new for name in row})
    with psycopg.connect(url, options="-c timezone=UTC") as connection, connection.cursor() as cursor:
        cursor.executemany(
            sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join([sql.Placeholder()] * len(names)),
            ),
            [tuple(row.get(name) for name in names) for row in new],
        )


def location(
    key: int, person_id: int, at: datetime, received_at: datetime | None = None, **more: Any
) -> dict[str, Any]:
    fix = {"latitude": 36.81, "longitude": 118.05, "accuracy_m": 10.0, "source": "gnss"}
    return {"device_key": key, "person_id": person_id, "at": at, "received_at": received_at or at} | fix | more


def bed_report(
    key: int, person_id: int, at: datetime, received_at: datetime | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "device_key": key, "person_id": person_id, "at": at, "received_at": received_at or at, "status": "occupied",
    } | more  # fmt: skip


def rejected(received_at: datetime) -> dict[str, Any]:
    return {
        "received_at": received_at, "topic": "t", "reason": "malformed", "detail": "x", "payload": b"x", "payload_size": 1,
    }  # fmt: skip


def detection(person_id: int, kind: str, at: datetime, judged_at: datetime | None = None) -> dict[str, Any]:
    return {
        "detection_id": uuid4(), "person_id": person_id, "kind": kind, "reason": "two_fixes", "at": at,
        "judged_at": judged_at or at,
    }  # fmt: skip


def incident(url: str, person_id: int, *, opened_at: datetime, resolved_at: datetime | None = None) -> int:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        row = connection.execute(
            "INSERT INTO incidents (person_id, state, severity, kind, kinds, opened_at, updated_at, resolved_at, outcome,"
            " revision) VALUES (%s, %s, 'urgent', 'zone_exit', '{zone_exit}', %s, %s, %s, %s,"
            " nextval('incidents_revisions')) RETURNING incident_id",
            (
                person_id, "resolved" if resolved_at else "open", opened_at, opened_at, resolved_at,
                "found" if resolved_at else None,
            ),
        ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def message(url: str, incident_id: int, at: datetime, *, round_: int = 1, state: str = "delivered") -> None:
    notification_id = uuid4()
    put(
        url,
        "notifications",
        [
            {
                "notification_id": notification_id, "incident_id": incident_id, "purpose": "alert", "receiver_id": 1,
                "round": round_, "position": 0, "channel_index": 0, "channel": "{}", "destination": "x",
                "language": "en", "title": "t", "body": "b", "state": state, "attempts": 1, "created_at": at,
                "next_attempt_wall": at,
            }
        ],
    )  # fmt: skip
    put(
        url,
        "notification_attempts",
        [
            {
                "notification_id": notification_id, "attempt": 1, "handed_wall": at, "duration_ms": 1.0,
                "outcome": "delivered", "detail": "",
            }
        ],
    )  # fmt: skip


def persons(url: str, count: int, *, beds: bool = False) -> list[tuple[int, int, int | None]]:
    """(person id, device key of the bracelet, of the bed) of so many new persons."""
    made = []
    for n in range(count):
        person_id = registry_rows.add_person(url, bracelet=f"zb-k{n}", bed=f"bd-k{n}" if beds else None, zones=False)
        keys = dict(rows(url, "SELECT kind, device_key FROM devices WHERE person_id = %s", person_id))
        made.append((person_id, keys["bracelet"], keys.get("bed")))
    return made


def chance(seed: int) -> Random:
    return Random(seed)
