"""What ingest writes: everything it concludes, in one transaction a batch; and the little that it asks about that.

Rows go through temporary stages by COPY (`ingest.staging`), and from there with ON CONFLICT, so that what arrives twice
is stored once. Readings that are newer than anything heard of their device cannot be in the table yet: they are copied
straight into it, and if one is there after all, the batch goes the longer way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, LiteralString

import numpy as np
import psycopg
from psycopg.abc import Buffer
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from psycopg.types.numeric import FloatDumper

from geofence.detection import Command, Detection
from geofence.instants import IntArray
from ingest.deferring import store as deferring
from ingest.newest import NEWEST, Newest, columns
from ingest.ownership import store as ownership
from ingest.ownership.store import Ownership
from ingest.staging import arrays
from ingest.staging import store as staging
from ingest.staging.packed import SMALLEST, Column
from runtime.database import Connection, rows_as_dicts

Row = tuple[Any, ...]

#: The staged tables and their columns, in the order of the rows that `pipeline` builds.
COLUMNS: dict[LiteralString, tuple[LiteralString, ...]] = {
    "locations": (
        "device_key", "at", "person_id", "received_at", "latitude", "longitude", "accuracy_m", "source", "altitude_m",
        "speed_mps", "heading_deg", "battery_pct", "charging", "worn", "steps", "seq",
        "at_home",
    ),
    "bed_reports": (
        "device_key", "at", "person_id", "received_at", "status", "heart_rate_bpm", "breathing_rate_bpm",
        "movement_pct", "quality_pct", "seq", "breathing_amplitude_pct", "apnea_s",
    ),
    "heartbeats": (
        "device_key", "at", "person_id", "received_at", "battery_pct", "charging", "worn", "steps", "signal_dbm", "seq",
        "at_home",
    ),
    "safety_events": (
        "device_key", "event_id", "at", "person_id", "received_at", "type", "latitude", "longitude", "accuracy_m",
        "source", "impact_g", "battery_pct", "seq", "motion",
    ),
}  # fmt: skip

#: What is known of each person and device by now: one row each, replaced. Also staged.
LATEST: dict[LiteralString, tuple[LiteralString, ...]] = {
    "latest_positions": (
        "person_id", "device_key", "at", "received_at", "latitude", "longitude", "accuracy_m", "source", "speed_mps",
        "heading_deg", "battery_pct", "safety",
    ),
    "device_states": (
        "device_key", "last_seen_at", "online", "battery_pct", "charging", "worn", "bed_status", "firmware", "last_seq",
        "seq_gaps", "missing", "location_at", "heartbeat_at", "bed_at", "gateway",
    ),
}  # fmt: skip

#: A newest position and a device's state in one row (`ingest.newest`). Also staged.
NEWEST_WORDS: dict[LiteralString, tuple[LiteralString, ...]] = {
    "latest_positions": LATEST["latest_positions"],
    "device_states": ("charging", "worn", "last_seq"),
}


class _RealDumper(FloatDumper):
    """Writes numbers so that every column takes them."""

    def dump(self, obj: float) -> Buffer | None:
        """Text of one number."""
        return super().dump(0.0 if abs(obj) < SMALLEST else obj)


@dataclass(slots=True, kw_only=True)
class Commit:
    """Everything one batch writes, in one transaction."""

    #: By what right.
    owner: Ownership | None = None
    rows: dict[LiteralString, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    #: Every reading is newer than what was heard of its device, so no row of them is there yet.
    surely_new: bool = False
    #: Locations besides, in columns.
    fixes: Sequence[Column] = field(default=(), compare=False)
    positions: list[Row] = field(default_factory=list)
    safeties: list[Row] = field(default_factory=list)
    device_states: list[Row] = field(default_factory=list)
    #: Newest words of devices besides, for both, in columns, and the seats of the devices.
    newest: Newest = field(default_factory=lambda: np.zeros(0, NEWEST), compare=False)
    seats: IntArray = field(default_factory=lambda: np.zeros(0, np.int64), compare=False)
    floods: list[Row] = field(default_factory=list)
    #: (device key, repeats, restarts, last restart).
    numbering: list[Row] = field(default_factory=list)
    engine_states: list[Row] = field(default_factory=list)
    detections: list[Row] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    #: What this batch puts off of the positions and device states (`ingest.deferring`), and which batches' is written.
    told: tuple[int, bytes] | None = None
    told_before: int | None = None
    #: The span in which we have listened, as far as it goes by now.
    listened: tuple[datetime, datetime] | None = None


async def prepare(connection: Connection) -> None:
    """Make the stages of this connection, and let it write every number."""
    connection.adapters.register_dumper(float, _RealDumper)
    arrays.register(connection)
    await staging.make_stages(connection, {**COLUMNS, **LATEST, "newest": NEWEST_WORDS})
    await connection.commit()


async def listened(connection: Connection, since: datetime | None = None) -> list[tuple[datetime, datetime]]:
    """Spans in which ingest listened, oldest first: the newest ones, or those from the last before `since` on."""
    cursor = await connection.execute(
        """
        SELECT since, until FROM (
            SELECT since, until FROM listened
            WHERE %(since)s::timestamptz IS NULL OR since >= coalesce(
                (SELECT max(since) FROM listened WHERE since <= %(since)s), %(since)s)
            ORDER BY since DESC LIMIT CASE WHEN %(since)s::timestamptz IS NULL THEN 100 END
        ) AS newest ORDER BY since
        """,
        {"since": since},
    )
    rows = [(row[0], row[1]) for row in await cursor.fetchall()]
    await connection.commit()
    return rows


async def commit(connection: Connection, batch: Commit) -> None:
    """Write a batch in one transaction and tell who listens.

    Raises:
        Deposed: its owner owns no longer; nothing was written.
    """
    try:
        await _commit(connection, batch, straight=batch.surely_new)
    except psycopg.errors.UniqueViolation:
        if not batch.surely_new:
            raise
        # A device that another person wore before, or a state that was forgotten.
        await _commit(connection, batch, straight=False)


async def _commit(connection: Connection, batch: Commit, *, straight: bool) -> None:
    """Rows by COPY, then every statement in one go: what takes long is the way to the database and back."""
    async with connection.transaction():
        for table, rows in batch.rows.items():
            packed = batch.fixes if table == "locations" else ()
            await staging.fill(connection, table, rows, straight=straight, packed=packed)
        await staging.fill(connection, "latest_positions", batch.positions)
        await staging.fill(connection, "device_states", batch.device_states)
        await staging.fill(connection, "newest", (), packed=columns(batch.newest))
        async with connection.pipeline():
            claim = await ownership.claim(connection, batch.owner) if batch.owner else None
            await _state(connection, batch, straight=straight)
        if claim is not None:
            await claim.confirm()


async def _state(connection: Connection, batch: Commit, *, straight: bool) -> None:
    """The statements of a batch whose staged rows are there."""
    for table, rows in batch.rows.items():
        if not straight and (rows or (table == "locations" and batch.fixes)):
            await staging.add_new(connection, table)
    if batch.positions:
        await connection.execute(_POSITION)
    if len(batch.newest):
        await connection.execute(_POSITION_OF_NEWEST)
        await connection.execute(_DEVICE_STATE_OF_NEWEST)
    await _many(connection, _SAFETY, batch.safeties)
    if batch.device_states:
        await connection.execute(_DEVICE_STATE)
    await deferring.write(connection, batch.told, batch.told_before)
    await _many(connection, _FLOOD, batch.floods)
    await _many(connection, _NUMBERING, batch.numbering)
    if batch.engine_states:
        # Few, so without a COPY of their own, which is two ways more to the database and back.
        person_ids, snapshots, due_at = zip(*batch.engine_states, strict=True)
        await connection.execute(
            _ENGINE_STATE, (arrays.bigints(person_ids), arrays.byteas(snapshots), arrays.instants(due_at))
        )
    await _many(connection, _DETECTION, batch.detections)
    await _many(connection, _COMMAND, [_command_row(command) for command in batch.commands])
    await _many(connection, _ANSWER, batch.answers)
    await _many(connection, _QUARANTINE, batch.quarantine)
    if batch.listened is not None:
        await connection.execute(_LISTENED, batch.listened)
    if batch.positions or batch.safeties or len(batch.newest):
        await connection.execute("SELECT pg_notify('positions', '')")
    if batch.detections:
        await connection.execute("SELECT pg_notify('detections', '')")


async def _many(connection: Connection, query: LiteralString, rows: Sequence[Row]) -> None:
    if rows:
        async with connection.cursor() as cursor:
            await cursor.executemany(query, rows)


_INTO_POSITIONS: LiteralString = """
    INSERT INTO latest_positions AS known (person_id, device_key, at, received_at, latitude, longitude, accuracy_m,
        source, speed_mps, heading_deg, battery_pct, safety, revision)
    SELECT person_id, device_key, at, received_at, latitude, longitude, accuracy_m, source, speed_mps, heading_deg,
        battery_pct, safety, nextval('latest_positions_revisions')
