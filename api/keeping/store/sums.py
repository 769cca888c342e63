"""SQL of the sums by the hour and the day, and of how far they have come.

Summing up follows what came in by time of arrival, and makes whatever that touched anew from what is stored: a reading
that is days late and one that comes twice give the sums that they would have given in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import LiteralString

from psycopg import sql
from psycopg.rows import scalar_row

from runtime.database import Connection

#: The series with sums by the hour, and the table of these.
HOURS: dict[LiteralString, LiteralString] = {
    "locations": "location_hours",
    "heartbeats": "heartbeat_hours",
    "bed_reports": "bed_hours",
}
#: What else changes a person's day: a table and the instant of our clock at which a row was written.
ALSO: dict[LiteralString, LiteralString] = {"detections": "judged_at", "notifications": "created_at"}


async def aggregates_continuously(connection: Connection) -> bool:
    """Whether the hours are aggregates of TimescaleDB, and not tables of ours."""
    cursor = await connection.execute("SELECT relkind <> 'r' FROM pg_class WHERE oid = to_regclass('location_hours')")
    row = await cursor.fetchone()
    return bool(row and row[0])


async def mark(connection: Connection, source: str) -> datetime | None:
    """How far summing up has come."""
    cursor = await connection.execute("SELECT until FROM roll_up_marks WHERE source = %s", (source,))
    row = await cursor.fetchone()
    return row[0] if row else None


async def set_mark(connection: Connection, source: str, until: datetime) -> None:
    """Remember how far it has come."""
    await connection.execute(
        "INSERT INTO roll_up_marks (source, until) VALUES (%s, %s)"
        " ON CONFLICT (source) DO UPDATE SET until = excluded.until",
        (source, until),
    )


async def first_arrival(connection: Connection, source: LiteralString, *, since: datetime) -> datetime | None:
    """When the first row of a source came that came not before an instant."""
    cursor = await connection.execute(
        sql.SQL("SELECT min({arrival}) FROM {source} WHERE {arrival} >= %s").format(
            arrival=sql.Identifier(ALSO.get(source, "received_at")), source=sql.Identifier(source)
        ),
        (since,),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def touch(connection: Connection, source: LiteralString, *, since: datetime, until: datetime) -> datetime | None:
    """Gather the hours that rows of a span of arrival belong to, into `touched`. When the last of them came.

    Within a transaction of the caller's, at whose end `touched` is gone. Hours of which readings were deleted already
    are left as they were summed up.
    """
    await connection.execute(_TOUCHED[source], {"since": since, "until": until, "name": source})
    cursor = await connection.execute("SELECT max(arrived) FROM touched")
    row = await cursor.fetchone()
    return row[0] if row else None


_INTO_TOUCHED: LiteralString = (
    "CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT person_id, device_key, date_trunc('hour', at, 'UTC') AS hour,"
    " max(arrived) AS arrived FROM ("
)
_OUT_OF: LiteralString = (
    ") new WHERE arrived >= %(since)s AND arrived < %(until)s AND person_id IS NOT NULL"
    " AND at >= coalesce((SELECT k.since FROM kept_since k WHERE k.series = %(name)s), '-infinity') GROUP BY 1, 2, 3"
)
_TOUCHED: dict[LiteralString, LiteralString] = {
    "locations": _INTO_TOUCHED + "SELECT person_id, device_key, at, received_at AS arrived FROM locations" + _OUT_OF,
    "heartbeats": _INTO_TOUCHED + "SELECT person_id, device_key, at, received_at AS arrived FROM heartbeats" + _OUT_OF,
    "bed_reports": _INTO_TOUCHED
    + "SELECT person_id, device_key, at, received_at AS arrived FROM bed_reports"
    + _OUT_OF,
    "detections": _INTO_TOUCHED
    + "SELECT person_id, NULL::int AS device_key, at, judged_at AS arrived FROM detections"
    + _OUT_OF,
    "notifications": _INTO_TOUCHED
    + "SELECT i.person_id, NULL::int AS device_key, n.created_at AS at, n.created_at AS arrived"
    " FROM notifications n JOIN incidents i USING (incident_id)" + _OUT_OF,
}


async def touched_days(connection: Connection) -> list[date]:
    """Days of UTC that `touched` has hours of."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("SELECT DISTINCT (hour AT TIME ZONE 'UTC')::date FROM touched ORDER BY 1")
        return await cursor.fetchall()


async def sum_hours(connection: Connection, series: LiteralString, day: date) -> None:
    """Sum up the touched hours of one day anew, from their readings."""
    since = _midnight(day)
    await connection.execute(_SUM_HOURS[series], {"since": since, "until": since + timedelta(days=1)})


