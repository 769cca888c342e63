from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.decision import Decision, decide
from alerts.incident import Incident
from alerts.ladder import Choice
from alerts.lifecycle import State
from alerts.plan import CHOICES, Plan
from alerts.severity import Accompanied, Fact, Severity, assess, gravest, own

AT = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
EXIT = Fact(kind="zone_exit", reason="two_fixes")
NIGHT_EXIT = Fact(kind="zone_exit", reason="two_fixes", night=True)
SILENT_EXIT = Fact(kind="zone_exit", reason="silent_while_suspected")
ENTER = Fact(kind="zone_enter", reason="back_inside")
SOS = Fact(kind="sos", reason="pressed")
LOW = Fact(kind="low_battery", reason="below_low")
FLAT = Fact(kind="low_battery", reason="below_critical")
NEW_KIND = Fact(kind="meteor", reason="seen")


def incident(*facts: Fact, state: State = State.OPEN, ladder: str | None = "default") -> Incident:
    found = assess(facts)
    return Incident(
        incident_id=1,
        person_id=1,
        state=state,
        severity=found.severity,
        severity_reasons=found.reasons,
        kind=gravest(facts).kind,
        kinds=tuple(dict.fromkeys(fact.kind for fact in facts)),
        opened_at=AT,
        ladder_id=ladder,
        round=1,
    )


BED = Fact(kind="bed_exit", reason="left_at_night", night=True)
NO_RETURN = Fact(kind="no_return", reason="overdue", night=True)
FALL = Fact(kind="fall", reason="sure_pattern")
WITH_HER = Fact(kind="zone_exit", reason="two_fixes", accompanied=Accompanied.COMPANY)
NEAR_WATER_WITH_HER = Fact(kind="danger_approach", reason="approaching", accompanied=Accompanied.COMPANY)
OPEN_BATTERY = incident(LOW, ladder="gentle")
OPEN_EXIT = incident(EXIT)


@pytest.mark.parametrize(
    ("fact", "before", "expected"),
    [
        pytest.param(EXIT, None, "opened", id="the first detection opens"),
        pytest.param(LOW, None, "opened", id="a low battery alone opens too"),
        pytest.param(NEW_KIND, None, "opened", id="what we do not know is told, not swallowed"),
        pytest.param(ENTER, None, "no_incident_needed", id="good news alone needs none"),
        pytest.param(ENTER, OPEN_BATTERY, "no_incident_needed", id="coming home says nothing about a battery"),
        pytest.param(ENTER, OPEN_EXIT, "auto_resolved", id="coming back closes an exit"),
        pytest.param(ENTER, incident(LOW, EXIT), "auto_resolved", id="and a low battery with it"),
        pytest.param(ENTER, incident(EXIT, state=State.RESPONDING), "auto_resolved", id="also when somebody is going"),
        pytest.param(ENTER, incident(EXIT, SOS), "joined", id="but never an SOS"),
        pytest.param(ENTER, incident(SOS), "no_incident_needed", id="nor has it to do with an SOS at home"),
        pytest.param(ENTER, incident(EXIT, NEW_KIND), "joined", id="nor what we do not know"),
        pytest.param(EXIT, OPEN_EXIT, "joined", id="a second exit is no second alarm"),
        pytest.param(LOW, OPEN_EXIT, "joined", id="a low battery joins an exit"),
        pytest.param(LOW, OPEN_BATTERY, "joined", id="the same warning twice"),
        pytest.param(FLAT, OPEN_BATTERY, "escalated", id="nearly flat is said once more"),
        pytest.param(EXIT, OPEN_BATTERY, "escalated", id="an exit after a low battery climbs its own ladder"),
        pytest.param(SOS, incident(NIGHT_EXIT), "escalated", id="an SOS rings more people than a critical exit"),
        pytest.param(NIGHT_EXIT, incident(SOS, ladder="together"), "joined", id="an exit adds nothing to an SOS"),
        pytest.param(NIGHT_EXIT, OPEN_EXIT, "escalated", id="graver than before"),
        pytest.param(EXIT, incident(EXIT, state=State.ACKNOWLEDGED), "reopened", id="out again after the answer"),
        pytest.param(SOS, incident(SOS, state=State.RESPONDING), "reopened", id="pressed again while somebody goes"),
        pytest.param(LOW, incident(EXIT, state=State.ACKNOWLEDGED), "joined", id="a battery wakes nobody again"),
        pytest.param(
            FLAT, incident(LOW, state=State.ACKNOWLEDGED, ladder="gentle"), "reopened", id="nearly flat after an answer"
        ),
        pytest.param(BED, None, "recorded", id="leaving the bed opens silently"),
        pytest.param(EXIT, incident(BED, ladder=None), "escalated", id="what follows calls somebody"),
        pytest.param(BED, OPEN_EXIT, "muted", id="a bed says nothing new about somebody outside"),
        pytest.param(BED, OPEN_BATTERY, "joined", id="nor does it wake anybody who knows of a battery"),
        pytest.param(NO_RETURN, incident(FALL, state=State.ACKNOWLEDGED), "muted", id="muted after an answer too"),
        pytest.param(WITH_HER, None, "recorded", id="out with the daughter is kept"),
        pytest.param(WITH_HER, incident(BED, ladder=None), "joined", id="and calls nobody later either"),
        pytest.param(NEAR_WATER_WITH_HER, None, "opened", id="but towards water it is told, gently"),
        pytest.param(FALL, incident(WITH_HER, ladder=None), "escalated", id="a fall is a fall with anybody beside"),
        pytest.param(ENTER, incident(EXIT, FALL), "joined", id="coming back never closes a fall"),
        pytest.param(ENTER, incident(BED, ladder=None), "no_incident_needed", id="nor has it to do with a bed"),
    ],
)
def test_what_a_detection_does(fact, before, expected):
    assert decide(fact, before) == expected


