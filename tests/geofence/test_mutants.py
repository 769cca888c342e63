"""The lists of planted faults keep up with the code: each one's line stands there exactly once.

Whether each is caught is for `python -m tests.geofence.mutants` to say; it takes hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.geofence import (
    mutants,
    mutants_absence,
    mutants_bed,
    mutants_columns,
    mutants_ground,
    mutants_motion,
    mutants_quiet,
    mutants_vitals,
)

PACKAGE = Path(__file__).parents[2] / "geofence"
LISTS: dict[str, Iterable[mutants.Mutant]] = {
    "all": mutants.MUTANTS,
    "absence": mutants_absence.MUTANTS,
    "bed": mutants_bed.MUTANTS,
    "columns": mutants_columns.MUTANTS,
    "ground": mutants_ground.MUTANTS,
    "motion": mutants_motion.MUTANTS,
    "quiet": mutants_quiet.MUTANTS,
    "vitals": mutants_vitals.MUTANTS,
}


@pytest.mark.parametrize("name", LISTS)
def test_every_fault_can_still_be_planted(name: str) -> None:
    stale = [
        f"{fault.file}: {fault.old!r}"
        for fault in LISTS[name]
        if (PACKAGE / fault.file).read_text(encoding="utf-8").count(fault.old) != 1
    ]
    assert stale == []
