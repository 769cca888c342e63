"""Figures about telling: alerts a person and day, and how often each rule was right. Read only; no names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class PerPersonDay:
    """Alerts a person and day; one alert is one round of telling that reached somebody."""

    #: Persons with a device in use.
    persons: int
    alerts: int
    mean: float
    median: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind and reason, and what people said of the incidents it called somebody to."""

    kind: str
    reason: str
    #: Incidents in which it called somebody.
    alerts: int
    #: Of those, not resolved.
    open: int
    found: int
    returned: int
    false_alarm: int
    test: int
    cleared: int


async def per_person_day(connection: Connection, *, since: datetime, until: datetime) -> PerPersonDay:
    """Alerts a person and day between two instants of the scaled clock."""
    days = max((until - since).total_seconds() / 86_400, 1e-6)
    async with connection.cursor(row_factory=class_row(PerPersonDay)) as cursor:
        await cursor.execute(
            """
            WITH watched AS (
                SELECT DISTINCT person_id FROM devices WHERE person_id IS NOT NULL AND retired_at IS NULL),
            told AS (
                SELECT i.person_id, count(DISTINCT (n.incident_id, n.round)) AS alerts
                FROM notifications n JOIN incidents i USING (incident_id)
                WHERE n.purpose = 'alert' AND n.created_at > %(since)s AND n.created_at <= %(until)s
                  AND (n.state <> 'cancelled' OR n.attempts > 0) GROUP BY i.person_id),
            each AS (
                SELECT coalesce(t.alerts, 0) / %(days)s::float8 AS a_day, coalesce(t.alerts, 0) AS alerts
                FROM watched LEFT JOIN told t USING (person_id))
            SELECT count(*) AS persons, coalesce(sum(alerts), 0)::bigint AS alerts, coalesce(avg(a_day), 0) AS mean,
                coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY a_day), 0) AS median,
                coalesce(percentile_cont(0.9) WITHIN GROUP (ORDER BY a_day), 0) AS p90 FROM each""",
            {"since": since, "until": until, "days": days},
        )
        found = await cursor.fetchone()
    assert found is not None
    return found


async def rules(connection: Connection, *, since: datetime) -> list[Rule]:
    """Every kind and reason that called somebody since an instant, most false alarms first."""
    async with connection.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(
            """
            WITH fired AS (
                SELECT DISTINCT d.kind, d.reason, i.incident_id, i.outcome FROM handled_detections h
                JOIN detections d USING (detection_id) JOIN incidents i ON i.incident_id = h.incident_id
                WHERE h.decision IN ('opened', 'escalated', 'reopened') AND h.handled_at > %s)
            SELECT kind, reason, count(*) AS alerts, count(*) FILTER (WHERE outcome IS NULL) AS open,
                count(*) FILTER (WHERE outcome = 'found') AS found,
                count(*) FILTER (WHERE outcome = 'returned') AS returned,
                count(*) FILTER (WHERE outcome = 'false_alarm') AS false_alarm,
                count(*) FILTER (WHERE outcome = 'test') AS test,
                count(*) FILTER (WHERE outcome = 'cleared') AS cleared
            FROM fired GROUP BY kind, reason ORDER BY false_alarm DESC, alerts DESC, kind, reason""",
            (since,),
        )
        return await cursor.fetchall()