#: The bounds are said with constants too, so that only the part of this day is looked at.
_OF_TOUCHED: LiteralString = """
    r ON r.device_key = t.device_key AND r.at >= t.hour AND r.at < t.hour + interval '1 hour'
        AND r.at >= %(since)s AND r.at < %(until)s
    GROUP BY 1, 2, 3 ON CONFLICT (device_key, hour, person_id) DO UPDATE SET readings = excluded.readings,
        minutes = excluded.minutes,
"""
_EACH: LiteralString = """
    SELECT r.device_key, r.person_id, t.hour, count(*), bit_or(1::bigint << extract(minute FROM r.at)::int),
"""
_TOUCHED_HOURS: LiteralString = """
    FROM (SELECT DISTINCT device_key, hour FROM touched WHERE hour >= %(since)s AND hour < %(until)s) t JOIN
"""
_WORN: LiteralString = (
    " (device_key, person_id, hour, readings, minutes, worn_minutes, unworn_minutes, battery_min_pct, battery_max_pct,"
    " steps)" + _EACH + " bit_or(1::bigint << extract(minute FROM r.at)::int) FILTER (WHERE r.worn),"
    " bit_or(1::bigint << extract(minute FROM r.at)::int) FILTER (WHERE NOT r.worn),"
    " min(r.battery_pct), max(r.battery_pct), sum(r.steps)" + _TOUCHED_HOURS
)
_WORN_ANEW: LiteralString = (
    "worn_minutes = excluded.worn_minutes, unworn_minutes = excluded.unworn_minutes,"
    " battery_min_pct = excluded.battery_min_pct, battery_max_pct = excluded.battery_max_pct, steps = excluded.steps"
)
_SUM_HOURS: dict[LiteralString, LiteralString] = {
    "locations": "INSERT INTO location_hours" + _WORN + "locations" + _OF_TOUCHED + _WORN_ANEW,
    "heartbeats": "INSERT INTO heartbeat_hours" + _WORN + "heartbeats" + _OF_TOUCHED + _WORN_ANEW,
    "bed_reports": "INSERT INTO bed_hours (device_key, person_id, hour, readings, minutes, occupied_minutes)"
    + _EACH
    + "bit_or(1::bigint << extract(minute FROM r.at)::int) FILTER (WHERE r.status = 'occupied')"
    + _TOUCHED_HOURS
    + "bed_reports"
    + _OF_TOUCHED
    + "occupied_minutes = excluded.occupied_minutes",
}


async def refresh_hours(connection: Connection, series: LiteralString, *, until: datetime) -> None:
    """Have TimescaleDB bring the hours of a series up to date; never those whose readings are gone.

    On a connection in autocommit, outside of any transaction.
    """
    table = HOURS[series]
    cursor = await connection.execute("SELECT since FROM kept_since WHERE series = %s", (series,))
    row = await cursor.fetchone()
    await connection.execute(
        "CALL refresh_continuous_aggregate(%s, %s::timestamptz, %s::timestamptz)",
        (table, row[0] if row else None, until),
    )


async def mark_stale(connection: Connection) -> None:
    """The touched hours' days, in each person's zone; an afternoon belongs to the night of the next day as well."""
    await connection.execute(
        "INSERT INTO stale_days (person_id, day)"
        " SELECT DISTINCT t.person_id, d.day FROM touched t JOIN persons p USING (person_id)"
        " CROSS JOIN LATERAL (VALUES ((t.hour AT TIME ZONE p.time_zone)::date),"
        " ((t.hour AT TIME ZONE p.time_zone + interval '12 hours')::date)) AS d (day) ON CONFLICT DO NOTHING"
    )


async def mark_everybody(connection: Connection, *, at: datetime) -> None:
    """Today of everybody who wears or has a device, heard or not; and yesterday in the hour after it ended."""
    await connection.execute(
        "INSERT INTO stale_days (person_id, day) SELECT DISTINCT p.person_id, d.day FROM persons p"
        " JOIN devices v ON v.person_id = p.person_id AND v.retired_at IS NULL"
        " CROSS JOIN LATERAL (VALUES ((%(at)s AT TIME ZONE p.time_zone)::date),"
        " ((%(at)s AT TIME ZONE p.time_zone - interval '1 hour')::date)) AS d (day) ON CONFLICT DO NOTHING",
        {"at": at},
    )


