"""Links, finders' reports and CAP messages as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import class_row, kwargs_row

from alerts.handover.cap import Reference
from alerts.handover.finding import WINDOW_MIN, Counts, Report
from alerts.handover.link import Link, LinkKind
from runtime.database import Connection

_LINK: LiteralString = (
    "SELECT l.link_id, l.incident_id, i.person_id, l.kind, l.label, l.with_name, l.wearing, l.since, l.until,"
    " l.revoked_at, i.state = 'resolved' AS resolved, i.opened_at"
    " FROM handover_links l JOIN incidents i USING (incident_id) WHERE "
)


async def add_link(
    connection: Connection,
    *,
    incident_id: int,
    kind: LinkKind,
    token_digest: bytes,
    since: datetime,
    until: datetime,
    created_by: int | None,
    label: str = "",
    with_name: bool = False,
    wearing: str = "",
    sheet_id: int | None = None,
) -> int:
    """Give a link; its identifier."""
    cursor = await connection.execute(
        "INSERT INTO handover_links (incident_id, kind, token_digest, since, until, created_by, label, with_name,"
        " wearing, sheet_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING link_id",
        (incident_id, kind, token_digest, since, until, created_by, label, with_name, wearing, sheet_id),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def link_of_token(connection: Connection, token_digest: bytes, kind: LinkKind) -> Link | None:
    """The link of a token, if it is of that kind."""
    async with connection.cursor(row_factory=kwargs_row(_link)) as cursor:
        await cursor.execute(_LINK + "l.token_digest = %s AND l.kind = %s", (token_digest, kind))
        return await cursor.fetchone()


async def link(connection: Connection, link_id: int) -> Link | None:
    """One link."""
    async with connection.cursor(row_factory=kwargs_row(_link)) as cursor:
        await cursor.execute(_LINK + "l.link_id = %s", (link_id,))
        return await cursor.fetchone()


def _link(*, kind: str, **columns: Any) -> Link:
    return Link(kind=LinkKind(kind), **columns)


async def revoke_link(connection: Connection, link_id: int, *, user_id: int | None, at: datetime) -> bool:
    """End a link, and the finder's page of a sheet with it; False: it had ended so already."""
    cursor = await connection.execute(
        "UPDATE handover_links SET revoked_at = %s, revoked_by = %s WHERE (link_id = %s OR sheet_id = %s)"
        " AND revoked_at IS NULL",
        (at, user_id, link_id, link_id),
    )
    return cursor.rowcount > 0


async def report_counts(connection: Connection, *, link_id: int, sender: bytes) -> Counts:
    """How much has come through a link of late, by the database's own clock.

    The caller holds the incident, so two reports at once are counted one after the other.
    """
    async with connection.cursor(row_factory=class_row(Counts)) as cursor:
        await cursor.execute(
            "SELECT count(*) FILTER (WHERE sender = %s) AS by_one, count(*) AS by_all FROM finder_reports"
            " WHERE link_id = %s AND received_wall > now() - make_interval(mins => %s)",
            (sender, link_id, WINDOW_MIN),
        )
        found = await cursor.fetchone()
    assert found is not None
    return found


async def add_report(
    connection: Connection, *, incident_id: int, link_id: int, sender: bytes, report: Report, at: datetime
) -> int:
    """Keep what a finder told; its number within the incident, 1 for the first. The caller holds the incident."""
    cursor = await connection.execute(
        "INSERT INTO finder_reports (incident_id, link_id, number, at, place, latitude, longitude, accuracy_m, note,"
        " callback, sender) SELECT %(incident_id)s, %(link_id)s, count(*) + 1, %(at)s, %(place)s, %(latitude)s,"
        " %(longitude)s, %(accuracy_m)s, %(note)s, %(callback)s, %(sender)s"
        " FROM finder_reports WHERE incident_id = %(incident_id)s RETURNING number",
        {
            "incident_id": incident_id,
            "link_id": link_id,
            "at": at,
            "place": report.place,
            "latitude": report.latitude,
            "longitude": report.longitude,
            "accuracy_m": report.accuracy_m,
            "note": report.note,
            "callback": report.callback,
            "sender": sender,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A CAP message as it was issued."""

    number: int
    identifier: str
    sender: str
    message_type: str
    sent: datetime

    @property
    def reference(self) -> Reference:
        """How later messages refer to it."""
        return Reference(sender=self.sender, identifier=self.identifier, sent=self.sent)


async def issued(connection: Connection, incident_id: int) -> list[Issued]:
    """CAP messages of an incident, oldest first."""
    async with connection.cursor(row_factory=class_row(Issued)) as cursor:
        await cursor.execute(
            "SELECT number, identifier, sender, message_type, sent FROM cap_messages WHERE incident_id = %s"
            " ORDER BY number",
            (incident_id,),
        )
        return await cursor.fetchall()


async def add_cap(connection: Connection, incident_id: int, issue: Issued, *, xml: str, user_id: int | None) -> None:
    """Keep a message as it was issued."""
    await connection.execute(
        "INSERT INTO cap_messages (incident_id, number, identifier, sender, message_type, sent, issued_by, xml)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (incident_id, issue.number, issue.identifier, issue.sender, issue.message_type, issue.sent, user_id, xml),
    )