"""
_LATER_POSITION: LiteralString = """
    ON CONFLICT (person_id) DO UPDATE SET
        device_key = excluded.device_key, at = excluded.at, received_at = excluded.received_at,
        latitude = excluded.latitude, longitude = excluded.longitude, accuracy_m = excluded.accuracy_m,
        source = excluded.source, speed_mps = excluded.speed_mps, heading_deg = excluded.heading_deg,
        battery_pct = coalesce(excluded.battery_pct, known.battery_pct), safety = excluded.safety,
        revision = excluded.revision
    WHERE excluded.at >= known.at
"""
_POSITION: LiteralString = _INTO_POSITIONS + "FROM stage_latest_positions" + _LATER_POSITION
_POSITION_OF_NEWEST: LiteralString = _INTO_POSITIONS + "FROM stage_newest" + _LATER_POSITION

#: A deadline can change where somebody is believed to be, without a fix.
_SAFETY: LiteralString = """
    UPDATE latest_positions SET safety = %s, revision = nextval('latest_positions_revisions') WHERE person_id = %s
"""

_INTO_DEVICE_STATES: LiteralString = """
    INSERT INTO device_states AS known (device_key, last_seen_at, online, battery_pct, charging, worn, bed_status,
        firmware, last_seq, seq_gaps, missing, location_at, heartbeat_at, bed_at, gateway)
