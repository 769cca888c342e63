"""Responders to one incident: who can be asked, and what each has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import class_row, kwargs_row, scalar_row

from alerts.dispatch import NEAREST, RELATION, Place
from alerts.divisions import spellings
from alerts.person import Person
from alerts.receiver import Receiver, Relation
from alerts.response import Party, Response, ResponseState
from alerts.store.people import entries
from alerts.weekly import windows
from geofence.geometry import Frame
from runtime.database import Connection


async def last_place(connection: Connection, person_id: int | None) -> Place | None:
    """Where the person was last believed to be."""
    async with connection.cursor(row_factory=class_row(Place)) as cursor:
        await cursor.execute("SELECT latitude, longitude FROM latest_positions WHERE person_id = %s", (person_id,))
        return await cursor.fetchone()


async def candidates(
    connection: Connection, person: Person, *, incident_id: int, place: Place | None
) -> list[Receiver]:
    """The person's family, everyone who answers for an area that contains the person, and every responder nearby."""
    async with connection.cursor(row_factory=kwargs_row(_receiver)) as cursor:
        await cursor.execute(
            """
            WITH active AS MATERIALIZED (
                SELECT s.user_id, s.receiver_id FROM responses s JOIN incidents i USING (incident_id)
                WHERE s.state IN ('accepted', 'arrived') AND i.state <> 'resolved'
                  AND s.incident_id <> %(incident_id)s),
            declined AS MATERIALIZED (
                SELECT s.user_id, s.receiver_id FROM responses s
                WHERE s.incident_id = %(incident_id)s AND s.state = 'declined')
            SELECT r.receiver_id, r.relation, r.division, r.priority, r.language, r.channels, r.latitude, r.longitude,
                r.duty, r.quiet_hours, r.unwanted_kinds, r.capacity,
                (SELECT count(*) FROM active a WHERE a.receiver_id = r.receiver_id OR a.user_id = r.user_id)
                    AS open_cases,
                EXISTS (SELECT FROM declined d WHERE d.receiver_id = r.receiver_id OR d.user_id = r.user_id)
                    AS declined
            FROM receivers r JOIN (
                SELECT receiver_id FROM receivers WHERE person_id = %(person_id)s
                UNION SELECT receiver_id FROM receivers WHERE division = ANY(%(areas)s)
                UNION SELECT near.receiver_id FROM unnest(%(relations)s::text[], %(norths)s::float8[],
                    %(easts)s::float8[]) AS box(relation, north, east)
                JOIN receivers near ON near.relation = box.relation
                    AND near.latitude BETWEEN %(latitude)s - box.north AND %(latitude)s + box.north
                    AND near.longitude BETWEEN %(longitude)s - box.east AND %(longitude)s + box.east
                ) asked USING (receiver_id)
            WHERE r.enabled
            ORDER BY r.receiver_id""",
            {
                "incident_id": incident_id,
                "person_id": person.person_id,
                "areas": spellings(person.division),
                **_boxes(place),
            },
        )
        return await cursor.fetchall()


