"""Every episode there is. The schema of scenes is made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulators.episodes import falls, in_bed, on_the_wrist, outside, wandering
from simulators.episodes.kind import EpisodeKind, Needs

__all__ = ["EPISODES", "EpisodeKind", "Needs"]

#: By name.
EPISODES: Mapping[str, EpisodeKind] = MappingProxyType(
    {row.name: row for module in (outside, wandering, falls, in_bed, on_the_wrist) for row in module.ROWS}
)
