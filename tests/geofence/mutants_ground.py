"""`python -m tests.geofence.mutants_ground [word ...]`: faults in what every rule stands on.

Thresholds and what may be written as one, ages, clocks, coordinates, what a reading carries, and the last resort.
"""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

TESTS = [
    *(f"tests/geofence/{name}" for name in (
        "test_threshold.py", "test_freshness.py", "test_local_time.py", "test_datum.py", "test_last_resort.py", "test_bed.py", "test_silence.py", "test_in_vehicle.py",
        "test_equalities.py",
    )),
    "tests/api/test_thresholds.py",
    "tests/alerts/test_late.py",
]  # fmt: skip

FRESH, CLOCK, DATUM, LAST = "freshness.py", "local_time.py", "datum.py", "last_resort.py"
POLICY, THRESHOLD, DETECTOR = "policy.py", "threshold.py", "detector.py"
MUTANTS = (
    # Alert or history.
    Mutant(FRESH, "    DetectionKind.SOS,\n", ""),
    Mutant(FRESH, "    DetectionKind.FALL,\n", ""),
    Mutant(FRESH, "    DetectionKind.BEDSIDE_FALL,\n", ""),
    Mutant(FRESH, "    DetectionKind.STRAP_REMOVED,\n", ""),
    Mutant(FRESH, "    DetectionKind.SILENCE,\n", ""),
    Mutant(FRESH, "    DetectionKind.ZONE_ENTER,\n", ""),
    Mutant(FRESH, "LEAST = timedelta(minutes=5)", "LEAST = timedelta(minutes=6)"),
    Mutant(FRESH, "LEAST = timedelta(minutes=5)", "LEAST = timedelta(minutes=4)"),
    Mutant(FRESH, 'getattr(policy, f"{kind}_fresh_for", None)', "None"),
    Mutant(FRESH, 'getattr(policy, f"{kind}_fresh_for", None)', 'getattr(Policy(), f"{kind}_fresh_for", None)'),
    # Wall clocks.
    Mutant(CLOCK, "if found > at:", "if found >= at:"),
    Mutant(CLOCK, "for days in range(3):", "for days in range(1, 3):"),
    Mutant(CLOCK, "for days in range(3):", "for days in range(1):"),
    Mutant(CLOCK, "clock, person.time_zone)", "clock, UTC)"),
    # What may be written as a threshold.
    Mutant(THRESHOLD, "if self.least <= value <= self.most:", "if self.least < value <= self.most:"),
    Mutant(THRESHOLD, "if self.least <= value <= self.most:", "if self.least <= value < self.most:"),
    Mutant(THRESHOLD, "self.below if value < self.least else self.above", "self.above if value < self.least else self.below"),
    Mutant(THRESHOLD, "if isinstance(value, bool) or not", "if not"),
    Mutant(THRESHOLD, " or value != value:", ":"),
    Mutant(THRESHOLD, "and not value.is_integer():", "and False:"),
    Mutant(THRESHOLD, "if whole and isinstance", "if isinstance"),
    Mutant(THRESHOLD, "_CLOCK.fullmatch(value)", "_CLOCK.match(value)"),
    Mutant(THRESHOLD, "([01][0-9]|2[0-3])", "([0-2][0-9])"),
    Mutant(THRESHOLD, "int(found[1]), int(found[2])", "int(found[1])"),
    Mutant(THRESHOLD, "int(number) if float(number).is_integer() else number", "int(number)"),
    Mutant(THRESHOLD, "int(number) if float(number).is_integer() else number", "number"),
    Mutant(THRESHOLD, "text if len(text) <= _SHOWN else", "text if True else"),
    Mutant(THRESHOLD, '.encode(errors="backslashreplace").decode()', ""),
    Mutant(THRESHOLD, "    limits.check(number, given=value)\n", ""),
    Mutant(POLICY, "policy.battery_critical_pct >= policy.battery_low_pct", "policy.battery_critical_pct > policy.battery_low_pct"),
    Mutant(POLICY, "policy.suspect_silence < 2 * timedelta", "policy.suspect_silence <= 2 * timedelta"),
    Mutant(POLICY, "policy.suspect_silence < 2 * timedelta", "policy.suspect_silence < timedelta"),
    Mutant(POLICY, "policy.fall_still_after > policy.fall_decided_after", "policy.fall_still_after >= policy.fall_decided_after"),
    Mutant(POLICY, "policy.fall_still_after > policy.fall_decided_after", "False"),
    Mutant(POLICY, "policy.fall_decided_after > policy.fall_bare_after", "policy.fall_decided_after >= policy.fall_bare_after"),
    Mutant(POLICY, "policy.fall_decided_after > policy.fall_bare_after", "False"),
    Mutant(POLICY, "policy.bed_empty_for > policy.bed_empty_alone", "policy.bed_empty_for >= policy.bed_empty_alone"),
    Mutant(POLICY, "policy.bed_empty_for > policy.bed_empty_alone", "False"),
    Mutant(POLICY, "policy.no_return_least > policy.no_return_most", "policy.no_return_least >= policy.no_return_most"),
    Mutant(POLICY, "policy.no_return_least > policy.no_return_most", "False"),
    Mutant(POLICY, "policy.night_from == policy.night_until", "False"),
    Mutant(POLICY, "        if name in overridden\n", ""),
    Mutant(POLICY, "problems := problems or _contradictions(policy, values)", "problems := problems or {}"),
    Mutant(POLICY, "problems := problems or _contradictions(policy, values)", "problems := _contradictions(policy, values)"),
    Mutant(POLICY, "if name not in error.problems}", "if False}"),
    Mutant(POLICY, "if not isinstance(overrides, Mapping):", "if overrides is None:"),
    # Coordinates.
    Mutant(DATUM, "ripple = f.sqrt(abs(x)), 20.0 *", "ripple = f.sqrt(abs(x)), 40.0 *"),
    Mutant(DATUM, "3.0 * y + 0.2 * y * y + 0.1 * x * y", "3.0 * y + 0.2 * y * y - 0.1 * x * y"),
    Mutant(DATUM, "(150.0, 12.0), (300.0, 30.0)", "(160.0, 12.0), (320.0, 30.0)"),
    Mutant(DATUM, "1.0 - _ECCENTRICITY_2 * f.sin(phi) ** 2", "1.0 - _ECCENTRICITY_2 * f.sin(phi)"),
    Mutant(DATUM, "_AXIS_M / f.sqrt(flattening) * f.cos(phi)", "_AXIS_M / f.sqrt(flattening)"),
    Mutant(DATUM, "_STEPS = 6", "_STEPS = 1"),
    Mutant(DATUM, "inside = near & _within(*found, 1e-9)", "inside = near"),
    Mutant(DATUM, "inside = _within(latitude, longitude, 0.0)", "inside = _within(latitude, longitude, 90.0)"),
    Mutant(DATUM, "& (longitude <= EAST + margin)", ""),
    Mutant(DATUM, "shift = _gcj02_of_wgs84 if datum is Datum.GCJ02 else _bd09_of_wgs84\n    return", "shift = _gcj02_of_wgs84\n    return"),
    Mutant(DATUM, "shift = _gcj02_of_wgs84 if datum is Datum.GCJ02 else _bd09_of_wgs84\n    shifted", "shift = _gcj02_of_wgs84\n    shifted"),
    Mutant(DATUM, "radius * f.sin(angle) + 0.006,", "radius * f.sin(angle) + 0.0065,"),
    Mutant(DATUM, "0.000_003 * f.cos(", "0.000_003 * f.sin("),
    # What a reading carries.
    Mutant(DETECTOR, "found |= 1\n", "pass\n"),
    Mutant(DETECTOR, "found |= 2\n", "pass\n"),
    Mutant(DETECTOR, "found |= 4\n", "pass\n"),
    Mutant(DETECTOR, "found |= 8\n", "pass\n"),
    Mutant(DETECTOR, "found |= 16\n", "pass\n"),
    # When the engine itself fails.
    Mutant(LAST, "event.type not in CALLS", "False"),
    Mutant(LAST, "SafetyEventType.IMPACT: (DetectionKind.FALL, Reason.IMPACT),", ""),
    Mutant(LAST, '"last_good" if last_place else "unknown"', '"last_good"'),
    Mutant(LAST, "    if fix is not None:\n", "    if fix is not None and last_place is None:\n"),
    Mutant(LAST, "accuracy_m=fix.accuracy_m, at=at)", "accuracy_m=fix.accuracy_m, at=reading.received_at)"),
    Mutant(LAST, "identify(reading.person_id, kind, at, reading.device_id, event.event_id)", "identify(reading.person_id, kind, at)"),
    Mutant(LAST, "max(0.0, (reading.received_at - at).total_seconds())", "(reading.received_at - at).total_seconds()"),
    Mutant(LAST, "max(0.0, (at - place.at).total_seconds())", "(at - place.at).total_seconds()"),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(run("geofence", MUTANTS, TESTS))
