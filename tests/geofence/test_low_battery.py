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


HOUR = 3_600.0


def evening(*charges: float, first_h: float = -4.0, apart_h: float = 1.0, **said: object) -> list[str]:
    """One charge an hour, from so many hours after 20:00."""
    story = Story()
    for number, charge in enumerate(charges):
        story.hear(reading((first_h + apart_h * number) * HOUR, battery_pct=charge, **said))
    return [f"{d.reason}" for o in story.outcomes for d in o.judgement.detections if d.kind == "low_battery"]


@pytest.mark.parametrize(
    ("charges", "told"),
    [
        # 3 points an hour until six in the morning: 36 - 30 = 6, and 33.1 - 30 = 3.1, and 33 - 30 = 3.
        ((48, 45, 42, 39, 36), []),
        ((45.1, 42.1, 39.1, 36.1, 33.1), []),
        ((45, 42, 39, 36, 33), ["empty_before_morning"]),
        ((44, 40, 36, 32, 28), ["empty_before_morning"]),
        ((28, 28, 28, 28, 28), []),
        # An eighth of a point an hour is a battery at rest, a quarter is not; one that stands still will not be empty.
        ((4.5, 4.375, 4.25, 4.125, 4.0), ["below_critical"]),
        ((5.0, 4.75, 4.5, 4.25, 4.0), ["below_critical", "empty_before_morning"]),
        ((3, 3, 3, 3, 3), ["below_critical"]),
        ((28, 29, 30, 31, 32), []),
    ],
)
def test_empty_before_morning(charges: tuple[float, ...], told: list[str]) -> None:
    assert evening(*charges) == told


def test_one_wrong_charge_does_not_bend_the_line() -> None:
    assert evening(48, 45, 2 + 42 + 30, 39, 36) == []
    assert evening(44, 40, 36 + 30, 32, 28) == ["empty_before_morning"]
    assert evening(29, 40, 36, 32, 28) == ["empty_before_morning"]


def test_not_before_the_evening_and_not_by_day() -> None:
    assert evening(44, 40, 36, 32, 28, first_h=-4.1) == []
    assert evening(44, 40, 36, 32, 28, first_h=-12) == []
    assert evening(45, 39, 33, 27, 21, first_h=2) == ["empty_before_morning"]


def test_too_little_is_known() -> None:
    assert evening(40, 36, 32, first_h=-2) == []
    assert evening(44, 28, first_h=-4, apart_h=4) == []
    assert evening(41, 37, 33, 29, first_h=-3) == ["empty_before_morning"]
    assert evening(41, 37, 33, 29, first_h=-2, apart_h=0.9) == []


def test_told_once_an_evening_and_again_the_next() -> None:
    falling = [58 - 3.5 * hour for hour in range(12)]
    assert evening(*falling, first_h=-6).count("empty_before_morning") == 1
    story = Story()
    for day in (0, 1):
        for hour, charge in enumerate(falling):
            story.hear(reading((24 * day - 6 + hour) * HOUR, battery_pct=charge))
        story.hear(reading((24 * day + 12) * HOUR, battery_pct=100.0, charging=True))
    reasons = [d.reason for o in story.outcomes for d in o.judgement.detections]
    assert reasons.count("empty_before_morning") == 2


def test_the_charger_begins_the_line_anew() -> None:
    story = Story()
    for number, charge in enumerate((44, 40, 36, 32)):
        story.hear(reading((-4 + number) * HOUR, battery_pct=charge))
    story.hear(reading(-0.5 * HOUR, battery_pct=31, charging=True))
    story.hear(reading(0.5 * HOUR, battery_pct=28, charging=False))
    assert not [d for o in story.outcomes for d in o.judgement.detections if d.reason == "empty_before_morning"]
    assert evening(44, 40, 36, 32, 28, charging=True) == []


def test_what_the_forecast_says() -> None:
    story = Story()
    for number, charge in enumerate((44, 40, 36, 32, 28)):
        outcome = story.hear(reading((-4 + number) * HOUR, battery_pct=charge))
    (told,) = [d for d in outcome.judgement.detections if d.kind == "low_battery"]
    assert told.evidence == {
        "battery_pct": 28, "drain_pct_per_h": 4.0, "empty_at": at(7 * HOUR).isoformat(),
        "morning_at": at(10 * HOUR).isoformat(), "charges_count": 5, "local_time": "20:00", "night": False,
    }  # fmt: skip


def test_each_device_has_a_line_of_its_own() -> None:
    story = Story()
    for number, charge in enumerate((44, 40, 36, 32, 28)):
        story.hear(reading((-4 + number) * HOUR, battery_pct=charge, device_id="a"))
        story.hear(reading((-4 + number) * HOUR, battery_pct=90, device_id="b"))
    told = [d.device_id for o in story.outcomes for d in o.judgement.detections if d.kind == "low_battery"]
    assert told == ["a"]


def test_twelve_charges_are_remembered() -> None:
    story = Story()
    for hour in range(30):
        story.hear(reading(hour * HOUR, battery_pct=90.0 - hour))
    (charges,) = story.state.battery.charges
    assert len(charges.points) == 12


def test_within_an_hour_nothing_changes() -> None:
    story = Story()
    drained(story, 60)
    before = story.state.battery
    assert drained(story, 60, 59, 58) == []
    assert story.state.battery is before
