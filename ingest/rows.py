"""Readings as the rows of their tables, in the order of `store.COLUMNS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, LiteralString

from geofence.motion import numbers
from geofence.reading import Reading, ReadingKind
from ingest.registry import Device
from ingest.sequence import Numbers
from ingest.sources import Envelope
from ingest.store import Row
from ingest.wire.message import KEPT_BYTES, Rejection, Report

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
    numbers: Numbers | None = None,
    missing: int = 0,
) -> Row:
    """What is known of a device from a message that does not say how it is: a status, an answer, history."""
    last, gaps = (None, None) if numbers is None else (numbers.last, numbers.gaps_stored())
    return (
        device.device_key,
        at,
        online,
        None,
        None,
        None,
        None,
        firmware,
        last,
        gaps,
        missing,
        None,
        None,
        None,
        gateway,
    )


def live_device_row(key: int, at: datetime, report: Report, numbers: Numbers | None, missing: int) -> Row:
    """What a device's newest reading says of it."""
    last, gaps = (None, None) if numbers is None else (numbers.last, numbers.gaps_stored())
    bed, kind = report.bed, report.kind
    return (
        key, at, True, report.battery_pct, report.charging, report.worn, bed.status if bed else None, report.firmware,
        last, gaps, missing,
        at if kind is ReadingKind.LOCATION else None,
        at if kind is ReadingKind.HEARTBEAT else None,
        at if kind is ReadingKind.BED else None,
        None,
    )  # fmt: skip


def later_position(known: Row, row: Row) -> Row:
    """The newer of two positions of a person, with the last known charge of the battery."""
    if row[_AT] < known[_AT]:
        return known
    return row if row[_BATTERY] is not None else (*row[:_BATTERY], known[_BATTERY], *row[_BATTERY + 1 :])


def later_state(known: Row, row: Row) -> Row:
    """What two messages say of a device: the last word on each column, the latest time, the sum of what is missing.

    Column by column, because it is asked for every reading: a loop over them takes six times as long.
    """
    (
        key, seen_0, _, battery_0, charging_0, worn_0, bed_0, firmware_0, last_0, gaps_0, missing_0, location_0,
        heartbeat_0, bed_at_0, gateway_0,
    ) = known  # fmt: skip
    (
        _, seen, online, battery, charging, worn, bed, firmware, last, gaps, missing, location, heartbeat, bed_at,
        gateway,
    ) = row  # fmt: skip
    return (
        key,
        max(seen, seen_0),
        online,
        battery_0 if battery is None else battery,
        charging_0 if charging is None else charging,
        worn_0 if worn is None else worn,
        bed_0 if bed is None else bed,
        firmware_0 if firmware is None else firmware,
        last_0 if last is None else last,
        gaps_0 if gaps is None else gaps,
        missing_0 + missing,
        location_0 if location is None else location,
        heartbeat_0 if heartbeat is None else heartbeat,
        bed_at_0 if bed_at is None else bed_at,
        gateway_0 if gateway is None else gateway,
    )


def merge_into(merged: dict[int, Row], rows: Iterable[Row], merge: Callable[[Row, Row], Row]) -> None:
    """Rows as they came, merged to one for each first column."""
    for row in rows:
        known = merged.setdefault(row[0], row)
        if known is not row:
            merged[row[0]] = merge(known, row)


def in_order(merged: Mapping[int, Row]) -> list[Row]:
    """Merged rows by their first column."""
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