@pytest.mark.parametrize(
    ("facts", "severity", "reasons"),
    [
        ([EXIT], "urgent", ("zone_exit",)),
        ([NIGHT_EXIT], "critical", ("zone_exit", "night")),
        ([SILENT_EXIT], "critical", ("zone_exit", "silence")),
        ([EXIT, LOW], "critical", ("zone_exit", "low_battery")),
        ([LOW], "info", ("low_battery",)),
        ([FLAT], "warning", ("low_battery",)),
        ([LOW, FLAT], "warning", ("low_battery",)),
        ([SOS, LOW], "critical", ("sos",)),
        ([LOW, SOS, NIGHT_EXIT], "critical", ("sos",)),
        ([NEW_KIND], "warning", ("meteor",)),
        ([ENTER], "info", ("zone_enter",)),
        ([Fact(kind="low_battery", reason="below_low", night=True)], "info", ("low_battery",)),
        ([NIGHT_EXIT, LOW], "critical", ("zone_exit", "night", "low_battery")),
    ],
)
def test_severity_is_the_worst_with_its_reasons(facts, severity, reasons):
    found = assess(facts)
    assert (found.severity, found.reasons) == (severity, reasons)


def test_one_more_detection_never_makes_it_milder():
    everything = [EXIT, NIGHT_EXIT, SILENT_EXIT, SOS, LOW, FLAT, ENTER, NEW_KIND]
    for first in everything:
        for second in everything:
            both = assess([first, second]).severity.rank
            assert both >= max(own(first).severity.rank, own(second).severity.rank)


def test_critical_is_the_end_of_the_scale():
    assert Severity.CRITICAL.raised() is Severity.CRITICAL


@pytest.mark.parametrize(
    ("decision", "tells"),
    [(decision, decision in {"opened", "escalated", "reopened"}) for decision in Decision],
)
def test_only_what_is_new_begins_a_round(decision, tells):
    assert decision.tells is tells


@pytest.mark.parametrize(("returns", "expected"), [(0, "auto_resolved"), (1, "auto_resolved"), (2, "settling")])
def test_who_comes_and_goes_must_have_been_back_for_a_while(returns, expected):
    assert decide(ENTER, OPEN_EXIT, returns_lately=returns) == expected


def test_the_division_and_the_stored_plan_decide_which_ladder_is_stronger():
    choices = (*CHOICES, Choice(ladder_id="gentle", kind="sos", division="3703"))
    plan = Plan(choices=choices)
    assert decide(SOS, incident(NIGHT_EXIT), plan=plan, division="370302") == "joined"
    assert decide(SOS, incident(NIGHT_EXIT), plan=plan, division="37") == "escalated"
