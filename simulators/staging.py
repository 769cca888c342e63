"""Puts a scene on the stage: its episodes, outages and the faults that the city has itself, laid out on a fleet."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import UNSET

from simulators.devices import makeup
from simulators.devices.makeup import Makeup
from simulators.errors import SimulatorError
from simulators.fault import Fault
from simulators.fleet import Fleet
from simulators.outage import Outage
from simulators.scenes import spans
from simulators.scenes.scene import Scene
from simulators.scenes.scene_file import EpisodeStep, FaultStep, OutageStep

#: Between the persons of a step with `times`. Seconds.
ONE_AFTER_THE_OTHER_S = 60.0
#: A clock that shows the start of the scene, give or take this, is the scene's own. Seconds.
SAME_START_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """No device reaches the broker, from an instant of the scaled clock to another."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """The clock of a device jumps forward, at an instant of the scaled clock."""

    at: datetime
    device_id: str
    by_s: float


def made_of(scene: Scene) -> Makeup:
    """The makes of a scene's devices."""
    return makeup.Makeup() if scene.mixed_devices else makeup.UNIFORM


def begins(scene: Scene, now: datetime) -> datetime:
    """When a scene begins that is started now: at its own time, where the clock shows that; else at once."""
    return scene.start if abs((now - scene.start).total_seconds()) <= SAME_START_S else now


def lay_out(scene: Scene, fleet: Fleet, start: datetime) -> tuple[list[Cut], list[Jump]]:
    """Begin what a scene wants, each at its time; what is not the fleet's comes back, in order.

    Raises:
        SimulatorError: there is no such person, device or area, or none that it can happen to.
    """
    cuts: list[Cut] = []
    jumps: list[Jump] = []
    for number, step in enumerate(scene.steps, start=1):
        at = start + timedelta(seconds=spans.after_s(step.at, start))
        try:
            if isinstance(step, EpisodeStep):
                _episode(step, fleet, at)
            elif isinstance(step, OutageStep):
                _outage(step, fleet, at, seed=scene.seed)
            elif step.name == Fault.NETWORK_CUT:
                cuts.append(Cut(since=at, until=at + _lasts(step)))
            elif step.name == Fault.CLOCK_JUMP:
                jumps.append(_jump(step, fleet, at))
        except SimulatorError as error:
            raise SimulatorError(f"scene {scene.name}, step {number} at {step.at}: {error}") from None
    return sorted(cuts, key=lambda cut: cut.since), sorted(jumps, key=lambda jump: jump.at)


def person_of(who: str, fleet: Fleet) -> str:
    """The external id of a person, named by it or by one of their devices.

    Raises:
        SimulatorError: there is none.
    """
    for person in fleet.city.persons:
        if who in {person.external_id, person.bracelet_id, person.bed_id}:
            return person.external_id
    raise SimulatorError(
        f"there is no person and no device {who!r} in this city: persons are zibo-000001 to "
        f"zibo-{len(fleet.city.persons):06d}, bracelets zb-…, beds bed-…."
    )


def concerned(step: OutageStep, fleet: Fleet, *, seed: int) -> frozenset[str]:
    """The devices that an outage takes.

    Raises:
        SimulatorError: none lives there.
    """
    cell = fleet.cell_of(step.around) if step.around is not UNSET else None
    devices = [
        device_id
        for person in fleet.city.persons
        for device_id in (person.bracelet_id, person.bed_id)
        if device_id and person.division.startswith(step.division) and cell in {None, fleet.cell_of(device_id)}
    ]
    if not devices:
        raise SimulatorError(f"no device is in {step.division or step.around!r}: the outage would concern nobody.")
    return frozenset(_share(devices, step.share, seed))


def _share(devices: Sequence[str], share: float, seed: int) -> list[str]:
    return [one for one in devices if share >= 1 or random.Random(f"{seed}/outage/{one}").random() < share]


def _episode(step: EpisodeStep, fleet: Fleet, at: datetime) -> None:
    who = None if step.who is UNSET else person_of(step.who, fleet)
    for number in range(step.times):
        fleet.begin(step.name, who, at.timestamp() + number * ONE_AFTER_THE_OTHER_S, **step.with_)


def _outage(step: OutageStep, fleet: Fleet, at: datetime, *, seed: int) -> None:
    since_s = at.timestamp()
    fleet.outage(
        Outage(
            since_s=since_s,
            until_s=since_s + spans.seconds(step.lasts),
            device_ids=concerned(step, fleet, seed=seed),
            buffered=step.buffers,
        )
    )


def _jump(step: FaultStep, fleet: Fleet, at: datetime) -> Jump:
    assert step.device is not UNSET
    assert step.by is not UNSET
    fleet.cell_of(step.device)
    return Jump(at=at, device_id=step.device, by_s=spans.seconds(step.by))


def _lasts(step: FaultStep) -> timedelta:
    assert step.lasts is not UNSET
    return timedelta(seconds=spans.seconds(step.lasts))
