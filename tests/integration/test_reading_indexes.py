"""Sums of what came in lately read the new end of a table, not all of it."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

COLUMNS = {
    "locations": ("latitude, longitude, accuracy_m, source", "36.8, 118.0, 12, 'gnss'"),
    "bed_reports": ("status", "'in_bed'"),
    "heartbeats": ("battery_pct", "80"),
}


@pytest.mark.parametrize("table", COLUMNS)
def test_a_sum_since_an_instant_uses_the_index(table: str, database_url: str) -> None:
    names, values = COLUMNS[table]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            f"INSERT INTO {table} (device_key, at, person_id, received_at, {names})"
            f" SELECT n %% 500, begun + n * interval '1 s', n %% 500, begun + n * interval '1 s', {values}"
            " FROM generate_series(1, %s) n, (SELECT timestamptz '2026-11-20' AS begun) b",
            (60_000,),
        )
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
        query = f"SELECT count(*) FROM {table} WHERE received_at >= timestamptz '2026-11-20' + interval '59000 s'"
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query}").fetchall())
        # Of each part, its own: named by PostgreSQL.
        assert re.search(rf"Bitmap Index Scan on {table}_\w+_received_at_idx", plan), plan
        assert connection.execute(query).fetchone() == (1_001,)
