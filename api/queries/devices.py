"""Reads of devices and their states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from psycopg.rows import class_row

from api.queries import visible
from api.schemas.devices import Device, DeviceProblem
from api.viewer import Viewer
from geofence.policy import DEFAULT
from runtime.database import Connection

#: The state of `d` as its own JSON object; null when it was never heard.
STATE: LiteralString = """
    (SELECT jsonb_build_object(
        'last_seen_at', s.last_seen_at, 'online', s.online, 'battery_pct', s.battery_pct, 'charging', s.charging,
        'worn', s.worn, 'bed_status', s.bed_status, 'missing', s.missing, 'flood',
        (SELECT jsonb_build_object('since', f.since, 'until', f.until, 'surplus', f.surplus)
         FROM device_floods f WHERE f.device_key = d.device_key),
        'repeats', coalesce(n.repeats, 0), 'restarts', coalesce(n.restarts, 0), 'restarted_at', n.restarted_at)
     FROM device_states s LEFT JOIN device_numbering n USING (device_key) WHERE s.device_key = d.device_key)"""

_DEVICES: LiteralString = (
    "SELECT d.device_id, d.kind, d.person_id, d.model, d.retired_at, "
    + STATE
    + " AS state FROM devices d LEFT JOIN persons p ON p.person_id = d.person_id"
    " LEFT JOIN device_states s ON s.device_key = d.device_key CROSS JOIN " + visible.VIEWER + " WHERE "
)

_IN_USE: LiteralString = "d.retired_at IS NULL AND "
_PROBLEMS: Mapping[DeviceProblem, LiteralString] = {
    DeviceProblem.OFFLINE: _IN_USE + "s.online IS FALSE",
    DeviceProblem.BATTERY: _IN_USE + "s.battery_pct < %(battery_low_pct)s AND s.charging IS NOT TRUE",
    DeviceProblem.NOT_WORN: _IN_USE + "d.kind = 'bracelet' AND s.worn IS FALSE",
    DeviceProblem.FAULT: _IN_USE + "s.bed_status = 'fault'",
    # By the device's own time: it was heard no longer than an hour after it said too much.
    DeviceProblem.FLOODS: _IN_USE + "EXISTS (SELECT FROM device_floods f WHERE f.device_key = d.device_key"
    " AND f.until > s.last_seen_at - interval '1 hour')",
    DeviceProblem.NEVER_SEEN: _IN_USE + "d.person_id IS NOT NULL AND s.device_key IS NULL",
}


def _having(problem: DeviceProblem | None) -> LiteralString:
    if problem is None:
        return "true"
    if problem is not DeviceProblem.ANY:
        return "(" + _PROBLEMS[problem] + ")"
    return "(" + " OR ".join("(" + condition + ")" for condition in _PROBLEMS.values()) + ")"


async def page(
    connection: Connection,
    viewer: Viewer,
    *,
    query: str = "",
    kind: str | None = None,
    problem: DeviceProblem | None = None,
    after: str = "",
    limit: int,
) -> list[Device]:
    """Devices a viewer may see, in order of their id. `query` is part of the id or model."""
    parameters = viewer.parameters | {
        "query": query,
        "kind": kind,
        "after": after,
        "limit": limit,
        "battery_low_pct": DEFAULT.battery_low_pct,
    }
    async with connection.cursor(row_factory=class_row(Device)) as cursor:
        await cursor.execute(
            _DEVICES + visible.PERSON[viewer.scope] + " AND " + _having(problem) + " AND d.device_id > %(after)s"
            " AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)"
            " AND (%(query)s = '' OR strpos(lower(d.device_id || ' ' || d.model), lower(%(query)s)) > 0)"
            " ORDER BY d.device_id LIMIT %(limit)s",
            parameters,
        )
        return await cursor.fetchall()


async def one(connection: Connection, viewer: Viewer, device_id: str) -> Device | None:
    """One device a viewer may see."""
    async with connection.cursor(row_factory=class_row(Device)) as cursor:
        await cursor.execute(
            _DEVICES + visible.PERSON[viewer.scope] + " AND d.device_id = %(device_id)s",
            viewer.parameters | {"device_id": device_id},
        )
        return await cursor.fetchone()
