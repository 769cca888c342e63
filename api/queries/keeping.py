"""Reads of what is kept of the past: sums by the hour and the day, and how much of a table is old. No positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from psycopg.rows import class_row

from runtime.database import Connection

#: A stretch without a message that counts as a gap. Minutes; the longest usual interval of a bracelet at rest.
GAP_MIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Rows that are older than an instant."""

    rows: int
    held_rows: int = 0
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRow:
    """How a device did in one hour."""

    hour: datetime
    readings: int
    heard_minutes: int
    gaps: int
    longest_gap_min: int
    worn_minutes: int | None
    battery_min_pct: float | None
    battery_max_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One day of one person."""

    day: date
    heard_hours: int
    worn_minutes: int
    told_minutes: int
    steps: int | None
    distance_m: float | None
    outside_minutes: float
    in_bed_minutes: int | None
    bed_exits: int
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """The days of everybody of one area."""

    division: str
    persons: int
    person_days: int
    #: Of all hours.
    coverage: float
    #: Of the minutes in which a bracelet said whether it was worn; null: none did.
    wear_rate: float | None
    alerts_per_person_day: float
    outside_minutes_per_person_day: float


async def device_hours(connection: Connection, device_id: str, *, since: datetime, until: datetime) -> list[HourRow]:
    """The hours of a device the caller may see in which it was heard, oldest first."""
    async with connection.cursor(row_factory=class_row(HourRow)) as cursor:
        await cursor.execute(
            """
            SELECT h.hour, h.readings, count_minutes(h.minutes) AS heard_minutes, g.gaps, g.longest_gap_min,
                CASE WHEN coalesce(h.worn_minutes, h.unworn_minutes) IS NOT NULL THEN count_minutes(h.worn_minutes) END
                    AS worn_minutes, h.battery_min_pct, h.battery_max_pct
            FROM (SELECT hour, sum(readings)::bigint AS readings, bit_or(minutes) AS minutes,
                    bit_or(worn_minutes) AS worn_minutes, bit_or(unworn_minutes) AS unworn_minutes,
                    min(battery_min_pct) AS battery_min_pct, max(battery_max_pct) AS battery_max_pct
                FROM device_hours WHERE device_key = (SELECT device_key FROM devices WHERE device_id = %(device_id)s)
                    AND hour >= %(since)s AND hour < %(until)s GROUP BY hour) h
            CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE length >= %(gap_min)s) AS gaps,
                coalesce(max(length), 0) AS longest_gap_min FROM gaps_of(h.minutes) AS length) g
            ORDER BY h.hour""",
            {"device_id": device_id, "since": since, "until": until, "gap_min": GAP_MIN},
        )
        return await cursor.fetchall()


async def person_days(connection: Connection, person_id: int, *, since: date, until: date) -> list[DayRow]:
    """Days of a person the caller may see, oldest first."""
    async with connection.cursor(row_factory=class_row(DayRow)) as cursor:
        await cursor.execute(
            "SELECT day, heard_hours, worn_minutes, told_minutes, steps, distance_m, outside_minutes, in_bed_minutes,"
            " bed_exits, alerts FROM person_days WHERE person_id = %s AND day >= %s AND day < %s ORDER BY day",
            (person_id, since, until),
        )
        return await cursor.fetchall()


async def areas(connection: Connection, *, digits: int, since: date, until: date, least_persons: int) -> list[AreaRow]:
    """Days of a span by area, which is so many digits of the statistical code; small areas are left out."""
    async with connection.cursor(row_factory=class_row(AreaRow)) as cursor:
        await cursor.execute(
            """
            SELECT left(p.division, %(digits)s) AS division, count(DISTINCT d.person_id) AS persons,
                count(*) AS person_days, least(1, sum(d.heard_hours) / (24.0 * count(*)))::float8 AS coverage,
                (sum(d.worn_minutes)::float8 / nullif(sum(d.told_minutes), 0))::float8 AS wear_rate,
                (sum(d.alerts)::float8 / count(*)) AS alerts_per_person_day,
                (sum(d.outside_minutes)::float8 / count(*)) AS outside_minutes_per_person_day
            FROM person_days d JOIN persons p USING (person_id) WHERE d.day >= %(since)s AND d.day < %(until)s
            GROUP BY 1 HAVING count(DISTINCT d.person_id) >= %(least_persons)s ORDER BY 1""",
            {"digits": digits, "since": since, "until": until, "least_persons": least_persons},
        )
        return await cursor.fetchall()


_OLDEST: Mapping[str, LiteralString] = {
    "messages": "SELECT min(created_at) FROM notifications WHERE created_at >= %(since)s",
    "incidents": "SELECT least((SELECT min(resolved_at) FROM incidents WHERE resolved_at >= %(since)s),"
    " (SELECT min(at) FROM detections WHERE at >= %(since)s), (SELECT min(at) FROM safety_events"
    " WHERE at >= %(since)s))",
    "accesses": "SELECT min(at) FROM access_log WHERE at >= %(since)s",
    "device_hours": "SELECT least((SELECT min(hour) FROM location_hours WHERE hour >= %(since)s),"
    " (SELECT min(hour) FROM heartbeat_hours WHERE hour >= %(since)s),"
    " (SELECT min(hour) FROM bed_hours WHERE hour >= %(since)s))",
    "person_days": "SELECT min(day)::timestamptz FROM person_days WHERE day >= (%(since)s AT TIME ZONE 'UTC')::date",
}


async def oldest(connection: Connection, data_class: str, *, since: datetime) -> datetime | None:
    """The oldest row of a class without parts that is not older than an instant."""
    cursor = await connection.execute(_OLDEST[data_class], {"since": since})
    row = await cursor.fetchone()
    return row[0] if row else None


async def old_accesses(connection: Connection, *, before: datetime, held: Sequence[int]) -> Counted:
    """Records of looks older than an instant. Nobody is held: they say who looked, not where somebody was."""
    del held
    return await _counted(
        connection,
        "SELECT count(*) AS rows, min(at) AS oldest, max(at) AS newest FROM access_log WHERE at < %s",
        before,
    )


async def old_hours(connection: Connection, *, before: datetime, held: Sequence[int]) -> Counted:
    """Sums of hours before an instant; they hold no place, so nobody is held."""
    del held
    return await _counted(
        connection,
        "SELECT count(*) AS rows, min(hour) AS oldest, max(hour) AS newest FROM ("
        "SELECT hour FROM location_hours UNION ALL SELECT hour FROM heartbeat_hours"
        " UNION ALL SELECT hour FROM bed_hours) h WHERE hour < %s",
        before,
    )


async def old_days(connection: Connection, *, before: datetime, held: Sequence[int]) -> Counted:
    """Sums of days before that of an instant."""
    del held
    return await _counted(
        connection,
        "SELECT count(*) AS rows, min(day)::timestamptz AS oldest, max(day)::timestamptz AS newest FROM person_days"
        " WHERE day < (%s AT TIME ZONE 'UTC')::date",
        before,
    )


async def _counted(connection: Connection, query: LiteralString, before: datetime) -> Counted:
    async with connection.cursor(row_factory=class_row(Counted)) as cursor:
        await cursor.execute(query, (before,))
        found = await cursor.fetchone()
    assert found is not None
    return found
