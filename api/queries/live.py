"""What the live stream reads after a NOTIFY: what changed, once, and who of the connected may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import class_row

from api.access import TABLE, Action, Scope
from api.queries import visible
from api.queries.positions import FEATURE
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPosition:
    """A position newer than a revision, as the text of its Feature."""

    person_id: int
    revision: int
    feature: str


async def newest_revisions(connection: Connection, count: int) -> tuple[list[int], list[int]]:
    """The newest revisions of positions and of incidents, in order."""
    cursor = await connection.execute(
        "SELECT ARRAY(SELECT revision FROM latest_positions ORDER BY revision DESC LIMIT %(count)s),"
        " ARRAY(SELECT revision FROM incidents ORDER BY revision DESC LIMIT %(count)s)",
        {"count": count},
    )
    row = await cursor.fetchone()
    assert row is not None
    return row[0][::-1], row[1][::-1]


async def changed_positions(connection: Connection, *, revision: int, sent: list[int]) -> list[ChangedPosition]:
    """Everybody's positions that changed after a revision, but for those sent. Not yet filtered for anyone."""
    async with connection.cursor(row_factory=class_row(ChangedPosition)) as cursor:
        await cursor.execute(
            "SELECT l.person_id, l.revision, " + FEATURE + "::text AS feature"
            " FROM latest_positions l JOIN persons p ON p.person_id = l.person_id"
            " WHERE l.revision > %s AND l.revision <> ALL(%s) ORDER BY l.revision",
            (revision, sent),
        )
        return await cursor.fetchall()


#: Role and scope of everyone who may watch, as the access table has it: `viewer` is the user in question.
_WATCHING: Mapping[Scope, list[str]] = {
    scope: [str(role) for role, given in TABLE[Action.WATCH_LIVE].items() if given is scope] for scope in Scope
}
#: Persons in question, narrowed first where the scope allows it, so that nobody is paired with everybody.
_OPEN: LiteralString = (
    "EXISTS (SELECT FROM incidents open WHERE open.person_id = p.person_id AND open.state <> 'resolved')"
)
_PAIRS: Mapping[Scope, LiteralString] = {
    scope: "SELECT viewer.user_id, p.person_id FROM users viewer CROSS JOIN persons p"
    " WHERE viewer.user_id = ANY(%(user_ids)s) AND viewer.role = ANY(%(roles)s)"
    " AND p.person_id = ANY(%(person_ids)s) AND " + condition
    for scope, condition in (
        (Scope.OWN, visible.PERSON[Scope.OWN]),
        (Scope.INVOLVED, _OPEN + " AND " + visible.PERSON[Scope.INVOLVED]),
    )
}


async def visible_persons(connection: Connection, *, user_ids: list[int], person_ids: list[int]) -> dict[int, set[int]]:
    """For each connected user of a limited scope: whom of these persons they may see at this moment."""
    seen: dict[int, set[int]] = {user_id: set() for user_id in user_ids}
    for scope, query in _PAIRS.items():
        cursor = await connection.execute(
            query, {"user_ids": user_ids, "roles": _WATCHING[scope], "person_ids": person_ids}
        )
        for user_id, person_id in await cursor.fetchall():
            seen[user_id].add(person_id)
    return seen
