"""The latest positions of 1,500 people and one person's day track, over HTTP, with 10.8 million readings in the table.

Measured when the keeper has summed up those five days, which it does in one go only here.
"""

from __future__ import annotations

import asyncio
import json
import time
from random import Random

import httpx
import numpy as np

from runtime import database
from tests.benchmarks.served import serving

PERSONS, DAYS = 1_500, 5
#: Requests of each kind that are measured, after some that warm up.
ASKED, WARM_UP = 300, 20
#: Real seconds.
SUMMED_UP_WITHIN_S = 300.0
#: A fix a minute of everybody, in the order of time; one day is made, the others are like it. Keys are made afterwards.
_FIXES = f"""
    DO $$
    DECLARE
        again text[] := key_and_indexes('locations');
        step text;
        today date := (now() AT TIME ZONE 'UTC')::date;
    BEGIN
        ALTER TABLE locations DROP CONSTRAINT locations_pkey;
        DROP INDEX locations_person, locations_received;
        FOR n IN 1..{DAYS} LOOP
            PERFORM make_part('locations', 'at', today - n);
            IF n > 1 THEN
                INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source,
                    speed_mps, battery_pct, worn, steps, seq)
                SELECT device_key, at - interval '1 day', person_id, received_at - interval '1 day', latitude, longitude,
                    accuracy_m, source, speed_mps, battery_pct, worn, steps, seq
                FROM locations WHERE at >= (today - n + 1)::timestamp AT TIME ZONE 'UTC'
                    AND at < (today - n + 2)::timestamp AT TIME ZONE 'UTC';
                CONTINUE;
            END IF;
            INSERT INTO locations (device_key, at, person_id, received_at, latitude, longitude, accuracy_m, source,
                speed_mps, battery_pct, worn, steps, seq)
            SELECT p, at, p, at + interval '1.3 s', 36.81 + random() / 100, 118.05 + random() / 100, 5 + random() * 20,
                'gnss', 1.1, 70, true, 0, m
            FROM generate_series(0, 1439) m, generate_series(1, {PERSONS}) p
            CROSS JOIN LATERAL (SELECT (today - 1)::timestamp AT TIME ZONE 'UTC' + m * interval '1 min'
                + p * interval '0.03 s' AS at) x;
        END LOOP;
        FOREACH step IN ARRAY again LOOP
            EXECUTE step;
        END LOOP;
    END $$
"""


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds from request to the last byte of the answer, one client at a time; rows that lie in the table."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, dict[str, float]]:
    async with serving(persons=PERSONS, fill=_FIXES) as served:
        await _summed_up(served.database_url)
        async with served.client() as client:
            positions = await _timed(client, lambda _: "/api/v1/positions", least_bytes=PERSONS * 100)
            tracks = await _timed(client, _track, least_bytes=1_440 * 100)
        return {"latest_positions_ms": positions, "day_track_ms": tracks | {"rows": PERSONS * DAYS * 1_440}}


async def _summed_up(url: str) -> None:
    async with await database.connect(url, autocommit=True) as connection, asyncio.timeout(SUMMED_UP_WITHIN_S):
        while True:
            cursor = await connection.execute(
                "SELECT (SELECT until FROM roll_up_marks WHERE source = 'locations')"
                " >= (SELECT max(received_at) FROM locations) AND NOT EXISTS (SELECT FROM stale_days)"
            )
            row = await cursor.fetchone()
            if row is not None and row[0]:
                return
            await asyncio.sleep(5)


def _track(random: Random) -> str:
    day = random.randint(1, DAYS)
    at = time.time() // 86_400 * 86_400 - day * 86_400
    since, until = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at + add)) for add in (0, 86_400))
    return f"/api/v1/persons/{random.randint(1, PERSONS)}/track?since={since}&until={until}"


async def _timed(client: httpx.AsyncClient, path, *, least_bytes: int) -> dict[str, float]:  # type: ignore[no-untyped-def]
    random, spent_ms = Random(7), []
    for number in range(WARM_UP + ASKED):
        asked = path(random)
        begun_s = time.perf_counter()
        answer = await client.get(asked)
        if number >= WARM_UP:
            spent_ms.append((time.perf_counter() - begun_s) * 1_000)
        assert answer.status_code == httpx.codes.OK, answer.text
        assert len(answer.content) >= least_bytes, f"{asked}: {len(answer.content)} bytes"
    return {name: round(float(np.percentile(spent_ms, share)), 1) for name, share in (("p50", 50), ("p99", 99))}


if __name__ == "__main__":
    print(json.dumps(measure()))
