"""Water, rails and fast roads of a town, as lines of its street grid."""

from __future__ import annotations

from dataclasses import dataclass

from geofence.danger_map import DangerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """A line between two neighbouring columns (or rows) of streets, crossed by every `bridge_every`-th street."""

    kind: DangerKind
    name: str
    #: It runs along the columns: beside column `line`, at `line` + 0.5.
    along_column: bool
    line: int
    width_m: float
    bridge_every: int

    def crossed_by(self, here: tuple[int, int], there: tuple[int, int]) -> bool:
        """Whether a street from crossing to crossing would cross it where there is no bridge."""
        first, second = sorted((here[0], there[0])) if self.along_column else sorted((here[1], there[1]))
        if not first <= self.line < second:
            return False
        street = here[1] if self.along_column else here[0]
        return street % self.bridge_every != 0
