"""A bracelet: what it sends, when, and what it does when spoken to.

At home and still: a heartbeat after 5 minutes of silence, a fix every 10. Outdoors: a fix every 60 s. It obeys
`locate` and `report_interval`, and repeats an SOS until it hears the acknowledgement. Nothing here knows MQTT.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

from simulators import geodesy, noise
from simulators.battery import Battery
from simulators.life import BedStatus, Life, Whereabouts
from simulators.message import Kind, Message
from simulators.numbering import Numbering

FIX_AT_HOME_S = 600.0
FIX_OUTDOORS_S = 60.0
HEARTBEAT_S = 300.0
HEARTBEAT_HURRIED_S = 10.0
#: Real seconds between repeats of an event: it waits for a network, not for the simulated day.
REPEAT_REAL_S = 5.0
#: All devices say their first word within this many seconds of the start.
FIRST_WORD_S = 90.0
#: Share of attempts indoors that end without a position.
SHARE_NO_FIX = 0.06
#: A command given longer ago than this is not obeyed.
COMMAND_STALE_S = 600.0
STEP_LENGTH_M = 0.5
#: From the bed to the bathroom. Count.
STEPS_OUT_OF_BED = 14
#: At home and up: some 3,500 in a day of 14 hours. Steps a minute. Source: healthy older adults take 2,000 to 9,000 a
#: day (Tudor-Locke et al. 2011); these are frailer.
STEPS_INDOORS_PER_MIN = 4.0
#: Homes with a beacon or Wi-Fi that the bracelet was taught. Ratio; the programme fits them where Wi-Fi is.
SHARE_WITH_BEACON = 0.5
FIRMWARE = "sim-1.0"
MODEL = "simulated bracelet"


class Bracelet:
    """One bracelet. `step` is called at `due_s` or later; instants are unix seconds of the scaled clock."""

    def __init__(self, life: Life, *, device_id: str, rng: random.Random, at_s: float, rate: float = 1.0) -> None:
        self.device_id = device_id
        self.due_s = at_s + rng.uniform(0, FIRST_WORD_S)
        self._life = life
        self._rng = rng
        self._rate = rate
        self._numbers = Numbering(device_id)
        self._battery = Battery(at_s=at_s, charged_at_s=life.charged_at_s(at_s), drain=rng.uniform(1.5, 2.2))
        self._fix_due_s = self._heartbeat_due_s = self.due_s
        self._said_s: float | None = None
        self._was_outdoors = False
        self._after_bad = False
        self._steps = 0.0
        self._interval: tuple[float, float] | None = None
        self._answers: list[tuple[str, str]] = []
        self._unheard: dict[str, Message] = {}
        self._repeat_due_s = math.inf
        # Of the home, not of the day: the same in every run.
        self._hears_home = random.Random(device_id).random() < SHARE_WITH_BEACON

    def step(self, now_s: float) -> list[Message]:
        """What it has to say now."""
        place = self._life.whereabouts(now_s)
        charging = self._life.charging(now_s)
        self._battery.advance(now_s, charging=charging, tracking=place.outdoors)
        self._count_steps(now_s, place)
        messages = [] if self._said_s is not None else [self._hello(now_s)]
        if place.outdoors != self._was_outdoors:
            self._was_outdoors = place.outdoors
            self._fix_due_s = now_s
        messages += self._repeats(now_s)
        if now_s >= self._fix_due_s:
            messages.append(self._fix(now_s, place))
        elif now_s >= self._heartbeat_due_s:
            messages.append(self._heartbeat(now_s))
        messages += self._answered(now_s)
        self._said_s = now_s
        self._plan(now_s)
        return messages

    def hear_command(self, command: Mapping[str, object], now_s: float) -> None:
        """Obey at the next step, which is now."""
        identifier, kind = str(command.get("id", "")), command.get("type")
        given_s = _number(command.get("at"), now_s)
        if not identifier or now_s - given_s > COMMAND_STALE_S:
            return
        interval_s, until_s = _number(command.get("interval_s"), 0.0), _number(command.get("until"), 0.0)
        if kind == "locate":
            self._fix_due_s = now_s
        elif kind == "report_interval" and interval_s > 0:
            self._interval = (interval_s, until_s)
            self._fix_due_s = min(self._fix_due_s, now_s + interval_s)
        self._answers.append((identifier, "done" if kind in {"locate", "report_interval"} else "refused"))
        self.due_s = now_s

    def hear_ack(self, event_id: str) -> None:
        """The event is safe: stop repeating it."""
        self._unheard.pop(event_id, None)

    def press_sos(self, now_s: float) -> Message:
        """The wearer presses the button."""
        place = self._life.whereabouts(now_s)
        event_id = f"sos-{self._numbers.device_id}-{now_s:.0f}"
        message = self._numbers.message(
            Kind.EVENT, now_s, id=event_id, type="sos", **self._position(place), battery_pct=self._pct()
        )
        self._unheard[event_id] = message
        self._repeat_due_s = now_s + REPEAT_REAL_S * self._rate
        self.due_s = min(self.due_s, self._repeat_due_s)
        return message

    def run_flat(self, now_s: float) -> None:
        """The battery gives out within minutes."""
        self._battery.run_flat(now_s)
        self.due_s = self._heartbeat_due_s = now_s

    def settle(self, now_s: float) -> list[Message]:
        """The last word before a simulator ends: a bad fix is put right, so that nobody stays suspected for it."""
        if not self._after_bad:
            return []
        self._fix_due_s = now_s
        return self.step(now_s)

    @property
    def waiting_for_ack(self) -> bool:
        """Whether an event has not been acknowledged yet."""
        return bool(self._unheard)

    def _hello(self, now_s: float) -> Message:
        return self._numbers.message(Kind.STATUS, now_s, online=True, firmware=FIRMWARE, model=MODEL)

    def _repeats(self, now_s: float) -> list[Message]:
        if not self._unheard:
            self._repeat_due_s = math.inf
            return []
        if now_s < self._repeat_due_s:
            return []
        self._repeat_due_s = now_s + REPEAT_REAL_S * self._rate
        return [self._numbers.again(message) for message in self._unheard.values()]

    def _fix(self, now_s: float, place: Whereabouts) -> Message:
        self._fix_due_s = now_s + self._fix_interval_s(now_s, place) * self._rng.uniform(0.97, 1.03)
        asked = bool(self._answers)
        if not place.outdoors and not asked and not self._after_bad and self._rng.random() < SHARE_NO_FIX:
            return self._heartbeat(now_s)
        fields = self._position(place)
        if place.outdoors:
            fields["speed_mps"] = round(max(place.speed_mps + self._rng.gauss(0, 0.08), 0.0), 2)
            if place.speed_mps > 0:
                fields["heading_deg"] = round((place.heading_deg + self._rng.gauss(0, 8)) % 360, 1) % 360
        return self._said(Kind.LOCATION, now_s, **fields)

    def _position(self, place: Whereabouts) -> dict[str, object]:
        error = (
            noise.under_the_sky(self._rng) if place.outdoors else noise.indoors(self._rng, after_bad=self._after_bad)
        )
        self._after_bad = error.off_m > noise.BAD_BEYOND_M
        person = self._life.person
        latitude, longitude = geodesy.moved(
            person.latitude,
            person.longitude,
            east_m=place.east_m + error.east_m,
            north_m=place.north_m + error.north_m,
        )
        return {
            "latitude": round(latitude, 7),
            "longitude": round(longitude, 7),
            "accuracy_m": round(error.accuracy_m, 1),
            "source": error.source.value,
        }

    def _heartbeat(self, now_s: float) -> Message:
        return self._said(Kind.HEARTBEAT, now_s, signal_dbm=round(self._rng.uniform(-105, -65)))

    def _said(self, kind: Kind, now_s: float, **fields: object) -> Message:
        steps, self._steps = int(self._steps), 0.0
        self._heartbeat_due_s = now_s + (
            HEARTBEAT_HURRIED_S if self._battery.hurried else HEARTBEAT_S * self._rng.uniform(0.97, 1.03)
        )
        return self._numbers.message(
            kind,
            now_s,
            **fields,
            battery_pct=self._pct(),
            charging=self._life.charging(now_s),
            worn=not self._life.charging(now_s),
            steps=min(steps, 100_000),
            at_home=not self._life.whereabouts(now_s).outdoors if self._hears_home else None,
        )

    def _answered(self, now_s: float) -> list[Message]:
        answers, self._answers = self._answers, []
        return [
            self._numbers.message(Kind.ANSWER, now_s, id=identifier, result=result) for identifier, result in answers
        ]

    def _fix_interval_s(self, now_s: float, place: Whereabouts) -> float:
        if self._interval is not None and now_s < self._interval[1]:
            return self._interval[0]
        self._interval = None
        return FIX_OUTDOORS_S if place.outdoors else FIX_AT_HOME_S

    def _count_steps(self, now_s: float, place: Whereabouts) -> None:
        """Outdoors by the speed. Indoors by being up: a way to the bathroom or the stove every few minutes."""
        if self._said_s is None or self._life.charging(now_s):
            return
        if place.outdoors:
            self._steps += place.speed_mps * min(now_s - self._said_s, FIX_OUTDOORS_S) / STEP_LENGTH_M
        elif self._life.bed_status(now_s) is BedStatus.EMPTY:
            up = self._life.bed_status(self._said_s) is BedStatus.EMPTY
            self._steps += 0 if up else STEPS_OUT_OF_BED
            self._steps += (now_s - self._said_s) / 60 * STEPS_INDOORS_PER_MIN

    def _pct(self) -> float:
        return round(self._battery.pct, 1)

    def _plan(self, now_s: float) -> None:
        due_s = min(self._fix_due_s, self._heartbeat_due_s, self._repeat_due_s, self._life.next_move_s(now_s))
        self.due_s = max(due_s, now_s + 0.05)


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else otherwise
