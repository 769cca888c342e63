"""Readings as the rows of their tables, in the order of `store.COLUMNS`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from geofence.motion import numbers
from geofence.reading import Reading, ReadingKind
from ingest.registry import Device
from ingest.sequence import Numbers
from ingest.sources import Envelope
from ingest.store import Row
from ingest.wire.message import KEPT_BYTES, Rejection, Report

#: Position of last_seen_at and missing in a row of device_states.
_SEEN, _MISSING = 1, 10
#: Position of at and battery_pct in a row of latest_positions.
_AT, _BATTERY = 2, 10


def reading_row(reading: Reading, report: Report, device: Device) -> tuple[LiteralString, Row]:
    """The table and the row of one reading."""
    key, at, person_id, received_at = device.device_key, reading.at, reading.person_id, reading.received_at
    fix, bed, event = reading.fix, reading.bed, reading.event
    if reading.kind is ReadingKind.LOCATION and fix is not None:
        return "locations", (
            key, at, person_id, received_at, fix.latitude, fix.longitude, fix.accuracy_m, fix.source, fix.altitude_m,
            fix.speed_mps, fix.heading_deg, reading.battery_pct, reading.charging, reading.worn, reading.steps,
            report.seq, reading.at_home,
        )  # fmt: skip
    if bed is not None:
        return "bed_reports", (
            key, at, person_id, received_at, bed.status, bed.heart_rate_bpm, bed.breathing_rate_bpm, bed.movement_pct,
            bed.quality_pct, report.seq, bed.breathing_amplitude_pct, bed.apnea_s,
        )  # fmt: skip
    if event is not None:
        return "safety_events", (
            key, event.event_id, at, person_id, received_at, event.type, fix.latitude if fix else None,
            fix.longitude if fix else None, fix.accuracy_m if fix else None, fix.source if fix else None,
            event.impact_g, reading.battery_pct, report.seq, list(numbers(event.motion)) if event.motion else None,
        )  # fmt: skip
    return "heartbeats", (
        key, at, person_id, received_at, reading.battery_pct, reading.charging, reading.worn, reading.steps,
        report.signal_dbm, report.seq, reading.at_home,
    )  # fmt: skip


def position_row(reading: Reading, device: Device, safety: str) -> Row:
    """The newest position of a person."""
    fix = reading.fix
    assert fix is not None
    return (
        reading.person_id, device.device_key, reading.at, reading.received_at, fix.latitude, fix.longitude,
        fix.accuracy_m, fix.source, fix.speed_mps, fix.heading_deg, reading.battery_pct, safety,
    )  # fmt: skip


def device_row(
    device: Device,
    at: datetime,
    *,
    online: bool,
    firmware: str | None = None,
    gateway: str | None = None,
    report: Report | None = None,
    numbers: Numbers | None = None,
    missing: int = 0,
    live_kind: ReadingKind | None = None,
) -> Row:
    """What one message says about its device; `live_kind` is the kind of a reading that is its newest."""
    return (
        device.device_key,
        at,
        online,
        report.battery_pct if report else None,
        report.charging if report else None,
        report.worn if report else None,
        report.bed.status if report and report.bed else None,
        report.firmware if report else firmware,
        numbers.last if numbers else None,
        numbers.gaps_stored() if numbers else None,
        missing,
        at if live_kind is ReadingKind.LOCATION else None,
        at if live_kind is ReadingKind.HEARTBEAT else None,
        at if live_kind is ReadingKind.BED else None,
        gateway,
    )


def merge_position_rows(rows: Iterable[Row]) -> list[Row]:
    """One row a person: the newest, with the last known charge of the battery."""
    merged: dict[int, Row] = {}
    for row in rows:
        known = merged.get(row[0])
        if known is None or row[_AT] >= known[_AT]:
            carried = known is not None and row[_BATTERY] is None
            merged[row[0]] = (*row[:_BATTERY], known[_BATTERY], *row[_BATTERY + 1 :]) if known and carried else row
    return [merged[key] for key in sorted(merged)]


def merge_device_rows(rows: Iterable[Row]) -> list[Row]:
    """One row a device: the last word on each column, the latest time, the sum of what is missing."""
    merged: dict[int, Row] = {}
    for row in rows:
        known = merged.setdefault(row[0], row)
        if known is not row:
            latest = [new if new is not None else old for old, new in zip(known, row, strict=True)]
            latest[_SEEN] = max(known[_SEEN], row[_SEEN])
            latest[_MISSING] = known[_MISSING] + row[_MISSING]
            merged[row[0]] = tuple(latest)
    return [merged[key] for key in sorted(merged)]


def flood_rows(surplus: Iterable[tuple[int, datetime]]) -> list[Row]:
    """(device key, first, last, count) of readings that were too many, from the key and the instant of each."""
    found: dict[int, list[datetime]] = {}
    for device_key, at in surplus:
        found.setdefault(device_key, []).append(at)
    return [(key, min(instants), max(instants), len(instants)) for key, instants in sorted(found.items())]


def numbering_rows(repeated: Iterable[int], restarted: Iterable[tuple[int, datetime]]) -> list[Row]:
    """(device key, repeats, restarts, last restart), from the key of each repeat and the key and instant of each."""
    found: dict[int, list[Any]] = {}
    for device_key in repeated:
        found.setdefault(device_key, [0, 0, None])[0] += 1
    for device_key, at in restarted:
        counted = found.setdefault(device_key, [0, 0, None])
        counted[1] += 1
        counted[2] = at if counted[2] is None else max(at, counted[2])
    return [(key, *counted) for key, counted in sorted(found.items())]


def quarantine_row(envelope: Envelope, device_id: str | None, rejection: Rejection) -> Row:
    """A rejected message, bounded, in text that the database can hold."""
    return (
        envelope.received_at,
        _storable(envelope.topic),
        None if device_id is None else _storable(device_id),
        rejection.reason,
        _storable(rejection.detail),
        envelope.payload[:KEPT_BYTES],
        len(envelope.payload),
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")[:500]
