"""How often a device speaks, and how long its silence means nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geofence import contact
from geofence.contact import Contact
from geofence.policy import DEFAULT
from tests.geofence.scenes import at

MIN, HOUR = 60.0, 3_600.0


@pytest.mark.parametrize(
    ("usual_s", "minutes"), [((), 60), ((60,), 15), ((300,), 15), ((301,), 15.05), ((1_200,), 60), ((9_000,), 180)]
)
def test_patience(usual_s: tuple[int, ...], minutes: float) -> None:
    found = contact.patience(Contact(device_id="A", usual_s=usual_s), DEFAULT, outside=False)
    assert found == timedelta(minutes=minutes)


def test_the_longest_window_of_a_week_counts() -> None:
    assert contact.usual_interval_s(Contact(device_id="A", usual_s=(60, 3_600, 60))) == 3_600


@pytest.mark.parametrize(
    ("outside_s", "minutes"),
    [((), 5), ((600, 600), 5), ((30, 30, 30), 5), ((100, 100, 100), 5), ((101, 101, 101), 5.05), ((30, 600, 600), 30), ((3_600,) * 3, 30)],
)  # fmt: skip
def test_patience_outside(outside_s: tuple[int, ...], minutes: float) -> None:
    found = contact.patience(Contact(device_id="A", outside_s=outside_s), DEFAULT, outside=True)
    assert found == timedelta(minutes=minutes)


def test_an_interval_an_hour_until_there_are_twenty() -> None:
    device, taken = Contact(device_id="A"), 0
    for minute in range(0, 40 * 60, 5):
        after = contact.learnt(device, 1_800 if minute == 300 else 300, at(60 * minute), outside=False)
        taken += after is not device
        device = after
    assert taken == contact.WINDOW
    assert device.usual_s == (300,), "one odd interval of twenty is not usual"
    assert device.learns_at == at(19 * HOUR) + contact.RELEARNT_AFTER


def test_two_odd_intervals_of_twenty_are() -> None:
    device = Contact(device_id="A")
    for number in range(20):
        device = contact.learnt(device, 1_800 if number in (3, 9) else 300, at(3_600 * number), outside=False)
    assert device.usual_s == (1_800,)


def test_windows_of_a_week() -> None:
    device = Contact(device_id="A", usual_s=tuple(range(7)))
    for number in range(20):
        device = contact.learnt(device, 300, at(3_600 * number), outside=False)
    assert device.usual_s == (1, 2, 3, 4, 5, 6, 300)


def test_eight_intervals_outside() -> None:
    device = Contact(device_id="A")
    for seconds in range(1, 12):
        device = contact.learnt(device, seconds, at(seconds), outside=True)
    assert device.outside_s == tuple(range(4, 12))
    assert contact.learnt(device, 0, at(99), outside=True) is device
