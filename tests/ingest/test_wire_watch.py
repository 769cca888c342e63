"""Frames of elder watches, by hand and made up: positions, bits of the state, several in one message, broken ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from geofence.reading import Fix, FixSource, ReadingKind, SafetyEventType
from ingest import wire
from ingest.wire.message import Decoded, Ignored, Rejection, RejectionReason, Report, Unkept

ID = "1234567890"
AT = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
NETWORKS = "2,1,460,0,9346,5223,42,9346,5214,21,2,home,00:11:22:33:44:55,-60,a,b],aa:bb:cc:dd:ee:ff,-71,0.0"


def position(
    command: str = "UD",
    state: str = "00000000",
    tail: str = "0,0",
    *,
    place: str = "A,36.81,N,118.05,E",
    at: str = "201126,123456",
    speed: str = "18.0",
) -> str:
    return f"{command},{at},{place},{speed},270,33,9,80,71,5000,50,{state},{tail}"


def frame(content: str, *, maker: str = "3G", id_: str = ID, number: str = "") -> str:
    return f"[{maker}*{id_}*{number}{len(content.encode()):04X}*{content}]"


def decode(*frames: str) -> tuple[Decoded, ...]:
    return wire.decode(f"watch/{ID}", "".join(frames).encode())


def reports(*frames: str) -> list[Report]:
    return [part for part in decode(*frames) if isinstance(part, Report)]


LOCATION = Report(
    kind=ReadingKind.LOCATION,
    at=AT,
    fix=Fix(latitude=36.81, longitude=118.05, accuracy_m=30.0, altitude_m=33.0, speed_mps=5.0, heading_deg=270.0),
    battery_pct=71.0,
    worn=True,
)


@pytest.mark.parametrize("command", ["UD", "UD2", "UD3", "UD_LTE", "UD_WCDMA", "AL", "AL_LTE", "WT"])
@pytest.mark.parametrize(("maker", "number"), [("3G", ""), ("SG", ""), ("ZJ", "0035*"), ("CS", "")])
def test_every_field_of_a_position(command: str, maker: str, number: str) -> None:
    assert decode(frame(position(command), maker=maker, number=number)) == (LOCATION,)


@pytest.mark.parametrize(("place", "latitude", "longitude"), [
    ("A,36.81,S,118.05,W", -36.81, -118.05), ("A,-36.81,N,-118.05,E", -36.81, -118.05),
    ("A,-36.81,S,-118.05,W", -36.81, -118.05), ("A, 36.81,N, 118.05,", 36.81, 118.05), ("A,36.81,,118,E", 36.81, 118.0),
])  # fmt: skip
def test_hemispheres(place: str, latitude: float, longitude: float) -> None:
    (found,) = reports(frame(position(place=place)))
    assert found.fix is not None
    assert (found.fix.latitude, found.fix.longitude) == (latitude, longitude)


def test_without_satellites_the_last_place_moves_nothing() -> None:
    (found,) = reports(frame(position(place="V,36.81,N,118.05,E")))
    assert found.fix == Fix(latitude=36.81, longitude=118.05, accuracy_m=1_000.0, source=FixSource.CELL)


def test_no_place_at_all_is_a_heartbeat_at_its_time() -> None:
    assert reports(frame(position(place="V,0.0,N,000.000000,E"))) == [
        Report(kind=ReadingKind.HEARTBEAT, at=AT, battery_pct=71.0, worn=True)
    ]


@pytest.mark.parametrize(("state", "types"), [
    ("00010000", ["sos"]), ("00100000", ["strap_removed"]), ("00200000", ["impact"]), ("00400000", ["impact"]),
    ("00600000", ["impact"]), ("00310008", ["sos", "strap_removed", "impact"]), ("00000008", []), ("0000", []),
    ("000E0007", []),
])  # fmt: skip
@pytest.mark.parametrize("command", ["UD", "UD2", "AL"])
def test_bits_that_are_safety_events(command: str, state: str, types: list[str]) -> None:
    location, *events = reports(frame(position(command, state)))
    assert location.kind is ReadingKind.LOCATION
    assert [found.event.type for found in events if found.event] == types
    for found in events:
        assert found.event is not None
        assert found.event.event_id == f"watch-{found.event.type}-{AT.timestamp():.0f}"
        assert (found.at, found.fix, found.battery_pct) == (AT, location.fix, 71.0)


@pytest.mark.parametrize(("state", "worn"), [
    ("00000000", True), ("0000", True), ("00000008", False), ("0008", False), ("00100000", False), ("00100008", False),
    ("00010000", True), ("00010008", False), ("FFEFFFF7", True),
])  # fmt: skip
@pytest.mark.parametrize("place", ["A,36.81,N,118.05,E", "V,0.0,N,000.000000,E"])
def test_every_position_says_whether_the_watch_is_worn(place: str, state: str, worn: bool) -> None:
    assert reports(frame(position(state=state, place=place)))[0].worn is worn
    assert all(report.worn is None for report in reports(frame(position(state=state, place=place)))[1:])


def test_the_link_does_not_say_whether_the_watch_is_worn() -> None:
    assert [report.worn for report in reports(frame("LK,50,100,93"))] == [None]


@pytest.mark.parametrize(("state", "count"), [("00000001", 1), ("000E0007", 6), ("00020000", 1)])
def test_bits_that_are_counted(state: str, count: int) -> None:
    assert decode(frame(position("AL", state)))[1:] == (Ignored(what=Unkept.ALARM, count=count),)


def test_networks_in_sight_are_counted() -> None:
    assert decode(frame(position(tail=NETWORKS)))[1:] == (
        Ignored(what=Unkept.CELL, count=2), Ignored(what=Unkept.WIFI, count=2),
    )  # fmt: skip


def test_a_length_is_trusted_only_where_it_leads_to_the_end() -> None:
    content = position(tail="0,0,1,a]b,aa:bb:cc:dd:ee:ff,-71")
    assert decode(frame(content) + frame("LK"))[1] == Ignored(what=Unkept.WIFI)
    assert reports(f"[3G*{ID}*FFFF*{position()}][3G*{ID}*0000*{position('UD2')}]") == [LOCATION, LOCATION]


@pytest.mark.parametrize(("content", "battery_pct"), [
    ("LK", None), ("LK,50,100,93", 93.0), ("LK,50", None), ("LK,50,100,", None), ("LK,1,2,101", None),
])  # fmt: skip
def test_the_link_is_a_heartbeat_when_it_comes(content: str, battery_pct: float | None) -> None:
    assert decode(frame(content)) == (Report(kind=ReadingKind.HEARTBEAT, at=None, battery_pct=battery_pct),)


@pytest.mark.parametrize(("content", "what"), [
    ("heart,71", {Unkept.HEART_RATE}), ("PULSE,72", {Unkept.HEART_RATE}), ("hrtstart,1", {Unkept.HEART_RATE}),
    ("bphrt,120,80,71", {Unkept.BLOOD_PRESSURE, Unkept.HEART_RATE}), ("BLOOD,120,80", {Unkept.BLOOD_PRESSURE}),
    ("oxygen,0,98", {Unkept.OXYGEN}), ("btemp2,1,36.5", {Unkept.TEMPERATURE}), ("TEMP,36.5", {Unkept.TEMPERATURE}),
    ("TKQ", {Unkept.OTHER}), ("TK,\x00\x01", {Unkept.OTHER}), ("", {Unkept.OTHER}), ("UDX,1", {Unkept.OTHER}),
])  # fmt: skip
def test_readings_of_the_body_are_counted_and_say_that_the_watch_is_alive(content: str, what: set[Unkept]) -> None:
    *counted, alive = decode(frame(content))
    assert {part.what for part in counted if isinstance(part, Ignored)} == what
    assert alive == Report(kind=ReadingKind.HEARTBEAT, at=None)


def test_several_frames_are_several_readings_and_one_heartbeat() -> None:
    found = reports(
        frame("heart,71"), frame("LK,1,2,93"), frame(position("UD2", at="201126,120000")), "\r\n",
        frame(position("AL", "00010000")), frame("oxygen,0,98"),
    )  # fmt: skip
    assert [(report.kind, report.battery_pct) for report in found] == [
        ("location", 71.0), ("location", 71.0), ("event", 71.0), ("heartbeat", 93.0),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [
    position(at="311126,123456"), position(at="201126,246060"), position(at="2011,123456"), position(state=""),
    position(state="xyz"), position(place="X,36.81,N,118.05,E"), position(place="A,91,N,118.05,E"),
    position(place="A,,N,,E"), position(place="A,nan,N,inf,E"), "UD", "AL", "UD," + "," * 30, "UD,201126,123456,A",
    position(at="²01126,123456"),
])  # fmt: skip
def test_a_broken_frame_costs_itself_alone(content: str) -> None:
    good, rejection = decode(frame(content), frame(position()))
    assert good == LOCATION
    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectionReason.MALFORMED
    assert rejection.detail


@pytest.mark.parametrize("broken", [
    {"at": "311126,123456"}, {"place": "A,91,N,118.05,E"}, {"place": "?,36.81,N,118.05,E"}, {"place": "A,,N,,E"},
])  # fmt: skip
def test_a_call_for_help_survives_all_but_itself(broken: dict[str, str]) -> None:
    (call,) = decode(frame(position("AL", "00010000", **broken)))
    assert isinstance(call, Report)
    assert call.event is not None
    assert (call.event.type, call.fix) == (SafetyEventType.SOS, None)
    assert call == decode(frame(position("AL", "00010000", **broken)))[0]


def test_frames_of_another_watch_are_refused() -> None:
    good, rejection = decode(frame(position("AL", "00010000"), id_="1234567891"), frame(position()))
    assert good == LOCATION
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, "another device" in rejection.detail) == ("wrong_device", True)


@pytest.mark.parametrize("payload", [
    "", " ", "x", "[", "[]", "[3G*]", f"[3G*{ID}*]", f"[3G*{ID}*0002*LK", f"[3G*{ID}*00*LK]", f"[*{ID}*0002*LK]", "{}",
])  # fmt: skip
def test_what_is_no_frame(payload: str) -> None:
    (found,) = decode(payload)
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.MALFORMED


def test_text_around_frames_is_told() -> None:
    for text in ("x" + frame("LK"), frame("LK") + "x", frame("LK") + "x" + frame("LK")):
        alive, told = decode(text)
        assert isinstance(alive, Report)
        assert isinstance(told, Rejection)
    assert decode("x" + frame("LK") + "[", "y")[-1].detail.endswith("(2 problems in all)")  # type: ignore[union-attr]


@pytest.mark.parametrize(("topic", "device_id"), [
    ("watch/1234567890", "1234567890"), ("watch/a b", None), ("watch", None), ("watch/1/2", None), ("watch/", None),
])  # fmt: skip
def test_whose_topic_it_is(topic: str, device_id: str | None) -> None:
    assert wire.device_of(topic) == device_id
