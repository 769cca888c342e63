"""A message that says several things: each is judged, what is wrong with it is quarantined once."""

from __future__ import annotations

import json

import pytest

from geofence.detectors.zone import Safety
from ingest.registry import Device
from ingest.wire.message import Unkept
from tests.geofence.scenes import place
from tests.ingest.envelopes import NOW, Desk, envelope
from tests.ingest.test_wire_watch import ID, frame, position

WATCH = Device(device_key=31, device_id=ID, kind="bracelet", person_id=1)
BED = Device(device_key=32, device_id=ID, kind="bed", person_id=1)


def desk(device: Device | None = WATCH) -> Desk:
    made = Desk()
    made.devices |= {device.device_id: device} if device else {}
    return made


def minute(n: int, east_m: float, command: str = "UD", state: str = "00000000") -> str:
    latitude, longitude = place(east_m)
    return frame(
        position(command, state, place=f"A,{latitude:.7f},N,{longitude:.7f},E", at=f"201126,12{n:02}00", speed="0.5")
    )


def message(*frames: str):
    return envelope(f"watch/{ID}", "".join(frames).encode(), NOW.replace(minute=9))


def test_every_frame_of_a_message_is_stored_and_judged_in_order() -> None:
    judged = desk().judge(message(minute(0, 0.0), minute(5, 300.0), minute(8, 300.0), frame("LK,1,2,50")))
    assert [len(judged.commit.rows[table]) for table in ("locations", "heartbeats")] == [3, 1]
    assert [(found.kind, found.reason) for found in judged.detections] == [("zone_exit", "two_fixes")]
    assert judged.commit.rows["heartbeats"][0][1] == NOW.replace(minute=9)


def test_a_call_for_help_is_a_location_and_an_event_and_no_second_fix() -> None:
    judged = desk().judge(message(minute(0, 0.0), minute(8, 300.0, "AL", "00010000")))
    assert [found.kind for found in judged.detections] == ["sos"]
    assert judged.states[1].zone.safety is Safety.SUSPECT
    assert len(judged.commit.rows["safety_events"]) == 1
    assert judged.answers == [(ID, f"watch-sos-{NOW.replace(minute=8).timestamp():.0f}")]


def test_a_call_that_is_repeated_is_told_once() -> None:
    office = desk()
    call = message(minute(8, 0.0, "AL", "00010000"))
    assert [len(office.judge(call).detections) for _ in range(3)] == [1, 0, 0]


def test_what_is_wrong_is_quarantined_once_and_the_rest_counts() -> None:
    broken = frame("UD,1"), frame("UD,2"), frame("AL")
    judged = desk().judge(message(*broken, minute(8, 0.0)))
    assert len(judged.commit.quarantine) == len(judged.rejections) == 1
    assert "3 problems" in judged.rejections[0].detail
    assert len(judged.heard) == 1


@pytest.mark.parametrize(("device", "reason"), [(None, "unknown_device"), (BED, "wrong_kind")])
def test_who_may_not_say_it_is_quarantined_once(device: Device | None, reason: str) -> None:
    judged = desk(device).judge(message(minute(1, 0.0), minute(8, 0.0, "AL", "00010000")))
    assert [row[3] for row in judged.commit.quarantine] == [reason]
    assert (judged.heard, judged.detections, judged.answers) == ([], [], [])


def test_what_has_no_table_is_counted_for_the_registered_alone() -> None:
    judged = desk().judge(message(frame("bphrt,120,80,71")))
    assert {part.what for part in judged.ignored} == {Unkept.BLOOD_PRESSURE, Unkept.HEART_RATE}
    waypoint = envelope("owntracks/li/phone/waypoint", json.dumps({"_type": "waypoint"}).encode())
    judged = desk().judge(waypoint)
    assert judged.ignored == []
    assert judged.rejections[0].reason == "unknown_device"


def test_a_phone_that_left_is_offline_from_then_on() -> None:
    phone = Device(device_key=33, device_id="li-phone", kind="bracelet", person_id=1)
    judged = desk(phone).judge(envelope("owntracks/li/phone", b'{"_type": "lwt", "tst": 1795000000}'))
    assert judged.commit.device_states[0][:3] == (33, NOW, False)
