"""`python -m tests.geofence.mutants [word ...]`: break the engine on purpose, once a line below, and see the tests fail.

With words, only the lines that hold one of them. Works on a copy of the sources; not part of the suite, because it runs
the suite once for each mutant. A mutant that survives is a rule that no test holds.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.geofence import mutants_walk, mutants_zone

REPOSITORY = Path(__file__).parents[2]
COPIED = (
    "alerts",
    "geofence",
    "ingest",
    "runtime",
    "docs",
    "tests/evaluation",
    "tests/geofence",
    "tests/ingest",
    "tests/golden",
    "tests/alerts",
    "tests/api/bounds.txt",
    "tests/api/test_thresholds.py",
    "tests/conftest.py",
    "tests/identity_brokers.py",
    "tests/servers.py",
    "tests/workers.py",
)
#: The tests with examples come first: they are quick and catch most.
TESTS = [f"tests/geofence/{name}" for name in (
    "test_zone_sighting.py", "test_zone_story.py", *mutants_zone.TESTS, *mutants_walk.TESTS, "test_track.py", "test_ordering.py", "test_sos.py",
    "test_low_battery.py", "test_golden.py", "test_local_time.py", "test_geometry.py", "test_features.py", "test_snapshot.py",
    "test_equalities.py", "test_quiet.py",
)]  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One fault: in `file`, `old` becomes `new`."""

    file: str
    old: str
    new: str


TRACK, ORDER = "track.py", "ordering.py"
BATTERY, SOS, ENGINE = "detectors/low_battery.py", "detectors/sos.py", "engine.py"
MUTANTS = (
    *(Mutant(*fault) for fault in (*mutants_zone.FAULTS, *mutants_walk.FAULTS)),
    # Silence, and what the device is asked.
    Mutant(ENGINE, "state, judgement = run_down(state, person, reading.at, absences)", "judgement = NOTHING"),
    Mutant(ENGINE, "is not None and at <= until", "is not None and at < until"),
    # The line of the fixes.
    Mutant(TRACK, "fix.source is not FixSource.CELL and", ""),
    Mutant(TRACK, "fix.accuracy_m <= policy.zone_accuracy_ceiling_m", "fix.accuracy_m < policy.zone_accuracy_ceiling_m"),
    Mutant(TRACK, "if speed <= policy.impossible_speed_mps:", "if True:"),
    Mutant(TRACK, "return TrackState(place=state.place, held=place), NOT_BELIEVED", "return state, NOT_BELIEVED"),
    Mutant(TRACK, "if place.at < state.place.at or place ==", "if place =="),
    Mutant(TRACK, "way_m - before.accuracy_m - after.accuracy_m", "way_m - before.accuracy_m"),
    # The order of readings.
    Mutant(ORDER, "reading.received_at - reading.at > policy.live_max_age", "reading.received_at - reading.at >= policy.live_max_age"),
    Mutant(ORDER, "if at <= last_at:", "if at < last_at:"),
    Mutant(ORDER, "known_device_id == device_id and known_kind", "known_kind"),
    Mutant(ORDER, "key = (reading.device_id, event_id)", "key = (reading.device_id, str(reading.at))"),
    Mutant(ORDER, "[-REMEMBERED_EVENTS:]", "[:REMEMBERED_EVENTS]"),
    Mutant(ORDER, "Admission.NEWS if old(reading, policy) else Admission.LIVE", "Admission.LIVE"),
    Mutant(ENGINE, "last_place=state.track.place,", "last_place=None,"),
    # Batteries and buttons.
    Mutant(BATTERY, "if battery_pct <= critical:", "if battery_pct < critical:"),
    Mutant(BATTERY, "if battery_pct <= low or", "if battery_pct < low or"),
    Mutant(BATTERY, "battery_pct < critical + slack", "battery_pct < critical"),
    Mutant(BATTERY, "battery_pct < low + slack", "battery_pct < low"),
    Mutant(BATTERY, "Level.GOOD if reading.charging else next_level", "next_level"),
    Mutant(BATTERY, "row[0] != reading.device_id", "False"),
    Mutant(BATTERY, "if RANK[after] <= RANK[before]:", "if False:"),
    Mutant(SOS, "or reading.event.type is not SafetyEventType.SOS", ""),
    Mutant("whereabouts.py", "(usable(fix, seen.person.policy) or seen.last_place is None)", "True"),
    Mutant("whereabouts.py", " or seen.last_place is None)", ")"),
    # Zones, hours and the ground.
    Mutant("zone.py", "self.start <= at < self.end", "self.start <= at <= self.end"),
    Mutant("zone.py", "yesterday in self.days and at < self.end", "local.isoweekday() in self.days and at < self.end"),
    Mutant("zone.py", "not self.schedule or any(", "any("),
    Mutant("zone.py", "if start.tzinfo or end.tzinfo:", "if False:"),
    Mutant("person.py", "at >= start or at < end", "at >= start"),
    Mutant("features.py", "index = min(", "index = max("),
    Mutant("geometry.py", "np.where(shapely.contains_xy(areas, 0, 0), -1, 1)", "np.ones(len(areas))"),
    Mutant("geometry.py", "return areas, shapely.boundary(areas)", "return areas, lines[: len(corners)]"),
    Mutant("geometry.py", "places[:, 0], places[:, 1])", "places[:, 1], places[:, 0])"),
    Mutant("geometry.py", "np.where(inside, -beyond, beyond)", "beyond"),
    Mutant("geometry.py", "93.5 * math.cos(3 * phi)", "93.5 * math.cos(2 * phi)"),
    Mutant("geometry.py", "if not (valid := shapely.is_valid(areas)).all():", "if (valid := shapely.is_valid(areas)) is None:"),
    Mutant("batch.py", "for person_id in memory.touched:", "for person_id in ():"),
    Mutant("evidence.py", "at.isoformat(), *further", "*further"),
    Mutant("snapshot.py", "if version != VERSION:", "if False:"),
    # Which readings need no judge.
    Mutant("quiet.py", "self.since <= reading.at < self.until", "self.since <= reading.at <= self.until"),
    Mutant("quiet.py", "and reading.received_at - at <= self.live_max_age", "and True"),
    Mutant("quiet.py", "and at - last_fix_at > self._gap", "and True"),
    Mutant("quiet.py", "and fix.accuracy_m <= self.accuracy_m", "and True"),
    Mutant("quiet.py", "and fix.source is not FixSource.CELL", "and True"),
    Mutant("memory.py", "reading.at <= last_at or", "reading.at < last_at or"),
    Mutant("memory.py", "self._undo.append((held, stream, last_at, held.fixed, held.fix_at))", "pass"),
    Mutant("memory.py", "and person_id not in behind", "and True"),
    Mutant("memory.py", "and held.person is persons[person_id]", "and True"),
    Mutant(ENGINE, "or len(after.order.newest) != len(before.order.newest)", "or False"),
    Mutant(ENGINE, "place.at >= known.at", "place.at > known.at"),
    Mutant("memory.py", "settled = engine.settled(state, after, changed)", "pass"),
    Mutant(ENGINE, "list(map(gt, known, SETTLES_AT_ONCE))", "[False] * len(known)"),
    Mutant("detectors/__init__.py", "wandering, Facet.FIX | Facet.WEAR)", "wandering, Facet.FIX | Facet.WEAR, settles_at_once=True)"),
    # Whose deadlines are asked again.
    Mutant(ENGINE, "if True not in changed[: len(_DUE)]:", "if True:"),
    Mutant(ENGINE, "compress(range(len(_DUE)), changed)", "range(1)"),
    Mutant(ENGINE, "or at < first):", "or at > first):"),
    Mutant("memory.py", "known, dues = dues, engine.dues_after(dues, changed, after, person)", "known = dues"),
    Mutant("memory.py", "if held is not None and held.person is person:\n            dues, due_at", "if held is not None:\n            dues, due_at"),
)  # fmt: skip


