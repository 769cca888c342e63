"""Every kind and reason the engine concludes has a row that makes sense, and words."""

from __future__ import annotations

import pytest

from alerts import kinds, severity
from alerts.decision import loud
from alerts.inhibition import MUTES, muted_by
from alerts.kinds import BACK, BY_REASON, KINDS, Return, Told
from alerts.messages.catalogue import catalogue
from alerts.severity import Accompanied, Fact, Severity, fact_of, own
from geofence.detection import DetectionKind

NIGHT = {"night": True}
#: What somebody must have looked at: never over by itself, whoever is back.
NEVER_BY_ITSELF = {"sos", "fall", "bedside_fall"}


def test_every_kind_of_the_engine_has_a_row():
    assert {kind.value for kind in DetectionKind} <= set(KINDS)


@pytest.mark.parametrize("kind", sorted(NEVER_BY_ITSELF))
def test_a_fall_or_an_sos_is_never_over_by_itself(kind):
    rows = [row for (of, _), row in BY_REASON.items() if of == kind] + [KINDS[kind]]
    assert {row.on_return for row in rows} == {Return.KEEPS}
    assert {row.lapses_after for row in rows} == {None}
    assert all(row.severity.rank >= Severity.URGENT.rank for row in rows)


@pytest.mark.parametrize("kind", [*sorted(NEVER_BY_ITSELF), "danger_enter"])
def test_company_never_lowers_what_is_grave(kind):
    rows = [row for (of, _), row in BY_REASON.items() if of == kind] + [KINDS[kind]]
    assert {row.accompanied for row in rows} == {None}
    fact = Fact(kind=kind, reason="any", accompanied=Accompanied.COMPANY)
    assert loud(fact)
    assert own(fact).severity is KINDS[kind].severity


def test_what_is_of_the_device_wakes_no_family():
    """The rule in one place: of a battery, a silent bracelet at home and a bed's sensor families hear in the day."""
    of_the_day = {kind for kind, row in KINDS.items() if row.told is Told.IN_THE_DAY}
    assert of_the_day == {"low_battery", "bed_sensor_fault", "silence"}
    assert all(KINDS[kind].severity.rank < Severity.URGENT.rank for kind in of_the_day)
    assert kinds.row("silence", "no_contact_outside").told is Told.AT_ONCE
    assert own(fact_of("silence", "no_contact_outside", NIGHT)).severity is Severity.CRITICAL
    assert own(fact_of("silence", "no_contact", NIGHT)).severity is Severity.WARNING


def test_what_nobody_is_called_for_is_over_by_itself_one_day():
    quiet = [row for kind, row in KINDS.items() if row.told is Told.NEVER and kind != BACK]
    assert quiet
    assert all(row.lapses_after is not None for row in quiet)


