"""How fast a rehearsal may run: as fast as asked, and slower while messages wait too long for their commit. Pure.

A message that waits a second in reality waits minutes by a clock that runs 200 times as fast, and would be judged as a
late one. So the lag is held below a limit that is short on both clocks, by slowing the clock down for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

#: A message may wait so long for its commit, in real seconds ...
LAG_REAL_S = 0.5
#: ... and no longer than this by the clock of the run; a tenth of what makes a message a late one (ingest).
LAG_SHOWN_S = 60.0
#: A limit shorter than this would be noise: a batch and its commit take as long. Real seconds.
LAG_LEAST_S = 0.15
#: Any machine that can run this moves so many messages a second. Count.
FLOW_LEAST = 500.0
SLOWER, MUCH_SLOWER, FASTER = 0.8, 0.5, 1.12
#: Slower than this share of what was asked for so long, and the run is given up. Real seconds.
HOPELESS_SHARE, HOPELESS_AFTER_S = 0.02, 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at the run."""

    #: Since the look before, real seconds.
    passed_s: float
    #: The city itself is late with what is due, real seconds.
    behind_s: float
    #: Made and not acknowledged by the broker.
    waiting: int
    #: Acknowledged by the broker since the look before.
    acknowledged: int
    #: Committed by ingest since then, and how long each waited on average from its publish on. Real seconds.
    committed: int
    commit_lag_s: float


@dataclass(slots=True)
class Governor:
    """Sets the pace."""

    asked: float
    rate: float = 0.0
    longest_lag_s: float = 0.0
    _stuck_s: float = 0.0
    _crawling_s: float = 0.0
    _flow: float = 0.0

    def __post_init__(self) -> None:
        """Begin as fast as asked."""
        self.rate = self.asked

    def look(self, seen: Seen) -> float:
        """The rate from now on."""
        lag_s, limit_s = self.lag_s(seen), self.limit_s
        self.longest_lag_s = max(self.longest_lag_s, lag_s)
        if lag_s > 2 * limit_s:
            self.rate *= MUCH_SLOWER
        elif lag_s > limit_s:
            self.rate *= SLOWER
        elif lag_s < limit_s / 2:
            self.rate = min(self.rate * FASTER, self.asked)
        self.rate = max(self.rate, self.asked / 1_000)
        crawling = self.rate < self.asked * HOPELESS_SHARE
        self._crawling_s = self._crawling_s + seen.passed_s if crawling else 0.0
        return self.rate

    def lag_s(self, seen: Seen) -> float:
        """How long what is made now will wait for its commit, real seconds."""
        flow = seen.acknowledged / seen.passed_s if seen.passed_s else 0.0
        # The most of late: a trickle says nothing about how much could flow.
        self._flow = max(0.95 * self._flow, flow, FLOW_LEAST)
        # Nothing comes through although there is something. What came just before a look may still be on its way.
        stuck = seen.committed == 0 and (seen.acknowledged > 0 or seen.waiting > 0)
        self._stuck_s = self._stuck_s + seen.passed_s if stuck else 0.0
        idle_s = self._stuck_s if self._stuck_s > 2 * seen.passed_s else 0.0
        return seen.behind_s + seen.waiting / self._flow + max(seen.commit_lag_s, idle_s)

    @property
    def limit_s(self) -> float:
        """The longest lag that is borne at the present rate, real seconds."""
        return max(min(LAG_REAL_S, LAG_SHOWN_S / self.rate), LAG_LEAST_S)

    @property
    def hopeless(self) -> bool:
        """Whether it has crawled for so long that it will not end."""
        return self._crawling_s > HOPELESS_AFTER_S