"""
_STAGED_STATES: LiteralString = """
    SELECT device_key, last_seen_at, online, battery_pct, charging, worn, bed_status, firmware, last_seq, seq_gaps,
        missing, location_at, heartbeat_at, bed_at, gateway
    FROM stage_device_states
"""
#: A fix of a device whose numbers go on one by one, so that its gaps are as they are known.
_STATES_OF_NEWEST: LiteralString = """
    SELECT device_key, at, true, battery_pct, charging, worn, NULL, NULL, last_seq, NULL, 0, at, NULL, NULL, NULL
    FROM stage_newest
"""
_LATER_STATE: LiteralString = """
    ON CONFLICT (device_key) DO UPDATE SET
        last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
        online = coalesce(excluded.online, known.online),
        battery_pct = coalesce(excluded.battery_pct, known.battery_pct),
        charging = coalesce(excluded.charging, known.charging),
        worn = coalesce(excluded.worn, known.worn),
        bed_status = coalesce(excluded.bed_status, known.bed_status),
        firmware = coalesce(excluded.firmware, known.firmware),
        last_seq = coalesce(excluded.last_seq, known.last_seq),
        seq_gaps = coalesce(excluded.seq_gaps, known.seq_gaps),
        missing = greatest(0, known.missing + excluded.missing),
        location_at = greatest(known.location_at, excluded.location_at),
        heartbeat_at = greatest(known.heartbeat_at, excluded.heartbeat_at),
        bed_at = greatest(known.bed_at, excluded.bed_at),
        gateway = coalesce(excluded.gateway, known.gateway)
