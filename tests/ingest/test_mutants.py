"""The lists of planted faults keep up with the code, as tests/geofence/test_mutants.py has it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.geofence.mutants import Mutant
from tests.ingest import mutants, mutants_columns

PACKAGE = Path(__file__).parents[2] / "ingest"
LISTS: dict[str, Iterable[Mutant]] = {"all": mutants.MUTANTS, "columns": mutants_columns.MUTANTS}


@pytest.mark.parametrize("name", LISTS)
def test_every_fault_can_still_be_planted(name: str) -> None:
    stale = [
        f"{fault.file}: {fault.old!r}"
        for fault in LISTS[name]
        if (PACKAGE / fault.file).read_text(encoding="utf-8").count(fault.old) != 1
    ]
    assert stale == []
