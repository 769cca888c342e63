"""What is known of each person and device by now, written a few seconds late under load and not with every reading.

A person's newest position and a device's state are replaced by every reading, which costs the database three times what
the reading itself does. Under load they are put off: the row is written later (`WRITE_AFTER_S`), with what came until
then. What was put off goes into the transaction of its readings all the same, as one value for the whole batch, so that
whoever starts after a crash knows it (`left_by`). A batch of few readings writes its rows at once, and so does one that
concludes something the positions of whom it is about.

Nothing changes before the commit: `plan` says what it writes, `done` that it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import psycopg
import structlog

from geofence.fixes import BoolArray
from geofence.instants import IntArray
from ingest.deferring import store as stored
from ingest.deferring.waiting import Waiting
from ingest.newest import NEWEST, Newest, device_rows, position_rows
from ingest.ownership.store import Ownership
from ingest.rows import later_position, later_state, merge_into
from ingest.store import Commit, Row, commit
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: A row is written so long after the first word that was put off. Real seconds: a live view may be so far behind.
WRITE_AFTER_S = 2.5
#: A batch with so many of these rows, or fewer, writes its own at once: that costs little. Count; provisional.
FEW = 100
#: Rows of either table that a batch writes for others, the oldest first, so that no commit takes much longer. Count.
MOST = 1_000
#: Column of the person in a detection's row, and in a safety's.
_CONCERNED, _BELIEVED = 1, 1
#: More than any batch's number.
EVERY_BATCH = 2**62


class _Told(msgspec.Struct, array_like=True, gc=False):
    """What one batch left."""

    #: What was put off, and the keys of what was written.
    positions: list[tuple[Any, ...]]
    devices: list[tuple[Any, ...]]
    persons_written: list[int]
    devices_written: list[int]
    #: What was put off in columns (`ingest.newest.NEWEST`): of both tables.
    newest: bytes = b""


_TOLD = msgspec.msgpack.Decoder(_Told)


class WaitingRow(msgspec.Struct, gc=False):
    """A row that is to be written."""

    row: Row
    since_s: float
    #: Number of the batch that put it off first.
    batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a batch does with one table: rows that it writes, rows that it puts off, keys that wait no longer."""

    now: list[Row]
    later: list[Row]
    written: AbstractSet[int]


