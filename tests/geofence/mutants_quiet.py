"""`python -m tests.geofence.mutants_quiet [word ...]`: let a detector call a reading quiet that it would judge.

Each fault widens the room of readings that nobody is asked about (`geofence.quiet`); those of the room itself stand in
`tests.geofence.mutants`, those of the bed in `mutants_bed`.
"""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

TESTS = [f"tests/geofence/{name}" for name in (
    "test_rooms.py", "test_quiet.py", "test_bed_gate.py", "test_strap_charger.py", "test_fall_episode.py", "test_wandering.py",
    "test_vital_signs.py", "test_shortcuts.py",
)]  # fmt: skip

ZONE, DANGER, WANDERING, ROUTE = (
    "detectors/zone.py",
    "detectors/danger.py",
    "detectors/wandering.py",
    "detectors/off_route.py",
)
RIDE, FALL, BEDSIDE, STRAP = (
    "detectors/in_vehicle.py",
    "detectors/fall.py",
    "detectors/bedside_fall.py",
    "detectors/strap.py",
)
BATTERY, SILENCE, REST, APNEA = (
    "detectors/low_battery.py",
    "detectors/silence.py",
    "detectors/rest.py",
    "detectors/apnea.py",
)
HEART, BREATH, REPORT, BED = (
    "detectors/heart_rate.py",
    "detectors/breathing_rate.py",
    "vital_report.py",
    "detectors/bed.py",
)
TURNING = "detectors/turning.py"
MUTANTS = (
    # Where the person is.
    Mutant(ZONE, "    if state.safety is Safety.SUSPECT:\n        room.never(", "    if False:\n        room.never("),
    Mutant(ZONE, "        room.never(Facet.FIX | Facet.WEAR)\n", "        room.never(Facet.FIX)\n"),
    Mutant(ZONE, "settled = state.safety is Safety.INSIDE and state.stay is None", "settled = state.safety is Safety.INSIDE"),
    Mutant(ZONE, "settled = state.safety is Safety.INSIDE and state.stay is None", "settled = state.stay is None"),
    Mutant(ZONE, "room.within(-room.area.distance_m)", "room.within(10 - room.area.distance_m)"),
    Mutant(ZONE, "room.at_home_only(None, False)", "pass"),
    Mutant(ZONE, "    elif bracelets <= {state.home_device}:\n", "    elif True:\n"),
    Mutant(ZONE, "        room.at_home_only(None, True)\n", "        pass\n"),
    Mutant(ZONE, "        room.at_home_only(None)\n", "        pass\n"),
    Mutant(DANGER, "if state != CLEAR or room.area is None:", "if room.area is None:"),
    Mutant(DANGER, "room.within(-room.area.distance_m)", "pass"),
    Mutant(DANGER, "room.slower_than(policy.zone_strong_speed_mps * 0.99)", "pass"),
    Mutant(DANGER, "room.steps_up_to(policy.zone_strong_steps - 1)", "pass"),
    # How they move.
    Mutant(WANDERING, "    if len(state.spots) > 1:\n        room.within(0.0)\n", "    if len(state.spots) > 1:\n"),
    Mutant(WANDERING, "        room.at_home_only(None, False)\n", ""),
    Mutant(WANDERING, "        room.charging_only(None, False)\n", ""),
    Mutant(WANDERING, "        room.worn_only(None, True)\n", ""),
    Mutant(WANDERING, "        room.without_steps()\n", "        pass\n"),
    Mutant(WANDERING, "        room.at_home_only(True)\n", "        pass\n"),
    Mutant(WANDERING, "    elif not state.spots or room.place is None:\n        room.within(0.0)", "    elif not state.spots or room.place is None:\n        pass"),
    Mutant(WANDERING, "VERTEX_M - 1.0 - _apart_m(state.spots[0], here)", "VERTEX_M"),
    Mutant(WANDERING, "room.slower_than(person.policy.zone_strong_speed_mps * 0.999)", "pass"),
    Mutant(WANDERING, "room.steps_up_to(person.policy.zone_strong_steps - 1)", "pass"),
    Mutant(ROUTE, "        room.within(0.0)\n        return", "        return"),
    Mutant(ROUTE, "        room.without_steps()\n", "        pass\n"),
    Mutant(ROUTE, "(AT_REST_M if at_rest else LEAST_WAY_M) - _apart_m(state.here, room.place)", "AT_REST_M - _apart_m(state.here, room.place)"),
    Mutant(ROUTE, "(AT_REST_M if at_rest else LEAST_WAY_M) - _apart_m(state.here, room.place)", "AT_REST_M if at_rest else LEAST_WAY_M"),
    Mutant(RIDE, "        room.within(0.0)\n", "        pass\n"),
    Mutant(RIDE, "room.moves_slower_than(person.policy.vehicle_speed_mps * 0.999)", "pass"),
    # Falls and straps.
    Mutant(FALL, "room.never(Facet.FIX | Facet.WEAR | Facet.BED)", "pass"),
    Mutant(FALL, "room.never(Facet.FIX | Facet.WEAR | Facet.BED)", "room.never(Facet.FIX | Facet.WEAR)"),
    Mutant(FALL, "room.never(Facet.FIX if state.counting else Facet.FIX | Facet.WEAR)", "room.never(Facet.FIX)"),
    Mutant(FALL, "room.never(Facet.FIX if state.counting else Facet.FIX | Facet.WEAR)", "pass"),
    Mutant(FALL, "        room.steps_up_to(0)\n", ""),
    Mutant(FALL, "        room.worn_only(None, True)\n", ""),
    Mutant(FALL, "        room.charging_only(None, False)\n", ""),
    Mutant(BEDSIDE, "watched and not _over(state, bed.left_at, person):\n        room", "watched and state.impact is None and not _over(state, bed.left_at, person):\n        room"),
    Mutant(BEDSIDE, "        room.never(Facet.WEAR | Facet.FIX)\n", "        pass\n"),
    Mutant(STRAP, "straps == {Strap.RESTING} and all_known and not weighed", "straps == {Strap.RESTING} and all_known"),
    Mutant(STRAP, "straps == {Strap.RESTING} and all_known and not weighed", "straps == {Strap.RESTING} and not weighed"),
    Mutant(STRAP, "        room.charging_only(True)\n", "        pass\n"),
    Mutant(STRAP, "    elif straps <= {Strap.ON}:\n", "    elif True:\n"),
    Mutant(STRAP, "(None, True) if all_known else (None,)", "(None, True)"),
    Mutant(STRAP, "        room.charging_only(None, False)\n", ""),
    # Batteries and silence.
    Mutant(BATTERY, "if state.levels or not state.charges:", "if not state.charges:"),
    Mutant(BATTERY, "    room.battery_between(person.policy.battery_low_pct + 1e-9, 1_000.0)\n", ""),
    Mutant(BATTERY, "    room.charging_only(None, False)\n", ""),
    Mutant(BATTERY, "    room.battery_only_of(*(charges.device_id for charges in state.charges))\n", ""),
    Mutant(BATTERY, "room.before(charges.points[-1][0] + REMEMBERED_EVERY)", "pass"),
    Mutant(SILENCE, "state.fix_deadline is None or state.fix_deadline > latest or", "state.fix_deadline is not None and state.fix_deadline > latest or"),
    Mutant(SILENCE, "or state.fix_deadline > latest or", "or"),
    Mutant(SILENCE, "or state.frozen != THAWED\n", "\n"),
    Mutant(SILENCE, "if stopped or before.zone.safety in AWAY:", "if stopped:"),
    Mutant(SILENCE, "if device.deadline is None or device.learns_at is None:", "if device.learns_at is None:"),
    Mutant(SILENCE, "if device.deadline is None or device.learns_at is None:", "if device.deadline is None:"),
    Mutant(SILENCE, "        room.charging_only(None, device.charging)\n", ""),
    Mutant(SILENCE, "        room.before(device.learns_at)\n", ""),
    Mutant(SILENCE, "    room.steps_up_to(person.policy.zone_strong_steps - 1)\n", ""),
    # Rest, heart, breath.
    Mutant(REST, "kind is ReadingKind.BED and device != state.device_id for", "False for"),
    Mutant(REST, "        room.bed_only(BedStatus.EMPTY, BedStatus.EDGE, BedStatus.FAULT)\n", ""),
    Mutant(REST, "    room.bed_only(BedStatus.OCCUPIED)\n", ""),
    Mutant(REST, "    room.movement_up_to(person.policy.vital_movement_most_pct)\n", ""),
    Mutant(REST, "    room.bed_reports_within(person.policy.vital_gap_most)\n", ""),
    Mutant(APNEA, "        room.never(Facet.BED)\n        return\n    room", "        return\n    room"),
    Mutant(APNEA, "    room.breathing_depth_between(person.policy.apnea_faint_pct, person.policy.apnea_movement_pct)\n", ""),
    Mutant(APNEA, "    room.apnea_below(person.policy.apnea_own_pause.total_seconds())\n", ""),
    Mutant(REPORT, "if not state.settled or baseline.wants(", "if baseline.wants("),
    Mutant(REPORT, "if not state.settled or baseline.wants(state.baseline, room.since, person):", "if not state.settled:"),
    Mutant(REPORT, "    room.before(baseline.next_wanted(state.baseline, room.since, person))\n", ""),
    Mutant(HEART, "room.heart_between(bounds.low, bounds.high)", "pass"),
    Mutant(BREATH, "room.breathing_between(bounds.low, bounds.high)", "pass"),
    # The bed.
    Mutant(BED, "        room.bed_only(state.status)\n", ""),
    Mutant(BED, "if _outside(before) and not state.went_out:", "if False:"),
    Mutant(TURNING, "if not person.policy.turn_every and state.turned_at is None:", "if not person.policy.turn_every:"),
    Mutant(TURNING, "if not person.policy.turn_every or (before.bed.status in LYING) is (state.turned_at is None):", "if not person.policy.turn_every:"),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(run("geofence", MUTANTS, TESTS))
