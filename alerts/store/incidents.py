"""Incidents and their timelines. Every change takes a new revision and is announced on `incidents` at commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row, scalar_row
from psycopg.types.json import Jsonb

from alerts.incident import Incident
from alerts.lifecycle import Outcome, State
from alerts.severity import Assessment, Severity
from runtime.database import Connection


def _incident(
    *,
    incident_id: int,
    person_id: int | None,
    state: str,
    severity: str,
    severity_reasons: Sequence[str],
    kind: str,
    kinds: Sequence[str],
    opened_at: datetime,
    ladder_id: str | None = None,
    round: int = 0,  # noqa: A002 - the column's name
) -> Incident:
    return Incident(
        incident_id=incident_id,
        person_id=person_id,
        state=State(state),
        severity=Severity(severity),
        severity_reasons=tuple(severity_reasons),
        kind=kind,
        kinds=tuple(kinds),
        opened_at=opened_at,
        ladder_id=ladder_id,
        round=round,
    )


async def lock_open_of(connection: Connection, person_id: int) -> int | None:
    """Lock the person's open incident, if there is one."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT incident_id FROM incidents WHERE person_id = %s AND state <> 'resolved' FOR NO KEY UPDATE",
            (person_id,),
        )
        return await cursor.fetchone()


async def lock(connection: Connection, incident_id: int) -> bool:
    """Lock one incident; False when there is none."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT incident_id FROM incidents WHERE incident_id = %s FOR NO KEY UPDATE", (incident_id,)
        )
        return await cursor.fetchone() is not None


async def try_lock(connection: Connection, incident_id: int) -> bool:
    """Lock one incident unless somebody else has it."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT incident_id FROM incidents WHERE incident_id = %s FOR NO KEY UPDATE SKIP LOCKED", (incident_id,)
        )
        return await cursor.fetchone() is not None


async def get(connection: Connection, incident_id: int) -> Incident:
    """One incident with its newest round.

    A statement of its own, after the lock: a joined row read while waiting for the lock would be the old one.
    """
    async with connection.cursor(row_factory=kwargs_row(_incident)) as cursor:
        await cursor.execute(
            "SELECT incident_id, person_id, state, severity, severity_reasons, kind, kinds, opened_at, e.ladder_id,"
            " coalesce(e.round, 0) AS round FROM incidents i"
            " LEFT JOIN LATERAL (SELECT ladder_id, round FROM escalations"
            " WHERE escalations.incident_id = i.incident_id ORDER BY round DESC LIMIT 1) e ON true"
            " WHERE i.incident_id = %s",
            (incident_id,),
        )
        found = await cursor.fetchone()
    assert found is not None, "the caller holds its lock"
    return found


async def insert(
    connection: Connection, *, person_id: int | None, kind: str, assessment: Assessment, at: datetime
) -> Incident:
    """Open an incident."""
    async with connection.cursor(row_factory=kwargs_row(_incident)) as cursor:
        await cursor.execute(
            "INSERT INTO incidents (person_id, state, severity, severity_reasons, kind, kinds, opened_at, updated_at,"
            " revision) VALUES (%(person_id)s, 'open', %(severity)s, %(reasons)s, %(kind)s, %(kinds)s, %(at)s, %(at)s,"
            " nextval('incidents_revisions')) RETURNING incident_id, person_id, state, severity, severity_reasons,"
            " kind, kinds, opened_at",
            {
                "person_id": person_id,
                "severity": assessment.severity,
                "reasons": list(assessment.reasons),
                "kind": kind,
                "kinds": [kind],
                "at": at,
            },
        )
        inserted = await cursor.fetchone()
    assert inserted is not None
    return inserted


async def absorb(
    connection: Connection,
    incident_id: int,
    *,
    kind: str,
    kinds: Sequence[str],
    assessment: Assessment,
    at: datetime,
) -> None:
    """Write what the incident is after another detection."""
    await connection.execute(
        "UPDATE incidents SET kind = %s, kinds = %s, severity = %s, severity_reasons = %s, updated_at = %s,"
        " revision = nextval('incidents_revisions') WHERE incident_id = %s",
        (kind, list(kinds), assessment.severity, list(assessment.reasons), at, incident_id),
    )


