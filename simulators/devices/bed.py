"""A bed: reports on every change and every half minute, with vital signs that are sometimes missing."""

from __future__ import annotations

import math
import random

from simulators.devices.makeup import NEWEST
from simulators.message import Kind, Message
from simulators.numbering import Numbering
from simulators.people.course import Vitals
from simulators.people.life import Life
from simulators.people.whereabouts import BedStatus

REPORT_S = 30.0
#: All devices say their first word within this many seconds of the start.
FIRST_WORD_S = 90.0
#: A change is looked at this much later, so that rounding cannot show the time before it. Seconds.
SETTLES_S = 0.001
MODEL = "simulated bed"
#: Restless spells: chance that one begins with a report, and how many reports it lasts. The reference's nights have
#: movement in some 8 % of the time.
SHARE_RESTLESS, RESTLESS_REPORTS = 0.03, (1, 5)
#: Reports without a usable vital sign though nobody moves.
SHARE_NO_VITALS = 0.03
#: Heart and breath in sleep waver around their level, with a memory of some minutes; the heart is slowest at four.
HEART_WAVERS_BPM, BREATH_WAVERS_BPM, MEMORY = 2.2, 0.7, 0.9
HEART_DIPS_BPM = 4.0
_NEW = math.sqrt(1.0 - MEMORY * MEMORY)
_NOBODY: dict[str, object] = {"heart_rate_bpm": 0, "breathing_rate_bpm": 0, "movement_pct": 0, "quality_pct": 0}


class Bed:
    """One bed. `step` is called at `due_s` or later; instants are unix seconds of the scaled clock."""

    def __init__(
        self, life: Life, *, device_id: str, rng: random.Random, at_s: float, report_s: float = REPORT_S
    ) -> None:
        self.device_id = device_id
        self.due_s = at_s + rng.uniform(0, FIRST_WORD_S)
        self._life = life
        self._rng = rng
        self._report_s = report_s
        self._numbers = Numbering(device_id)
        self._status: BedStatus | None = None
        self._restless = 0
        self._wavers = (0.0, 0.0)
        self._said_s = at_s

    def step(self, now_s: float) -> list[Message]:
        """What it has to say now."""
        messages = []
        if self._status is None:
            messages.append(
                self._numbers.message(Kind.STATUS, now_s, online=True, firmware=NEWEST.firmware, model=MODEL)
            )
        self._status, until_s = self._life.bed_until(now_s)
        messages.append(self._numbers.message(Kind.BED, now_s, status=self._status.value, **self._felt(now_s)))
        self._said_s = now_s
        self.due_s = max(min(until_s + SETTLES_S, now_s + self._report_s), now_s + SETTLES_S)
        return messages

    def jump(self, by_s: float) -> None:
        """Its clock is wrong by so much more."""
        self._numbers.jump(by_s)

    def look_again(self, now_s: float) -> None:
        """Something began: the next report is due now."""
        self.due_s = now_s

    def truth(self, now_s: float) -> BedStatus:
        """How the person lies."""
        return self._life.bed_status(now_s)

    def _felt(self, now_s: float) -> dict[str, object]:
        rng = self._rng
        if self._status is BedStatus.FAULT:
            return {"quality_pct": 0}
        if self._life.courses and self._life.handled(now_s):
            return {**_NOBODY, "movement_pct": round(rng.uniform(15, 90), 1)}
        if self._status is BedStatus.EMPTY:
            return _NOBODY
        if self._status is BedStatus.EDGE or self._moves():
            return {
                "heart_rate_bpm": 0,
                "breathing_rate_bpm": 0,
                "movement_pct": round(rng.uniform(20, 70), 1),
                "quality_pct": round(rng.uniform(5, 35), 1),
            }
        if rng.random() < SHARE_NO_VITALS:
            return {**_NOBODY, "quality_pct": round(rng.uniform(5, 35), 1), "movement_pct": round(rng.uniform(0, 6), 1)}
        return self._vital_signs(now_s)

    def _moves(self) -> bool:
        if self._restless:
            self._restless -= 1
            return True
        if self._rng.random() < SHARE_RESTLESS:
            self._restless = self._rng.randint(*RESTLESS_REPORTS) - 1
            return True
        return False

    def _vital_signs(self, now_s: float) -> dict[str, object]:
        rng, usual = self._rng, self._life.habits
        heart, breath = self._wavers
        heart, breath = MEMORY * heart + _NEW * rng.gauss(0, 1), MEMORY * breath + _NEW * rng.gauss(0, 1)
        self._wavers = (heart, breath)
        heart_bpm = usual.heart_bpm - HEART_DIPS_BPM * _deep(now_s) + HEART_WAVERS_BPM * heart
        breathing_bpm = usual.breathing_bpm + BREATH_WAVERS_BPM * breath
        told: dict[str, object] = {
            "heart_rate_bpm": round(heart_bpm, 1),
            "breathing_rate_bpm": round(breathing_bpm, 1),
            "movement_pct": round(6 * rng.random(), 1),
            "quality_pct": round(70 + 28 * rng.random(), 1),
        }
        if self._life.courses and (vitals := self._life.vitals(now_s)) is not None:
            self._unusual(told, vitals, now_s)
        return told

    def _unusual(self, told: dict[str, object], vitals: Vitals, now_s: float) -> None:
        if vitals.heart_bpm is not None:
            told["heart_rate_bpm"] = round(vitals.heart_bpm + self._rng.gauss(0, 1.5), 1)
        if vitals.breathing_bpm is not None:
            told["breathing_rate_bpm"] = round(vitals.breathing_bpm + self._rng.gauss(0, 0.5), 1)
        # A pause that goes on, or that ended since the last report.
        held_s = [
            min(now_s, since_s + lasts_s) - since_s
            for since_s, lasts_s in vitals.pauses
            if since_s < now_s and since_s + lasts_s > self._said_s
        ]
        if held_s:
            told["apnea_s"] = round(max(held_s), 1)


def _deep(now_s: float) -> float:
    """How deep in the night: 1 at four, local time, 0 by day."""
    hour = ((now_s + 8 * 3600.0) / 3600.0) % 24
    return max(math.cos((hour - 4) / 12 * math.pi), 0.0)
