"""Traccar's forwarded positions, by hand: fields with their units, alarms as events, last known places as none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from geofence.reading import Fix, FixSource, ReadingKind, SafetyEventType
from ingest import wire
from ingest.wire.message import Decoded, Ignored, Rejection, RejectionReason, Report, Unkept

FIXED = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
SAID = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
POSITION = {
    "id": 0, "deviceId": 7, "protocol": "watch", "serverTime": "2026-11-20T12:00:09.000+00:00",
    "deviceTime": "2026-11-20T12:00:05.000+00:00", "fixTime": "2026-11-20T20:00:00.250+08:00", "outdated": False,
    "valid": True, "latitude": 36.81, "longitude": 118.05, "altitude": 33.0, "speed": 10.0, "course": 270.0,
    "address": None, "accuracy": 0.0, "network": None, "geofenceIds": None,
}  # fmt: skip
ATTRIBUTES = {"batteryLevel": 71, "charge": False, "steps": 5_000, "heartRate": 70, "motion": True}


def decode(attributes: Any = None, **position: Any) -> tuple[Decoded, ...]:
    told = POSITION | {"attributes": ATTRIBUTES | (attributes or {})} | position
    device = {"id": 7, "name": "x", "uniqueId": "8800000015"}
    return wire.decode("traccar/8800000015/position", json.dumps({"position": told, "device": device}).encode())


def one(attributes: Any = None, **position: Any) -> Report:
    (found,) = decode(attributes, **position)
    assert isinstance(found, Report)
    return found


def refused(attributes: Any = None, **position: Any) -> Rejection:
    (found,) = decode(attributes, **position)
    assert isinstance(found, Rejection)
    return found


def test_every_field_of_a_position() -> None:
    fix = one().fix
    assert fix is not None
    assert fix.speed_mps == pytest.approx(5.1444, abs=0.0001)
    assert one() == Report(
        kind=ReadingKind.LOCATION,
        at=FIXED,
        fix=Fix(
            latitude=36.81, longitude=118.05, accuracy_m=30.0, altitude_m=33.0, speed_mps=fix.speed_mps,
            heading_deg=270.0,
        ),
        battery_pct=71.0,
        charging=False,
    )  # fmt: skip


@pytest.mark.parametrize("known", [{"valid": False}, {"outdated": True}, {"valid": None}])
def test_a_last_known_place_is_no_place(known: dict[str, Any]) -> None:
    assert one(**known) == Report(kind=ReadingKind.HEARTBEAT, at=SAID, battery_pct=71.0, charging=False)


@pytest.mark.parametrize(("network", "source", "accuracy_m"), [
    ({"wifiAccessPoints": [{}]}, FixSource.WIFI, 60), ({"cellTowers": [{}]}, FixSource.CELL, 1_000),
    (None, FixSource.CELL, 1_000), ({"wifiAccessPoints": []}, FixSource.CELL, 1_000),
])  # fmt: skip
def test_a_place_from_networks(network: Any, source: FixSource, accuracy_m: float) -> None:
    fix = one({"approximate": True}, valid=False, network=network).fix
    assert fix is not None
    assert (fix.source, fix.accuracy_m) == (source, accuracy_m)
    fix = one({"approximate": True}, valid=False, network=network, accuracy=87.0).fix
    assert fix is not None
    assert fix.accuracy_m == 87.0


@pytest.mark.parametrize(("alarm", "type_"), [
    ("sos", SafetyEventType.SOS), ("fallDown", SafetyEventType.IMPACT), ("removing", SafetyEventType.STRAP_REMOVED),
])  # fmt: skip
def test_an_alarm_is_an_event_beside_the_location(alarm: str, type_: SafetyEventType) -> None:
    location, event = decode({"alarm": alarm})
    assert isinstance(location, Report)
    assert isinstance(event, Report)
    assert location.kind is ReadingKind.LOCATION
    assert (event.kind, event.at, event.fix, event.battery_pct) == (ReadingKind.EVENT, SAID, location.fix, 71.0)
    assert event.event is not None
    assert (event.event.type, event.event.event_id) == (type_, f"traccar-{alarm}-{SAID.timestamp():.3f}")


def test_the_same_alarm_again_is_the_same_event_and_the_next_another() -> None:
    def event_id(**position: Any) -> str:
        found = decode({"alarm": "sos"}, **position)[1]
        assert isinstance(found, Report)
        assert found.event is not None
        return found.event.event_id

    assert event_id() == event_id(serverTime="2026-11-20T12:03:00.000+00:00", id=99)
    assert event_id() != event_id(deviceTime="2026-11-20T12:01:05.000+00:00")
    timeless = dict.fromkeys(("deviceTime", "fixTime", "serverTime"))
    (first,), (second,) = decode({"alarm": "sos"}, **timeless), decode({"alarm": "sos"}, **timeless, altitude=1)
    assert isinstance(first, Report)
    assert isinstance(second, Report)
    assert first.at is None
    assert first.event != second.event


def test_several_alarms() -> None:
    location, sos, fall, counted = decode({"alarm": "sos,lowBattery, fallDown,geofenceExit,sos"})
    assert [r.event.type for r in (sos, fall) if isinstance(r, Report) and r.event] == ["sos", "impact"]
    assert counted == Ignored(what=Unkept.ALARM, count=3)
    assert isinstance(location, Report)


@pytest.mark.parametrize("alarm", ["lowBattery", "vibration", "general"])
def test_other_alarms_are_counted(alarm: str) -> None:
    location, counted = decode({"alarm": alarm})
    assert isinstance(location, Report)
    assert counted == Ignored(what=Unkept.ALARM)


@pytest.mark.parametrize("bad", [
    {"latitude": 91}, {"latitude": None}, {"longitude": "118"}, {"fixTime": None, "deviceTime": None, "serverTime": None},
    {"fixTime": "soon", "deviceTime": 7, "serverTime": []},
    {"fixTime": "2026-11-20T12:00:00", "deviceTime": None, "serverTime": None},
    {"fixTime": "0001-01-01T00:00:00+23:00", "deviceTime": None, "serverTime": "1970-01-01T00:00:00Z"},
])  # fmt: skip
def test_a_wrong_position_is_refused_but_never_costs_the_call_in_it(bad: dict[str, Any]) -> None:
    assert refused(**bad).reason is RejectionReason.INVALID_FIELD
    (found,) = decode({"alarm": "sos"}, **bad)
    assert isinstance(found, Report)
    assert found.event is not None
    assert (found.event.type, found.fix) == (SafetyEventType.SOS, None)


def test_a_wrong_battery_is_left_away() -> None:
    for value in (-1, 101, "7", None, True, [1]):
        assert one({"batteryLevel": value}).battery_pct is None


def test_times_before_version_5_and_with_a_z() -> None:
    assert one(fixTime="2026-11-20T12:00:00.250+0000").at == FIXED
    assert one(fixTime="2026-11-20T12:00:00.250Z").at == FIXED


@pytest.mark.parametrize("device", [None, {}, {"uniqueId": "8800000016"}, {"uniqueId": 8800000015}, "8800000015"])
def test_who_speaks_for_another_is_refused(device: Any) -> None:
    payload = json.dumps({"position": POSITION, "device": device}).encode()
    (found,) = wire.decode("traccar/8800000015/position", payload)
    assert isinstance(found, Rejection)
    assert (found.reason, "uniqueId" in found.detail) == ("wrong_device", True)


@pytest.mark.parametrize(("topic", "device_id"), [
    ("traccar/8800000015", "8800000015"), ("traccar/a_b-C/position", "a_b-C"), ("traccar/1/event", None),
    ("traccar", None), ("traccar/", None), ("traccar/a b", None), ("traccar/1/position/x", None),
])  # fmt: skip
def test_whose_topic_it_is(topic: str, device_id: str | None) -> None:
    assert wire.device_of(topic) == device_id


def test_attributes_that_are_none() -> None:
    for attributes in (None, [], "x", 7):
        told = {"position": POSITION | {"attributes": attributes}, "device": {"uniqueId": "8800000015"}}
        (found,) = wire.decode("traccar/8800000015", json.dumps(told).encode())
        assert isinstance(found, Report)
        assert found.battery_pct is None
    (found,) = wire.decode("traccar/8800000015", b'{"device": {"uniqueId": "8800000015"}, "position": []}')
    assert isinstance(found, Rejection)
