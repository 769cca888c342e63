"""All devices of the city, stepped in the order they are due. Pure of networks: messages come out, answers go in."""

from __future__ import annotations

import contextlib
import heapq
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from simulators.city import City
from simulators.devices import makeup
from simulators.devices.bed import Bed
from simulators.devices.bracelet import Bracelet
from simulators.devices.makeup import Makeup
from simulators.episodes import chance, rates, telling
from simulators.episodes.rates import Rate
from simulators.errors import BusyError, SimulatorError
from simulators.ground.streets import Streets
from simulators.message import Kind, Message, Wire
from simulators.outage import Outage
from simulators.people import routine
from simulators.people.life import Life
from simulators.person import Person
from simulators.radio.link import Link
from simulators.scene import Scene
from simulators.scenes import spans
from simulators.truth import Episode, Fate, MessageTruth, TruthLog

#: A device acts at its own time, however late the machine is: up to this. Seconds of the scaled clock.
LATE_MOST_S = 300.0
#: Episodes that play the scenes of the demo, with what differs from the default.
SCENES: Mapping[Scene, tuple[str, dict[str, float]]] = {
    Scene.NIGHT_EXIT: ("night_exit", {"speed_mps": 1.0, "away_m": 1_200.0, "found_after_s": 600.0}),
    Scene.SOS_MARKET: ("sos", {"out_m": 130.0}),
    Scene.BATTERY_FLAT: ("run_flat", {}),
}
#: What may be repeated by a modem without anybody knowing: it says so with the same number.
_DELIVERED = frozenset({Fate.PUBLISHED, Fate.RETURNED, Fate.DUPLICATED})


@dataclass(slots=True)
class _Unit:
    """A device and its way to the broker."""

    device: Bracelet | Bed
    link: Link
    life: Life
    cell: str

    @property
    def due_s(self) -> float:
        return min(self.device.due_s, self.link.due_s)


