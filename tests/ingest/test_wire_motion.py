"""The movement around an impact on the wire: what is wrong with it never costs the event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geofence.motion import NAMES, checked, numbers, summarise
from geofence.reading import SafetyEventType
from ingest.wire.bodies import DECODERS
from ingest.wire.message import Report
from tests.ingest.test_judging import NOW, Desk, message

#: A second of standing, a blow, three seconds of lying on the side.
X = [0.0] * 50 + [1.5] * 3 + [1.0] * 150
Y = [0.0] * 50 + [2.5] * 3 + [0.0] * 150
Z = [1.0] * 50 + [4.0] * 3 + [0.0] * 150
WINDOW: dict[str, Any] = {"rate_hz": 50, "x": X, "y": Y, "z": Z}
SUMMARY = dict(zip(NAMES, (5.0, 0.1, 0.2, 0.3, 1.0, 90.0, 0.5, 0.1, 0.2, 0.03, 0.05, 0.02, 85.0, 0.6), strict=True))


def heard(**told: Any) -> Report:
    found = DECODERS["event"](json.dumps({"id": "e1", "type": "impact", **told}).encode())
    assert isinstance(found, Report)
    assert found.event is not None
    assert found.event.type is SafetyEventType.IMPACT
    return found


def test_a_window_becomes_its_numbers() -> None:
    event = heard(window=WINDOW).event
    assert event is not None
    assert event.motion == summarise(X, Y, Z, 50)
    assert event.motion is not None
    assert event.motion.posture_change_deg == pytest.approx(90.0)


def test_a_summary_is_taken_as_it_is_and_the_raw_window_goes_before_it() -> None:
    event = heard(summary=SUMMARY).event
    assert event is not None
    assert event.motion == checked(list(SUMMARY.values()))
    both = heard(summary=SUMMARY, window=WINDOW).event
    assert both is not None
    assert both.motion == summarise(X, Y, Z, 50)
    broken = heard(summary=SUMMARY, window=WINDOW | {"x": X[1:]}).event
    assert broken is not None
    assert broken.motion == checked(list(SUMMARY.values())), "the summary serves where the window cannot"


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": WINDOW | {"rate_hz": 19.9}},
        {"window": WINDOW | {"rate_hz": 401}},
        {"window": WINDOW | {"rate_hz": "50"}},
        {"window": WINDOW | {"rate_hz": float("nan")}},
        {"window": WINDOW | {"x": X[1:]}},
        {"window": WINDOW | {"x": [*X[1:], 40.1]}},
        {"window": WINDOW | {"x": [*X[1:], float("nan")]}},
        {"window": WINDOW | {"x": [*X[1:], float("inf")]}},
        {"window": WINDOW | {"x": [*X[1:], None]}},
        {"window": WINDOW | {"x": [*X[1:], True]}},
        {"window": WINDOW | {"x": "[]"}},
        {"window": {"rate_hz": 50, "x": X, "y": Y}},
        {"window": {"rate_hz": 50, "x": [], "y": [], "z": []}},
        {"window": {"rate_hz": 50, "x": X[:149], "y": Y[:149], "z": Z[:149]}},
        {"window": {"rate_hz": 20, "x": X * 2, "y": Y * 2, "z": Z * 2}},
        {"window": [1, 2, 3]},
        {"window": None},
        {"summary": SUMMARY | {"peak_g": -0.1}},
        {"summary": SUMMARY | {"peak_g": 80.1}},
        {"summary": SUMMARY | {"falling_share": 1.1}},
        {"summary": SUMMARY | {"posture_change_deg": 180.5}},
        {"summary": SUMMARY | {"settle_s": float("nan")}},
        {"summary": SUMMARY | {"settle_s": None}},
        {"summary": {name: value for name, value in SUMMARY.items() if name != "peak_g"}},
        {"summary": list(SUMMARY.values())},
        {"summary": "\ud800"},
        {"summary": {"\ud800": 1}},
        {"window": {"rate_hz": 50, "x": [10**400], "y": [1], "z": [1]}},
    ],
)
def test_a_wrong_one_costs_itself_alone(wrong: dict[str, Any]) -> None:
    found = heard(impact_g=4.5, battery_pct=40, **wrong)
    assert found.event is not None
    assert (found.event.motion, found.event.impact_g, found.battery_pct) == (None, 4.5, 40.0)


@pytest.mark.parametrize("samples", [150, 1_000])
def test_the_shortest_and_the_longest_window(samples: int) -> None:
    axis = [0.0] * samples
    event = heard(window={"rate_hz": 50, "x": axis, "y": axis, "z": [1.0] * samples}).event
    assert event is not None
    assert event.motion is not None


def test_the_row_holds_the_very_numbers() -> None:
    judged = Desk().judge(message("event", id="e1", type="impact", summary=SUMMARY))
    (row,) = judged.commit.rows["safety_events"]
    assert row[-1] == list(SUMMARY.values())
    assert judged.heard[0].reading.event is not None
    assert judged.heard[0].reading.event.motion == checked(row[-1])
    assert numbers(checked(row[-1])) == tuple(row[-1])
    bare = Desk().judge(message("event", id="e2", type="impact", at=NOW.timestamp()))
    assert bare.commit.rows["safety_events"][0][-1] is None
