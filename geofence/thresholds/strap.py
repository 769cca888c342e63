"""Thresholds of a bracelet that is not worn: `geofence.detectors.strap`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds


@dataclass(frozen=True, kw_only=True)
class StrapThresholds:
    """When a bracelet counts as taken off, and how long it may be."""

    #: So many messages in a row that say *not worn*: it is off. Count. Source: reference practice; provisional.
    strap_confirming_messages: Annotated[
        int,
        Bounds(
            1,
            5,
            "count",
            below="a strap would be open without any message that says so",
            above="whoever takes it off to slip away would be gone before it is believed",
        ),
    ] = 2
    #: ... or one, so long ago, that nothing has taken back. Seconds. Source: reference practice; provisional.
    strap_open_for: Annotated[
        timedelta,
        Bounds(
            10,
            600,
            "seconds",
            below="a strap that is being tightened would be one taken off",
            above="whoever takes it off to slip away would be gone before it is believed",
        ),
    ] = timedelta(seconds=60)
    #: At home it may be off for so long, for washing and charging. Seconds. Provisional.
    strap_home_grace: Annotated[
        timedelta,
        Bounds(
            300,
            14400,
            "seconds",
            below="washing would be an alarm",
            above="half a day without the bracelet would be nobody's concern",
        ),
    ] = timedelta(minutes=30)
    #: A charge that rises by so much while it is off is a charger's, of a device that does not say. Per cent.
    #: Source: the step in which elder watches tell their charge; provisional.
    strap_charger_rise_pct: Annotated[
        float,
        Bounds(
            0.5,
            10,
            "per cent",
            below="a gauge that wavers would be a charger",
            above="a watch on a slow charger would be one that nobody wears",
        ),
    ] = 1.0
