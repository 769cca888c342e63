"""Owners of partitions and their epochs.

A lock keeps a second ingest waiting while the first one lives. It is no proof: a connection may be lost without its
process knowing, or end at a proxy. The epoch is: it grows with every owner, and a batch commits only under its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncCursor

from runtime.database import Connection

#: Key of the advisory lock of partition 0; the others follow.
OWNER_LOCK = 0x746F6E68
#: The one partition there is while one process takes everything from an MQTT broker.
EVERYBODY = 0


class Deposed(psycopg.OperationalError):
    """Another ingest owns the partition by now: nothing of this batch was written, and its states are out of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What an owner shows with every batch."""

    partition: int
    epoch: int


async def take(connection: Connection, partition: int = EVERYBODY) -> Ownership | None:
    """Become the owner for this connection's life; None while another one holds the lock.

    Waits for a batch of the former owner that is being committed.
    """
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (OWNER_LOCK + partition,))
    row = await cursor.fetchone()
    if not row or not row[0]:
        await connection.commit()
        return None
    cursor = await connection.execute(
        """
        INSERT INTO ingest_owners AS known (partition, epoch) VALUES (%s, 1)
        ON CONFLICT (partition) DO UPDATE SET epoch = known.epoch + 1, since = excluded.since
        RETURNING epoch
        """,
        (partition,),
    )
    row = await cursor.fetchone()
    await connection.commit()
    assert row is not None
    return Ownership(partition=partition, epoch=int(row[0]))


@dataclass(frozen=True, slots=True)
class Claim:
    """An ownership that is held until the end of a transaction, if it is one: to be confirmed."""

    ownership: Ownership
    answer: AsyncCursor[Any]

    async def confirm(self) -> None:
        """Hear whether it is.

        Raises:
            Deposed: it is another's.
        """
        row, partition = await self.answer.fetchone(), self.ownership.partition
        if row is None or row[0] != self.ownership.epoch:
            raise Deposed(f"another ingest owns partition {partition}, by epoch {row[0] if row else 'none'}")


async def claim(connection: Connection, ownership: Ownership) -> Claim:
    """Ask to hold the ownership until the end of the transaction."""
    cursor = await connection.execute(
        "SELECT epoch FROM ingest_owners WHERE partition = %s FOR SHARE", (ownership.partition,)
    )
    return Claim(ownership, cursor)