async def set_acknowledged(connection: Connection, incident_id: int, *, user_id: int | None, at: datetime) -> None:
    """Somebody takes care."""
    await connection.execute(
        "UPDATE incidents SET state = 'acknowledged', acknowledged_at = %(at)s, acknowledged_by = %(user_id)s,"
        " updated_at = %(at)s, revision = nextval('incidents_revisions') WHERE incident_id = %(incident_id)s",
        {"incident_id": incident_id, "user_id": user_id, "at": at},
    )


async def set_responding(connection: Connection, incident_id: int, *, user_id: int | None, at: datetime) -> None:
    """Somebody is on the way, which also answers an incident nobody had acknowledged."""
    await connection.execute(
        "UPDATE incidents SET state = 'responding', responding_at = %(at)s, responding_by = %(user_id)s,"
        " acknowledged_by = CASE WHEN acknowledged_at IS NULL THEN %(user_id)s ELSE acknowledged_by END,"
        " acknowledged_at = coalesce(acknowledged_at, %(at)s),"
        " updated_at = %(at)s, revision = nextval('incidents_revisions') WHERE incident_id = %(incident_id)s",
        {"incident_id": incident_id, "user_id": user_id, "at": at},
    )


async def set_resolved(
    connection: Connection, incident_id: int, *, user_id: int | None, at: datetime, outcome: Outcome, note: str
) -> None:
    """Close it."""
    await connection.execute(
        "UPDATE incidents SET state = 'resolved', resolved_at = %(at)s, resolved_by = %(user_id)s,"
        " outcome = %(outcome)s, note = %(note)s, updated_at = %(at)s, revision = nextval('incidents_revisions')"
        " WHERE incident_id = %(incident_id)s",
        {"incident_id": incident_id, "user_id": user_id, "at": at, "outcome": outcome, "note": note},
    )


async def set_open(connection: Connection, incident_id: int, *, at: datetime) -> None:
    """Open again. Who had answered stays in the timeline, not on the incident: nobody has answered this."""
    await connection.execute(
        "UPDATE incidents SET state = 'open', acknowledged_at = NULL, acknowledged_by = NULL, responding_at = NULL,"
        " responding_by = NULL, updated_at = %s, revision = nextval('incidents_revisions') WHERE incident_id = %s",
        (at, incident_id),
    )


async def returns_since(connection: Connection, person_id: int, since: datetime) -> int:
    """Incidents of a person that closed by a return since an instant, without anybody."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            "SELECT count(*) FROM incidents WHERE person_id = %s AND outcome = 'returned' AND resolved_by IS NULL"
            " AND resolved_at > %s",
            (person_id, since),
        )
        return await cursor.fetchone() or 0


async def touch(connection: Connection, incident_id: int, *, at: datetime) -> None:
    """Take a new revision and announce the incident once the transaction commits."""
    await connection.execute(
        "WITH touched AS (UPDATE incidents SET updated_at = greatest(updated_at, %(at)s),"
        " revision = nextval('incidents_revisions') WHERE incident_id = %(incident_id)s RETURNING incident_id)"
        " SELECT pg_notify('incidents', incident_id::text) FROM touched",
        {"at": at, "incident_id": incident_id},
    )


async def announce(connection: Connection, incident_id: int) -> None:
    """Tell who listens, once the transaction commits."""
    await connection.execute("SELECT pg_notify('incidents', %s)", (str(incident_id),))


async def add_event(
    connection: Connection,
    incident_id: int,
    kind: str,
    *,
    at: datetime,
    user_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of the timeline."""
    await connection.execute(
        "INSERT INTO incident_events (incident_id, at, kind, user_id, data) VALUES (%s, %s, %s, %s, %s)",
        (incident_id, at, kind, user_id, Jsonb(dict(data or {}))),
    )
