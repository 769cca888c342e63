"""What is to be reached, by the name of the figure in build/bench.json; and our figures beside it, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One figure."""

    #: Levels of the file joined by dots.
    name: str
    what: str
    limit: float
    #: Whether the limit is the least, not the most.
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Whether a figure reaches it."""
        return figure >= self.limit if self.at_least else figure <= self.limit


TARGETS = (
    Target(
        name="durable_ingest.readings_per_s",
        what="durable ingest, held for 60 s, readings/s",
        limit=40_000,
        at_least=True,
    ),
    Target(name="durable_ingest.p99_ms", what="... publish to commit, p99, ms", limit=100),
    Target(name="durable_ingest.cpu_us_per_reading", what="... processor time of ingest, us a reading", limit=10),
    Target(
        name="durable_ingest.ratio_to_bare_subscriber",
        what="... closed loop to a bare subscriber",
        limit=0.8,
        at_least=True,
    ),
    Target(name="engine.us_per_reading", what="engine alone, every detector, us a reading", limit=5),
    Target(name="publish_to_channel_ms.p50", what="publish to channel beside 2,000 msg/s, p50, ms", limit=50),
    Target(name="publish_to_channel_ms.p99", what="... p99, ms", limit=250),
    Target(name="safety_lane_under_backlog_ms.p99", what="safety lane while 4,500 devices return, p99, ms", limit=250),
    Target(
        name="backlog_drain_readings_per_s", what="... their backlog drained, readings/s", limit=25_000, at_least=True
    ),
    Target(name="restart_100k_s", what="restart with 100,000 persons, first reading judged, s", limit=3),
    Target(name="ingest_rss_mb_100k", what="memory of ingest, 100,000 persons, MB (1 GiB)", limit=1_073),
    Target(name="latest_positions_ms.p99", what="latest positions of 1,500 people, p99, ms", limit=50),
    Target(name="day_track_ms.p99", what="one person's day track, p99, ms", limit=30),
    Target(name="live_stream_500_ms.p99", what="live stream to 500 clients, p99, ms", limit=50),
    Target(name="bytes_per_reading", what="storage, bytes a location", limit=25),
    Target(name="cost_growth_100k_over_1500", what="cost a reading, 100,000 persons over 1,500", limit=1.2),
)


def figure(results: Mapping[str, Any], name: str) -> float | None:
    """A figure by its name; None if it was not measured."""
    found: Any = results
    for level in name.split("."):
        found = found.get(level) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) else None


def table(results: Mapping[str, Any]) -> str:
    """Targets and figures, a line each."""
    lines = []
    for target in TARGETS:
        found = figure(results, target.name)
        said = "not measured" if found is None else f"{found:>12,.4g}" if found < 1_000 else f"{found:>12,.0f}"
        verdict = "" if found is None else "reached" if target.met(found) else "MISSED"
        bound = f"{'>=' if target.at_least else '<='} {target.limit:,g}"
        lines.append(f"{target.what:<58} {bound:>10} {said:>13}  {verdict}")
    return "\n".join(lines)
