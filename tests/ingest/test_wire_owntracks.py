"""OwnTracks messages, by hand: what each becomes, and who may say it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from geofence.reading import Fix, ReadingKind
from ingest import wire
from ingest.wire.message import Decoded, Ignored, Rejection, RejectionReason, Report, Status, Unkept

TST = 1_795_000_000
LOCATION = {
    "_type": "location", "tst": TST, "lat": 36.81, "lon": 118.05, "acc": 12, "alt": 33, "vel": 18, "cog": 270,
    "batt": 71, "bs": 2, "t": "u", "conn": "m", "tid": "li", "vac": 4, "created_at": TST + 9, "m": 1,
}  # fmt: skip


def decode(told: Any, topic: str = "owntracks/li/phone") -> Decoded:
    (found,) = wire.decode(topic, json.dumps(told).encode())
    return found


def test_every_field_of_a_location() -> None:
    assert decode(LOCATION) == Report(
        kind=ReadingKind.LOCATION,
        at=datetime.fromtimestamp(TST, UTC),
        fix=Fix(latitude=36.81, longitude=118.05, accuracy_m=12.0, altitude_m=33.0, speed_mps=5.0, heading_deg=270.0),
        battery_pct=71.0,
        charging=True,
    )


def test_the_least_location() -> None:
    found = decode({"_type": "location", "tst": TST, "lat": -36.5, "lon": -118.5})
    assert isinstance(found, Report)
    assert found.fix == Fix(latitude=-36.5, longitude=-118.5, accuracy_m=30.0)
    assert (found.battery_pct, found.charging) == (None, None)


@pytest.mark.parametrize(("acc", "accuracy_m"), [
    (0, 30), (-1, 30), ("12", 30), (None, 30), (True, 30), (0.5, 0.5), (1_500, 1_500), (250_000, 100_000), ([], 30),
])  # fmt: skip
def test_accuracy(acc: Any, accuracy_m: float) -> None:
    found = decode(LOCATION | {"acc": acc})
    assert isinstance(found, Report)
    assert found.fix is not None
    assert found.fix.accuracy_m == accuracy_m


@pytest.mark.parametrize(("bs", "charging"), [(0, None), (1, False), (2, True), (3, True), (4, None), ("2", None)])
def test_charging(bs: Any, charging: bool | None) -> None:
    found = decode(LOCATION | {"bs": bs})
    assert isinstance(found, Report)
    assert found.charging is charging


@pytest.mark.parametrize("name", ["vel", "cog", "alt", "batt", "acc", "bs"])
@pytest.mark.parametrize("value", [-1_000, 1e9, "7", None, {}, True])
def test_an_optional_field_that_is_wrong_costs_only_itself(name: str, value: Any) -> None:
    assert isinstance(decode(LOCATION | {name: value}), Report)


@pytest.mark.parametrize("name", ["tst", "lat", "lon"])
@pytest.mark.parametrize("value", [None, "36.8", 1e12, -1e12, True, []])
def test_a_needed_field_that_is_wrong_is_named(name: str, value: Any) -> None:
    found = decode(LOCATION | {name: value})
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.INVALID_FIELD
    assert f"$.{name}" in found.detail


def test_the_will_says_that_the_phone_left_not_when() -> None:
    assert decode({"_type": "lwt", "tst": TST}) == Status(online=False, at=None)


@pytest.mark.parametrize(("kind", "what"), [
    ("transition", Unkept.TRANSITION), ("waypoint", Unkept.WAYPOINT), ("waypoints", Unkept.WAYPOINT),
    ("card", Unkept.OTHER), ("steps", Unkept.OTHER), ("cmd", Unkept.OTHER), ("status", Unkept.OTHER),
])  # fmt: skip
def test_what_is_only_counted(kind: str, what: Unkept) -> None:
    told = {"_type": kind, "tst": TST, "lat": 1, "lon": 2, "event": "leave"}
    assert decode(told, f"owntracks/li/phone/{kind}") == Ignored(what=what)


@pytest.mark.parametrize(("told", "reason"), [
    ({"_type": "encrypted", "data": "xx"}, RejectionReason.UNSUPPORTED),
    ({"_type": "hologram"}, RejectionReason.UNSUPPORTED),
    ({"_type": 7}, RejectionReason.INVALID_FIELD),
    ({"_type": ["location"]}, RejectionReason.INVALID_FIELD),
    ({}, RejectionReason.INVALID_FIELD),
    ([LOCATION], RejectionReason.MALFORMED),
    (None, RejectionReason.MALFORMED),
])  # fmt: skip
def test_what_is_refused(told: Any, reason: RejectionReason) -> None:
    found = decode(told)
    assert isinstance(found, Rejection)
    assert found.reason is reason


@pytest.mark.parametrize(("topic", "device_id"), [
    ("owntracks/li/phone", "li-phone"),
    ("owntracks/li_na/22A67880-15C3", "li_na-22A67880-15C3"),
    ("owntracks/li/phone/event", "li-phone"),
    ("owntracks/li/phone/waypoints", "li-phone"),
    # Together with owntracks/li/na-phone it would be one id.
    ("owntracks/li-na/phone", None),
    ("owntracks/li/pho.ne", None),
    ("owntracks/李/phone", None),
    ("owntracks/li/", None),
    ("owntracks//phone", None),
    ("owntracks/li", None),
    (f"owntracks/li/{'x' * 62}", None),
    ("owntracks/li\n/phone", None),
])  # fmt: skip
def test_whose_topic_it_is(topic: str, device_id: str | None) -> None:
    assert wire.device_of(topic) == device_id
    found = decode(LOCATION, topic)
    if device_id is None:
        assert isinstance(found, Rejection)
        assert found.reason is RejectionReason.UNKNOWN_TOPIC
