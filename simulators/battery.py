"""A bracelet's battery: drains by what it does, charges in the evening, and can be made to run flat for a scene."""

from __future__ import annotations

HOUR_S = 3600.0
#: Per cent an hour.
DRAIN_AT_HOME = 2.0
DRAIN_TRACKING = 5.0
CHARGE = 70.0
#: A battery made to run flat stops here, per cent.
FLAT_PCT = 6.0
#: Seconds it takes to run flat, and how long it then stays so before someone puts it on the charger.
FLAT_WITHIN_S = 240.0
FLAT_FOR_S = 1_200.0
FULL_AGAIN_WITHIN_S = 1_800.0


class Battery:
    """Charge of one bracelet, moved on by whoever asks. Instants are unix seconds."""

    def __init__(self, *, at_s: float, charged_at_s: float, drain: float = DRAIN_AT_HOME) -> None:
        self.pct = max(100.0 - drain * (at_s - charged_at_s) / HOUR_S, 30.0)
        self._drain = drain
        self._at_s = at_s
        #: Phases of a scene: (until, per cent a second), in order.
        self._phases: list[tuple[float, float]] = []

    @property
    def hurried(self) -> bool:
        """Whether it is running flat right now, so that the bracelet reports more often."""
        return bool(self._phases) and self._phases[0][1] < 0

    def advance(self, at_s: float, *, charging: bool, tracking: bool) -> float:
        """Per cent at a later instant, after so much time in the given use."""
        while self._phases and self._at_s < at_s:
            until_s, rate = self._phases[0]
            end_s = min(until_s, at_s)
            self._add(rate * (end_s - self._at_s))
            self._at_s = end_s
            if end_s >= until_s:
                self._phases.pop(0)
        passed_s = max(at_s - self._at_s, 0.0)
        rate = CHARGE if charging else -(DRAIN_TRACKING if tracking else self._drain)
        self._add(rate / HOUR_S * passed_s)
        self._at_s = max(at_s, self._at_s)
        return self.pct

    def run_flat(self, at_s: float) -> None:
        """From now on: down to FLAT_PCT within minutes, a while like that, then full again."""
        self.advance(at_s, charging=False, tracking=False)
        rate = min(FLAT_PCT - self.pct, -1.0) / FLAT_WITHIN_S
        flat_s = at_s + FLAT_WITHIN_S
        charger_s = flat_s + FLAT_FOR_S
        self._phases = [
            (flat_s, rate),
            (charger_s, 0.0),
            (charger_s + FULL_AGAIN_WITHIN_S, 100.0 / FULL_AGAIN_WITHIN_S),
        ]

    def _add(self, pct: float) -> None:
        self.pct = min(max(self.pct + pct, 1.0), 100.0)