def main() -> int:
    return run("geofence", MUTANTS, TESTS)


def run(package: str, mutants: Sequence[Mutant], tests: Sequence[str]) -> int:
    """Try every mutant of a package; the exit code says whether one survived."""
    words = sys.argv[1:] or [""]
    tried = survived = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            copied = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            copied(REPOSITORY / name, copy / name)
        shutil.copy(REPOSITORY / "pyproject.toml", copy)
        # What is compiled beforehand is known by its content: a time in whole seconds would miss a fault.
        compileall.compile_dir(copy, quiet=1, force=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
        failed = _caught_by(copy, tests, compiled=True)
        assert failed is None, f"the tests fail before anything is broken: {failed}"
        for mutant in mutants:
            if any(word in f"{mutant.file} {mutant.old} {mutant.new}" for word in words):
                caught_by = _tried(copy / package / mutant.file, mutant, lambda tests: _caught_by(copy, tests), tests)
                tried, survived = tried + 1, survived + (caught_by is None)
                print(f"{'SURVIVED' if caught_by is None else 'caught':9} {mutant.file}: {_brief(mutant)}", flush=True)
                print(f"          by {caught_by}" if caught_by else "", flush=True)
    print(f"{tried} planted, {tried - survived} caught, {survived} survived")
    return int(survived > 0)


def _brief(mutant: Mutant) -> str:
    return f"{' '.join(mutant.old.split())[:90]}  =>  {' '.join(mutant.new.split())[:90] or '(nothing)'}"


def _tried(
    path: Path, mutant: Mutant, caught_by: Callable[[Sequence[str]], str | None], tests: Sequence[str]
) -> str | None:
    source = path.read_text(encoding="utf-8")
    assert source.count(mutant.old) == 1, f"{mutant.file} has {source.count(mutant.old)} times: {mutant.old}"
    broken = source.replace(mutant.old, mutant.new)
    # What cannot be read at all would be caught by any test.
    compile(broken, mutant.file, "exec")
    path.write_text(broken, encoding="utf-8")
    named = [test for test in tests if f"/test_{path.stem.split('_')[0]}" in test]
    others = [test for test in tests if test not in named]
    try:
        return (caught_by(named) if named else None) or (caught_by(others) if others else None)
    finally:
        path.write_text(source, encoding="utf-8")


def _caught_by(copy: Path, tests: Sequence[str], *, compiled: bool = False) -> str | None:
    """The first test that fails, or None.

    Args:
        copy: of the sources.
        tests: files.
        compiled: keep what is compiled for the runs that follow.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout", "60", *tests]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "" if compiled else "1"}
    run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, env=environment)
    if run.returncode == 0:
        return None
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" ")[1] if failed else run.stdout[-300:] + run.stderr[-300:]


if __name__ == "__main__":
    sys.exit(main())
