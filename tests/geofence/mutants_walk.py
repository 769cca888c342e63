"""Faults in walks, wandering, unusual routes and rides. Run by `tests.geofence.mutants`."""

from __future__ import annotations

WALK, SCORE, STROLLS, STEERING = "walk.py", "wandering_score.py", "strolls.py", "walk_steering.py"
WANDERING, ROUTE, GROUND = "detectors/wandering.py", "detectors/off_route.py", "usual_ground.py"
RIDE = "detectors/in_vehicle.py"

#: The tests that hold them.
TESTS = ("test_walk.py", "test_in_vehicle.py", "test_off_route.py", "test_wandering.py", "test_strolls.py")
#: (file, old, new).
FAULTS: tuple[tuple[str, str, str], ...] = (
    # The shape of a walk.
    (WALK, "if _apart_m(found[-1], spot) >= VERTEX_M:", "if _apart_m(found[-1], spot) > VERTEX_M:"),
    (WALK, "before[0] * after[1] - before[1] * after[0]", "before[1] * after[0] - before[0] * after[1]"),
    (WALK, "away = away or not near", "away = True"),
    (WALK, "here.at_s - spot.at_s >= REVISIT_AFTER_S", "here.at_s - spot.at_s > REVISIT_AFTER_S"),
    (WALK, "if length_m < least_density", "if length_m > least_density"),
    (WALK, "sum(abs(turn) for turn in turns)", "sum(turns)"),
    # What it says, and when.
    (SCORE, "bias - threshold + sum(", "bias + threshold + sum("),
    (SCORE, "total + looks * threshold", "total"),
    (SCORE, "shape.sharp_turns >= LEAST_SHARP_TURNS or", "True or"),
    (WANDERING, "max(values) < policy.wandering_score", "max(values) > policy.wandering_score"),
    (WANDERING, "and repeats(found) else None", "else None"),
    (WANDERING, "state.speaking < policy.wandering_confirming_fixes", "state.speaking <= policy.wandering_confirming_fixes"),
    (WANDERING, "at - state.told_at >= pause", "at - state.told_at > pause"),
    (WANDERING, "usual and not person.is_night(at)", "usual"),
    (WANDERING, "if usual or _in_the_yard(seen):", "if _in_the_yard(seen):"),
    (WANDERING, "if usual or _in_the_yard(seen):", "if usual:"),
    (WANDERING, "seen.area.distance_m <= 0 and not seen.person", "seen.area.distance_m > 0 and not seen.person"),
    (WANDERING, "<= 0 and not seen.person.is_night(seen.reading.at)", "<= 0"),
    (WANDERING, "state = replace(state, told_at=seen.reading.at)", "pass"),
    # What belongs to a walk.
    (WANDERING, 'or seen.before.vehicle.motion == "riding"', ""),
    (WANDERING, "if fix.accuracy_m > policy.wandering_accuracy_m:", "if fix.accuracy_m >= policy.wandering_accuracy_m:"),
    (WANDERING, "state.spots[-1][0] > policy.wandering_pause", "state.spots[-1][0] >= policy.wandering_pause"),
    (WANDERING, "state.device_id == seen.reading.device_id and", ""),
    (WANDERING, "elapsed_s >= LEAST_GAP_S and near", "near"),
    (WANDERING, "elapsed_s >= LEAST_GAP_S and near", "elapsed_s >= LEAST_GAP_S"),
    (WANDERING, "if each[0] >= earliest)", ")"),
    (WANDERING, "if long_enough and _stands((*kept, spot)):", "if False:"),
    (WANDERING, "if len(state.spots) <= 1 and seen.reading.steps == 0:", "if False:"),
    (WANDERING, "or reading.charging is True", ""),
    (WANDERING, "or reading.worn is False", ""),
    (WANDERING, "return _stopped(state) if _indoors(seen) else state", "return state"),
    (WANDERING, "[-MOST_SPOTS:]", ""),
    # Habits.
    (STROLLS, "min(apart, _HOURS - apart) > 1", "apart > 1"),
    (STROLLS, "min(apart, _HOURS - apart) > 1", "min(apart, _HOURS - apart) > 2"),
    (STROLLS, "each.days - (each.last_day == today)", "each.days"),
    (STROLLS, "if today - each.last_day <= FORGOTTEN_AFTER)\n    return", ")\n    return"),
    (STROLLS, "<= person.policy.wandering_usual_m", "<= 2 * person.policy.wandering_usual_m"),
    (STROLLS, "elif same.last_day == today:", "elif False:"),
    (STROLLS, "[-MOST_STROLLS:]", ""),
    # The faster rate.
    (STEERING, "-NEAR_EDGE_M <= area.distance_m <= 0", "area.distance_m <= 0"),
    (STEERING, "charge <= seen.person.policy.battery_low_pct", "charge < seen.person.policy.battery_low_pct"),
    (STEERING, "return not zone.announced and area.distance_m > 0", "return True"),
    (STEERING, "seen.reading.at_home is True", "False"),
    (STEERING, "until - at >= policy.tracking_for / 6", "until > at"),
    (STEERING, "if not _matters(seen) or not _walks(seen):", "if not _matters(seen):"),
    # Unusual routes.
    (ROUTE, "unusual_m = max(0.0, unusual_m - TAKEN_OFF * each_m)", "pass"),
    (ROUTE, "elif footing is Footing.ON_FOOT:", "else:"),
    (ROUTE, "policy.off_route_night_m if night else", ""),
    (ROUTE, "if away_m < policy.off_route_away_m:", "if False:"),
    (ROUTE, "if away_m > UNSEEN_M + UNSEEN_SHARE * state.unusual_m and len(state.ground):", "if False:"),
    (ROUTE, "if state.footing is not Footing.TOLD:\n", "if True:\n"),
    (ROUTE, "or not _learnt(state, seen):", ":"),
    (ROUTE, "long_enough and state.walked_days >=", "state.walked_days >="),
    (ROUTE, "return long_enough and state.walked_days >= policy.off_route_walked_days", "return long_enough"),
    (ROUTE, 'if seen.before.vehicle.motion == "riding":', "if False:"),
    (ROUTE, "if took > policy.off_route_pause:", "if False:"),
    (ROUTE, "if state.fast + 1 >= RIDDEN_AFTER:", "if False:"),
    (ROUTE, "or fix.accuracy_m > ACCURACY_M", ""),
    (ROUTE, "        known = [True] * len(cells)\n", "        pass\n"),
    (ROUTE, "[:MOST_TODAY]", ""),
    (ROUTE, "ground = usual_ground.learnt(ground, state.today, state.day)", "pass"),
    (GROUND, "weights[i] >= LEAST_WEIGHT", "weights[i] > 0"),
    (GROUND, "least_weight=FAINT_WEIGHT", "least_weight=LEAST_WEIGHT"),
    (GROUND, "np.minimum(MOST_WEIGHT, decayed[fresh_at] + 1.0)", "decayed[fresh_at] + 1.0"),
    (GROUND, "new_weights[old_at], new_days[old_at] = _written(ground), days", "new_weights[old_at] = _written(ground)"),
    (GROUND, "np.argsort(-weights, kind", "np.argsort(weights, kind"),
    (GROUND, "np.maximum(age, 0)", "age"),
    # Rides.
    (RIDE, "fast = speed_mps >= ", "fast = speed_mps > 2 * "),
    (RIDE, "way_m >= policy.vehicle_least_m and", ""),
    (RIDE, "and way_m >= LEAST_MEAN_MPS * took.total_seconds()", ""),
    (RIDE, "and took >= policy.vehicle_least:", ":"),
    (RIDE, "way_m < BACK_M and", "False and"),
    (RIDE, "here.at - state.slow_since >= policy.vehicle_over_after", "here.at - state.slow_since > policy.vehicle_over_after"),
    (RIDE, "(state.slow_since or before.at) if slow else None", "(state.slow_since or before.at)"),
    (RIDE, "policy.vehicle_speed_mps / 2", "policy.vehicle_speed_mps"),
    (RIDE, "way_m - start.accuracy_m - here.accuracy_m", "way_m"),
    (RIDE, "or state.announced:", ":"),
    (RIDE, "area.distance_m > here.accuracy_m", "area.distance_m > -1e9"),
    (RIDE, "outside or (state.began_outside and area is not None)", "outside"),
    (RIDE, "if not seen.person.zones:", "if False:"),
)  # fmt: skip
