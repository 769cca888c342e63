"""The noun `Scene`: one rehearsal, read and checked, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators import city
from simulators.ground.boundaries import Boundaries
from simulators.scenes import spans
from simulators.scenes.scene_file import EpisodeStep, FaultStep, OutageStep

SEED = 1
SPEED = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How those who are told behave; shares are of messages. All provisional: nobody has published such figures."""

    #: By day, and from 22:00 to 06:00; the others do not see it, or sleep.
    answers: float = 0.8
    answers_at_night: float = 0.5
    #: Of those who answer: goes there, instead of only taking notice.
    goes: float = 0.5
    #: Median until the answer; half of the answers lie between half and twice of it. Seconds.
    answers_after_s: float = 60.0
    #: From setting out, or from taking notice, until the case is closed. Seconds.
    takes_s: float = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One rehearsal."""

    name: str
    title: str = ""
    seed: int = SEED
    bracelets: int = city.BRACELETS
    beds: int = city.BEDS
    #: Real boundaries within which the towns lie; None: the invented ones.
    boundaries: Boundaries | None = None
    #: Makes, firmware and formats as in a real fleet; else one make with the newest.
    mixed_devices: bool = True
    start: datetime
    #: Simulated seconds.
    length_s: float
    #: Simulated seconds in a real one, at most.
    speed: float = SPEED
    #: What happens by chance: a set of `simulators.episodes.rates`, and changes to it in episodes a person and day.
    rate_set: str = "none"
    rates: Mapping[str, float] = field(default_factory=dict)
    families: Behaviour = Behaviour()
    responders: Behaviour = Behaviour(answers=0.9, answers_at_night=0.6, goes=0.8, answers_after_s=120.0)
    steps: tuple[EpisodeStep | OutageStep | FaultStep, ...] = ()

    @property
    def until(self) -> datetime:
        """When it ends."""
        return self.start + timedelta(seconds=self.length_s)

    def at(self, step: EpisodeStep | OutageStep | FaultStep) -> datetime:
        """When a step is due."""
        return self.start + timedelta(seconds=spans.after_s(step.at, self.start))

    @property
    def faults(self) -> tuple[FaultStep, ...]:
        """The steps that need servers of the run's own."""
        return tuple(step for step in self.steps if isinstance(step, FaultStep))
