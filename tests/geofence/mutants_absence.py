"""`python -m tests.geofence.mutants_absence [word]`: break on purpose what is put off while we ourselves are away."""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

TESTS = [f"tests/geofence/{name}" for name in ("test_absence.py", "test_bedside_fall.py")]

ABSENCE, ENGINE, ZONE, SILENCE = "absence.py", "engine.py", "detectors/zone.py", "detectors/silence.py"
BED, SENSOR, TURNING, STRAP = (
    "detectors/bed.py",
    "detectors/bed_sensor.py",
    "detectors/turning.py",
    "detectors/strap.py",
)
BEDSIDE = "detectors/bedside_fall.py"
MUTANTS = (
    Mutant(ABSENCE, "self.until + min(patience, self.lasted)", "self.until + patience"),
    Mutant(ABSENCE, "self.until + min(patience, self.lasted)", "self.until"),
    Mutant(ABSENCE, "deadline <= self.since", "deadline < self.since"),
    Mutant(ABSENCE, "self.since < at <= self.until + PATIENCE_MOST", "self.since < at <= self.until"),
    Mutant(ABSENCE, "since - gone > least", "since - gone >= least"),
    Mutant(ABSENCE, "gone = until if gone is None else max(gone, until)", "gone = until"),
    Mutant(ENGINE, "before, state = state, _excuse(state, person, at, absences)", "before = state"),
    Mutant(ENGINE, "run_down(state, person, reading.at, absences)", "run_down(state, person, reading.at)"),
    Mutant("memory.py", "engine.run_down(state, person, until, self.absences)", "engine.run_down(state, person, until)"),
    Mutant(SILENCE, "absence.put_off(device.deadline, contact.patience(device, policy, outside=outside))", "device.deadline"),
    Mutant(SILENCE, "contact.patience(device, policy, outside=outside))\n        changed", "contact.patience(device, policy, outside=False))\n        changed"),
    Mutant(SILENCE, "absence.put_off(state.fix_deadline, policy.no_fix_outside_after if outside else policy.no_fix_after)", "state.fix_deadline"),
    Mutant(ZONE, "return replace(state, overdue_at=resumed)", "return state"),
    Mutant(ZONE, "None if at is None else at + later for at", "at for at"),
    Mutant(BED, "replace(state, no_return_at=look_at if same_night else None)", "replace(state, no_return_at=look_at)"),
    Mutant(BED, "replace(state, no_return_at=look_at if same_night else None)", "replace(state, no_return_at=None)"),
    Mutant(BED, "if absence.lasted < policy.rising_after:", "if True:"),
    Mutant(BED, "if absence.lasted < policy.rising_after:", "if False:"),
    Mutant(SENSOR, "state = replace(state, look_at=look_at)\n    if state.suspect", "pass\n    if state.suspect"),
    Mutant(SENSOR, "return replace(state, suspect=None, suspect_since=None)\n\n\ndef quiet", "return state\n\n\ndef quiet"),
    Mutant(TURNING, "if policy.turn_every and absence.lasted >= policy.turn_every:", "if False:"),
    Mutant(STRAP, "if look_at is not bracelet.look_at:", "if False:"),
    Mutant(BEDSIDE, "> policy.silence_least", ">= policy.silence_least"),
    Mutant(BEDSIDE, "return replace(known, unheard=True), NOTHING", "return known, NOTHING"),
    Mutant(BEDSIDE, "if reading.at - _heard_before(seen, left) > policy.silence_least:", "if False:"),
    Mutant(BEDSIDE, "and at > left), default=left)", "), default=left)"),
    Mutant(BEDSIDE, "called_at >= left - policy.bedside_impact_within", "called_at >= left"),
    Mutant(BEDSIDE, "called_at is not None and called_at >= left - policy.bedside_impact_within", "called_at is not None"),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(run("geofence", MUTANTS, TESTS))