@pytest.mark.parametrize(
    ("kind", "reason", "evidence", "severity_word", "reasons"),
    [
        ("bed_exit", "left_at_night", NIGHT, "info", ("bed_exit",)),
        ("no_return", "reminder", NIGHT, "warning", ("no_return",)),
        ("no_return", "overdue", NIGHT, "urgent", ("no_return",)),
        ("zone_exit", "two_fixes", {}, "urgent", ("zone_exit",)),
        ("zone_exit", "two_fixes", {"danger_kind": "water", "danger_m": 500}, "critical", ("zone_exit", "water")),
        ("zone_exit", "two_fixes", {"danger_kind": "water", "danger_m": 501}, "urgent", ("zone_exit",)),
        ("zone_exit", "two_fixes", {"danger_kind": "rail", "danger_m": 300}, "critical", ("zone_exit", "rail")),
        ("zone_exit", "two_fixes", {"danger_kind": "highway", "danger_m": 301}, "urgent", ("zone_exit",)),
        ("zone_exit", "two_fixes", {"danger_kind": "volcano", "danger_m": 1}, "urgent", ("zone_exit",)),
        ("zone_exit", "two_fixes", {"danger_kind": ["water"], "danger_m": 1}, "urgent", ("zone_exit",)),
        ("zone_exit", "two_fixes", {"temperature_c": 5}, "critical", ("zone_exit", "cold")),
        ("zone_exit", "two_fixes", {"temperature_c": 5.1}, "urgent", ("zone_exit",)),
        ("zone_exit", "two_fixes", {"battery_pct": 10}, "critical", ("zone_exit", "low_battery")),
        ("zone_exit", "two_fixes", {"battery_pct": 11}, "urgent", ("zone_exit",)),
        ("zone_exit", "two_fixes", {"battery_pct": True}, "urgent", ("zone_exit",)),
        ("low_battery", "below_critical", {"battery_pct": 4, **NIGHT}, "warning", ("low_battery",)),
        ("wandering", "lapping", NIGHT, "urgent", ("wandering", "night")),
        ("danger_approach", "approaching", {"danger_kind": "water", "danger_m": 20}, "urgent", ("danger_approach",)),
        ("danger_approach", "approaching", NIGHT, "critical", ("danger_approach", "night")),
        ("apnea", "single_pause", NIGHT, "info", ("apnea",)),
        ("apnea", "long_pause", NIGHT, "urgent", ("apnea",)),
        ("strap_removed", "outside_home", {}, "urgent", ("strap_removed",)),
        ("meteor", "seen", NIGHT, "warning", ("meteor",)),
    ],
)
def test_how_bad_it_is_and_why(kind, reason, evidence, severity_word, reasons):
    found = own(fact_of(kind, reason, evidence))
    assert (found.severity, found.reasons) == (severity_word, reasons)


def test_a_silent_bracelet_makes_being_out_worse():
    facts = [Fact(kind="zone_exit", reason="two_fixes"), Fact(kind="silence", reason="no_contact")]
    found = severity.assess(facts)
    assert (found.severity, found.reasons) == ("critical", ("zone_exit", "silence"))
    assert severity.assess(facts[1:]).severity == "warning"
    outside = Fact(kind="silence", reason="no_contact_outside")
    assert severity.assess([outside]).reasons == ("silence",), "a silence does not make itself worse"


@pytest.mark.parametrize(
    ("kind", "accompanied", "expected"),
    [
        ("zone_exit", "company", ("info", ("zone_exit", "company"))),
        ("zone_exit", "outing", ("info", ("zone_exit", "outing"))),
        ("danger_approach", "company", ("warning", ("danger_approach", "company"))),
        ("danger_enter", "company", ("critical", ("danger_enter",))),
        ("sos", "company", ("critical", ("sos",))),
    ],
)
def test_company_lowers_with_its_reason(kind, accompanied, expected):
    found = own(fact_of(kind, "any", NIGHT if kind == "zone_exit" else {}, accompanied=Accompanied(accompanied)))
    assert (found.severity, found.reasons) == expected


def test_the_inhibition_table_names_known_kinds_and_never_mutes_what_is_grave():
    assert set(MUTES) <= set(KINDS)
    muted = set().union(*MUTES.values())
    assert muted <= set(KINDS)
    assert not muted & {"sos", "fall", "bedside_fall", "danger_enter", "zone_exit", "apnea"}
    assert muted_by("low_battery", ["zone_exit", "fall"]) == "fall"
    assert muted_by("bed_exit", ["zone_exit"]) == "zone_exit"
    assert muted_by("zone_exit", ["bed_exit", "sos"]) is None


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_kind_has_a_short_name_and_every_raise_a_word(language):
    phrases = catalogue()[language].phrases
    assert [kind for kind in KINDS if f"kind.{kind}" not in phrases] == []
    words = [*severity.Raise, *Accompanied]
    assert [word for word in words if f"because.{word}" not in phrases] == []
    assert [word for word in Severity if f"severity.{word}" not in phrases] == []
