"""One invented person: where they live, what they wear, where they walk, and who is called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulators.contact import Contact
from simulators.safe_zone import SafeZone

#: Ages are counted from here, so that the same seed gives the same birth years for ever.
REFERENCE_YEAR = 2026


class Sex(StrEnum):
    """For names and titles only."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where an ordinary walk stays: a disc well inside a safe zone, while that zone holds."""

    #: Centre, metres east and north of home.
    east_m: float
    north_m: float
    reach_m: float
    #: Seconds since local midnight between which the whole walk must lie.
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One invented person."""

    #: Counted from 0 over the whole city.
    index: int
    external_id: str
    display_name: str
    sex: Sex
    birth_year: int
    #: Twelve digits of the village.
    division: str
    #: Home, WGS-84 degrees.
    latitude: float
    longitude: float
    #: The same, metres east and north of the town's centre.
    home_in_town: tuple[float, float]
    approach: str
    bracelet_id: str | None
    bed_id: str | None
    zones: tuple[SafeZone, ...]
    grounds: tuple[Ground, ...]
    contacts: tuple[Contact, ...]

    @property
    def town_code(self) -> str:
        """Nine digits."""
        return self.division[:9]
