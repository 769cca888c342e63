"""Which makes and firmware a fleet is made up of, and what each of them can."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from simulators.message import Wire


class Tells(StrEnum):
    """What a bracelet tells of a blow."""

    WINDOW = "window"
    SUMMARY = "summary"
    BARE = "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One device's make and firmware."""

    name: str
    firmware: str
    wire: Wire = Wire.NATIVE
    tells: Tells = Tells.WINDOW
    #: Of heartbeats and beds' reports; safety events and fixes are always 1.
    qos: int = 1
    #: The strap has a switch that says so at once; else messages say *not worn*.
    strap_switch: bool = True
    #: Its clock runs wrong by so much. Parts in a million, and seconds from the start.
    drift_ppm: float = 0.0
    offset_s: float = 0.0

    @property
    def has_button(self) -> bool:
        """Whether it can call for help."""
        return self.wire is not Wire.OWNTRACKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Makeup:
    """Shares of a fleet. Ratios; the rest speaks the native format with the newest firmware. Our judgement."""

    owntracks: float = 0.03
    watch: float = 0.03
    #: Of native bracelets: with firmware 2.1 (numbers of a blow instead of the window), and 1.4 (a bare impact,
    #: heartbeats with quality of service 0, no switch in the strap).
    firmware_2_1: float = 0.3
    firmware_1_4: float = 0.1
    #: How often a bed reports beside changes. Seconds.
    bed_report_s: float = 30.0


#: One make, newest firmware, exact clocks: for examples and tests.
UNIFORM = Makeup(owntracks=0.0, watch=0.0, firmware_2_1=0.0, firmware_1_4=0.0)
NEWEST = Model(name="simulated bracelet", firmware="sim-3.0")
#: Clocks that ask the network once a day are off by so much. Seconds; old firmware by parts in a million besides.
CLOCK_OFF_S, OLD_DRIFT_PPM = 0.3, 15.0


def bracelet(makeup: Makeup, rng: random.Random) -> Model:
    """The model of one bracelet."""
    chance, offset_s = rng.random(), rng.gauss(0, CLOCK_OFF_S)
    if chance < makeup.owntracks:
        return Model(name="phone", firmware="owntracks", wire=Wire.OWNTRACKS, tells=Tells.BARE, offset_s=offset_s)
    if chance < makeup.owntracks + makeup.watch:
        return Model(name="watch", firmware="se-5", wire=Wire.WATCH, tells=Tells.BARE, offset_s=offset_s)
    chance = rng.random()
    if chance < makeup.firmware_1_4:
        return Model(
            name="simulated bracelet",
            firmware="sim-1.4",
            tells=Tells.BARE,
            qos=0,
            strap_switch=False,
            drift_ppm=rng.gauss(0, OLD_DRIFT_PPM),
            offset_s=offset_s,
        )
    if chance < makeup.firmware_1_4 + makeup.firmware_2_1:
        return Model(name="simulated bracelet", firmware="sim-2.1", tells=Tells.SUMMARY, offset_s=offset_s)
    return Model(name=NEWEST.name, firmware=NEWEST.firmware, offset_s=offset_s)
