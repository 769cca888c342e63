"""Thresholds of a bed that cannot be believed: `geofence.detectors.bed_sensor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class BedSensorThresholds:
    """When a bed's sensor is told of rather than believed."""

    #: A bed says so long that it cannot tell, or says what cannot be. Minutes. Provisional.
    bed_fault_for: Annotated[
        timedelta,
        Bounds(
            60,
            3600,
            "seconds",
            below="a passing fault would be told",
            above="nobody would know for an hour that the bed is blind",
        ),
    ] = timedelta(minutes=5)
    #: Occupied by somebody whose pulse, breath and movement were all lost so long ago. Minutes. Nobody lies that still;
    #: a person in need must be found sooner than a sensor that slipped; provisional.
    bed_flat_for: Annotated[
        timedelta,
        Bounds(
            300,
            7200,
            "seconds",
            below="a quiet sleeper whose pulse is lost for a while would be told",
            above="whoever lies there without a pulse must be looked at",
        ),
    ] = timedelta(minutes=30)
    #: Occupied for so long by what never showed a pulse, breath or movement. Hours. Linen or a bag is put away sooner;
    #: provisional.
    bed_displaced_for: Annotated[
        timedelta,
        Bounds(
            1800,
            28800,
            "seconds",
            below="linen laid on the bed would be told",
            above="a whole night could pass without the bed",
        ),
    ] = timedelta(hours=2)
    #: A bed with somebody in it that reports nothing for so long is unplugged, or without network. Minutes. Source:
    #: docs/wire.md, a report every two minutes; provisional.
    bed_unplugged_after: Annotated[
        timedelta,
        Bounds(
            600,
            14400,
            "seconds",
            below="a network that is down for a moment would be told",
            above="a night could pass without the bed",
        ),
    ] = timedelta(minutes=30)
    #: The same fault of the same bed is told once in so long. Hours. Provisional.
    bed_fault_again: Annotated[
        timedelta,
        Bounds(
            3600,
            604800,
            "seconds",
            below="a loose plug would be told all night",
            above="a fault would be forgotten",
        ),
    ] = timedelta(hours=12)
