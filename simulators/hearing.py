"""What a living city hears: commands and acknowledgements for its devices, and what people say to it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from simulators import controls, downlink, staging, truth
from simulators.controls import Order, Verb
from simulators.errors import SimulatorError
from simulators.fleet import Fleet
from simulators.message import Message
from simulators.outage import Outage
from simulators.scene import Scene as Story
from simulators.scenes.scene_file import OutageStep

#: From the event that a command answers until the device obeys: its modem listens only now and then. Seconds; our
#: judgement.
WAKES_WITHIN_S = 20.0
log = structlog.get_logger(__name__)


class Living(Protocol):
    """The simulation, as far as it can be told something."""

    def now_s(self) -> float:
        """Unix seconds of the scaled clock."""
        ...

    def look(self) -> None:
        """Something may be due sooner than it was."""
        ...

    def play(self, story: Story, fleet: Fleet) -> str:
        """Begin a story of the demo."""
        ...

    async def cut(self, lasts_s: float) -> None:
        """No device reaches the broker for so long."""
        ...


@dataclass(slots=True, kw_only=True)
class Hearing:
    """One city's."""

    fleet: Fleet
    simulation: Living
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _later: list[tuple[float, int, str, Mapping[str, object]]] = field(default_factory=list)
    _stepped_s: float = -math.inf
    _order: Iterator[int] = field(default_factory=itertools.count)

    def ears(self) -> downlink.Ears:
        """For the downlink."""
        return downlink.Ears(command=self.command, ack=self.fleet.hear_ack, scene=self._scene, say=self.said)

    def said(self, text: str) -> Mapping[str, str]:
        """Do what somebody says, and answer in a sentence."""
        try:
            return {"done": self._obey(controls.parse(text))}
        except SimulatorError as error:
            return {"wrong": str(error)}

    def command(self, device_id: str, body: Mapping[str, object]) -> None:
        """A command has come down; its device obeys once its modem has woken."""
        now_s, given_s = self.simulation.now_s(), body.get("at")
        # By the event that it answers, not by when the machine got to it: the same city at any speed.
        since_s = min(float(given_s), now_s) if isinstance(given_s, int | float) else now_s
        heapq.heappush(self._later, (since_s + WAKES_WITHIN_S, next(self._order), device_id, body))
        self.simulation.look()

    @property
    def due_s(self) -> float:
        """When the next thing is to be done; unix seconds of the scaled clock."""
        return min(self.fleet.due_s, self._later[0][0] if self._later else math.inf)

    def step(self, now_s: float) -> list[Message]:
        """Everything that is due by now, commands at their time between what devices say by themselves."""
        said: list[Message] = []
        while self._later and self._later[0][0] <= now_s:
            wanted_s, _, device_id, body = heapq.heappop(self._later)
            # A machine that is later than that does not turn the device's time back.
            at_s = max(wanted_s, self._stepped_s)
            said += self.fleet.step(at_s)
            self.fleet.hear_command(device_id, body, at_s)
        self._stepped_s = max(now_s, self._stepped_s)
        return [*said, *self.fleet.step(now_s)]

    def _scene(self, name: str) -> None:
        try:
            self.simulation.play(Story(name), self.fleet)
        except (ValueError, SimulatorError) as error:
            log.warning("scene_not_played", error=str(error))

    def _obey(self, order: Order) -> str:
        done = {
            Verb.BEGIN: self._begin,
            Verb.OUTAGE: self._outage,
            Verb.CUT: self._cut,
            Verb.JUMP: self._jump,
        }[order.verb](order)
        self.simulation.look()
        return done

    def _begin(self, order: Order) -> str:
        who = staging.person_of(order.who, self.fleet) if order.who else None
        episode = self.fleet.begin(order.name, who, self.simulation.now_s(), **order.parameters)
        person = self.fleet.city.persons[episode.person_index]
        devices = ", ".join(filter(None, (person.bracelet_id, person.bed_id)))
        return f"{order.name} begins with {episode.external_id} ({devices}) and ends by {episode.until.isoformat()}"

    def _outage(self, order: Order) -> str:
        now_s = self.simulation.now_s()
        if order.who.isdecimal():
            step = OutageStep(at="+0s", lasts="0s", division=order.who)
        else:
            step = OutageStep(at="+0s", lasts="0s", around=order.who)
        devices = staging.concerned(step, self.fleet, seed=self.fleet.city.seed)
        self.fleet.outage(Outage(since_s=now_s, until_s=now_s + order.lasts_s, device_ids=devices))
        return f"{len(devices)} devices are cut off until {truth.instant(now_s + order.lasts_s).isoformat()}"

    def _cut(self, order: Order) -> str:
        task = asyncio.ensure_future(self.simulation.cut(order.lasts_s))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return f"no device reaches the broker for {order.lasts_s:g} s of the simulated clock"

    def _jump(self, order: Order) -> str:
        self.fleet.jump(order.who, order.lasts_s)
        return f"the clock of {order.who} is {order.lasts_s:g} s fast"