class Table:
    """Rows of one table that wait, by their first column; who has waited longest first."""

    def __init__(self, merge: Callable[[Row, Row], Row]) -> None:
        """`merge` makes one row out of two of one key, the one that waits and the one that came."""
        self._merge = merge
        self.waiting: dict[int, WaitingRow] = {}

    def overdue(self, before_s: float, most: int) -> set[int]:
        """Keys that have waited since then or longer."""
        keys: set[int] = set()
        for key, waiting in self.waiting.items():
            if waiting.since_s > before_s or len(keys) >= most:
                break
            keys.add(key)
        return keys

    def share(self, rows: Sequence[Row], at_once: AbstractSet[int], *, few: bool) -> Share:
        """Divide the rows of a batch, at most one a key; `few` are all written, and whatever waits of `at_once`."""
        told = {row[0] for row in rows}
        now = [self._with(row) for row in rows if few or row[0] in at_once]
        now += [self.waiting[key].row for key in at_once if key not in told and key in self.waiting]
        later = [] if few else [row for row in rows if row[0] not in at_once]
        written = {row[0] for row in now if row[0] in self.waiting}
        return Share(now=sorted(now, key=lambda row: int(row[0])), later=later, written=written)

    def done(self, share: Share, batch: int, now_s: float) -> None:
        """A share is committed."""
        for key in share.written:
            del self.waiting[key]
        self.put_off(share.later, batch, now_s)

    def put_off(self, rows: Iterable[Row], batch: int, now_s: float) -> None:
        """Let rows wait, with what waits already."""
        waiting, merge = self.waiting, self._merge
        for row in rows:
            known = waiting.get(row[0])
            if known is None:
                waiting[row[0]] = WaitingRow(row, now_s, batch)
            else:
                known.row = merge(known.row, row)

    def oldest(self, share: Share) -> list[int]:
        """The batch of who waits longest once a share is written; empty: nobody does."""
        return next(([each.batch] for key, each in self.waiting.items() if key not in share.written), [])

    def _with(self, row: Row) -> Row:
        known = self.waiting.get(row[0])
        return row if known is None else self._merge(known.row, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnShare:
    """What a batch does with the rows in columns: seats whose rows it writes, and rows that it puts off."""

    #: As columns, and as rows because there is more to say of the person or the device.
    written: IntArray
    merged: IntArray
    now: Newest
    later_seats: IntArray
    later: Newest

    @property
    def settled(self) -> IntArray:
        """Seats where nothing waits any more."""
        return np.concatenate((self.written, self.merged))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A batch with what it writes of others', and what it puts off."""

    commit: Commit
    batch: int
    positions: Share
    devices: Share
    columns: ColumnShare


class Latest:
    """Positions and device states that wait to be written."""

    def __init__(self) -> None:
        self._positions, self._devices = Table(later_position), Table(later_state)
        self._columns = Waiting()
        self._batch = 0

    def __len__(self) -> int:
        """Rows that wait."""
        return len(self._positions.waiting) + len(self._devices.waiting) + 2 * len(self._columns)

    @property
    def overdue(self) -> bool:
        """Whether something should be written, even if there is nothing else to write."""
        before_s = time.monotonic() - WRITE_AFTER_S
        return bool(
            self._positions.overdue(before_s, 1)
            or self._devices.overdue(before_s, 1)
            or self._columns.is_overdue(before_s)
        )

    def plan(self, batch: Commit, persons: Container[int], *, everything: bool = False) -> Plan:
        """What a batch writes of these rows: its own, if they are few, and of others what is due.

        Args:
            batch: what the batch would write if nothing were put off.
            persons: who is registered: nobody else's position is written.
            everything: whether nothing is to wait any longer.
        """
        # Somebody waits for an answer: nobody else's rows on the way.
        most = len(self) if everything else 0 if batch.rows["safety_events"] else MOST
        before_s = time.monotonic() - (0.0 if everything else WRITE_AFTER_S)
        concerned = {row[_CONCERNED] for row in batch.detections} | {row[_BELIEVED] for row in batch.safeties}
        batch = self._with_rows_for(batch)
        few = everything or len(batch.positions) + len(batch.device_states) + 2 * len(batch.seats) <= FEW
        merged = self._columns.of((row[0] for row in batch.positions), (row[0] for row in batch.device_states))
        waited = self._columns.rows(merged)
        positions = self._positions.share(
            _merged(position_rows(waited), batch.positions, later_position),
            concerned | self._positions.overdue(before_s, most) | set(waited["person_id"].tolist()),
            few=few,
        )
        devices = self._devices.share(
            _merged(device_rows(waited), batch.device_states, later_state),
            self._devices.overdue(before_s, most) | set(waited["device_key"].tolist()),
            few=few,
        )
        overdue = np.union1d(self._columns.overdue(before_s, most), self._columns.of(concerned, ()))
        columns = self._share(batch, merged, overdue, concerned)
        strange = np.array([key not in persons for key in columns.now["person_id"].tolist()], dtype=np.bool_)
        written = replace(
            batch,
            positions=[row for row in positions.now if row[0] in persons],
            device_states=[*devices.now, *device_rows(columns.now[strange])],
            newest=columns.now[~strange],
        )
        plan = Plan(commit=written, batch=self._batch + 1, positions=positions, devices=devices, columns=columns)
        self._tell(plan)
        return plan

    def _with_rows_for(self, batch: Commit) -> Commit:
        """A batch of whose columns those are rows of whom something waits as a row, or at another seat."""
        rows = batch.newest
        if not len(rows):
            return batch
        apart = self._columns.elsewhere(batch.seats, rows)
        for waiting, name in ((self._positions.waiting, "person_id"), (self._devices.waiting, "device_key")):
            apart |= _are_in(rows[name], waiting)
        if not apart.any():
            return batch
        return replace(
            batch,
            positions=[*batch.positions, *position_rows(rows[apart])],
            device_states=[*batch.device_states, *device_rows(rows[apart])],
            newest=rows[~apart],
            seats=batch.seats[~apart],
        )

    def _share(self, batch: Commit, merged: IntArray, overdue: IntArray, concerned: AbstractSet[int]) -> ColumnShare:
        """What becomes of a batch's columns, and of those that wait."""
        rows = self._columns.merged(batch.seats, batch.newest)
        written = np.setdiff1d(overdue, merged)
        mine = np.isin(batch.seats, written) | np.isin(rows["person_id"], list(concerned))
        others = written[~np.isin(written, batch.seats)]
        return ColumnShare(
            written=written,
            merged=merged,
            now=np.concatenate((self._columns.rows(others), rows[mine])),
            later_seats=batch.seats[~mine],
            later=rows[~mine],
        )

    def _tell(self, plan: Plan) -> None:
        """What somebody must know who starts after a crash, as long as it must be known."""
        commit, batch, columns = plan.commit, plan.batch, plan.columns
        positions, devices, settled = plan.positions, plan.devices, columns.settled
        puts_off = bool(positions.later or devices.later or len(columns.later))
        settles = bool(positions.written or devices.written or len(settled))
        waiting = [*self._positions.oldest(positions), *self._devices.oldest(devices)]
        waiting += self._columns.oldest_batch(settled)
        waiting += [batch] if puts_off else []
        if puts_off or (settles and waiting):
            before = self._columns.rows(settled)
            told = _Told(
                positions=positions.later,
                devices=devices.later,
                persons_written=[*positions.written, *before["person_id"].tolist()],
                devices_written=[*devices.written, *before["device_key"].tolist()],
                newest=columns.later.tobytes(),
            )
            commit.told = batch, msgspec.msgpack.encode(told)
        if settles:
            commit.told_before = min(waiting, default=EVERY_BATCH)

    def done(self, plan: Plan) -> None:
        """It is committed."""
        now_s = time.monotonic()
        self._batch = plan.batch
        self._positions.done(plan.positions, plan.batch, now_s)
        self._devices.done(plan.devices, plan.batch, now_s)
        self._columns.written(plan.columns.settled)
        self._columns.put_off(plan.columns.later_seats, plan.columns.later, plan.batch, now_s)


def _are_in(keys: IntArray, waiting: Mapping[int, WaitingRow]) -> BoolArray:
    """Which keys wait: looked up the shorter way."""
    if len(waiting) < len(keys):
        return np.isin(keys, list(waiting))
    return np.array([key in waiting for key in keys.tolist()], dtype=np.bool_)


def _merged(waited: Iterable[Row], rows: Iterable[Row], merge: Callable[[Row, Row], Row]) -> list[Row]:
    """What waited with what came."""
    merged: dict[int, Row] = {}
    merge_into(merged, waited, merge)
    merge_into(merged, rows, merge)
    return list(merged.values())


async def write_everything(
    latest: Latest, connection: Connection, owner: Ownership | None, persons: Container[int]
) -> None:
    """Leave nothing waiting, at the end. Where that fails, whoever starts next writes it."""
    if not len(latest):
        return
    try:
        await commit(connection, latest.plan(Commit(owner=owner), persons, everything=True).commit)
    except psycopg.Error as error:
        log.warning("left_waiting", error=type(error).__name__, rows=len(latest))


async def recover(connection: Connection, owner: Ownership) -> None:
    """Write what the last owner had put off when it ended.

    Raises:
        Deposed: somebody else owns it by now.
    """
    positions, devices = left_by(await stored.left(connection))
    registered = await stored.registered(connection, [row[0] for row in positions])
    left = Commit(
        owner=owner,
        positions=[row for row in positions if row[0] in registered],
        device_states=devices,
        told_before=EVERY_BATCH,
    )
    await connection.commit()
    await commit(connection, left)


def left_by(told: Iterable[bytes]) -> tuple[list[Row], list[Row]]:
    """Positions and device states that were put off and never written, from what batches told, oldest first."""
    positions, devices = Table(later_position), Table(later_state)
    for each in map(_TOLD.decode, told):
        rows = np.frombuffer(each.newest, NEWEST)
        for table, put_off, more, written in (
            (positions, each.positions, position_rows(rows), each.persons_written),
            (devices, each.devices, device_rows(rows), each.devices_written),
        ):
            for key in written:
                table.waiting.pop(key, None)
            table.put_off([*put_off, *more], 0, 0.0)
    return [each.row for each in positions.waiting.values()], [each.row for each in devices.waiting.values()]
