"""A bed: reports on every change and every two minutes, with vital signs that are sometimes missing."""

from __future__ import annotations

import random

from simulators.bracelet import FIRMWARE, FIRST_WORD_S
from simulators.life import BedStatus, Life
from simulators.message import Kind, Message
from simulators.numbering import Numbering

REPORT_S = 120.0
#: A change is looked at this much later, so that rounding cannot show the time before it. Seconds.
SETTLES_S = 0.001
MODEL = "simulated bed"
#: Share of occupied reports with restless movement, and of those without a usable vital sign.
SHARE_RESTLESS = 0.08
SHARE_NO_VITALS = 0.03


class Bed:
    """One bed. `step` is called at `due_s` or later; instants are unix seconds of the scaled clock."""

    def __init__(self, life: Life, *, device_id: str, rng: random.Random, at_s: float) -> None:
        self.device_id = device_id
        self.due_s = at_s + rng.uniform(0, FIRST_WORD_S)
        self._life = life
        self._rng = rng
        self._numbers = Numbering(device_id)
        self._status: BedStatus | None = None
        self._heart_rate_bpm = rng.uniform(56, 74)
        self._breathing_rate_bpm = rng.uniform(12, 17)

    def step(self, now_s: float) -> list[Message]:
        """What it has to say now."""
        messages = []
        if self._status is None:
            messages.append(self._numbers.message(Kind.STATUS, now_s, online=True, firmware=FIRMWARE, model=MODEL))
        self._status = self._life.bed_status(now_s)
        messages.append(self._numbers.message(Kind.BED, now_s, status=self._status.value, **self._vitals()))
        self.due_s = min(self._life.next_bed_change_s(now_s) + SETTLES_S, now_s + REPORT_S)
        return messages

    def look_again(self, now_s: float) -> None:
        """A scene began: the next report is due now."""
        self.due_s = now_s

    def _vitals(self) -> dict[str, object]:
        if self._status is BedStatus.EMPTY:
            return {"heart_rate_bpm": 0, "breathing_rate_bpm": 0, "movement_pct": 0, "quality_pct": 0}
        moving = self._status is BedStatus.EDGE or self._rng.random() < SHARE_RESTLESS
        movement_pct = self._rng.uniform(20, 70) if moving else self._rng.uniform(0, 6)
        if moving or self._rng.random() < SHARE_NO_VITALS:
            return {
                "heart_rate_bpm": 0,
                "breathing_rate_bpm": 0,
                "movement_pct": round(movement_pct, 1),
                "quality_pct": round(self._rng.uniform(5, 35), 1),
            }
        return {
            "heart_rate_bpm": round(self._heart_rate_bpm + self._rng.gauss(0, 2.5), 1),
            "breathing_rate_bpm": round(self._breathing_rate_bpm + self._rng.gauss(0, 0.8), 1),
            "movement_pct": round(movement_pct, 1),
            "quality_pct": round(self._rng.uniform(70, 98), 1),
        }
