"""Statistical divisions by their 12-digit codes: which level a code names, what it lies in. Pure.

Source: National Bureau of Statistics, code rules for statistical divisions (levels of GB/T 10114): two digits each for
province, city and county, three each for town and village; what is not named is filled with zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

#: Digits of a whole code.
LENGTH = 12


class Level(StrEnum):
    """What a code names."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"


#: Digits that name each level, from the widest.
DIGITS: Mapping[Level, int] = MappingProxyType(
    {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWN: 9, Level.VILLAGE: LENGTH}
)
LEVELS = tuple(DIGITS.values())


def area(code: str) -> str:
    """A statistical code without the zeros that fill it: 370302000000 is the county 370302."""
    if len(code) != LENGTH:
        return code
    return next(code[:digits] for digits in LEVELS if not code[digits:].strip("0"))


def level_of(code: str) -> Level:
    """The level that a whole code, or one without its zeros, names."""
    bare = area(code)
    return next(level for level, digits in DIGITS.items() if len(bare) <= digits)


def parent_of(code: str) -> str | None:
    """The whole code of what a whole code lies in; None for a province."""
    digits = len(area(code))
    wider = [length for length in LEVELS if length < digits]
    return code[: wider[-1]].ljust(LENGTH, "0") if wider else None


def spellings(code: str) -> list[str]:
    """Every way an area that contains `code` may be written: each prefix, bare or filled with zeros."""
    bare = area(code)
    prefixes = [bare[:length] for length in range(len(bare) + 1)]
    filled = [bare[:digits].ljust(LENGTH, "0") for digits in LEVELS if digits <= len(bare)]
    return sorted({*prefixes, *filled})
