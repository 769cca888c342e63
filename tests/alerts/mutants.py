"""`python -m tests.alerts.mutants [word]`: break the rules of telling on purpose, as `tests.geofence.mutants` the engine.

The transactions around them are not here: their faults show in tests/integration/test_alerts_*.py, which need servers.
"""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

KINDS, SEVERITY, DECISION, PLAN = "kinds.py", "severity.py", "decision.py", "plan.py"
RESTRAINT, WEEKLY, OUTAGE, LADDER = "restraint.py", "weekly.py", "outage.py", "ladder.py"
ESCALATION, WORDS, PLACEHOLDERS = "escalation.py", "messages/words.py", "messages/placeholders.py"
COMPOSE, CATALOGUE = "messages/compose.py", "messages/catalogue.py"
MUTANTS = (
    # How bad, and why.
    Mutant(SEVERITY, "distance_m > NEAR_M[kind]", "distance_m >= NEAR_M[kind]"),
    Mutant(SEVERITY, "temperature_c <= COLD_C", "temperature_c < COLD_C"),
    Mutant(SEVERITY, "battery_pct <= FLAT_PCT", "battery_pct < FLAT_PCT"),
    Mutant(SEVERITY, "raised is not Danger.AT_A_DANGER", "True"),
    Mutant(SEVERITY, "if raised is Danger.NOTHING:\n        return", "if False:\n        return"),
    Mutant(SEVERITY, 'silence and fact.kind != "silence"', "silence"),
    Mutant(SEVERITY, "row.accompanied is not None:\n        return", "False:\n        return"),
    Mutant(SEVERITY, "isinstance(value, bool) or ", ""),
    Mutant(KINDS, '"fall": Kind(severity=Severity.CRITICAL, on_return=Return.KEEPS)', '"fall": Kind(severity=Severity.CRITICAL)'),
    Mutant(KINDS, '"low_battery": Kind(severity=Severity.INFO, told=Told.IN_THE_DAY,', '"low_battery": Kind(severity=Severity.INFO,'),
    Mutant(KINDS, '"danger_enter": Kind(severity=Severity.CRITICAL, on_return=Return.ENDS)', '"danger_enter": Kind(severity=Severity.CRITICAL, accompanied=Severity.INFO, on_return=Return.ENDS)'),
    Mutant(KINDS, "return BY_REASON.get((kind, reason), of(kind))", "return of(kind)"),
    # What a detection does.
    Mutant(DECISION, "if inhibition.muted_by(fact.kind, incident.kinds):", "if False:"),
    Mutant(DECISION, "returns_lately >= FLAPS", "returns_lately > FLAPS"),
    Mutant(DECISION, "if Return.KEEPS in said:\n        return Decision.JOINED", "if False:\n        return Decision.JOINED"),
    Mutant(DECISION, "return Decision.OPENED if loud(fact) else Decision.RECORDED", "return Decision.OPENED"),
    Mutant(DECISION, "if graver or _urgent(fact) else", "if graver else"),
    Mutant(DECISION, "if not loud(fact):\n        return Decision.JOINED", "if False:\n        return Decision.JOINED"),
    Mutant(DECISION, "return not (lowered and severity.own(fact).severity is Severity.INFO)", "return True"),
    # Which ladder.
    Mutant(PLAN, "choice.hours in {Hours.ANY, hours}", "True"),
    Mutant(PLAN, "severity.rank >= choice.severity.rank", "severity.rank > choice.severity.rank"),
    Mutant(PLAN, "division.startswith(choice.division)", "True"),
    Mutant(PLAN, "fitting or CHOICES[1:2]", "fitting or CHOICES[:1]"),
    Mutant(PLAN, "(choice.kind is not None, len(choice.division),", "(len(choice.division), choice.kind is not None,"),
    Mutant(PLAN, "than is None or ", "than is not None and "),
    Mutant(LADDER, "if told.issuperset(step.audiences):", "if False:"),
    Mutant(LADDER, "told.add(Audience.FIRST_FAMILY)", "pass"),
    Mutant(LADDER, "if len(steps) > MOST_STEPS:", "if False:"),
    Mutant(LADDER, "if delays[-1] > LONGEST_DELAY:", "if False:"),
    Mutant(LADDER, "if not any(reachable.get(audience, 0) for audience in named):", "if False:"),
    Mutant(ESCALATION, "if ahead <= CLOCK_SLACK:", "if ahead < CLOCK_SLACK:"),
    Mutant(ESCALATION, "due_at=step.due_at - ahead", "due_at=now"),
    Mutant(ESCALATION, "before = [-wait,", "before = [wait,"),
    # Who hears it when.
    Mutant(RESTRAINT, "if severity is Severity.CRITICAL:\n        return _NOW", "if False:\n        return _NOW"),
    Mutant(RESTRAINT, "may_wait = severity is not Severity.URGENT", "may_wait = True"),
    Mutant(RESTRAINT, "may_wait and kind in receiver.unwanted_kinds", "False"),
    Mutant(RESTRAINT, "receiver.relation is Relation.FAMILY and ", ""),
    Mutant(RESTRAINT, "spent.get(scope, 0) >= budget.most", "spent.get(scope, 0) > budget.most"),
    Mutant(RESTRAINT, "return MORNING <= local < EVENING", "return MORNING < local < EVENING"),
    Mutant(RESTRAINT, "MORNING <= local < EVENING", "MORNING <= local <= EVENING"),
    Mutant(RESTRAINT, "until=now + budget.every", "until=now"),
    Mutant(WEEKLY, "return not duty or any(", "return any("),
    Mutant(WEEKLY, "return None if until == local else min(until, limit)", "return None if until == local else until"),
    Mutant(WEEKLY, "while until < limit and", "while until < limit and until == local and"),
    # One outage.
    Mutant(OUTAGE, "silent >= LEAST_DEVICES", "silent > LEAST_DEVICES"),
    Mutant(OUTAGE, "silent >= SHARE *", "silent > 2 * SHARE *"),
    Mutant(OUTAGE, "and _widespread(area, left, in_use)", ""),
    Mutant(OUTAGE, "if explained(one, found) is None", ""),
    Mutant(OUTAGE, "len(affected) >= LEAST_COUNTIES", "len(affected) > LEAST_COUNTIES"),
    Mutant(OUTAGE, "digits != _COUNTY or", "False or"),
    Mutant(OUTAGE, "if level > _TOWN:", "if False:"),
    Mutant(OUTAGE, "found.silent >= GATEWAY_ALONE * len(within)", "True"),
    Mutant(OUTAGE, "found.silent >= GATEWAY_ALONE * len(within)", "False"),
    Mutant(OUTAGE, "max(silent, in_use.get(gateway, 0))", "in_use.get(gateway, 0)"),
    Mutant(OUTAGE, "max(silent, in_use.get(gateway, 0))", "silent"),
    Mutant(OUTAGE, "if self.gateway is None else one.gateway == self.gateway", ""),
    Mutant(OUTAGE, "for level in reversed(LEVELS) if", "for level in LEVELS if"),
    Mutant(OUTAGE, "len(affected) > WIDESPREAD", "len(affected) >= WIDESPREAD"),
    Mutant(OUTAGE, "heard_again >= OVER_SHARE", "heard_again > OVER_SHARE"),
    # Words.
    Mutant(WORDS, "abs(seconds) >= least", "abs(seconds) > least"),
    Mutant(WORDS, 'return phrases.get(f"word.{key}.{value}", value) or None', 'return phrases.get(f"word.{key}.{value}", value)'),
    Mutant(WORDS, '_METRES_IN_KILOMETRE if unit == "km" else 1', "1"),
    Mutant(PLACEHOLDERS, 'if all(words.get(name) for name in _names(part[1])) else ""', 'if part[1] else ""'),
    Mutant(PLACEHOLDERS, "or form or conversion:", "or form:"),
    Mutant(PLACEHOLDERS, 'if set(_OPTIONAL.sub("", text)) & set("[]"):', "if False:"),
    Mutant(COMPOSE, "sums if desk else named", "named"),
    Mutant(COMPOSE, 'if not words:\n        return ""', 'if False:\n        return ""'),
    Mutant(CATALOGUE, 'reversed(layers if name == "phrases.txt" else layers[:1])', "reversed(layers[:1])"),
    Mutant(CATALOGUE, 'for subject in (f"{kind}.{reason}", f"{kind}.any"):', 'for subject in (f"{kind}.{reason}",):'),
    Mutant("inhibition.py", "if kind in MUTES.get(source, frozenset())", "if False"),
)  # fmt: skip
TESTS = tuple(
    f"tests/alerts/test_{name}.py"
    for name in ("kinds", "decision", "ladders", "restraint", "outage", "words", "messages")
)

if __name__ == "__main__":
    sys.exit(run("alerts", MUTANTS, TESTS))
