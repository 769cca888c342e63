"""What a location costs on disk, and what parts of a day cost when writing: on PostgreSQL with its own, durable settings.

Fixes of a day as bracelets send them: every minute, most of the time at rest, coordinates of seven digits. Where the
installation has TimescaleDB, a chunk is compressed as its policy would, and that figure is `bytes_per_reading`; else it
is that of plain PostgreSQL.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import psycopg

from ingest import store
from runtime import database, migrate
from runtime.embedded import ports, postgres
from tests import servers

PERSONS, MINUTES = 500, 1_440
#: Readings a batch, and batches of each way of writing.
BATCH, BATCHES = 2_000, 60
DAY = "2026-11-20"
#: At rest for fifty minutes of an hour, else a step of some metres; noise of the receiver on top.
_FIXES = f"""
    INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source, altitude_m,
        speed_mps, heading_deg, battery_pct, charging, worn, steps, seq)
    SELECT p, at, p, at + interval '1.3 s', 36.81 + p * 1e-3 + round((walked * 1e-4 + random() * 1e-4)::numeric, 6),
        118.05 + round((random() * 1e-4)::numeric, 6), 5 + (random() * 20)::int, 'gnss', 40 + (random() * 10)::int,
        round((random() * 1.4)::numeric, 1), (random() * 360)::int, 100 - n / 20, false, true, (n % 60 > 50)::int * 60, n
    FROM generate_series(1, {{persons}}) p, generate_series(0, {{minutes}} - 1) n
    CROSS JOIN LATERAL (SELECT '{DAY}Z'::timestamptz + n * interval '1 min' + p * interval '0.1 s' AS at,
        greatest(n % 60 - 50, 0) AS walked) x
    ORDER BY n, p
"""


def measure() -> dict[str, Any]:
    """bytes_per_reading and what it is of; bytes with and without indexes; readings a second written into parts or not."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with servers.open_folder() as folder:
        server = await postgres.start(folder, port=ports.any_free(), settings=servers.timescale_settings())
        async with server.process:
            await migrate.migrate(server.url)
            with psycopg.connect(server.url, autocommit=True) as connection:
                hypertables = connection.execute("SELECT relkind <> 'p' FROM pg_class WHERE relname = 'locations'")
                compressed = bool((hypertables.fetchone() or (False,))[0])
                sizes = _sizes(connection, compressed=compressed)
            return sizes | (await _written(server.url) if not compressed else {})


def _sizes(connection: psycopg.Connection[Any], *, compressed: bool) -> dict[str, Any]:
    connection.execute(f"SELECT make_part('locations', 'at', '{DAY}')")
    connection.execute(_FIXES.format(persons=PERSONS, minutes=MINUTES))
    connection.execute("VACUUM ANALYZE locations")
    rows = PERSONS * MINUTES
    plain = _one(connection, f"SELECT sum(bytes) FROM time_parts WHERE since = '{DAY}Z' AND series = 'locations'")
    found: dict[str, Any] = {"of": "plain PostgreSQL, with its indexes", "bytes_per_reading": round(plain / rows, 1)}
    if not compressed:
        table = _one(connection, "SELECT pg_table_size('locations_20261120')")
        return found | {"without_indexes": round(table / rows, 1)}
    connection.execute("SELECT compress_chunk(c) FROM show_chunks('locations') c")
    packed = _one(connection, "SELECT sum(total_bytes) FROM chunks_detailed_size('locations')")
    return {
        "of": "TimescaleDB, compressed",
        "bytes_per_reading": round(packed / rows, 1),
        "before_compression": found["bytes_per_reading"],
    }


def _one(connection: psycopg.Connection[Any], query: str) -> float:
    row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return float(row[0])


async def _written(url: str) -> dict[str, float]:
    """Readings a second through ingest's own statements, a day's part before it and a plain table of the same columns."""
    async with await database.connect(url) as connection:
        await connection.execute("SELECT make_part('locations', 'at', '2026-11-21')")
        await connection.execute("CREATE TABLE plain (LIKE locations_20261121 INCLUDING ALL)")
        await store.prepare(connection)
        await connection.execute(
            "CREATE TEMP TABLE batch AS SELECT * FROM locations_20261120 ORDER BY at LIMIT %s", (BATCH * BATCHES * 2,)
        )
        await connection.execute("CREATE INDEX ON batch (at)")
        await connection.commit()
        spent = {"parts": 0.0, "plain": 0.0}
        # In turn, so that a noisy minute meets both.
        for number in range(BATCHES):
            for name, table in (("parts", "locations"), ("plain", "plain")):
                spent[name] += await _batch(connection, table, number)
    return {f"{name}_readings_per_s": round(BATCH * BATCHES / spent_s) for name, spent_s in spent.items()}


async def _batch(connection: database.Connection, table: str, number: int) -> float:
    """Seconds of the statement and the commit; the stage is filled before."""
    await connection.execute("CREATE TEMP TABLE IF NOT EXISTS next (LIKE locations) ON COMMIT DELETE ROWS")
    await connection.execute(
        "INSERT INTO next SELECT * FROM batch ORDER BY at OFFSET %s LIMIT %s", (number * BATCH, BATCH)
    )
    await connection.execute("UPDATE next SET at = at + interval '1 day'")
    begun_s = time.perf_counter()
    await connection.execute(f"INSERT INTO {table} SELECT * FROM next ON CONFLICT DO NOTHING")  # type: ignore[arg-type]
    await connection.commit()
    return time.perf_counter() - begun_s


if __name__ == "__main__":
    print(json.dumps(measure()))
