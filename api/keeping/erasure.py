"""Deleting everything of one person because they, or who speaks for them, asked (PIPL, article 47)."""

from __future__ import annotations

from datetime import datetime

from alerts.store import retention as told
from api.keeping.store import deletions
from api.keeping.store.deletions import Deleted
from ingest.retention import store as heard
from runtime.database import Connection


class NoSuchPerson(Exception):  # noqa: N818 - said as people say it
    """Nobody has this number."""


class PersonHeld(Exception):  # noqa: N818 - said as people say it
    """Somebody is being looked for."""


async def erase(connection: Connection, person_id: int, *, at: datetime, user_id: int | None) -> dict[str, int]:
    """Delete a person from the register, and every reading, conclusion, message and sum. Rows deleted, by table.

    What stays: who looked at them, by number alone, and the record of this deletion. Rejected messages belong to no
    person; they go with their own time.

    Raises:
        NoSuchPerson: there is nobody to erase.
        PersonHeld: an incident is open, or a link to one still opens.
    """
    async with connection.transaction():
        if person_id in await told.held(connection, at=at):
            raise PersonHeld(f"person {person_id} has an open incident, or one with an open link: end both first.")
        incidents = await told.erase(connection, person_id)
        gone = {"incidents": incidents} | await heard.erase(connection, person_id)
        gone |= await deletions.erase(connection, person_id)
        if not any(gone.values()):
            raise NoSuchPerson(f"nothing is stored of a person {person_id}.")
        for table, rows in gone.items():
            if rows:
                deleted = Deleted(data_class="erasure", series=table, rows=rows)
                await deletions.note_deleted(connection, deleted, at=at, user_id=user_id)
    return gone
