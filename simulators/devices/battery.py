"""A bracelet's battery: drains by what it does and how cold it is, charges, and can be made to run flat."""

from __future__ import annotations

import math

HOUR_S = 3600.0
#: Per cent an hour: at rest at home, and what a satellite receiver that is on adds. Such devices last two to
#: three days (our judgement).
DRAIN_AT_HOME = 1.8
DRAIN_OUTSIDE = 1.2
#: Per cent a fix by satellites. At one a minute 2.4 an hour.
DRAIN_A_FIX = 0.04
CHARGE = 70.0
#: Cold takes charge away for as long as it lasts: lithium cells give some 20 % less at -10 °C. Ratio a degree below 10.
COLD_RATIO, MILD_C = 0.012, 10.0
#: Zibo's mean temperature by month, January first. Degrees Celsius; climate normals, rounded.
MONTHS_C = (-1.0, 2.0, 8.0, 15.0, 21.0, 26.0, 27.0, 26.0, 21.0, 15.0, 7.0, 1.0)
#: A gauge knows little of the last of a cell: below this it falls faster. Per cent, ratio.
KNEE_PCT, KNEE_RATIO = 15.0, 1.6
#: A battery made to run flat stops here, per cent.
FLAT_PCT = 6.0
#: At this and below a device switches off, and on again above the second. Per cent.
OFF_PCT, ON_PCT = 1.0, 4.0
#: Seconds it takes to run flat, and how long it then stays so before someone puts it on the charger.
FLAT_WITHIN_S = 240.0
FLAT_FOR_S = 1_200.0
FULL_AGAIN_WITHIN_S = 1_800.0


class Battery:
    """Charge of one bracelet, moved on by whoever asks. Instants are unix seconds."""

    def __init__(self, *, at_s: float, charged_at_s: float, drain: float = DRAIN_AT_HOME) -> None:
        self.pct = max(100.0 - drain * (at_s - charged_at_s) / HOUR_S, 30.0)
        self.off = False
        self._drain = drain
        self._at_s = at_s
        #: Phases of running flat: (until, per cent a second), in order.
        self._phases: list[tuple[float, float]] = []

    @property
    def hurried(self) -> bool:
        """Whether it is running flat right now, so that the bracelet reports more often."""
        return bool(self._phases) and self._phases[0][1] < 0

    def advance(self, at_s: float, *, charging: bool, outside: bool, air_c: float = MILD_C) -> float:
        """Per cent at a later instant, after so much time in the given use."""
        while self._phases and self._at_s < at_s:
            until_s, rate = self._phases[0]
            end_s = min(until_s, at_s)
            self._add(rate * (end_s - self._at_s))
            self._at_s = end_s
            if end_s >= until_s:
                self._phases.pop(0)
        passed_s = max(at_s - self._at_s, 0.0)
        self._add((CHARGE if charging else -self._use(outside, air_c)) / HOUR_S * passed_s)
        self._at_s = max(at_s, self._at_s)
        self.off = self.pct <= OFF_PCT or (self.off and self.pct < ON_PCT)
        return self.pct

    def took_a_fix(self) -> None:
        """A fix by satellites."""
        self._add(-DRAIN_A_FIX)

    def run_flat(self, at_s: float) -> None:
        """From now on: down to FLAT_PCT within minutes, a while like that, then full again."""
        self.advance(at_s, charging=False, outside=False)
        rate = min(FLAT_PCT - self.pct, -1.0) / FLAT_WITHIN_S
        flat_s = at_s + FLAT_WITHIN_S
        charger_s = flat_s + FLAT_FOR_S
        self._phases = [
            (flat_s, rate),
            (charger_s, 0.0),
            (charger_s + FULL_AGAIN_WITHIN_S, 100.0 / FULL_AGAIN_WITHIN_S),
        ]

    def _use(self, outside: bool, air_c: float) -> float:
        """Per cent an hour."""
        use = self._drain + (DRAIN_OUTSIDE if outside else 0.0)
        if outside:
            use *= 1.0 + COLD_RATIO * max(MILD_C - air_c, 0.0)
        return use * KNEE_RATIO if self.pct < KNEE_PCT else use

    def _add(self, pct: float) -> None:
        self.pct = min(max(self.pct + pct, OFF_PCT), 100.0)


def air_c(at_s: float) -> float:
    """How cold it is outside, by month and hour: the coldest at five, the warmest at two. Degrees Celsius."""
    year = (at_s % 31_556_952.0) / 31_556_952.0 * 12.0
    month, share = int(year), year % 1.0
    mean_c = MONTHS_C[month] * (1 - share) + MONTHS_C[(month + 1) % 12] * share
    hour = ((at_s + 8 * HOUR_S) / HOUR_S) % 24
    return mean_c + 5.0 * math.cos((hour - 14) / 24 * math.tau)
