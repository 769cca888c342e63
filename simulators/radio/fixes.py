"""How far a bracelet's fix lies from the truth, and what it claims: indoors, under the sky, between tall houses.

Errors of neighbouring fixes belong together: satellites drift over a minute, a wrong network is often still wrong when
asked again, and a receiver that comes out of the house needs its time. `simulators.radio.air` says what it is fitted
to.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from enum import StrEnum

from simulators.people.whereabouts import Sky, Whereabouts
from simulators.radio.air import BAD_MEDIAN_M, BAD_SPREAD, BAD_STAYS_S, SCATTER_M, Air


class Source(StrEnum):
    """Where a fix comes from (docs/wire.md)."""

    GNSS = "gnss"
    WIFI = "wifi"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Error:
    """A fix relative to the truth."""

    east_m: float
    north_m: float
    accuracy_m: float
    source: Source

    @property
    def off_m(self) -> float:
        """Distance from the truth."""
        return math.hypot(self.east_m, self.north_m)


#: Shares of fixes at home. Attempts that end without a position; cell towers; satellites through a window.
SHARE_NONE, SHARE_CELL, SHARE_WINDOW = 0.06, 0.02, 0.1
#: Wi-Fi fixes that are far off, alone: share, and the Pareto tail (metres, exponent) that gives the 95th and 99th part.
SHARE_STRAY, STRAY_M, STRAY_EXPONENT, STRAY_MOST_M = 0.008, 38.3, 1.15, 2_000.0
#: ... and are far off and very sure: 150 to 720 m with 2 to 11 m (Ikolvi/Tracelet 294). Share, metres.
SHARE_SURE, SURE_OFF_M, SURE_CLAIMS_M = 0.0006, (150.0, 720.0), (2.0, 11.0)
#: A stray fix is the same again when asked within so long. Share, seconds; sure ones seldom are, or asking twice would
#: not have helped where they were met.
SHARE_AGAIN, SHARE_SURE_AGAIN, AGAIN_S = 0.25, 0.08, 180.0
#: Spells in which the home's network is thought to be elsewhere: a day and home, and how long they last. Seconds.
SPELLS_A_DAY, SPELL_S = 0.05, (1_800.0, 14_400.0)
#: Cell fixes: median and spread of the logarithm of the error, and what they claim of it. Metres.
CELL_MEDIAN_M, CELL_SPREAD, CELL_CLAIMS_M = 220.0, 1.1, (500.0, 2_500.0)
#: Under a roof that is not home: no fix, a tower, or Wi-Fi of shops.
ROOF_NONE, ROOF_CELL = 0.4, 0.15
#: Out of the house, until satellites are heard. Seconds.
COLD_START_S = (15.0, 75.0)
#: Satellites drift with such a memory. Seconds.
DRIFT_S = 60.0
#: What satellites claim: in the open, between tall houses, in a vehicle. Metres.
CLAIMS_M = {Sky.OPEN: (5.0, 15.0), Sky.CANYON: (12.0, 35.0), Sky.VEHICLE: (8.0, 25.0)}
#: Between tall houses a reflection counts for the satellite. Share of fixes; metres off.
SHARE_REFLECTED, REFLECTED_M = 0.03, (40.0, 140.0)
#: A Rayleigh distance holds 68 in 100 within so many sigma.
SIGMAS_IN_68 = 1.51


class Receiver:
    """The receivers of one bracelet. Instants are unix seconds."""

    def __init__(self, air: Air, rng: random.Random) -> None:
        #: How far off the last fix was. Metres.
        self.off_m = 0.0
        self._air = air
        self._rng = rng
        self._drift = (0.0, 0.0)
        self._drifted_s = self._bad_s = -math.inf
        #: Size and direction of the error where the network is not known well.
        self._bad: tuple[float, ...] = (0.0, 0.0, 0.0)
        self._hears_from_s = 0.0
        self._was_home = True
        self._stray: tuple[float, Error] | None = None
        self._spell: tuple[float, Error] | None = None
        self._looked_s: float | None = None

    def fix(self, now_s: float, place: Whereabouts) -> Error | None:
        """The error of a fix tried now; None: no position."""
        error = self._tried(now_s, place)
        if error is not None:
            self.off_m = error.off_m
        return error

    def _tried(self, now_s: float, place: Whereabouts) -> Error | None:
        home = place.sky is Sky.HOME
        if self._was_home and not home:
            self._hears_from_s = now_s + self._rng.uniform(*COLD_START_S)
        self._was_home = home
        if home:
            return self._at_home(now_s)
        if place.sky is Sky.ROOF or now_s < self._hears_from_s:
            return self._under_a_roof()
        return self._satellites(now_s, place.sky)

    def _at_home(self, now_s: float) -> Error | None:
        rng = self._rng
        chance = rng.random()
        if chance < SHARE_NONE:
            return None
        if chance < SHARE_NONE + SHARE_CELL:
            return self._cell()
        if chance < SHARE_NONE + SHARE_CELL + SHARE_WINDOW:
            return self._honest(rng.uniform(12, 40), Source.GNSS)
        return self._networks(now_s)

    def _networks(self, now_s: float) -> Error:
        """By the Wi-Fi in sight."""
        rng = self._rng
        if (wrong := self._spelled(now_s)) is not None:
            return wrong
        stray, self._stray = self._stray, None
        if (
            stray is not None
            and now_s < stray[0]
            and rng.random() < (SHARE_SURE_AGAIN if stray[1].accuracy_m <= SURE_CLAIMS_M[1] else SHARE_AGAIN)
        ):
            return stray[1]
        chance = rng.random()
        if chance < SHARE_SURE:
            return self._astray(now_s, rng.uniform(*SURE_OFF_M), rng.uniform(*SURE_CLAIMS_M))
        if chance < SHARE_SURE + SHARE_STRAY:
            off_m = min(STRAY_M * rng.paretovariate(STRAY_EXPONENT), STRAY_MOST_M)
            return self._astray(now_s, off_m, max(off_m * rng.uniform(0.35, 1.6), 12.0))
        return self._wifi(now_s)

    def _wifi(self, now_s: float) -> Error:
        """The usual fix of this home."""
        rng, air = self._rng, self._air
        if air.bad:
            return self._badly(now_s)
        east_m, north_m = air.east_m + rng.gauss(0, SCATTER_M), air.north_m + rng.gauss(0, SCATTER_M)
        return Error(east_m, north_m, air.claims_m * rng.uniform(0.8, 1.3), Source.WIFI)

    def _badly(self, now_s: float) -> Error:
        """Where the home's network is not known well: off by much, and by much the same for hours."""
        rng = self._rng
        kept = math.exp(-min((now_s - self._bad_s) / BAD_STAYS_S, 50.0))
        new = math.sqrt(1.0 - kept * kept)
        self._bad_s = now_s
        self._bad = tuple(kept * one + new * rng.gauss(0, 1) for one in self._bad)
        size, aside, ahead = self._bad
        off_m, angle = BAD_MEDIAN_M * math.exp(BAD_SPREAD * size), math.atan2(aside, ahead)
        accuracy_m = max(off_m * rng.uniform(0.4, 1.5), 20.0)
        return Error(off_m * math.sin(angle), off_m * math.cos(angle), accuracy_m, Source.WIFI)

    def _astray(self, now_s: float, off_m: float, accuracy_m: float) -> Error:
        error = self._polar(off_m, accuracy_m, Source.WIFI)
        self._stray = (now_s + AGAIN_S, error)
        return error

    def _spelled(self, now_s: float) -> Error | None:
        """The wrong place of a spell, if there is one now."""
        rng, before_s, self._looked_s = self._rng, self._looked_s, now_s
        if self._spell is None and before_s is not None:
            if rng.random() < SPELLS_A_DAY * min(now_s - before_s, 3_600.0) / 86_400:
                off_m = min(STRAY_M * rng.paretovariate(STRAY_EXPONENT), STRAY_MOST_M)
                wrong = self._polar(off_m, max(off_m * rng.uniform(0.35, 1.6), 15.0), Source.WIFI)
                self._spell = (now_s + rng.uniform(*SPELL_S), wrong)
        elif self._spell is not None and now_s >= self._spell[0]:
            self._spell = None
        if self._spell is None:
            return None
        wrong = self._spell[1]
        return Error(
            wrong.east_m + rng.gauss(0, SCATTER_M),
            wrong.north_m + rng.gauss(0, SCATTER_M),
            wrong.accuracy_m,
            wrong.source,
        )

    def _under_a_roof(self) -> Error | None:
        chance = self._rng.random()
        if chance < ROOF_NONE:
            return None
        if chance < ROOF_NONE + ROOF_CELL:
            return self._cell()
        return self._honest(self._rng.uniform(20, 70), Source.WIFI)

    def _satellites(self, now_s: float, sky: Sky) -> Error:
        rng = self._rng
        accuracy_m = rng.uniform(*CLAIMS_M[sky])
        if sky is Sky.CANYON and rng.random() < SHARE_REFLECTED:
            return self._polar(rng.uniform(*REFLECTED_M), accuracy_m, Source.GNSS)
        kept = math.exp(-min((now_s - self._drifted_s) / DRIFT_S, 50.0))
        new = math.sqrt(1.0 - kept * kept)
        self._drifted_s = now_s
        self._drift = (kept * self._drift[0] + new * rng.gauss(0, 1), kept * self._drift[1] + new * rng.gauss(0, 1))
        sigma_m = accuracy_m / SIGMAS_IN_68
        return Error(self._drift[0] * sigma_m, self._drift[1] * sigma_m, accuracy_m, Source.GNSS)

    def _cell(self) -> Error:
        rng = self._rng
        off_m = CELL_MEDIAN_M * math.exp(rng.gauss(0, CELL_SPREAD))
        return self._polar(off_m, rng.uniform(*CELL_CLAIMS_M), Source.CELL)

    def _honest(self, accuracy_m: float, source: Source) -> Error:
        """About 68 in 100 within `accuracy_m`."""
        off_m = accuracy_m / SIGMAS_IN_68 * math.sqrt(-2.0 * math.log(1.0 - self._rng.random()))
        return self._polar(off_m, accuracy_m, source)

    def _polar(self, off_m: float, accuracy_m: float, source: Source) -> Error:
        angle = self._rng.uniform(0, math.tau)
        return Error(off_m * math.sin(angle), off_m * math.cos(angle), accuracy_m, source)
