"""A battery running flat: two thresholds, hysteresis, charging, each device for itself."""

from __future__ import annotations

import pytest

from geofence.detectors.low_battery import Level, next_level
from geofence.policy import DEFAULT
from tests.geofence.scenes import Story, at, fix, person, reading


@pytest.mark.parametrize(
    ("before", "battery_pct", "after"),
    [
        ("good", 20.1, "good"),
        ("good", 20.0, "low"),
        ("good", 10.1, "low"),
        ("good", 10.0, "critical"),
        ("good", 0.0, "critical"),
        ("low", 24.9, "low"),
        ("low", 25.0, "good"),
        ("low", 10.1, "low"),
        ("low", 10.0, "critical"),
        ("critical", 14.9, "critical"),
        ("critical", 15.0, "low"),
        ("critical", 24.9, "low"),
        ("critical", 25.0, "good"),
    ],
)
def test_levels(before: str, battery_pct: float, after: str) -> None:
    assert next_level(Level(before), battery_pct, DEFAULT) is Level(after)


def drained(story: Story, *charges: float | None, charging: bool | None = None, device_id: str = "zb-a") -> list[str]:
    known = len(story.outcomes)
    for charge in charges:
        story.hear(reading(60 * len(story.outcomes), battery_pct=charge, charging=charging, device_id=device_id))
    return [d.reason for o in story.outcomes[known:] for d in o.judgement.detections]


def test_each_warning_once_on_the_way_down() -> None:
    story = Story()
    assert drained(story, 22, 20, 18, 21, 19, 11, 10, 9, 12, 8, 0) == ["below_low", "below_critical"]


def test_from_good_to_critical_at_once_is_one_warning() -> None:
    assert drained(Story(), 80, 7) == ["below_critical"]


def test_armed_again_well_above_the_threshold() -> None:
    assert drained(Story(), 19, 24.9, 19, 25, 20) == ["below_low", "below_low"]
    assert drained(Story(), 9, 14.9, 10, 15, 10) == ["below_critical", "below_critical"]


def test_a_rise_is_no_warning() -> None:
    assert drained(Story(), 9, 16, 30) == ["below_critical"]


def test_charging_arms_again_and_warns_never() -> None:
    story = Story()
    assert drained(story, 19) == ["below_low"]
    assert drained(story, 5, charging=True) == []
    assert drained(story, 19, charging=False) == ["below_low"]


def test_a_message_without_a_charge_says_nothing() -> None:
    story = Story()
    drained(story, 19)
    before = story.state.battery
    assert drained(story, None, None, charging=True) == []
    assert story.state.battery is before


def test_each_device_for_itself() -> None:
    story = Story()
    assert drained(story, 19, device_id="zb-a") == ["below_low"]
    assert drained(story, 19, device_id="zb-b") == ["below_low"]
    assert drained(story, 90, device_id="zb-b") == []
    assert drained(story, 19, device_id="zb-a") == []
    assert story.state.battery.levels == (("zb-a", Level.LOW),)


def test_thresholds_are_a_persons_own() -> None:
    story = Story(person(battery_low_pct=30.0, battery_critical_pct=15.0, battery_hysteresis_pct=1.0))
    assert drained(story, 31, 30, 31, 30, 15, 16, 15) == ["below_low", "below_low", "below_critical", "below_critical"]


@pytest.mark.parametrize(("charge", "threshold"), [(18.0, 20.0), (10.0, 10.0)])
def test_evidence(charge: float, threshold: float) -> None:
    story = Story()
    story.fix(0, 40.0)
    told = story.hear(reading(60, battery_pct=charge)).judgement.detections[0]
    assert (told.kind, told.device_id, told.at) == ("low_battery", "zb-000001", at(60))
    assert told.evidence == {
        "battery_pct": charge, "threshold_pct": threshold, "local_time": "20:01", "night": False,
    }  # fmt: skip
    assert told.place is not None
    assert told.place.at == at(0)


def test_a_location_tells_of_the_battery_too() -> None:
    told = Story().hear(reading(0, fix(0), battery_pct=4.0)).judgement.detections
    assert [d.reason for d in told] == ["below_critical"]
