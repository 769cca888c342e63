"""Loads one register: rows are checked against each other and the registry, then written in one transaction.

Loading again updates what is known by its number; what the file does not name stays as it is. A station with channels
is also a receiver of its level: a village's among the coordinators, a town's as station, a county's, the city's centre.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from alerts.divisions import Level, area, level_of, parent_of
from alerts.receiver import Relation
from api import store as registry
from api.importing import store
from api.importing.csv_rows import Fault, RegisterError, Row, fault, read, repeated
from api.importing.rows import ALIASES, CoordinatorRow, DivisionRow, StationRow
from api.importing.store import StationKnown
from runtime.database import Connection

_RELATION: Mapping[Level, Relation] = MappingProxyType(
    {
        Level.VILLAGE: Relation.COORDINATOR,
        Level.TOWN: Relation.STATION,
        Level.COUNTY: Relation.COUNTY,
        Level.CITY: Relation.CENTRE,
        Level.PROVINCE: Relation.CENTRE,
    }
)
#: Levels whose parent must be there. Whose a city is nobody asks.
_HAS_PARENT = frozenset({Level.TOWN, Level.VILLAGE})


class Register(StrEnum):
    """What can be loaded."""

    DIVISIONS = "divisions"
    STATIONS = "stations"
    COORDINATORS = "coordinators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How much was loaded."""

    register: Register
    rows: int


async def load(connection: Connection, register: Register, raw: bytes) -> Loaded:
    """Write one file in one transaction.

    Raises:
        RegisterError: a line is wrong; nothing was written.
    """
    reading, writing = _WAYS[register]
    # Thousands of rows: not on the loop that serves others.
    rows = await asyncio.to_thread(reading, raw)
    async with connection.transaction():
        await store.lock(connection)
        await writing(connection, rows)
    return Loaded(register=register, rows=len(rows))


def _read_divisions(raw: bytes) -> list[Row[DivisionRow]]:
    rows = read(raw, DivisionRow, ALIASES["divisions"])
    _refuse([*repeated(rows, "code")])
    return rows


def _read_stations(raw: bytes) -> list[Row[StationRow]]:
    rows = read(raw, StationRow, ALIASES["stations"])
    _refuse([*repeated(rows, "station_id")])
    return rows


def _read_coordinators(raw: bytes) -> list[Row[CoordinatorRow]]:
    rows = read(raw, CoordinatorRow, ALIASES["coordinators"])
    _refuse([*repeated(rows, "coordinator_id")])
    return rows


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise RegisterError(faults)


async def _write_divisions(connection: Connection, rows: Sequence[Row[DivisionRow]]) -> None:
    known = await store.division_codes(connection) | {row.values.code for row in rows}
    _refuse(list(_orphans(rows, known)))
    await store.put_divisions(
        connection, [row.values.model_dump() | {"level": level_of(row.values.code)} for row in rows]
    )


def _orphans(rows: Sequence[Row[DivisionRow]], known: set[str]) -> Iterator[Fault]:
    for row in rows:
        code = row.values.code
        parent = parent_of(code)
        if level_of(code) in _HAS_PARENT and parent not in known:
            yield fault(row, "code", f"lies in {parent}, which is neither here nor in the registry: add its line")


async def _write_stations(connection: Connection, rows: Sequence[Row[StationRow]]) -> None:
    codes, users = await store.division_codes(connection), await registry.user_ids(connection)
    _refuse([*_unknown_divisions(rows, codes), *_unknown_users(rows, users)])
    await store.put_stations(connection, [_station(row.values) for row in rows])
    known = await store.stations(connection)
    await store.put_responders(connection, [_desk(row.values, known[row.values.station_id], users) for row in rows])


def _unknown_divisions(rows: Sequence[Row[Any]], codes: set[str]) -> Iterator[Fault]:
    for row in rows:
        if row.values.division is not None and row.values.division not in codes:
            yield fault(row, "division", "is not in the registry: load divisions first")


def _unknown_users(rows: Sequence[Row[Any]], users: Mapping[str, int]) -> Iterator[Fault]:
    for row in rows:
        if row.values.username is not None and row.values.username not in users:
            yield fault(row, "username", "is no login: add it with tongxing user add")


def _station(row: StationRow) -> dict[str, Any]:
    values = row.model_dump(include={"name", "division", "latitude", "longitude", "active"})
    return values | {"external_id": row.station_id, "duty": row.duty or None}


def _desk(row: StationRow, station: StationKnown, users: Mapping[str, int]) -> dict[str, Any]:
    """The station as a receiver; one without channels is kept, switched off, so that it can be given some."""
    return {
        "external_id": f"station:{row.station_id}",
        "relation": _RELATION[level_of(row.division)],
        "division": area(row.division),
        "station_id": station.station_id,
        "user_id": users.get(row.username or ""),
        "display_name": row.name,
        "language": row.language,
        "channels": row.channels,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "duty": row.duty or None,
        "capacity": row.capacity,
        "enabled": row.active and bool(row.channels),
    }


async def _write_coordinators(connection: Connection, rows: Sequence[Row[CoordinatorRow]]) -> None:
    codes, users = await store.division_codes(connection), await registry.user_ids(connection)
    stations = await store.stations(connection)
    _refuse(
        [
            *_unknown_divisions(rows, codes),
            *_unknown_users(rows, users),
            *(
                fault(row, "station_id", "is not in the registry: load stations first")
                for row in rows
                if row.values.station_id not in stations
            ),
        ]
    )
    await store.put_responders(
        connection, [_coordinator(row.values, stations[row.values.station_id], users) for row in rows]
    )


def _coordinator(row: CoordinatorRow, station: StationKnown, users: Mapping[str, int]) -> dict[str, Any]:
    placed = row.latitude is not None
    return {
        "external_id": f"coordinator:{row.coordinator_id}",
        "relation": Relation.COORDINATOR,
        "division": area(row.division or station.division),
        "station_id": station.station_id,
        "user_id": users.get(row.username or ""),
        "display_name": row.name,
        "language": row.language,
        "channels": row.channels,
        "latitude": row.latitude if placed else station.latitude,
        "longitude": row.longitude if placed else station.longitude,
        # An empty list was written as "always"; nothing written is the station's.
        "duty": station.duty if row.duty is None else row.duty or None,
        "capacity": row.capacity,
        "enabled": row.active,
    }


_WAYS: Mapping[Register, tuple[Callable[[bytes], list[Any]], Callable[[Connection, list[Any]], Any]]] = (
    MappingProxyType(
        {
            Register.DIVISIONS: (_read_divisions, _write_divisions),
            Register.STATIONS: (_read_stations, _write_stations),
            Register.COORDINATORS: (_read_coordinators, _write_coordinators),
        }
    )
)
