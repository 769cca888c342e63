"""What somebody does who is told: answers, goes, or does not see it. Pure; the same seed gives the same people."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulators.scenes.scene import Behaviour
from simulators.scenes.spans import ZIBO

#: Hours of the night, in Zibo.
NIGHT_FROM_H, NIGHT_UNTIL_H = 22, 6
#: Of the logarithm of the time to an answer: half of them lie between half and twice the median.
SPREAD = math.log(2) / 0.6745


class Reaction(StrEnum):
    """What comes of a message."""

    ACKNOWLEDGES = "acknowledge"
    GOES = "respond"
    ASLEEP = "asleep"
    IGNORES = "ignores"

    @property
    def answers(self) -> bool:
        """Whether the system hears of it."""
        return self in {Reaction.ACKNOWLEDGES, Reaction.GOES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One message's outcome."""

    reaction: Reaction
    #: Simulated seconds until the answer.
    after_s: float
    #: ... and from there until the case is closed.
    takes_s: float


def decide(behaviour: Behaviour, *, seed: int, receiver: str, number: int, at: datetime) -> Decided:
    """What a receiver does about their `number`-th message, told at an instant of the scaled clock."""
    rng = random.Random(f"{seed}/answer/{receiver}/{number}")
    hour = at.astimezone(ZIBO).hour
    night = hour >= NIGHT_FROM_H or hour < NIGHT_UNTIL_H
    answers, goes = rng.random(), rng.random()
    after_s = behaviour.answers_after_s * math.exp(rng.gauss(0, SPREAD))
    takes_s = behaviour.takes_s * rng.uniform(0.5, 1.5)
    if answers >= (behaviour.answers_at_night if night else behaviour.answers):
        reaction = Reaction.ASLEEP if night and answers < behaviour.answers else Reaction.IGNORES
    else:
        reaction = Reaction.GOES if goes < behaviour.goes else Reaction.ACKNOWLEDGES
    return Decided(reaction=reaction, after_s=after_s, takes_s=takes_s)