class Fleet:
    """The devices of one city from one instant on (unix seconds of the scaled clock, running at `rate`)."""

    def __init__(
        self,
        city: City,
        *,
        at_s: float,
        rate: float = 1.0,
        rates: Mapping[str, Rate] = rates.NONE,
        truth: TruthLog | None = None,
        made_of: Makeup = makeup.UNIFORM,
    ) -> None:
        self.city = city
        self.truth = truth or TruthLog()
        self._start_s = self._now_s = at_s
        self._rates = rates
        self._made_of = made_of
        self._rate = rate
        self._streets: dict[str, Streets] = {}
        self._lives: dict[int, Life] = {}
        self._units: dict[str, _Unit] = {}
        self._played = dict.fromkeys(Scene, 0)
        self._plain = {index for indexes in city.cast.values() for index in indexes} | {0}
        for person in city.persons:
            self._move_in(person)
        # Chance comes with the first step: what somebody asks for before that goes first.
        self._planned_number = routine.day_number(at_s) - 1
        self._due = [(unit.due_s, device_id) for device_id, unit in self._units.items()]
        heapq.heapify(self._due)

    @property
    def due_s(self) -> float:
        """When the next device has something to do."""
        return self._due[0][0] if self._due else float("inf")

    @property
    def size(self) -> int:
        """How many devices there are."""
        return len(self._units)

    @property
    def device_ids(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._units)

    def step(self, now_s: float) -> list[Message]:
        """Everything that is due by now, in the order it became due."""
        while routine.day_number(now_s) > self._planned_number:
            self._planned_number += 1
            self._plan(self._planned_number)
        messages: list[Message] = []
        while self._due and self._due[0][0] <= now_s:
            due_s, device_id = heapq.heappop(self._due)
            unit = self._units[device_id]
            if due_s != unit.due_s:
                # It was told to act sooner, and has a later entry of its own.
                continue
            at_s = due_s if now_s - due_s <= LATE_MOST_S else now_s
            messages += self._act(unit, at_s)
            heapq.heappush(self._due, (unit.due_s, device_id))
        self._now_s = max(now_s, self._now_s)
        return messages

    def settle(self, now_s: float) -> list[Message]:
        """What bracelets say before they fall silent for ever: where they are, so that nobody stays suspected."""
        messages: list[Message] = []
        for unit in self._units.values():
            if isinstance(unit.device, Bracelet) and unit.device.suspected:
                unit.device.locate(now_s)
                messages += self._act(unit, now_s)
        return messages

    def hear_command(self, device_id: str, command: Mapping[str, object], now_s: float) -> None:
        """Hand a command to its device; a bed, a stranger and a device without contact do not hear it."""
        unit = self._units.get(device_id)
        if unit is not None and isinstance(unit.device, Bracelet) and unit.link.down(now_s) is None:
            unit.device.hear_command(command, now_s)
            self._reschedule(unit)

    def hear_ack(self, device_id: str, event_id: str) -> None:
        """Hand an acknowledgement to its device."""
        unit = self._units.get(device_id)
        if unit is not None and isinstance(unit.device, Bracelet):
            unit.device.hear_ack(event_id)

    def begin(self, name: str, person: int | str | None, at_s: float, **parameters: object) -> Episode:
        """An episode begins, now or later.

        Args:
            name: a row of `simulators.episodes.table.EPISODES`.
            person: index, external id, or None: somebody to whom nothing else happens then, by the seed.
            at_s: unix seconds of the scaled clock; what is past begins now.
            parameters: as the row has them.

        Raises:
            SimulatorError: there is no such episode, parameter or person, or the person lacks the device.
            BusyError: something else happens to the person then.
        """
        kind = telling.row(name)
        at_s = max(at_s, self._now_s)
        if person is None:
            return self._with_somebody(name, at_s, parameters)
        chosen = self._person(person)
        if not chance.fits(kind, chosen):
            raise SimulatorError(f"{name} needs a person with {kind.needs}; {chosen.external_id} has none.")
        return self._tell(self._lives[chosen.index], name, at_s, parameters)

    def outage(self, outage: Outage) -> int:
        """Cut devices off from the network, now or later; returns how many."""
        concerned = 0
        for device_id, unit in self._units.items():
            if outage.concerns(device_id=device_id, cell=unit.cell, division=unit.life.person.division):
                unit.link.cut(outage)
                concerned += 1
        return concerned

    def jump(self, device_id: str, by_s: float) -> None:
        """The clock of a device is wrong from now on, by so much more than before.

        Raises:
            SimulatorError: there is no such device.
        """
        self._unit(device_id).device.jump(by_s)

    def cell_of(self, device_id: str) -> str:
        """The base station that serves a device.

        Raises:
            SimulatorError: there is no such device.
        """
        return self._unit(device_id).cell

    def cells(self) -> dict[str, int]:
        """Every base station, and how many devices it serves."""
        served: dict[str, int] = {}
        for unit in self._units.values():
            served[unit.cell] = served.get(unit.cell, 0) + 1
        return served

    def play(self, scene: Scene, now_s: float) -> tuple[str, list[Message]]:
        """Begin a scene of the demo; returns the bracelet it plays on and what that says at once.

        Who plays follows from seed, day of the start and how often the scene was played.

        Raises:
            SimulatorError: nobody in this city wears a bracelet.
            BusyError: something else happens to everybody who could play.
        """
        cast = self.city.cast[scene]
        if not cast:
            raise SimulatorError("no scene can be played without bracelets: give --bracelets 1 or more.")
        turn = self.city.seed + routine.day_number(self._start_s) + self._played[scene]
        self._played[scene] += 1
        players = [self.city.persons[cast[(turn + number) % len(cast)]] for number in range(len(cast))]
        busy: BusyError | None = None
        for person in players:
            try:
                return self._play(scene, person, now_s), self.step(now_s)
            except BusyError as error:
                busy = busy or error
        assert busy is not None
        raise busy

    def _play(self, scene: Scene, person: Person, now_s: float) -> str:
        assert person.bracelet_id is not None
        name, parameters = SCENES[scene]
        if "out_m" in parameters:
            parameters = {"out_m": min(parameters["out_m"], person.grounds[0].reach_m)}
        self.begin(name, person.index, now_s, **parameters)
        return person.bracelet_id

    def _move_in(self, person: Person) -> None:
        streets = self._streets.setdefault(person.town_code, Streets(self.city.seed, person.town_code))
        life = self._lives[person.index] = Life(self.city.seed, person, streets)
        east_m, north_m = person.home_in_town
        cell = f"cell-{person.town_code}-{1 + (east_m > 0) + 2 * (north_m > 0)}"
        device: Bracelet | Bed
        for device_id in filter(None, (person.bracelet_id, person.bed_id)):
            rng = self._rng(device_id)
            if device_id == person.bracelet_id:
                model = makeup.bracelet(self._made_of, random.Random(f"{self.city.seed}/model/{device_id}"))
                if person.index in self._plain:
                    model = makeup.NEWEST
                device = Bracelet(life, device_id=device_id, rng=rng, at_s=self._start_s, rate=self._rate, model=model)
            else:
                device = Bed(
                    life, device_id=device_id, rng=rng, at_s=self._start_s, report_s=self._made_of.bed_report_s
                )
            self._units[device_id] = _Unit(device, Link(device_id=device_id, rng=rng), life, cell)

    def _act(self, unit: _Unit, at_s: float) -> list[Message]:
        said = unit.device.step(at_s) if unit.device.due_s <= at_s else []
        fates = unit.link.carry(said, at_s)
        if self.truth.wants_messages:
            self._log(unit, fates, at_s)
        return [message for message, fate in fates if fate in _DELIVERED]

    def _log(self, unit: _Unit, fates: list[tuple[Message, Fate]], at_s: float) -> None:
        for message, fate in fates:
            if message.kind is Kind.BACKLOG or message.kind is Kind.STATUS:
                continue
            place = unit.device.truth(at_s) if isinstance(unit.device, Bracelet) else None
            occupancy = unit.device.truth(at_s) if isinstance(unit.device, Bed) else None
            seq = message.body.get("seq")
            self.truth.message(
                MessageTruth(
                    device_id=message.device_id,
                    seq=seq if isinstance(seq, int) else -1,
                    at_s=round(at_s, 3),
                    kind=message.kind.value,
                    fate=fate.value,
                    east_m=round(place.east_m, 1) if place else None,
                    north_m=round(place.north_m, 1) if place else None,
                    occupancy=occupancy.value if occupancy else None,
                )
            )

    def _plan(self, number: int) -> None:
        """What happens by chance on a local day."""
        for life in self._lives.values():
            life.forget(self._now_s)
            if not self._rates:
                continue
            for one in chance.planned(self.city.seed, life.person, number, self._rates, life.habits):
                # What fell before the start did not happen; what runs into another episode does not either.
                if one.at_s > self._now_s and not life.busy(one.at_s - 600.0, one.at_s + chance.APART_S):
                    self._try(life, one)

    def _try(self, life: Life, one: chance.Planned) -> None:
        bracelet = self._units.get(life.person.bracelet_id or "")
        can_call = bracelet is None or (isinstance(bracelet.device, Bracelet) and bracelet.device.model.has_button)
        if one.name in NEEDS_A_BUTTON and not can_call:
            return
        with contextlib.suppress(BusyError):
            self._tell(life, one.name, one.at_s, one.parameters)

    def _tell(self, life: Life, name: str, at_s: float, given: Mapping[str, object]) -> Episode:
        course, episode = telling.tell(self.city.seed, life, name, at_s, given)
        # Truth has instants to the microsecond: what touches does not overlap.
        if life.busy(course.since_s + 0.001, course.until_s - 0.001):
            raise BusyError(self._busy_with(episode))
        life.begin(course)
        self.truth.episode(episode)
        for device_id in filter(None, (life.person.bracelet_id, life.person.bed_id)):
            unit = self._units[device_id]
            if at_s < unit.device.due_s:
                unit.device.look_again(at_s)
                self._reschedule(unit)
        return episode

    def _busy_with(self, wanted: Episode) -> str:
        """Why it cannot begin; one thing at a time happens to a person, else nobody could say what was found."""
        other = next(
            one
            for one in self.truth.episodes
            if one.external_id == wanted.external_id and one.since < wanted.until and wanted.since < one.until
        )
        return (
            f"{wanted.name} cannot begin: {wanted.external_id} is in {other.name} from {spans.local(other.since)} to "
            f"{spans.local(other.until)}. Let it begin after that, or with somebody else."
        )

    def _with_somebody(self, name: str, at_s: float, given: Mapping[str, object]) -> Episode:
        """With anybody it can happen to then, but not those of the demo's scenes."""
        rng = random.Random(f"{self.city.seed}/who/{name}/{at_s:.0f}")
        fitting = self._fitting(name, at_s)
        while fitting:
            person = rng.choice(fitting)
            with contextlib.suppress(BusyError):
                return self._tell(self._lives[person.index], name, at_s, given)
            fitting.remove(person)
        raise SimulatorError(
            f"nobody in this city can have {name} then: it needs {telling.row(name).needs}, and a person to whom "
            "nothing else happens."
        )

    def _fitting(self, name: str, at_s: float) -> list[Person]:
        kind = telling.row(name)
        fitting = [
            person
            for person in self.city.persons
            if chance.fits(kind, person) and not self._lives[person.index].busy(at_s - 3_600, at_s + 6 * 3_600)
        ]
        return [person for person in fitting if self._speaks_native(person)]

    def _speaks_native(self, person: Person) -> bool:
        unit = self._units.get(person.bracelet_id or "")
        return unit is None or not isinstance(unit.device, Bracelet) or unit.device.model.wire is Wire.NATIVE

    def _unit(self, device_id: str) -> _Unit:
        if device_id not in self._units:
            raise SimulatorError(f"there is no device {device_id!r} in this city.")
        return self._units[device_id]

    def _person(self, who: int | str) -> Person:
        found = [one for one in self.city.persons if who in {one.index, one.external_id}]
        if not found:
            raise SimulatorError(f"there is nobody {who!r} in this city of {len(self.city.persons)}.")
        return found[0]

    def _reschedule(self, unit: _Unit) -> None:
        heapq.heappush(self._due, (unit.due_s, unit.device.device_id))

    def _rng(self, device_id: str) -> random.Random:
        # The start belongs to it: a simulator started again makes other noise, not the same once more.
        return random.Random(f"{self.city.seed}/device/{device_id}/{datetime.fromtimestamp(self._start_s, UTC)}")


#: Formats without a button or a strap cannot tell these.
NEEDS_A_BUTTON = frozenset({"sos", "fall", "bedside_fall", "bracelet_torn", "bracelet_left"})
