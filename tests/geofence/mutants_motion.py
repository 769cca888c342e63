"""`python -m tests.geofence.mutants_motion [word]`: break the rules of falls and straps on purpose, and see the tests fail."""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

#: Each of these faults is theirs to catch.
TESTS = [f"tests/geofence/{name}" for name in (
    "test_motion.py", "test_strap.py", "test_strap_charger.py", "test_fall.py", "test_fall_episode.py", "test_bedside_fall.py", "test_sos.py",
)]  # fmt: skip

MOTION, WEIGHTS, WHERE = "motion.py", "fall_weights.py", "whereabouts.py"
FALL, BEDSIDE, STRAP = "detectors/fall.py", "detectors/bedside_fall.py", "detectors/strap.py"
MUTANTS = (
    # The numbers of a window.
    Mutant(MOTION, "(edges - whole)[:, None] * samples_g[whole]", "0.0"),
    Mutant(MOTION, "np.diff(at_edges, axis=0) / np.diff(edges)[:, None]", "np.diff(at_edges, axis=0)"),
    Mutant(MOTION, "peak = int(strength.argmax())", "peak = len(strength) // 2"),
    Mutant(MOTION, "np.mean(core > HIGH_G)", "np.mean(core > LOW_G)"),
    Mutant(MOTION, "np.mean(near < LOW_G)", "np.mean(near > LOW_G)"),
    Mutant(MOTION, "lowest_before_g=float(near.min())", "lowest_before_g=float(near.max())"),
    Mutant(MOTION, "axis=1).max()) * BLOCK_HZ", "axis=1).max())"),
    Mutant(MOTION, "np.mean(np.abs(core - 1.0))", "np.mean(core)"),
    Mutant(MOTION, "after_turn_g=_turning_g(after)", "after_turn_g=_turning_g(before)"),
    Mutant(MOTION, "_angle_deg(before.mean(axis=0), after.mean(axis=0))", "_angle_deg(before.mean(axis=0), before[0])"),
    Mutant(MOTION, "vectors_g.var(axis=0).sum()", "vectors_g.var(axis=0)[0]"),
    Mutant(MOTION, "if settling.any() else 0.0", "if settling.all() else 0.0"),
    Mutant(MOTION, "np.abs(samples) <= LARGEST_G", "samples <= LARGEST_G"),
    Mutant(MOTION, "if not LEAST_RATE_HZ <= rate_hz <= LARGEST_RATE_HZ:", "if rate_hz > LARGEST_RATE_HZ:"),
    Mutant(MOTION, "if not LEAST_WINDOW_S <= len(x_g) / rate_hz <= LONGEST_WINDOW_S:", "if len(x_g) / rate_hz > LONGEST_WINDOW_S:"),
    Mutant(MOTION, "if not least <= number <= most:", "if number > most:"),
    Mutant(MOTION, "if until - since >= least // 2:", "if True:"),
    # The score.
    Mutant(WEIGHTS, "self.square * (z * z - 1.0)", "self.square * (z * z)"),
    Mutant(WEIGHTS, "max(self.low, min(self.high, value))", "value"),
    Mutant(WEIGHTS, "(-cause.points, cause.name)", "(cause.points, cause.name)"),
    Mutant(WEIGHTS, "if point > 0", "if point != 0"),
    Mutant(WEIGHTS, "-max(-500.0, min(500.0, logit))", "-logit"),
    # What an impact says.
    Mutant(FALL, "weighed.score < policy.fall_score", "weighed.score < 0"),
    Mutant(FALL, "weighed.score >= policy.fall_sure_score", "weighed.score >= 1"),
    Mutant(FALL, "or seen.before.strap.is_off(reading.device_id):", "or False:"),
    Mutant(FALL, "if state.phase in (Phase.DOWN, Phase.LYING) or", "if"),
    Mutant(FALL, "weighed.score <= (state.score or 0.0)", "weighed.score <= 0"),
    Mutant(FALL, "since=reading.received_at if late else reading.at", "since=reading.at"),
    Mutant(FALL, "Reason.LATE_PATTERN if late else Reason.SURE_PATTERN", "Reason.SURE_PATTERN"),
    Mutant(FALL, "abs(sos_at - fell_at) <= policy.fall_sos_within", "abs(sos_at - fell_at) < policy.fall_sos_within"),
    Mutant(FALL, "abs(sos_at - fell_at) <= policy.fall_sos_within", "True"),
    Mutant(FALL, "_called(replace(state, sos_at=seen.reading.at), seen)", "_called(state, seen)"),
    Mutant(FALL, "weighed.causes[:CAUSES_TOLD]", "weighed.causes"),
    Mutant(FALL, "2 * policy.fall_bare_after", "policy.fall_bare_after"),
    # What follows.
    Mutant(FALL, "(Phase.SUSPECTED, Sign.WALKED): Phase.QUIET", "(Phase.SUSPECTED, Sign.WALKED): Phase.SUSPECTED"),
    Mutant(FALL, "(Phase.LYING, Sign.TIME): Phase.QUIET", "(Phase.LYING, Sign.TIME): Phase.LYING"),
    Mutant(FALL, "policy.fall_decided_after if weighed else policy.fall_bare_after", "policy.fall_decided_after"),
    Mutant(FALL, "policy.fall_decided_after if weighed else policy.fall_bare_after", "policy.fall_bare_after"),
    Mutant(FALL, "state.score is not None or state.still_messages > 0", "state.score is not None"),
    Mutant(FALL, "policy.fall_long_lie if state.phase is Phase.DOWN else policy.fall_forgotten_after", "policy.fall_long_lie"),
    Mutant(FALL, "steps=state.steps + reading.steps, moved_at=reading.at)", "steps=state.steps + reading.steps)"),
    Mutant(FALL, "reading.steps > 0 and state.counting", "reading.steps > 0"),
    Mutant(FALL, "if reading.device_id != state.device_id or since is None or reading.at <= since:", "if since is None or reading.at <= since:"),
    Mutant(FALL, "since is None or reading.at <= since:", "since is None:"),
    Mutant(FALL, "state.steps >= policy.fall_cancelled_by_steps", "state.steps > policy.fall_cancelled_by_steps"),
    Mutant(FALL, "way_m - before.accuracy_m - after.accuracy_m > policy.fall_moved_m", "way_m > policy.fall_moved_m"),
    Mutant(FALL, 'anchor=place if origin == "own_fix" and seen.movement.believed else None', "anchor=None"),
    Mutant(FALL, 'anchor=place if origin == "own_fix" and seen.movement.believed else None', "anchor=place"),
    Mutant(FALL, "reading.bed.status is BedStatus.OCCUPIED and state.score is None", "reading.bed.status is BedStatus.OCCUPIED"),
    Mutant(FALL, "reading.bed.status is BedStatus.OCCUPIED and", ""),
    Mutant(FALL, "(reading.worn is False and seen.before.strap.is_doubted(reading.device_id))", "reading.worn is False"),
    Mutant(FALL, "if removed or reading.charging or", "if removed or"),
    Mutant(FALL, "if removed or reading.charging", "if reading.charging"),
    Mutant(FALL, "still = state.still_messages > 0 and state.steps == 0\n    return Sign.STILL", "still = state.still_messages > 0\n    return Sign.STILL"),
    Mutant(FALL, "reading.at >= since + policy.fall_still_after", "reading.at > since + policy.fall_still_after"),
    Mutant(FALL, "return Reason.PATTERN_THEN_STILL if still else Reason.PATTERN_UNANSWERED", "return Reason.PATTERN_THEN_STILL"),
    Mutant(FALL, "*((reason,) if reason is Reason.LONG_LIE else ())", "*()"),
    Mutant(FALL, "round(factor * cause.value, 2)", "round(cause.value, 2)"),
    # At the bed.
    Mutant(BEDSIDE, "abs(impact.at - left) > person.policy.bedside_impact_within", "impact.at - left > person.policy.bedside_impact_within"),
    Mutant(BEDSIDE, "abs(impact.at - left) > person.policy.bedside_impact_within", "abs(impact.at - left) >= person.policy.bedside_impact_within"),
    Mutant(BEDSIDE, "weighed.score < seen.person.policy.bedside_score", "weighed.score < 0"),
    Mutant(BEDSIDE, "too_soft or seen.before.strap.is_off(reading.device_id)", "too_soft"),
    Mutant(BEDSIDE, "    if bed.occupancy is not Occupancy.OUT:\n        return state, NOTHING\n", ""),
    Mutant(BEDSIDE, "if state.told and state.left_at == left:", "if False:"),
    Mutant(BEDSIDE, "return replace(state, impact=None), judgement", "return state, judgement"),
    Mutant(BEDSIDE, "bedside_impact_within + BED_KNOWS_WITHIN", "bedside_impact_within"),
    Mutant(BEDSIDE, "or not bed.left_in_night", ""),
    Mutant(BEDSIDE, "reading.at - left < policy.bedside_still_for", "reading.at - left <= policy.bedside_still_for"),
    Mutant(BEDSIDE, "steps >= policy.bedside_steps or not worn or", "not worn or"),
    Mutant(BEDSIDE, "or not worn or", "or"),
    Mutant(BEDSIDE, "or steps > 0\n", "\n"),
    Mutant(BEDSIDE, "reading.worn or seen.before.strap.is_on(reading.device_id)", "reading.worn"),
    Mutant(BEDSIDE, "or reading.at_home is False:", "or False:"),
    Mutant(BEDSIDE, "if reading.charging or reading.worn is False or", "if"),
    Mutant(BEDSIDE, "state if state.left_at == left else BedsideState(left_at=left)", "replace(state, left_at=left)"),
    Mutant(BEDSIDE, "if reading.steps is None or", "if"),
    # The strap.
    Mutant(STRAP, "**{(strap, Word.CHARGING): Strap.RESTING for strap in (None, *Strap)},", ""),
    Mutant(STRAP, "    (Strap.RESTING, Word.NOT_WORN): Strap.DOUBTED,\n", ""),
    Mutant(STRAP, "    (None, Word.NOT_WORN): Strap.DOUBTED,\n", ""),
    Mutant(STRAP, "messages >= policy.strap_confirming_messages", "messages > policy.strap_confirming_messages"),
    Mutant(STRAP, "bracelet.since + person.policy.strap_open_for", "bracelet.since + 2 * person.policy.strap_open_for"),
    Mutant(STRAP, "since = known.since if known and before is Strap.DOUBTED and after in LYING else at", "since = at"),
    Mutant(STRAP, "since + policy.strap_home_grace if off", "at + policy.strap_home_grace if off"),
    Mutant(STRAP, "messages = known.messages if known and before is Strap.DOUBTED else 0", "messages = known.messages if known else 1"),
    Mutant(STRAP, "(Safety.SUSPECT, Safety.OUTSIDE)", "(Safety.OUTSIDE,)"),
    Mutant(STRAP, "    if at_home:\n        return False\n", ""),
    Mutant(STRAP, "return at_home is False and before.zone.safety is Safety.UNKNOWN", "return False"),
    Mutant(STRAP, "return at_home is False and before.zone.safety is Safety.UNKNOWN", "return before.zone.safety is Safety.UNKNOWN"),
    Mutant(STRAP, "if in_bed(before.bed, at, person.policy):", "if False:"),
    Mutant(STRAP, "return at if left_at is None else left_at + grace", "return at"),
    Mutant(STRAP, "reading.received_at - reading.at <= seen.person.policy.live_max_age", "False"),
    Mutant(STRAP, "at > reading.at for device_id, _, at in seen", "False for device_id, _, at in seen"),
    Mutant(STRAP, "strap=TRANSITIONS[bracelet.strap, Word.ALARMING], look_at=None", "strap=TRANSITIONS[bracelet.strap, Word.ALARMING]"),
    Mutant(STRAP, "if reading.charging:\n        return Word.CHARGING", "if False:\n        return Word.CHARGING"),
    Mutant(STRAP, "if other.device_id != bracelet.device_id", "if False"),
    # Its charger.
    Mutant(STRAP, "known.battery_pct >= FULL_PCT and battery_pct >= FULL_PCT", "battery_pct >= FULL_PCT"),
    Mutant(STRAP, "known.battery_pct >= FULL_PCT and battery_pct >= FULL_PCT", "False"),
    Mutant(STRAP, "(full or rises) and not _outside(seen.before, at_home=seen.reading.at_home)", "full or rises"),
    Mutant(STRAP, "not _outside(seen.before, at_home=seen.reading.at_home)\n\n", "not _outside(seen.before)\n\n"),
    Mutant(STRAP, "battery_pct - known.battery_pct >= seen", "battery_pct - known.battery_pct > seen"),
    Mutant(STRAP, "word in {None, Word.NOT_WORN} and", "word in {None, *Word} and"),
    Mutant(STRAP, "word in {None, Word.NOT_WORN} and", "word is Word.NOT_WORN and"),
    Mutant(STRAP, "if reading.charging is not None or reading.event is not None or", "if reading.event is not None or"),
    Mutant(STRAP, "if reading.charging is not None or reading.event is not None or", "if reading.charging is not None or"),
    Mutant(STRAP, "return None if overtaken else reading.battery_pct", "return reading.battery_pct"),
    Mutant(STRAP, "if bracelet.strap is Strap.ON or reading.charging is not None:", "if reading.charging is not None:"),
    Mutant(STRAP, "if bracelet.strap is Strap.ON or reading.charging is not None:", "if bracelet.strap is Strap.ON:"),
    Mutant(STRAP, "(bracelet.strap is not Strap.RESTING and known_pct is not None)", "known_pct is not None"),
    Mutant(STRAP, "(bracelet.strap is not Strap.RESTING and known_pct is not None)", "False"),
    Mutant(STRAP, "else min(known_pct, battery_pct)", "else max(known_pct, battery_pct)"),
    Mutant(STRAP, "battery_pct=known.battery_pct if known else None", "battery_pct=None"),
    Mutant(STRAP, "and all_known and not weighed:", "and all_known:"),
    # Where to go.
    Mutant(WHERE, "usable(fix, seen.person.policy) or seen.last_place is None", "usable(fix, seen.person.policy)"),
    Mutant(WHERE, "usable(fix, seen.person.policy) or seen.last_place is None", "True"),
    Mutant(WHERE, "max(0.0, (at - place.at).total_seconds())", "(at - place.at).total_seconds()"),
)  # fmt: skip


def main() -> int:
    return run("geofence", MUTANTS, TESTS)


if __name__ == "__main__":
    sys.exit(main())