async def next_stale(connection: Connection, *, limit: int) -> tuple[date, list[int]] | None:
    """The oldest day that waits, and some of the persons it waits for."""
    cursor = await connection.execute(
        "SELECT day, (array_agg(person_id ORDER BY person_id))[1:%s] FROM stale_days"
        " WHERE day = (SELECT min(day) FROM stale_days) GROUP BY day",
        (limit,),
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else None


async def sum_days(
    connection: Connection, day: date, person_ids: Sequence[int], *, now: datetime, least_m: float, accuracy_m: float
) -> None:
    """Sum up one day of some persons anew, and take it off what waits."""
    parameters = {
        "day": day,
        "persons": list(person_ids),
        "now": now,
        "least_m": least_m,
        "accuracy_m": accuracy_m,
        # No zone is further from UTC than this.
        "since": _midnight(day) - timedelta(hours=14),
        "until": _midnight(day) + timedelta(hours=38),
    }
    await connection.execute(_DAYS, parameters)
    await connection.execute("DELETE FROM stale_days WHERE day = %(day)s AND person_id = ANY (%(persons)s)", parameters)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


_DAYS: LiteralString = """
    WITH asked AS MATERIALIZED (
        SELECT p.person_id, (%(day)s::date)::timestamp AT TIME ZONE p.time_zone AS since,
            (%(day)s::date + 1)::timestamp AT TIME ZONE p.time_zone AS until,
            (%(day)s::date - interval '12 hours') AT TIME ZONE p.time_zone AS night_since,
            (%(day)s::date + interval '12 hours') AT TIME ZONE p.time_zone AS night_until
        FROM persons p WHERE p.person_id = ANY (%(persons)s)
            -- What a day is made from is still there.
            AND (%(day)s::date)::timestamp AT TIME ZONE p.time_zone >= coalesce((SELECT max(k.since) FROM kept_since k
                WHERE k.series IN ('locations', 'detections', 'notifications')), '-infinity')),
    worn AS (
        SELECT person_id, count(*) AS heard_hours, sum(count_minutes(worn)) AS worn_minutes,
            sum(count_minutes(told)) AS told_minutes, sum(steps)::bigint AS steps
        FROM (SELECT a.person_id, h.hour, bit_or(h.worn_minutes) AS worn,
                bit_or(coalesce(h.worn_minutes, 0) | coalesce(h.unworn_minutes, 0)) AS told, sum(h.steps) AS steps
            FROM asked a JOIN (
                SELECT person_id, hour, worn_minutes, unworn_minutes, steps FROM location_hours
                WHERE hour >= %(since)s AND hour < %(until)s
                UNION ALL SELECT person_id, hour, worn_minutes, unworn_minutes, steps FROM heartbeat_hours
                WHERE hour >= %(since)s AND hour < %(until)s) h
            ON h.person_id = a.person_id AND h.hour >= a.since AND h.hour < a.until GROUP BY 1, 2) hours
        GROUP BY 1),
    walked AS (
        SELECT a.person_id, path_m(l.latitude, l.longitude, l.accuracy_m, %(least_m)s ORDER BY l.at, l.device_key) AS m
        FROM asked a JOIN locations l ON l.person_id = a.person_id AND l.at >= a.since AND l.at < a.until
            AND l.at >= %(since)s AND l.at < %(until)s AND l.accuracy_m <= %(accuracy_m)s
        GROUP BY 1),
    slept AS (
        SELECT person_id, sum(count_minutes(occupied)) AS minutes
        FROM (SELECT a.person_id, h.hour, bit_or(h.occupied_minutes) AS occupied
            FROM asked a JOIN bed_hours h ON h.person_id = a.person_id AND h.hour >= a.night_since
                AND h.hour < a.night_until AND h.hour >= %(since)s - interval '12 hours' AND h.hour < %(until)s
            GROUP BY 1, 2) hours
        GROUP BY 1)
    INSERT INTO person_days (person_id, day, heard_hours, worn_minutes, told_minutes, steps, distance_m,
        outside_minutes, in_bed_minutes, bed_exits, alerts)
    SELECT a.person_id, %(day)s, coalesce(worn.heard_hours, 0), coalesce(worn.worn_minutes, 0),
        coalesce(worn.told_minutes, 0), worn.steps, walked.m, coalesce(outside.minutes, 0), slept.minutes,
        (SELECT count(*) FROM detections d WHERE d.person_id = a.person_id AND d.kind = 'bed_exit'
            AND d.at >= a.night_since AND d.at < a.night_until),
        (SELECT count(DISTINCT (n.incident_id, n.round)) FROM incidents i JOIN notifications n USING (incident_id)
            WHERE i.person_id = a.person_id AND n.purpose = 'alert' AND n.created_at >= a.since
            AND n.created_at < a.until AND (n.state <> 'cancelled' OR n.attempts > 0))
    FROM asked a LEFT JOIN worn USING (person_id) LEFT JOIN walked USING (person_id) LEFT JOIN slept USING (person_id)
    CROSS JOIN LATERAL (
        SELECT sum(greatest(0, extract(epoch FROM least(e.next_at, a.until, %(now)s) - greatest(e.at, a.since)) / 60))
            AS minutes
        FROM (SELECT d.kind, d.at, lead(d.at, 1, 'infinity') OVER (ORDER BY d.at, d.kind) AS next_at FROM detections d
            WHERE d.person_id = a.person_id AND d.kind IN ('zone_exit', 'zone_enter') AND d.at < a.until
            AND d.at >= coalesce((SELECT max(b.at) FROM detections b WHERE b.person_id = a.person_id
                AND b.kind IN ('zone_exit', 'zone_enter') AND b.at < a.since), a.since)) e
        WHERE e.kind = 'zone_exit') outside
    ON CONFLICT (person_id, day) DO UPDATE SET heard_hours = excluded.heard_hours,
        worn_minutes = excluded.worn_minutes, told_minutes = excluded.told_minutes, steps = excluded.steps,
        distance_m = excluded.distance_m, outside_minutes = excluded.outside_minutes,
        in_bed_minutes = excluded.in_bed_minutes, bed_exits = excluded.bed_exits, alerts = excluded.alerts
"""
