"""The courses of the scenes: what the person does instead of their routine. Instants are unix seconds."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from simulators import routine
from simulators.life import AT_HOME, BedStatus, Whereabouts, outdoors
from simulators.routine import Walk

#: Seconds after the start of a night exit: sitting on the edge, standing up, leaving the house.
STANDS_UP_S = 12.0
LEAVES_S = 30.0
WALKING_SPEED_MPS = 1.0
#: How far he walks, in straight stretches, before he sits down, in metres.
WALKS_AWAY_M = 1_200.0
STRETCH_M = 50.0
#: He sits on a bench until he is found, then is walked home.
SITS_S = 600.0
MARKET_FOR_S = 1_200.0
#: The market lies this far from home unless the zone is too small for that, in metres.
MARKET_AWAY_M = 130.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NightExit:
    """Out of bed, out of the house, away at a metre a second; found after a while and walked home."""

    start_s: float
    away: Walk
    back: Walk

    @property
    def end_s(self) -> float:
        """When he is back in bed."""
        return self.back.end_s + 60.0

    def whereabouts(self, at_s: float) -> Whereabouts:
        """At home, walking away, sitting, walking back."""
        if at_s < self.away.start_s or at_s >= self.back.end_s:
            return AT_HOME
        if at_s >= self.back.start_s:
            return outdoors(self.back.at(at_s))
        step = outdoors(self.away.at(at_s))
        if at_s < self.away.end_s:
            return step
        return Whereabouts(east_m=step.east_m, north_m=step.north_m, outdoors=True)

    def bed_status(self, at_s: float) -> BedStatus:
        """On the edge, then gone."""
        return BedStatus.EDGE if at_s < self.start_s + STANDS_UP_S else BedStatus.EMPTY

    def next_change_s(self, at_s: float) -> float:
        """Standing up, leaving, sitting down, setting out, home."""
        changes = (
            self.start_s + STANDS_UP_S,
            self.away.start_s,
            self.away.end_s,
            self.back.start_s,
            self.back.end_s,
        )
        return next((change_s for change_s in changes if change_s > at_s), self.end_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMarket:
    """Standing at the early market, within the safe zone."""

    start_s: float
    east_m: float
    north_m: float

    @property
    def end_s(self) -> float:
        """When she is home again."""
        return self.start_s + MARKET_FOR_S

    def whereabouts(self, at_s: float) -> Whereabouts:
        """At the stall all the time."""
        del at_s
        return Whereabouts(east_m=self.east_m, north_m=self.north_m, outdoors=True)

    def bed_status(self, at_s: float) -> BedStatus:
        """Nobody in bed."""
        del at_s
        return BedStatus.EMPTY

    def next_change_s(self, at_s: float) -> float:
        """Nothing changes until she goes home."""
        del at_s
        return self.end_s


def night_exit(rng: random.Random, start_s: float) -> NightExit:
    """A way out of the house in one direction, bending a little, and the same way back."""
    towards = rng.uniform(0, math.tau)
    points = [(0.0, 0.0)]
    while STRETCH_M * (len(points) - 1) < WALKS_AWAY_M:
        angle = towards + rng.uniform(-0.2, 0.2)
        points.append((points[-1][0] + STRETCH_M * math.sin(angle), points[-1][1] + STRETCH_M * math.cos(angle)))
    away = routine.walk(start_s + LEAVES_S, WALKING_SPEED_MPS, tuple(points))
    back = routine.walk(away.end_s + SITS_S, WALKING_SPEED_MPS, tuple(reversed(points)))
    return NightExit(start_s=start_s, away=away, back=back)


def at_market(rng: random.Random, start_s: float, *, reach_m: float) -> AtMarket:
    """A market in some direction, no further than `reach_m` from home."""
    angle, away_m = rng.uniform(0, math.tau), min(MARKET_AWAY_M, reach_m)
    return AtMarket(start_s=start_s, east_m=away_m * math.sin(angle), north_m=away_m * math.cos(angle))