def _boxes(place: Place | None) -> dict[str, Any]:
    """Half the height and width, in degrees, of the box that holds everyone near enough; one for each relation."""
    if place is None:
        return {"relations": [], "norths": [], "easts": [], "latitude": 0.0, "longitude": 0.0}
    frame = Frame.at(place.latitude, place.longitude)
    within_m = {RELATION[audience]: near.within_m for audience, near in NEAREST.items()}
    return {
        "relations": [str(relation) for relation in within_m],
        "norths": [reach_m / frame.metres_per_degree_north for reach_m in within_m.values()],
        "easts": [reach_m / max(frame.metres_per_degree_east, 1.0) for reach_m in within_m.values()],
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


def _receiver(
    *,
    relation: str,
    channels: Any,
    duty: Any,
    quiet_hours: Any,
    unwanted_kinds: Sequence[str],
    **columns: Any,
) -> Receiver:
    return Receiver(
        relation=Relation(relation),
        channels=entries(channels),
        duty=windows(duty),
        quiet_hours=windows(quiet_hours),
        unwanted_kinds=frozenset(unwanted_kinds),
        **columns,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A receiver or login as a party to an incident."""

    user_id: int | None
    receiver_id: int | None
    display_name: str


async def member_of_user(connection: Connection, user_id: int, incident_id: int) -> Member | None:
    """A login, with its receiver: the one told of this incident, else the one it is bound to first."""
    return await _member(
        connection,
        """
        SELECT u.user_id, r.receiver_id, u.display_name FROM users u
        LEFT JOIN receivers r ON r.user_id = u.user_id AND r.enabled
        LEFT JOIN notifications n ON n.receiver_id = r.receiver_id AND n.incident_id = %s
        WHERE u.user_id = %s ORDER BY n.receiver_id IS NULL, r.receiver_id LIMIT 1""",
        (incident_id, user_id),
    )


async def member_of_receiver(connection: Connection, receiver_id: int) -> Member | None:
    """A receiver, with its login if there is one."""
    return await _member(
        connection,
        "SELECT user_id, receiver_id, display_name FROM receivers WHERE receiver_id = %s",
        (receiver_id,),
    )


async def responses_of(connection: Connection, incident_id: int) -> list[Response]:
    """What everybody has answered, first accepted first."""
    async with connection.cursor(row_factory=kwargs_row(_response)) as cursor:
        await cursor.execute(
            "SELECT incident_id, party, user_id, receiver_id, state, leads, accepted_at, arrived_at, ended_at"
            " FROM responses WHERE incident_id = %s ORDER BY accepted_at NULLS LAST, party",
            (incident_id,),
        )
        return await cursor.fetchall()


def _response(*, state: str, party: str, user_id: int | None, receiver_id: int | None, **columns: Any) -> Response:
    return Response(
        state=ResponseState(state), party=Party(key=party, user_id=user_id, receiver_id=receiver_id), **columns
    )


async def put_response(connection: Connection, response: Response) -> None:
    """Write what a party is now."""
    await connection.execute(
        "INSERT INTO responses (incident_id, party, user_id, receiver_id, state, leads, accepted_at, arrived_at,"
        " ended_at) VALUES (%(incident_id)s, %(party)s, %(user_id)s, %(receiver_id)s, %(state)s, %(leads)s,"
        " %(accepted_at)s, %(arrived_at)s, %(ended_at)s) ON CONFLICT (incident_id, party) DO UPDATE SET"
        " state = excluded.state, leads = excluded.leads, accepted_at = excluded.accepted_at,"
        " arrived_at = excluded.arrived_at, ended_at = excluded.ended_at,"
        " receiver_id = coalesce(excluded.receiver_id, responses.receiver_id)",
        {
            "incident_id": response.incident_id,
            "party": response.party.key,
            "user_id": response.party.user_id,
            "receiver_id": response.party.receiver_id,
            "state": response.state,
            "leads": response.leads,
            "accepted_at": response.accepted_at,
            "arrived_at": response.arrived_at,
            "ended_at": response.ended_at,
        },
    )


async def withdraw_alerts(connection: Connection, incident_id: int, party: Party) -> None:
    """Take back what this party was to be told and nobody is sending at this moment."""
    await connection.execute(
        "UPDATE notifications n SET state = 'cancelled', claimed_until_wall = NULL FROM receivers r"
        " WHERE n.incident_id = %s AND n.purpose = 'alert' AND n.state = 'pending'"
        " AND (n.claimed_until_wall IS NULL OR n.claimed_until_wall < now()) AND r.receiver_id = n.receiver_id"
        " AND (r.receiver_id = %s OR r.user_id = %s)",
        (incident_id, party.receiver_id, party.user_id),
    )


async def hasten_after_decline(connection: Connection, incident_id: int, *, at: datetime) -> bool:
    """Fire the next step at `at` when every responder asked in this round has declined; whether there was one.

    Family that was told may still answer, and does not hold the level above back: it is responders who go.
    """
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(
            """
            WITH next AS (
                SELECT round, min(position) AS position FROM escalations
                WHERE incident_id = %(incident_id)s AND state = 'pending' GROUP BY round ORDER BY round LIMIT 1),
            asked AS (
                SELECT r.receiver_id, r.user_id FROM notifications n JOIN next ON n.round = next.round
                JOIN receivers r USING (receiver_id)
                WHERE n.incident_id = %(incident_id)s AND n.purpose = 'alert' AND n.state <> 'failed'
                  AND r.relation <> 'family')
            UPDATE escalations e SET due_at = %(at)s FROM next
            WHERE e.incident_id = %(incident_id)s AND e.round = next.round AND e.position = next.position
              AND e.state = 'pending' AND e.due_at > %(at)s AND EXISTS (SELECT FROM asked)
              AND NOT EXISTS (SELECT FROM asked WHERE NOT EXISTS (
                  SELECT FROM responses d WHERE d.incident_id = %(incident_id)s AND d.state = 'declined'
                    AND (d.receiver_id = asked.receiver_id OR d.user_id = asked.user_id)))
            RETURNING e.position""",
            {"incident_id": incident_id, "at": at},
        )
        return await cursor.fetchone() is not None


async def resume_ladder(connection: Connection, incident_id: int, *, at: datetime) -> int:
    """Let a ladder that was stopped go on where it stood, its next step at `at`; how many steps there are."""
    cursor = await connection.execute(
        """
        WITH stopped AS (
            SELECT round, position, due_at - min(due_at) OVER () AS later FROM escalations
            WHERE incident_id = %(incident_id)s AND state = 'cancelled'
              AND round = (SELECT max(round) FROM escalations WHERE incident_id = %(incident_id)s))
        UPDATE escalations e SET state = 'pending', due_at = %(at)s + stopped.later FROM stopped
        WHERE e.incident_id = %(incident_id)s AND (e.round, e.position) = (stopped.round, stopped.position)""",
        {"incident_id": incident_id, "at": at},
    )
    return cursor.rowcount


async def _member(connection: Connection, query: LiteralString, parameters: Sequence[Any]) -> Member | None:
    async with connection.cursor(row_factory=class_row(Member)) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchone()
