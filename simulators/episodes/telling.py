"""Makes an episode of a name: the course for the person's life, and the truth for the log."""

from __future__ import annotations

import random
from collections.abc import Mapping

from simulators import truth
from simulators.episodes import parameter
from simulators.episodes.kind import EpisodeKind, Needs
from simulators.episodes.story import Setting, Story
from simulators.episodes.table import EPISODES
from simulators.errors import SimulatorError
from simulators.people.course import Course
from simulators.people.life import Life
from simulators.truth import Episode

#: An hour on the charger is no longer. Seconds.
LONGEST_CHARGE_S = 5_400.0
TRACKED = frozenset({"low_battery"})
EVENING_MISSED = frozenset({"low_battery", "silence"})


def row(name: str) -> EpisodeKind:
    """The row of a name.

    Raises:
        SimulatorError: there is none.
    """
    if name not in EPISODES:
        raise SimulatorError(f"there is no episode {name!r}: there are {', '.join(EPISODES)}.")
    return EPISODES[name]


def tell(seed: int, life: Life, name: str, at_s: float, given: Mapping[str, object]) -> tuple[Course, Episode]:
    """What happens, and what is true of it.

    Raises:
        SimulatorError: a parameter cannot be used.
    """
    kind = row(name)
    parameters = parameter.filled(name, kind.parameters, given)
    rng = random.Random(f"{seed}/{name}/{life.person.index}/{at_s:.0f}")
    story = kind.build(Setting(rng=rng, life=life, at_s=at_s, parameters=parameters))
    return story.course, _episode(kind, life, story, parameters)


def _episode(kind: EpisodeKind, life: Life, story: Story, parameters: dict[str, parameter.Value]) -> Episode:
    person, course = life.person, story.course
    drained = _drained(kind, life, course)
    counts_from_s = course.since_s if story.counts_from_s is None else story.counts_from_s
    expects = kind.expects if story.expects is None else story.expects
    return Episode(
        episode_id=f"{person.external_id}-{kind.name}-{course.since_s:.0f}",
        name=kind.name,
        kind=kind.kind if story.quiet is None else next(iter(expects)),
        person_index=person.index,
        external_id=person.external_id,
        device_id={Needs.BRACELET: person.bracelet_id, Needs.BED: person.bed_id, Needs.BOTH: None}[kind.needs],
        since=truth.instant(course.since_s),
        until=truth.instant(course.until_s),
        counts_from=truth.instant(counts_from_s),
        east_m=round(story.place[0], 1),
        north_m=round(story.place[1], 1),
        expects=expects,
        within_s=kind.within_s,
        explains=kind.explains | story.explains | expects,
        explained_until=truth.instant(course.until_s + kind.explains_for_s),
        quiet=kind.quiet if story.quiet is None else story.quiet,
        announced=story.announced,
        parameters=parameters,
        drained=drained,
        charged_at=truth.instant(life.charging_after(course.until_s)[1]) if drained else None,
    )


def _drained(kind: EpisodeKind, life: Life, course: Course) -> frozenset[str]:
    """What an emptier battery raises afterwards: low from being tracked; low and then off from an evening missed."""
    if life.person.bracelet_id is None:
        return frozenset()
    begins_s, ends_s = life.charging_after(course.since_s - LONGEST_CHARGE_S)
    worn = course.strap_at(max(begins_s, course.since_s)) if course.since_s < ends_s else None
    return EVENING_MISSED if worn is not None else TRACKED if kind.tracked else frozenset()
