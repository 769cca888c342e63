"""`python -m tests.geofence.mutants_bed [word]`: break the rules of the bed on purpose, and see the tests fail."""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

#: The tests of the bed alone: each of these faults is theirs to catch.
TESTS = [f"tests/geofence/{name}" for name in (
    "test_bed.py", "test_no_return.py", "test_bed_habits.py", "test_bed_sensor.py", "test_restless.py",
    "test_turning.py", "test_bed_gate.py",
)]  # fmt: skip

BED, OCCUPANCY, HABITS = "detectors/bed.py", "occupancy.py", "habits.py"
SENSOR, RESTLESS, TURNING = "detectors/bed_sensor.py", "detectors/restless.py", "detectors/turning.py"
MUTANTS = (
    # What one report says.
    Mutant(OCCUPANCY, "return None if alive(report) and trusted(report, policy) else Word.EMPTY", "return Word.EMPTY"),
    Mutant(OCCUPANCY, "return None if alive(report) and trusted(report, policy)", "return None if alive(report)"),
    Mutant(OCCUPANCY, "return Word.OCCUPIED if shows_somebody else None", "return Word.OCCUPIED"),
    Mutant(OCCUPANCY, "shows_somebody = alive(report) or bool(report.movement_pct)", "shows_somebody = alive(report)"),
    Mutant(OCCUPANCY, "bool(report.heart_rate_bpm) or bool(report.breathing_rate_bpm)", "bool(report.heart_rate_bpm)"),
    Mutant(OCCUPANCY, "report.quality_pct >= policy.bed_quality_least_pct", "report.quality_pct > policy.bed_quality_least_pct"),
    Mutant(OCCUPANCY, "if report.status is BedStatus.FAULT:\n        return None", "if False:\n        return None"),
    # Debouncing.
    Mutant(OCCUPANCY, "at - state.pending_since >= policy.bed_empty_for", "at - state.pending_since > policy.bed_empty_for"),
    Mutant(OCCUPANCY, "(Occupancy.LEAVING, Word.OCCUPIED): Occupancy.IN,", ""),
    Mutant(OCCUPANCY, "(Occupancy.SETTLING, Word.EMPTY): Occupancy.OUT,", ""),
    Mutant(OCCUPANCY, "(Occupancy.UNKNOWN, Word.EMPTY): Occupancy.OUT", "(Occupancy.UNKNOWN, Word.EMPTY): Occupancy.LEAVING"),
    Mutant(OCCUPANCY, "look_at = max(state.no_return_at, at) if", "look_at = state.no_return_at if"),
    Mutant(OCCUPANCY, "at - state.heard_at < HEARD_EVERY and", ""),
    Mutant(OCCUPANCY, "    if state.since is None:\n        occupancy = Occupancy.UNKNOWN\n", ""),
    Mutant(OCCUPANCY, "since=state.since or at", "since=at"),
    Mutant(OCCUPANCY, "edge_since=at if report.status is BedStatus.EDGE else None", "edge_since=at"),
    Mutant(OCCUPANCY, "Occupancy.SETTLING: Occupancy.OUT, Occupancy.LEAVING: Occupancy.IN}", "Occupancy.SETTLING: Occupancy.OUT}"),
    Mutant(OCCUPANCY, "return replace(state, device_id=device_id) if said(report, policy) is Word.OCCUPIED else state", "return state"),
    Mutant(OCCUPANCY, "return replace(state, device_id=device_id) if said(report, policy) is Word.OCCUPIED else state", "return replace(state, device_id=device_id)"),
    Mutant(OCCUPANCY, "at - state.heard_at > policy.bed_silent_after + HEARD_EVERY", "True"),
    Mutant(OCCUPANCY, "at - state.heard_at > policy.bed_silent_after + HEARD_EVERY", "False"),
    # Evidence of being in bed.
    Mutant(OCCUPANCY, "return at - state.heard_at <= policy.bed_silent_after", "return True"),
    Mutant(OCCUPANCY, "at - state.heard_at <= policy.bed_silent_after", "at - state.heard_at < policy.bed_silent_after"),
    Mutant(OCCUPANCY, "state.status not in LYING or state.other_sleeper or", "state.status not in LYING or"),
    Mutant(OCCUPANCY, "LYING = (BedStatus.OCCUPIED, BedStatus.EDGE)", "LYING = (BedStatus.OCCUPIED,)"),
    # The exit.
    Mutant(BED, "wait = person.policy.bed_empty_alone if", "wait = person.policy.bed_empty_for if"),
    Mutant(BED, "if state.other_sleeper:\n        return out, NOTHING", "if False:\n        return out, NOTHING"),
    Mutant(BED, "if not night:\n        return out, NOTHING", "if False:\n        return out, NOTHING"),
    Mutant(BED, "night, allowed = person.is_night(left_at)", "night, allowed = person.is_night(at)"),
    Mutant(BED, "no_return_at=left_at + allowed if night and not rising else None", "no_return_at=left_at + allowed if night else None"),
    Mutant(BED, "no_return_at=left_at + allowed if", "no_return_at=at + allowed if"),
    Mutant(BED, "        other_sleeper=False,\n", ""),
    Mutant(BED, "        edge_since=None,\n", ""),
    Mutant(BED, "left_at - state.heard_at <= policy.bed_silent_after", "True"),
    Mutant(BED, "Reason.LEFT_AT_NIGHT, left_at, place", "Reason.LEFT_AT_NIGHT, at, place"),
    # No return.
    Mutant(BED, "if state.left_at is None or not person.is_night(at):", "if state.left_at is None:"),
    Mutant(BED, "if state.told_no_return and reason is not Reason.OVERDUE:", "if state.told_no_return:"),
    Mutant(BED, "if state.told_no_return and reason is not Reason.OVERDUE:", "if False:"),
    Mutant(BED, "no_return_at=None if reason is Reason.OVERDUE else again", "no_return_at=again"),
    Mutant(BED, "if _outside(before):\n        return Reason.OVERDUE", "if False:\n        return Reason.OVERDUE"),
    Mutant(BED, "state.status is BedStatus.FAULT or heard_at is None or at - heard_at > policy", "heard_at is None or at - heard_at > policy"),
    Mutant(BED, "heard_at is None or at - heard_at > policy.bed_silent_after:", "heard_at is None:"),
    Mutant(BED, "at - state.moved_at <= policy.no_return_moved_within", "at - state.moved_at < policy.no_return_moved_within"),
    Mutant(BED, "at - state.moved_at <= policy.no_return_moved_within", "True"),
    Mutant(BED, "return Reason.OVERDUE if state.told_no_return else Reason.REMINDER", "return Reason.REMINDER"),
    Mutant(BED, "steps < seen.person.policy.no_return_steps or not home", "steps <= seen.person.policy.no_return_steps or not home"),
    Mutant(BED, "steps < seen.person.policy.no_return_steps or not home", "steps < seen.person.policy.no_return_steps"),
    Mutant(BED, "home = at_home if at_home is not None else not outside", "home = bool(at_home)"),
    Mutant(BED, "at - state.moved_at < MOVED_EVERY", "True"),
    Mutant(BED, "commands=_locate(person, at, before.order)", "commands=()"),
    Mutant(BED, "if kind is not ReadingKind.BED]", "]"),
    Mutant(BED, "max(bracelets)[1]", "min(bracelets)[1]"),
    Mutant(BED, "if device == device_id and kind is ReadingKind.BED)", "if kind is ReadingKind.BED)"),
    Mutant(BED, "if device == device_id and kind is ReadingKind.BED)", "if device == device_id)"),
    Mutant(BED, "if not state.told_no_return or left_at is None", "if left_at is None"),
    Mutant(BED, "or before.zone.safety in _NOT_AT_HOME:", "or _outside(before):"),
    Mutant(BED, "Reason.BACK_IN_BED, back_at, place", "Reason.BACK_IN_BED, left_at, place"),
    # Who lies in it.
    Mutant(BED, "steps < policy.bed_other_sleeper_steps or", "steps <= policy.bed_other_sleeper_steps or"),
    Mutant(BED, "or counted_since < state.since", ""),
    # What nights teach.
    Mutant(BED, "if back_at - left_at < policy.rising_after:", "if True:"),
    Mutant(BED, "if state.left_in_night and not state.went_out:", "if not state.went_out:"),
    Mutant(BED, "if state.left_in_night and not state.went_out:", "if state.left_in_night:"),
    Mutant(BED, "and not person.is_night(min(back_at, left_at + LONGEST_ABSENCE)):", ":"),
    Mutant(BED, "elif _slept(state, left_at, policy) and not", "elif not"),
    Mutant(BED, "left_at - state.stay_since >= policy.still_in_bed_least", "left_at - state.stay_since < policy.still_in_bed_least"),
    Mutant(BED, "left_at - state.stay_since >= policy.still_in_bed_least", "left_at - state.stay_since > policy.still_in_bed_least"),
    Mutant(BED, "if back_at - left_at < policy.rising_after:", "if back_at - left_at <= policy.rising_after:"),
    Mutant(HABITS, "early -= policy.rising_margin", "early += policy.rising_margin"),
    Mutant(HABITS, "        early -= policy.rising_margin.total_seconds() / 60\n", ""),
    Mutant(HABITS, "return early <= _after_the_night(local.hour * 60 + local.minute, policy) <= RISING_UNTIL_MIN", "return early <= _after_the_night(local.hour * 60 + local.minute, policy)"),
    Mutant(HABITS, "return early <= _after_the_night(local.hour * 60 + local.minute, policy)", "return early < _after_the_night(local.hour * 60 + local.minute, policy)"),
    Mutant(HABITS, "if not RISING_FROM_MIN <= _after_the_night(minute, person.policy) <= RISING_UNTIL_MIN:", "if not RISING_FROM_MIN <= _after_the_night(minute, person.policy):"),
    Mutant(HABITS, "if not RISING_FROM_MIN <= _after_the_night(minute, person.policy) <= RISING_UNTIL_MIN:", "if not _after_the_night(minute, person.policy) <= RISING_UNTIL_MIN:"),
    Mutant(HABITS, "if len(habits.risings_min) < policy.still_in_bed_learnt_from:\n        early", "if not habits.risings_min:\n        early"),
    Mutant(HABITS, "if len(habits.risings_min) < policy.still_in_bed_learnt_from:\n        return", "if not habits.risings_min:\n        return"),
    Mutant(BED, "person.is_night(min(back_at, left_at + LONGEST_ABSENCE))", "person.is_night(back_at)"),
    Mutant(HABITS, "if len(habits.absences_min) < policy.no_return_learnt_from:", "if not habits.absences_min:"),
    Mutant(HABITS, "early = -policy.rising_early.total_seconds() / 60", "early = 0.0"),
    Mutant(HABITS, "early = -policy.rising_early.total_seconds() / 60", "early = policy.rising_early.total_seconds() / 60"),
    Mutant(HABITS, "min(policy.no_return_most, max(policy.no_return_least, own))", "max(policy.no_return_least, own)"),
    Mutant(HABITS, "min(policy.no_return_most, max(policy.no_return_least, own))", "min(policy.no_return_most, own)"),
    Mutant(HABITS, "math.ceil(round(share * len(values), 6)) - 1", "math.ceil(round(share * len(values), 6))"),
    Mutant(HABITS, "minutes)[-REMEMBERED_ABSENCES:]", "minutes)"),
    Mutant(HABITS, "minute)[-REMEMBERED_RISINGS:]", "minute)"),
    Mutant(HABITS, "+ _DAY_MIN // 2) % _DAY_MIN - _DAY_MIN // 2", ") % _DAY_MIN"),
    Mutant(HABITS, "early = nearest_rank([_after_the_night(minute, policy) for minute in habits.risings_min], 1 - RISEN_SHARE)", "early = -180"),
    Mutant(HABITS, "int(late + margin_min + _ends_min(policy))", "int(late + _ends_min(policy))"),
    # Still in bed.
    Mutant(BED, "if silent or never_rises or", "if never_rises or"),
    Mutant(BED, "if silent or never_rises or", "if silent or"),
    Mutant(BED, "state.status not in LYING or state.other_sleeper or stay_since is None", "stay_since is None"),
    Mutant(BED, "if state.since is not None and at - state.since < person.policy.rising_after:", "if False:"),
    Mutant(BED, "stay_since = state.stay_since or back_at", "stay_since = back_at"),
    Mutant(BED, "if up_by >= earliest:", "if True:"),
    Mutant(BED, "for days in (0, 1):", "for days in (0,):"),
    Mutant(BED, "replace(state, up_by=state.since + person.policy.rising_after), NOTHING", "state, NOTHING"),
    Mutant(BED, "usual = known >= person.policy.still_in_bed_learnt_from", "usual = known > person.policy.still_in_bed_learnt_from"),
    Mutant(BED, "again=stay_since == state.stay_since and state.up_by is None", "again=False"),
    # The sensor.
    Mutant(SENSOR, "if shown else Reason.DISPLACED if able else None", "if shown else Reason.DISPLACED"),
    Mutant(SENSOR, "return Reason.VITAL_SIGNS_LOST if shown else", "return"),
    Mutant(SENSOR, "if alive(report) or report.movement_pct:\n        return None", "if alive(report):\n        return None"),
    Mutant(SENSOR, "report.status is not BedStatus.EMPTY and (state.shown or alive(report))", "state.shown or alive(report)"),
    Mutant(SENSOR, "and before.bed.other_sleeper:", "and False:"),
    Mutant(SENSOR, "if alive(report) and trusted(report, policy) else None", "if alive(report) else None"),
    Mutant(SENSOR, "policy.bed_displaced_for if reason is Reason.DISPLACED else policy.bed_fault_for", "policy.bed_fault_for"),
    Mutant(SENSOR, "if suspect is not state.suspect:", "if suspect is not state.suspect and suspect:"),
    Mutant(SENSOR, "if silent_for < policy.bed_unplugged_after:", "if False:"),
    Mutant(SENSOR, "look_at=heard[0] + policy.bed_unplugged_after", "look_at=at + policy.bed_unplugged_after"),
    Mutant(SENSOR, "if report.status is BedStatus.EMPTY and state.look_at is not None:", "if False:"),
    Mutant(SENSOR, "reason is not Reason.UNPLUGGED and silent_for > policy.bed_silent_after", "False"),
    Mutant(SENSOR, "at - told_at < policy.bed_fault_again", "False"),
    Mutant(SENSOR, "at - told_at < policy.bed_fault_again", "True"),
    Mutant(SENSOR, "or seen.before.bed.device_id not in (None, reading.device_id)", ""),
    # A restless night.
    Mutant(RESTLESS, "(report.movement_pct or 0.0) < person.policy", "(report.movement_pct or 0.0) <= person.policy"),
    Mutant(RESTLESS, "or not person.is_night(reading.at)", ""),
    Mutant(RESTLESS, "bed.status not in LYING or bed.other_sleeper or", "bed.status not in LYING or"),
    Mutant(RESTLESS, "if state.told or share < limit(state, person.policy):", "if share < limit(state, person.policy):"),
    Mutant(RESTLESS, "if state.told or share < limit(", "if state.told or share <= limit("),
    Mutant(RESTLESS, "max(policy.restless_share, policy.restless_ratio * median(state.usual))", "policy.restless_ratio * median(state.usual)"),
    Mutant(RESTLESS, "if len(state.usual) < policy.restless_learnt_from:", "if not state.usual:"),
    Mutant(RESTLESS, "for since, seconds in state.portions if since > at - window", "for since, seconds in state.portions"),
    Mutant(RESTLESS, "min(reading.at - last[0], STANDS_FOR)", "reading.at - last[0]"),
    Mutant(RESTLESS, "(person.local(reading.at) - _HALF_A_DAY).date()", "person.local(reading.at).date()"),
    Mutant(RESTLESS, "state.worst)[-REMEMBERED_NIGHTS:]", "state.worst)"),
    # Turning.
    Mutant(TURNING, ">= seen.person.policy.turn_movement_pct", "> seen.person.policy.turn_movement_pct"),
    Mutant(TURNING, "if not every or bed.status is BedStatus.EMPTY:", "if not every:"),
    Mutant(TURNING, "if not every or bed.status is BedStatus.EMPTY:", "if bed.status is BedStatus.EMPTY:"),
    Mutant(TURNING, "or bed.status not in LYING or bed.other_sleeper:", "or bed.status not in LYING:"),
    Mutant(TURNING, "policy.turn_every or bed.status not in LYING or", "policy.turn_every or"),
    Mutant(TURNING, "at - heard[0] > policy.bed_silent_after", "at - heard[0] >= policy.bed_silent_after"),
    Mutant(TURNING, "look_at=at + policy.bed_silent_after), NOTHING", "look_at=at + policy.turn_every), NOTHING"),
    Mutant(TURNING, "return replace(state, look_at=at + policy.turn_every), Judgement", "return replace(state, look_at=None), Judgement"),
    # Which readings are quiet.
    Mutant(BED, "room.before(state.heard_at + HEARD_EVERY)", "pass"),
    Mutant(BED, "state.pending_since is not None or state.status is None or", "state.status is None or"),
    Mutant(BED, "room.steps_up_to(policy.bed_other_sleeper_steps - 1)", "pass"),
    Mutant(BED, "room.steps_up_to(policy.no_return_steps - 1)", "pass"),
    Mutant(RESTLESS, "room.movement_up_to(math.nextafter(person.policy.restless_movement_pct, -math.inf))", "pass"),
    Mutant(SENSOR, "or (state.able and state.look_at is not None):", ":"),
    Mutant(SENSOR, "room.without_vital_signs()", "pass"),
    Mutant(SENSOR, "room.movement_up_to(0.0)", "pass"),
    Mutant(SENSOR, "room.heart_between(1.0, 1_000.0)", "pass"),
    Mutant(TURNING, "room.movement_up_to(math.nextafter(person.policy.turn_movement_pct, -math.inf))", "pass"),
)  # fmt: skip


def main() -> int:
    return run("geofence", MUTANTS, TESTS)


if __name__ == "__main__":
    sys.exit(main())
