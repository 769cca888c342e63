"""A made-up register of the size of Zibo's: 8 counties, 88 towns, 2,950 village stations, 4,400 coordinators.

Names, places and codes below the county are invented; the counts are the programme's.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.divisions import ZIBO

CITY = "370300000000"
TOWNS, STATIONS, COORDINATORS = 88, 2_950, 4_400
#: Degrees a village lies from its county's seat at most: the city is about 80 km by 150 km.
SPREAD = 0.22
DUTIES = ("", "always", "Mon-Fri 08:00-18:00", "Mon-Fri 18:00-08:00; Sat,Sun 00:00-23:59", "周一至周日 06:00-22:00")


@dataclass(frozen=True, kw_only=True)
class Village:
    """A village with its station's place."""

    code: str
    latitude: float
    longitude: float


@dataclass(frozen=True, kw_only=True)
class SyntheticRegister:
    """Three files, and the villages to put persons into."""

    divisions: bytes
    stations: bytes
    coordinators: bytes
    villages: Sequence[Village]


def make(*, seed: int = 1, webhook: str = "https://desk.example") -> SyntheticRegister:
    """The same seed gives the same files."""
    chance = random.Random(seed)
    towns = [
        (f"{county.code}{100 + number // len(ZIBO):03}000", county)
        for number, county in zip(range(TOWNS), _cycle(ZIBO), strict=False)
    ]
    villages = [
        Village(
            code=f"{town[:9]}{200 + number // TOWNS:03}",
            latitude=round(county.latitude + chance.uniform(-SPREAD, SPREAD), 6),
            longitude=round(county.longitude + chance.uniform(-SPREAD, SPREAD), 6),
        )
        for number, (town, county) in zip(range(STATIONS), _cycle(towns), strict=False)
    ]
    return SyntheticRegister(
        divisions=_divisions([code for code, _ in towns], villages),
        stations=_stations(villages, webhook, chance),
        coordinators=_coordinators(villages, webhook, chance),
        villages=villages,
    )


def _cycle(values: Sequence[object]) -> Iterable[object]:
    while True:
        yield from values


def _divisions(towns: Sequence[str], villages: Sequence[Village]) -> bytes:
    rows: list[Sequence[object]] = [
        ("code", "name", "name_en", "latitude", "longitude"),
        (CITY, "淄博市", "Zibo", "", ""),
    ]
    rows += [(f"{one.code}000000", one.name, one.name_en, one.latitude, one.longitude) for one in ZIBO]
    rows += [(code, f"第{number}镇", f"Town {number}", "", "") for number, code in enumerate(towns, start=1)]
    rows += [
        (one.code, f"第{number}村", f"Village {number}", one.latitude, one.longitude)
        for number, one in enumerate(villages, start=1)
    ]
    return _csv(rows)


def _stations(villages: Sequence[Village], webhook: str, chance: random.Random) -> bytes:
    rows: list[Sequence[object]] = [
        ("station_id", "name", "division", "latitude", "longitude", "duty", "capacity", "channels")
    ]
    rows += [
        (
            f"S{number:04}",
            f"第{number}村服务站",
            one.code,
            one.latitude,
            one.longitude,
            chance.choice(DUTIES),
            "",
            _channel(f"{webhook}/s/{number}"),
        )
        for number, one in enumerate(villages, start=1)
    ]
    return _csv(rows)


def _coordinators(villages: Sequence[Village], webhook: str, chance: random.Random) -> bytes:
    rows: list[Sequence[object]] = [
        ("coordinator_id", "name", "station_id", "latitude", "longitude", "duty", "channels")
    ]
    for number in range(COORDINATORS):
        village = number % len(villages)
        at = villages[village]
        rows.append(
            (
                f"C{number:04}",
                f"协调员{number}",
                f"S{village + 1:04}",
                round(at.latitude + chance.uniform(-0.004, 0.004), 6),
                round(at.longitude + chance.uniform(-0.004, 0.004), 6),
                chance.choice(DUTIES),
                _channel(f"{webhook}/c/{number}"),
            )
        )
    return _csv(rows)


def _channel(url: str) -> str:
    return f'[{{"kind": "webhook", "url": "{url}", "secret": "a-secret-of-at-least-32-characters"}}]'


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
