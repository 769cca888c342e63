"""All devices of the city, stepped in the order they are due. Pure of networks: messages come out, answers go in."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping
from datetime import UTC, datetime

from simulators import courses, routine
from simulators.bed import Bed
from simulators.bracelet import Bracelet
from simulators.city import City
from simulators.errors import SimulatorError
from simulators.life import Life
from simulators.message import Message
from simulators.scene import Scene


class Fleet:
    """The devices of one city from one instant on (unix seconds of the scaled clock, running at `rate`)."""

    def __init__(self, city: City, *, at_s: float, rate: float = 1.0) -> None:
        self.city = city
        self._start_s = at_s
        self._lives: dict[int, Life] = {}
        self._bracelets: dict[str, Bracelet] = {}
        self._beds: dict[str, Bed] = {}
        self._played = dict.fromkeys(Scene, 0)
        for person in city.persons:
            life = self._lives[person.index] = Life(city.seed, person)
            if person.bracelet_id:
                self._bracelets[person.bracelet_id] = Bracelet(
                    life, device_id=person.bracelet_id, rng=self._rng(person.bracelet_id), at_s=at_s, rate=rate
                )
            if person.bed_id:
                self._beds[person.bed_id] = Bed(life, device_id=person.bed_id, rng=self._rng(person.bed_id), at_s=at_s)
        self._devices: dict[str, Bracelet | Bed] = {**self._bracelets, **self._beds}
        self._due = [(device.due_s, device.device_id) for device in self._devices.values()]
        heapq.heapify(self._due)

    @property
    def due_s(self) -> float:
        """When the next device has something to do."""
        return self._due[0][0] if self._due else float("inf")

    @property
    def size(self) -> int:
        """How many devices there are."""
        return len(self._devices)

    def step(self, now_s: float) -> list[Message]:
        """Everything that is due by now, in the order it became due."""
        messages: list[Message] = []
        while self._due and self._due[0][0] <= now_s:
            due_s, device_id = heapq.heappop(self._due)
            device = self._devices[device_id]
            if due_s != device.due_s:
                # It was told to act sooner, and has a later entry of its own.
                continue
            messages += device.step(now_s)
            heapq.heappush(self._due, (device.due_s, device_id))
        return messages

    def settle(self, now_s: float) -> list[Message]:
        """What bracelets say before they fall silent for ever."""
        return [message for bracelet in self._bracelets.values() for message in bracelet.settle(now_s)]

    def hear_command(self, device_id: str, command: Mapping[str, object], now_s: float) -> None:
        """Hand a command to its device; a bed or a stranger ignores it."""
        if (bracelet := self._bracelets.get(device_id)) is not None:
            bracelet.hear_command(command, now_s)
            self._reschedule(bracelet)

    def hear_ack(self, device_id: str, event_id: str) -> None:
        """Hand an acknowledgement to its device."""
        if (bracelet := self._bracelets.get(device_id)) is not None:
            bracelet.hear_ack(event_id)

    def play(self, scene: Scene, now_s: float) -> tuple[str, list[Message]]:
        """Begin a scene; returns the bracelet it plays on and what that says at once.

        Who plays follows from seed, day of the start and how often the scene was played.

        Raises:
            SimulatorError: nobody in this city wears a bracelet.
        """
        cast = self.city.cast[scene]
        if not cast:
            raise SimulatorError("no scene can be played without bracelets: give --bracelets 1 or more.")
        turn = self.city.seed + routine.day_number(self._start_s) + self._played[scene]
        self._played[scene] += 1
        person = self.city.persons[cast[turn % len(cast)]]
        assert person.bracelet_id is not None
        messages = self._begin(scene, person.index, person.bracelet_id, now_s)
        if person.bed_id is not None:
            self._beds[person.bed_id].look_again(now_s)
            self._reschedule(self._beds[person.bed_id])
        self._reschedule(self._bracelets[person.bracelet_id])
        return person.bracelet_id, messages

    def _begin(self, scene: Scene, index: int, bracelet_id: str, now_s: float) -> list[Message]:
        life, bracelet = self._lives[index], self._bracelets[bracelet_id]
        rng = random.Random(f"{self.city.seed}/{scene}/{index}/{now_s:.0f}")
        if scene is Scene.BATTERY_FLAT:
            bracelet.run_flat(now_s)
            return []
        if scene is Scene.SOS_MARKET:
            reach_m = life.person.grounds[0].reach_m
            life.course = courses.at_market(rng, now_s, reach_m=reach_m)
            return [*bracelet.step(now_s), bracelet.press_sos(now_s)]
        life.course = courses.night_exit(rng, now_s)
        return bracelet.step(now_s)

    def _reschedule(self, device: Bracelet | Bed) -> None:
        heapq.heappush(self._due, (device.due_s, device.device_id))

    def _rng(self, device_id: str) -> random.Random:
        # The start belongs to it: a simulator started again makes other noise, not the same once more.
        return random.Random(f"{self.city.seed}/device/{device_id}/{datetime.fromtimestamp(self._start_s, UTC)}")
