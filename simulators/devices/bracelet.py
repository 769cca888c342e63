"""A bracelet: what it sends, when, and what it does when spoken to.

At home and still: a heartbeat after 5 minutes of silence, a fix every 10. Away: a fix every 60 s. It obeys `locate`
and `report_interval`, tells of the strap, of blows and of its button, and repeats those until it hears the
acknowledgement. Nothing here knows MQTT.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import asdict

from geofence import motion
from simulators import geodesy
from simulators.devices import battery as batteries
from simulators.devices.battery import Battery
from simulators.devices.bed import FIRST_WORD_S
from simulators.devices.formats import speaks
from simulators.devices.makeup import NEWEST, Model, Tells
from simulators.message import Kind, Message, Wire
from simulators.numbering import Numbering
from simulators.people import impact
from simulators.people.course import Act, Deed
from simulators.people.life import Life
from simulators.people.whereabouts import AT_HOME, BedStatus, Sky, Strap, Whereabouts
from simulators.radio.air import Air, air
from simulators.radio.fixes import Receiver, Source

FIX_AT_HOME_S = 600.0
FIX_OUTDOORS_S = 60.0
HEARTBEAT_S = 300.0
HEARTBEAT_HURRIED_S = 10.0
#: Without a fix outside, it is tried again.
TRY_AGAIN_S = 15.0
#: Without a beacon it takes so long until steps show that the wearer went out. Seconds.
NOTICES_WITHIN_S = (20.0, 90.0)
#: Real seconds between repeats of an event: it waits for a network, not for the simulated day.
REPEAT_REAL_S = 5.0
#: A device that hears no acknowledgements says it so often. Count.
REPEATS_UNHEARD = 3
#: A command given longer ago than this is not obeyed.
COMMAND_STALE_S = 600.0
#: A fix further off is put right before a simulator ends. Metres.
SUSPECTED_BEYOND_M = 60.0
STEP_LENGTH_M = 0.5
#: From the bed to the bathroom. Count.
STEPS_OUT_OF_BED = 14
#: At home and up: some 3,500 in a day of 14 hours. Steps a minute. Source: healthy older adults take 2,000 to 9,000 a
#: day (Tudor-Locke et al. 2011); these are frailer.
STEPS_INDOORS_PER_MIN = 4.0
_OFF = frozenset({Strap.TABLE, Strap.STREET, Strap.CHARGER})


class Bracelet:
    """One bracelet. `step` is called at `due_s` or later; instants are unix seconds of the scaled clock."""

    def __init__(
        self,
        life: Life,
        *,
        device_id: str,
        rng: random.Random,
        at_s: float,
        rate: float = 1.0,
        model: Model = NEWEST,
        home_air: Air | None = None,
    ) -> None:
        self.device_id = device_id
        self.model = model
        self.due_s = at_s + rng.uniform(0, FIRST_WORD_S)
        self._life = life
        self._rng = rng
        self._rate = rate
        self._numbers = Numbering(
            device_id, wire=model.wire, qos=model.qos, offset_s=model.offset_s, drift=model.drift_ppm * 1e-6
        )
        self._battery = Battery(at_s=at_s, charged_at_s=life.charged_at_s(at_s), drain=rng.uniform(1.5, 2.2))
        # Of the home, not of the day: the same in every run.
        self._air = home_air or air(random.Random(f"air/{device_id}"))
        self._receiver = Receiver(self._air, rng)
        self._fix_due_s = self._heartbeat_due_s = self.due_s
        self._said_s: float | None = None
        self._was_outdoors = False
        self._strap = Strap.WORN
        self._lies = AT_HOME
        self._steps = 0.0
        self._interval: tuple[float, float] | None = None
        self._answers: list[tuple[str, str]] = []
        self._felt: list[Act] = []
        self._unheard: dict[str, Message] = {}
        self._repeats_left = 0
        self._repeat_due_s = math.inf

    def step(self, now_s: float) -> list[Message]:
        """What it has to say now."""
        strap = self._life.strap(now_s)
        place = self._place(now_s, strap)
        charging = strap is Strap.CHARGER
        self._battery.advance(now_s, charging=charging, outside=place.outdoors, air_c=batteries.air_c(now_s))
        if self._battery.off or (self._life.courses and self._life.mute(now_s)):
            return self._silent(now_s)
        self._count_steps(now_s, place)
        messages = [] if self._said_s is not None else [self._hello(now_s)]
        messages += self._strapped(now_s, strap, place)
        self._notice(now_s, place)
        messages += self._deeds(now_s)
        messages += self._repeats(now_s)
        if now_s >= self._fix_due_s:
            messages.append(self._fix(now_s, place))
        elif now_s >= self._heartbeat_due_s:
            messages.append(self._heartbeat(now_s))
        messages += self._answered(now_s)
        self._said_s = now_s
        self._plan(now_s)
        return [one for one in messages if speaks(self.model.wire, one.body, one.kind)]

    def hear_command(self, command: Mapping[str, object], now_s: float) -> None:
        """Obey at the next step, which is now."""
        if self.model.wire is not Wire.NATIVE:
            return
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
        return self._event(now_s, "sos", now_s)

    def jump(self, by_s: float) -> None:
        """Its clock is wrong by so much more."""
        self._numbers.jump(by_s)

    def look_again(self, now_s: float) -> None:
        """Something began: look now."""
        self.due_s = now_s

    def truth(self, now_s: float) -> Whereabouts:
        """Where the wearer is."""
        return self._life.whereabouts(now_s)

    def locate(self, now_s: float) -> None:
        """Take a fix at the next step."""
        self._fix_due_s = self.due_s = now_s

    @property
    def suspected(self) -> bool:
        """Whether its last fix was so far off that it may look like leaving."""
        return self._receiver.off_m > SUSPECTED_BEYOND_M

    @property
    def waiting_for_ack(self) -> bool:
        """Whether an event has not been acknowledged yet."""
        return bool(self._unheard)

    def _place(self, now_s: float, strap: Strap) -> Whereabouts:
        """Where the bracelet is: with its wearer, or where it lies."""
        if strap in {Strap.TABLE, Strap.CHARGER}:
            return AT_HOME
        if strap is not Strap.STREET:
            return self._life.whereabouts(now_s)
        if self._strap is not Strap.STREET:
            here = self._life.whereabouts(now_s)
            self._lies = Whereabouts(here.east_m, here.north_m, here.sky, still=True)
        return self._lies

    def _silent(self, now_s: float) -> list[Message]:
        self._said_s, self._steps = now_s, 0.0
        self._fix_due_s = self._heartbeat_due_s = now_s
        # Rounding may give back the change that was just looked at.
        self.due_s = max(min(now_s + HEARTBEAT_S, self._life.next_move_s(now_s)), now_s + 1.0)
        return []

    def _notice(self, now_s: float, place: Whereabouts) -> None:
        """A beacon that is not heard any more tells at once; without one, steps do after a while."""
        if place.outdoors == self._was_outdoors:
            return
        self._was_outdoors = place.outdoors
        late_s = 0.0 if self._air.beacon or not place.outdoors else self._rng.uniform(*NOTICES_WITHIN_S)
        self._fix_due_s = min(self._fix_due_s, now_s + late_s)

    def _hello(self, now_s: float) -> Message:
        return self._numbers.message(
            Kind.STATUS, now_s, online=True, firmware=self.model.firmware, model=self.model.name
        )

    def _strapped(self, now_s: float, strap: Strap, place: Whereabouts) -> list[Message]:
        """Whether the strap was opened or closed since."""
        before, self._strap = self._strap, strap
        if (before in _OFF) == (strap in _OFF) or self._said_s is None:
            return []
        if not self.model.strap_switch:
            self._heartbeat_due_s = now_s
            return []
        del place
        return [self._event(now_s, "strap_removed" if strap in _OFF else "strap_fastened", now_s)]

    def _deeds(self, now_s: float) -> list[Message]:
        """What was done since the last look; a blow is told once what follows it is recorded."""
        if self._life.courses and self._said_s is not None:
            for act in self._life.acts(self._said_s, now_s):
                if act.deed is Deed.RUN_FLAT:
                    self._battery.run_flat(now_s)
                    self._heartbeat_due_s = now_s
                elif self._strap is Strap.WORN and act.deed in {Deed.SOS, Deed.IMPACT} and self._minds(act):
                    self._felt.append(act)
        told = [act for act in self._felt if act.deed is Deed.SOS or now_s >= act.at_s + impact.AFTER_S]
        if not told:
            return []
        self._felt = [act for act in self._felt if act not in told]
        return [self._event(act.at_s, act.deed.value, now_s, **self._blow(act)) for act in told]

    def _minds(self, act: Act) -> bool:
        """Whether it is told: a device that sends no movement decides about a blow by itself."""
        return act.samples is None or self.model.tells is not Tells.BARE or impact.by_three_stages(act.samples)

    def _blow(self, act: Act) -> dict[str, object]:
        if act.samples is None:
            return {}
        told: dict[str, object] = {"impact_g": round(min(impact.peak_g(act.samples), 100.0), 2)}
        x_g, y_g, z_g = act.samples
        if self.model.tells is Tells.WINDOW:
            told["window"] = {"rate_hz": impact.RATE_HZ, "x": x_g, "y": y_g, "z": z_g}
        elif self.model.tells is Tells.SUMMARY:
            numbers = asdict(motion.summarise(x_g, y_g, z_g, impact.RATE_HZ))
            told["summary"] = {name: round(value, 4) for name, value in numbers.items()}
        return told

    def _event(self, at_s: float, kind: str, now_s: float, **fields: object) -> Message:
        place = self._place(at_s, self._strap)
        event_id = f"{kind}-{self.device_id}-{at_s:.0f}"
        message = self._numbers.message(
            Kind.EVENT, at_s, id=event_id, type=kind, **self._position(now_s, place), battery_pct=self._pct(), **fields
        )
        self._unheard[event_id] = message
        self._repeats_left = REPEATS_UNHEARD
        self._repeat_due_s = now_s + REPEAT_REAL_S * self._rate
        self.due_s = min(self.due_s, self._repeat_due_s)
        return message

    def _repeats(self, now_s: float) -> list[Message]:
        if not self._unheard:
            self._repeat_due_s = math.inf
            return []
        if now_s < self._repeat_due_s:
            return []
        if self.model.wire is not Wire.NATIVE:
            self._repeats_left -= 1
            if self._repeats_left < 0:
                self._unheard.clear()
        self._repeat_due_s = now_s + REPEAT_REAL_S * self._rate
        return [self._numbers.again(message) for message in self._unheard.values()]

    def _fix(self, now_s: float, place: Whereabouts) -> Message:
        interval_s = self._fix_interval_s(now_s, place)
        self._fix_due_s = now_s + interval_s * self._rng.uniform(0.97, 1.03)
        fields = self._position(now_s, place)
        if not fields:
            if place.outdoors:
                self._fix_due_s = now_s + min(TRY_AGAIN_S, interval_s)
            return self._heartbeat(now_s)
        if fields["source"] == Source.GNSS.value and place.outdoors:
            self._battery.took_a_fix()
            fields["speed_mps"] = round(max(place.speed_mps + self._rng.gauss(0, 0.08), 0.0), 2)
            if place.speed_mps > 0:
                fields["heading_deg"] = round((place.heading_deg + self._rng.gauss(0, 8)) % 360, 1) % 360
        return self._said(Kind.LOCATION, now_s, place, **fields)

    def _position(self, now_s: float, place: Whereabouts) -> dict[str, object]:
        error = self._receiver.fix(now_s, place)
        if error is None:
            return {}
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
        place = self._place(now_s, self._strap)
        return self._said(Kind.HEARTBEAT, now_s, place, signal_dbm=round(self._rng.uniform(-105, -65)))

    def _said(self, kind: Kind, now_s: float, place: Whereabouts, **fields: object) -> Message:
        steps, self._steps = int(self._steps), 0.0
        self._heartbeat_due_s = now_s + (
            HEARTBEAT_HURRIED_S if self._battery.hurried else HEARTBEAT_S * self._rng.uniform(0.97, 1.03)
        )
        return self._numbers.message(
            kind,
            now_s,
            **fields,
            battery_pct=self._pct(),
            charging=self._strap is Strap.CHARGER,
            worn=self._strap is Strap.WORN,
            steps=min(steps, 100_000),
            at_home=not place.outdoors if self._air.beacon else None,
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
        if self._said_s is None or self._life.strap(now_s) in _OFF or self._strap in _OFF:
            return
        passed_s = now_s - self._said_s
        if place.outdoors:
            if place.sky is not Sky.VEHICLE:
                self._steps += place.speed_mps * min(passed_s, FIX_OUTDOORS_S) / STEP_LENGTH_M
        elif not self._life.fallen(now_s) and self._life.bed_status(now_s) is BedStatus.EMPTY:
            up = self._life.bed_status(self._said_s) is BedStatus.EMPTY
            self._steps += 0 if up else STEPS_OUT_OF_BED
            self._steps += 0 if place.still else passed_s / 60 * STEPS_INDOORS_PER_MIN

    def _pct(self) -> float:
        return round(self._battery.pct, 1)

    def _plan(self, now_s: float) -> None:
        felt_s = min((act.at_s + impact.AFTER_S for act in self._felt), default=math.inf)
        due_s = min(self._fix_due_s, self._heartbeat_due_s, self._repeat_due_s, felt_s, self._life.next_move_s(now_s))
        self.due_s = max(due_s, now_s + 0.05)


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else otherwise
