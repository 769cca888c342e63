"""What a scene will do, before anything is started: its steps laid out on its city, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from simulators import city, staging
from simulators.episodes import rates
from simulators.fleet import Fleet
from simulators.scenes import spans
from simulators.scenes.scene import Scene
from simulators.scenes.scene_file import EpisodeStep, FaultStep, OutageStep
from simulators.truth import Episode


def lines(scene: Scene) -> Iterator[str]:
    """A line about the scene, and one for each step in the order of the file.

    Raises:
        SimulatorError: a step does not fit the city, or another step.
    """
    built = city.build(scene.seed, bracelets=scene.bracelets, beds=scene.beds, boundaries=scene.boundaries)
    fleet = Fleet(built, at_s=scene.start.timestamp(), made_of=staging.made_of(scene))
    staging.lay_out(scene, fleet, scene.start)
    yield (
        f"{scene.title}: {spans.local(scene.start)} to {spans.local(scene.until)}, {len(built.persons):,} persons, "
        f"{fleet.size:,} devices, at least {scene.length_s / scene.speed / 60:.1f} min at a speed of {scene.speed:g}"
    )
    told = iter(fleet.truth.episodes)
    for step in scene.steps:
        if isinstance(step, EpisodeStep):
            for _ in range(step.times):
                yield _episode(next(told), fleet)
        else:
            yield f"{spans.local(scene.at(step))}  {_other(step, fleet, scene)}"
    by_chance = rates.chosen(scene.rate_set, scene.rates)
    if by_chance:
        yield f"by chance besides: {', '.join(by_chance)}"


def _episode(one: Episode, fleet: Fleet) -> str:
    person = fleet.city.persons[one.person_index]
    devices = ", ".join(filter(None, (person.bracelet_id, person.bed_id)))
    wanted = f"must be found as {' or '.join(sorted(one.expects))}" if one.expects else "must ring nobody"
    until = spans.local(one.until)
    return f"{spans.local(one.since)}  {one.name} of {one.external_id} ({devices}) until {until}; {wanted}"


def _other(step: OutageStep | FaultStep, fleet: Fleet, scene: Scene) -> str:
    if isinstance(step, OutageStep):
        return f"outage of {len(staging.concerned(step, fleet, seed=scene.seed))} devices for {step.lasts}"
    return f"fault {step.name}"
