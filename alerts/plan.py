"""The ladders and what each is climbed for, together: `Plan`. Pure. The ladders shipped with Tongxing stand here.

Which ladder: of all choices that fit kind, severity, hours and division the most particular one counts, in this order
of weight: a named kind, then the longer division, then the higher severity, then named hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.ladder import Audience, Choice, Hours, Ladder, Step
from alerts.scale import Severity

_MINUTE = timedelta(minutes=1)

#: From the last step to the next round. Source: provisional; long enough for four levels to read and answer, and short
#: against the 75 min in which half of the people lost on foot are still within 700 m (Grampian 2007).
REPEAT_AFTER = 10 * _MINUTE

#: Delays in scaled time. Source: design section 7 (first contact; +2 min; then level by level); provisional.
DEFAULT = Ladder(
    ladder_id="default",
    title="家人先，两分钟后邻近协调员，再逐级上报 / Family first, neighbours after two minutes, then level by level",
    steps=(
        Step(delay=0 * _MINUTE, audiences=(Audience.FIRST_FAMILY,)),
        Step(delay=2 * _MINUTE, audiences=(Audience.ALL_FAMILY, Audience.COORDINATORS)),
        Step(delay=5 * _MINUTE, audiences=(Audience.STATION,)),
        Step(delay=10 * _MINUTE, audiences=(Audience.COUNTY, Audience.CENTRE)),
    ),
    repeat_after=REPEAT_AFTER,
)
#: At night a station may be dark and a sleeper misses the first ring: the desk that is staffed comes sooner.
NIGHT = Ladder(
    ladder_id="night",
    title="夜间：家人先，两分钟后邻近协调员，五分钟后各级同时 / At night: family, neighbours, then every desk at once",
    steps=(
        Step(delay=0 * _MINUTE, audiences=(Audience.FIRST_FAMILY,)),
        Step(delay=2 * _MINUTE, audiences=(Audience.ALL_FAMILY, Audience.COORDINATORS)),
        Step(delay=5 * _MINUTE, audiences=(Audience.STATION, Audience.COUNTY, Audience.CENTRE)),
    ),
    repeat_after=REPEAT_AFTER,
)
TOGETHER = Ladder(
    ladder_id="together",
    title="家人和协调员同时 / Family and coordinators together",
    steps=(
        Step(delay=0 * _MINUTE, audiences=(Audience.ALL_FAMILY, Audience.COORDINATORS)),
        Step(delay=2 * _MINUTE, audiences=(Audience.STATION,)),
        Step(delay=5 * _MINUTE, audiences=(Audience.COUNTY, Audience.CENTRE)),
    ),
    repeat_after=REPEAT_AFTER,
)
#: Somebody should look, and a neighbour only when the family does not answer.
HOUSEHOLD = Ladder(
    ladder_id="household",
    title="先家人，一刻钟后邻近协调员 / Family first, neighbours after a quarter of an hour",
    steps=(
        Step(delay=0 * _MINUTE, audiences=(Audience.FIRST_FAMILY,)),
        Step(delay=5 * _MINUTE, audiences=(Audience.ALL_FAMILY,)),
        Step(delay=15 * _MINUTE, audiences=(Audience.COORDINATORS,)),
    ),
    repeat_after=30 * _MINUTE,
)
GENTLE = Ladder(
    ladder_id="gentle",
    title="只告诉家人一次 / One word to the family's first contact",
    steps=(Step(delay=0 * _MINUTE, audiences=(Audience.FIRST_FAMILY,)),),
)
FLEET = Ladder(
    ladder_id="fleet",
    title="设备运维，半小时后镇街站 / Whoever looks after the devices, the station after half an hour",
    steps=(
        Step(delay=0 * _MINUTE, audiences=(Audience.FLEET,)),
        Step(delay=30 * _MINUTE, audiences=(Audience.STATION,)),
    ),
)
#: Written when the service starts on a database that lacks them; gentlest first.
LADDERS = (GENTLE, FLEET, HOUSEHOLD, DEFAULT, NIGHT, TOGETHER)

_URGENT = Severity.URGENT
CHOICES = (
    Choice(ladder_id=GENTLE.ladder_id),
    Choice(ladder_id=DEFAULT.ladder_id, severity=_URGENT),
    Choice(ladder_id=NIGHT.ladder_id, severity=_URGENT, hours=Hours.NIGHT),
    *(Choice(ladder_id=TOGETHER.ladder_id, kind=kind) for kind in ("sos", "fall", "bedside_fall")),
    *(
        Choice(ladder_id=HOUSEHOLD.ladder_id, kind=kind)
        for kind in ("no_return", "heart_rate", "breathing_rate", "still_in_bed")
    ),
    Choice(ladder_id=GENTLE.ladder_id, kind="low_battery"),
    Choice(ladder_id=FLEET.ladder_id, kind="bed_sensor_fault"),
    Choice(ladder_id=FLEET.ladder_id, kind="outage"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ladders by name, and the choices between them."""

    ladders: Mapping[str, Ladder] = field(default_factory=lambda: {one.ladder_id: one for one in LADDERS})
    choices: tuple[Choice, ...] = CHOICES

    def ladder_for(self, kind: str, severity: Severity, *, night: bool = False, division: str = "") -> str:
        """The ladder that a detection of this kind asks for."""
        hours = Hours.NIGHT if night else Hours.DAY
        fitting = [
            choice
            for choice in self.choices
            if choice.kind in {None, kind}
            and severity.rank >= choice.severity.rank
            and choice.hours in {Hours.ANY, hours}
            and division.startswith(choice.division)
        ]
        # Somebody may have deleted every choice: an alarm climbs something all the same.
        return max(fitting or CHOICES[1:2], key=_particular).ladder_id

    def ladder(self, ladder_id: str) -> Ladder:
        """The ladder of this name; the one shipped when the stored one cannot be used, else the default."""
        return self.ladders.get(ladder_id) or built_in(ladder_id)

    def stronger(self, ladder_id: str, than: str | None) -> bool:
        """Whether a ladder rings more people, or sooner, than the one being climbed."""
        return than is None or _strength(self.ladder(ladder_id)) > _strength(self.ladder(than))


def built_in(ladder_id: str) -> Ladder:
    """The ladder we ship under this name, for when the stored one cannot be used."""
    return next((ladder for ladder in LADDERS if ladder.ladder_id == ladder_id), DEFAULT)


def _particular(choice: Choice) -> tuple[bool, int, int, bool]:
    return (choice.kind is not None, len(choice.division), choice.severity.rank, choice.hours is not Hours.ANY)


def _strength(ladder: Ladder) -> tuple[int, int]:
    """Who hears of it at once, and who in the end."""
    first, everybody = ladder.steps[0].audiences, {one for step in ladder.steps for one in step.audiences}
    return _weight(first), _weight(everybody)


def _weight(audiences: Iterable[Audience]) -> int:
    """Devices' keepers count for nobody, the family's first contact for one, every other group for two."""
    weights = {Audience.FLEET: 0, Audience.FIRST_FAMILY: 1}
    return sum(weights.get(audience, 2) for audience in set(audiences))


#: What holds where nothing is stored.
BUILT_IN = Plan()