"""
_DEVICE_STATE: LiteralString = _INTO_DEVICE_STATES + _STAGED_STATES + _LATER_STATE
_DEVICE_STATE_OF_NEWEST: LiteralString = _INTO_DEVICE_STATES + _STATES_OF_NEWEST + _LATER_STATE

_NUMBERING: LiteralString = """
    INSERT INTO device_numbering AS known (device_key, repeats, restarts, restarted_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (device_key) DO UPDATE SET
        repeats = known.repeats + excluded.repeats,
        restarts = known.restarts + excluded.restarts,
        restarted_at = greatest(known.restarted_at, excluded.restarted_at)
"""

#: A device that was quiet for an hour floods anew.
_FLOOD: LiteralString = """
    INSERT INTO device_floods AS known (device_key, since, until, surplus) VALUES (%s, %s, %s, %s)
    ON CONFLICT (device_key) DO UPDATE SET
        since = CASE WHEN excluded.since - known.until > interval '1 hour' THEN excluded.since ELSE known.since END,
        surplus = excluded.surplus
            + CASE WHEN excluded.since - known.until > interval '1 hour' THEN 0 ELSE known.surplus END,
        until = greatest(known.until, excluded.until)
"""

_ENGINE_STATE: LiteralString = """
    INSERT INTO engine_states (person_id, snapshot, due_at)
    SELECT * FROM unnest(%s::bigint[], %s::bytea[], %s::timestamptz[])
    ON CONFLICT (person_id) DO UPDATE SET snapshot = excluded.snapshot, due_at = excluded.due_at
"""

_DETECTION: LiteralString = """
    INSERT INTO detections (detection_id, person_id, device_id, kind, reason, at, judged_at, zone_id, latitude,
        longitude, accuracy_m, place_at, evidence, published_wall, received_wall)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""

_COMMAND: LiteralString = """
    INSERT INTO commands (command_id, person_id, device_id, type, interval_s, until, reason, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""

_ANSWER: LiteralString = """
    UPDATE commands SET answered_at = %s, result = %s, detail = %s
    WHERE command_id::text = %s AND device_id = %s AND answered_at IS NULL
"""

_QUARANTINE: LiteralString = """
    INSERT INTO quarantine (received_at, topic, device_id, reason, detail, payload, payload_size)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""

_LISTENED: LiteralString = """
    INSERT INTO listened AS known (since, until) VALUES (%s, %s)
    ON CONFLICT (since) DO UPDATE SET until = greatest(known.until, excluded.until)
"""


def detection_row(
    detection: Detection, *, judged_at: datetime, published_s: float | None, received_wall: datetime | None
) -> Row:
    """A detection as its table has it; when it was published in unix seconds."""
    place = detection.place
    published_wall = None if published_s is None else datetime.fromtimestamp(published_s, UTC)
    return (
        detection.detection_id, detection.person_id, detection.device_id, detection.kind, detection.reason,
        detection.at, judged_at, detection.zone_id,
        place.latitude if place else None, place.longitude if place else None, place.accuracy_m if place else None,
        place.at if place else None, Jsonb(dict(detection.evidence)), published_wall, received_wall,
    )  # fmt: skip


def _command_row(command: Command) -> Row:
    return (
        command.command_id, command.person_id, command.device_id, command.type, command.interval_s, command.until,
        command.reason, command.at,
    )  # fmt: skip


async def sent_again(connection: Connection, quarantine_id: int, at: datetime) -> None:
    """Remember that a message in quarantine was handed to the broker once more."""
    await connection.execute("UPDATE quarantine SET replayed_at = %s WHERE quarantine_id = %s", (at, quarantine_id))


async def unsent_commands(connection: Connection, since: datetime) -> list[DictRow]:
    """Commands given since then that were not handed to the broker yet."""
    return await rows_as_dicts(
        connection,
        """
        SELECT command_id::text AS command_id, device_id, type, interval_s, until, created_at FROM commands
        WHERE sent_at IS NULL AND created_at >= %s ORDER BY created_at
        """,
        (since,),
    )


async def commands_sent(connection: Connection, command_ids: Sequence[str], at: datetime) -> None:
    """Remember which commands the broker has taken."""
    await connection.execute(
        "UPDATE commands SET sent_at = %s WHERE command_id = ANY (%s::uuid[])", (at, list(command_ids))
    )
