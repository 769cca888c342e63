from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from simulators import city
from simulators.devices.battery import Battery, air_c
from simulators.devices.bed import REPORT_S, Bed
from simulators.devices.bracelet import COMMAND_STALE_S, REPEAT_REAL_S, SUSPECTED_BEYOND_M, Bracelet
from simulators.episodes import telling
from simulators.fleet import Fleet
from simulators.ground.streets import Streets
from simulators.message import Kind
from simulators.numbering import Numbering
from simulators.people.life import Life
from simulators.radio import fixes as fixes_of
from simulators.radio.air import Air
from tests.simulators.engine_room import MORNING_S

CITY = city.build(7, bracelets=12, beds=12)
PERSON = CITY.persons[0]
#: A home with a beacon, so that leaving it is noticed at once.
AIR = Air(bad=False, beacon=True, east_m=0.0, north_m=0.0, claims_m=25.0)


def life_of(person=PERSON) -> Life:
    return Life(7, person, Streets(CITY.seed, person.town_code))


#: docs/wire.md: (least, most) of every number that a simulator sends.
RANGES = {
    "at": (0, 4e9),
    "seq": (0, 2**32 - 1),
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "accuracy_m": (1e-9, 100_000),
    "speed_mps": (0, 150),
    "heading_deg": (0, 360),
    "battery_pct": (0, 100),
    "steps": (0, 100_000),
    "signal_dbm": (-150, 0),
    "heart_rate_bpm": (0, 300),
    "breathing_rate_bpm": (0, 100),
    "movement_pct": (0, 100),
    "quality_pct": (0, 100),
}
WORDS = {
    "source": {"gnss", "wifi", "cell", "beacon"},
    "status": {"occupied", "empty", "edge", "fault"},
    "type": {"sos", "impact", "strap_removed", "strap_fastened"},
    "result": {"done", "refused", "failed"},
}
NEEDED = {
    Kind.LOCATION: {"at", "latitude", "longitude"},
    Kind.HEARTBEAT: {"at"},
    Kind.BED: {"at", "status"},
    Kind.EVENT: {"at", "id", "type"},
    Kind.STATUS: {"online"},
    Kind.ANSWER: {"at", "id", "result"},
}


def bracelet(**options) -> Bracelet:
    life = options.pop("life", None) or life_of()
    return Bracelet(life, device_id="zb-000001", rng=random.Random(1), at_s=MORNING_S, home_air=AIR, **options)


def run(device, until_s):
    messages = []
    while device.due_s <= until_s:
        messages += device.step(device.due_s)
    return messages


def kinds(messages):
    return [message.kind for message in messages]


def check(message):
    body = message.body
    assert NEEDED[message.kind] <= set(body)
    for name, value in body.items():
        if name in RANGES:
            assert not isinstance(value, bool)
            low, high = RANGES[name]
            assert low <= value <= high, name
        elif name in WORDS:
            assert value in WORDS[name]
        elif name in {"id", "firmware", "model"}:
            assert 1 <= len(value) <= 64
        else:
            assert name in {"charging", "worn", "online", "at_home"}
            assert isinstance(value, bool)


@pytest.mark.slow
def test_every_message_of_a_day_is_as_the_wire_wants_it():
    fleet = Fleet(CITY, at_s=MORNING_S)
    seqs: dict[str, int] = {}
    instants: set[tuple[str, Kind, float]] = set()
    seen = set()
    while fleet.due_s < MORNING_S + 86_400:
        for message in fleet.step(fleet.due_s):
            check(message)
            if message.kind is Kind.EVENT:
                fleet.hear_ack(message.device_id, message.body["id"])
            if message.repeated:
                # A modem says it again with its number.
                continue
            seen.add(message.kind)
            assert message.body["seq"] == seqs.get(message.device_id, -1) + 1
            seqs[message.device_id] = message.body["seq"]
            key = (message.device_id, message.kind, message.body["at"])
            assert key not in instants
            instants.add(key)
    # Going onto the charger, a strap is opened.
    assert seen == {Kind.LOCATION, Kind.HEARTBEAT, Kind.BED, Kind.STATUS, Kind.EVENT}


def test_at_home_a_heartbeat_after_five_minutes_and_a_fix_every_ten():
    messages = run(bracelet(), MORNING_S + 3_000)
    said = [message for message in messages if message.kind in {Kind.LOCATION, Kind.HEARTBEAT}]
    gaps = [b.body["at"] - a.body["at"] for a, b in pairwise(said)]
    # A fix may follow a heartbeat soon: both keep their own time.
    assert all(gap < 320 for gap in gaps)
    assert sum(gap > 250 for gap in gaps) >= 0.7 * len(gaps)
    assert 4 <= kinds(messages).count(Kind.LOCATION) <= 6


def test_outdoors_a_fix_every_minute_from_the_first_step():
    life = life_of()
    device = bracelet(life=life)
    run(device, MORNING_S + 100)
    course, _ = telling.tell(7, life, "night_exit", MORNING_S + 100, {"speed_mps": 1.0})
    life.begin(course)
    device.look_again(MORNING_S + 100)
    leaves_s = course.legs[0].since_s
    said = [one for one in run(device, leaves_s + 600) if one.kind is not Kind.STATUS]
    first = next(one for one in said if one.body["at"] >= leaves_s)
    assert first.body["at"] < leaves_s + 1
    assert first.body["at_home"] is False
    fixes = [one for one in said if one.kind is Kind.LOCATION and one.body["at"] > leaves_s + fixes_of.COLD_START_S[1]]
    gaps = [b.body["at"] - a.body["at"] for a, b in pairwise(fixes)]
    assert all(57 < gap < 63 for gap in gaps)
    assert all(0.5 < fix.body["speed_mps"] < 1.5 for fix in fixes)
    assert sum(one.body["steps"] for one in said if "steps" in one.body) > 500


def test_locate_is_obeyed_at_once_and_answered():
    device = bracelet()
    run(device, MORNING_S + 200)
    device.hear_command({"id": "c1", "at": MORNING_S + 200, "type": "locate"}, MORNING_S + 200)
    assert device.due_s == MORNING_S + 200
    messages = device.step(MORNING_S + 200)
    assert kinds(messages) == [Kind.LOCATION, Kind.ANSWER]
    assert messages[1].body["id"] == "c1"
    assert messages[1].body["result"] == "done"
    for message in messages:
        check(message)


def test_report_interval_holds_until_its_end():
    device = bracelet()
    run(device, MORNING_S + 200)
    now_s = MORNING_S + 200
    command = {"id": "c", "at": now_s, "type": "report_interval", "interval_s": 30, "until": now_s + 600}
    device.hear_command(command, now_s)
    fixes = [message for message in run(device, now_s + 2_000) if message.kind in {Kind.LOCATION, Kind.HEARTBEAT}]
    during = [fix for fix in fixes if fix.body["at"] <= now_s + 600]
    after = [fix for fix in fixes if fix.body["at"] > now_s + 660]
    assert 18 <= len(during) <= 22
    assert len(after) <= 6


def test_an_unknown_command_is_refused_and_a_stale_one_ignored():
    device = bracelet()
    run(device, MORNING_S + 200)
    device.hear_command({"id": "c1", "type": "explode"}, MORNING_S + 200)
    stale = {"id": "c2", "type": "locate", "at": MORNING_S + 199 - COMMAND_STALE_S}
    device.hear_command(stale, MORNING_S + 200)
    device.hear_command({"type": "locate"}, MORNING_S + 200)
    messages = device.step(MORNING_S + 200)
    assert [(m.kind, m.body["id"], m.body["result"]) for m in messages] == [(Kind.ANSWER, "c1", "refused")]


@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_an_sos_is_repeated_every_five_real_seconds_until_it_is_heard(rate):
    device = bracelet(rate=rate)
    run(device, MORNING_S + 200)
    now_s = MORNING_S + 200.0
    first = device.press_sos(now_s)
    events = [m for m in run(device, now_s + 3 * REPEAT_REAL_S * rate + 0.1) if m.kind is Kind.EVENT]
    assert len(events) == 3
    for event in events:
        assert event.repeated
        assert {name: event.body[name] for name in ("id", "at")} == {name: first.body[name] for name in ("id", "at")}
        assert event.body["seq"] > first.body["seq"]
    device.hear_ack("another")
    assert device.waiting_for_ack
    device.hear_ack(first.body["id"])
    assert not device.waiting_for_ack
    assert Kind.EVENT not in kinds(run(device, now_s + 600))


def test_a_battery_runs_flat_in_small_steps_and_is_charged_again():
    device = bracelet()
    run(device, MORNING_S + 200)
    course, _ = telling.tell(7, device._life, "run_flat", MORNING_S + 200, {})
    device._life.begin(course)
    device.look_again(MORNING_S + 200)
    levels = [m.body["battery_pct"] for m in run(device, MORNING_S + 500) if "battery_pct" in m.body]
    assert any(10 <= level < 20 for level in levels)
    assert any(5 <= level < 10 for level in levels)
    later = [m.body["battery_pct"] for m in run(device, MORNING_S + 5_000) if "battery_pct" in m.body]
    assert later[-1] > 90


def test_a_bed_reports_every_change_and_every_half_minute():
    person = next(person for person in CITY.persons if person.bed_id)
    life = life_of(person)
    bed = Bed(life, device_id=person.bed_id, rng=random.Random(1), at_s=MORNING_S)
    reports = [message for message in run(bed, MORNING_S + 20 * 3_600) if message.kind is Kind.BED]
    gaps = [b.body["at"] - a.body["at"] for a, b in pairwise(reports)]
    assert max(gaps) <= REPORT_S + 0.01
    assert len(gaps) > 20 * 3_600 / REPORT_S
    for report in reports:
        assert report.body["status"] == life.bed_status(report.body["at"])
    assert {report.body["status"] for report in reports} == {"occupied", "edge", "empty"}


def test_hands_that_change_the_linen_have_neither_heart_nor_breath():
    person = next(person for person in CITY.persons if person.bed_id)
    life = life_of(person)
    course, _ = telling.tell(7, life, "linen", MORNING_S + 6 * 3_600, {})
    life.begin(course)
    bed = Bed(life, device_id=person.bed_id, rng=random.Random(1), at_s=course.since_s - 100)
    felt = [one.body for one in run(bed, course.until_s) if one.kind is Kind.BED and one.body["at"] > course.since_s]
    assert {body["status"] for body in felt} == {"occupied", "empty"}
    assert len(felt) > 6
    assert all(body["heart_rate_bpm"] == body["quality_pct"] == 0 < body["movement_pct"] for body in felt[:-1])


def test_two_messages_of_an_instant_are_told_apart():
    numbers = Numbering("zb-1")
    first, second = (numbers.message(Kind.LOCATION, 1_700_000_000.1234) for _ in range(2))
    assert (first.body["at"], second.body["at"]) == (1_700_000_000.123, 1_700_000_000.124)
    assert (first.body["seq"], second.body["seq"]) == (0, 1)


def test_a_fleet_is_reproducible():
    def messages():
        fleet = Fleet(CITY, at_s=MORNING_S)
        return [message for _ in range(500) for message in fleet.step(fleet.due_s)]

    assert messages() == messages()


def test_running_flat_begins_now_and_not_when_it_was_last_looked_at():
    battery = Battery(at_s=0.0, charged_at_s=0.0)
    battery.run_flat(120.0)
    assert battery.advance(121.0, charging=False, outside=False) > 98.0


def test_a_device_told_to_act_sooner_is_not_stepped_twice_for_ever():
    fleet = Fleet(CITY, at_s=MORNING_S)
    fleet.step(MORNING_S + 100)
    for number in range(50):
        fleet.hear_command("zb-000001", {"id": "c", "type": "locate"}, MORNING_S + 100 + number)
        fleet.step(MORNING_S + 100 + number)
    fleet.step(MORNING_S + 2_000)
    assert len(fleet._due) == fleet.size


def test_before_it_falls_silent_a_bracelet_puts_a_bad_fix_right():
    fleet = Fleet(CITY, at_s=MORNING_S)
    fleet.step(MORNING_S + 100)
    for other in fleet._units.values():
        if other.device.device_id.startswith("zb"):
            other.device._receiver.off_m = SUSPECTED_BEYOND_M
    assert fleet.settle(MORNING_S + 150) == []
    unit = fleet._units["zb-000001"]
    unit.device._receiver.off_m = SUSPECTED_BEYOND_M + 1
    assert {message.device_id for message in fleet.settle(MORNING_S + 160)} == {"zb-000001"}


def test_a_dead_battery_says_nothing_until_it_is_charged():
    device = bracelet()
    run(device, MORNING_S + 200)
    device._battery.pct = 1.0
    assert run(device, MORNING_S + 3_000) == []
    device._battery.pct = 50.0
    assert run(device, MORNING_S + 4_000)


def test_cold_and_satellites_empty_a_battery_sooner():
    left = {}
    for name, outside, outside_c in (("home", False, -10.0), ("mild", True, 15.0), ("cold", True, -10.0)):
        battery = Battery(at_s=0.0, charged_at_s=0.0)
        left[name] = battery.advance(5 * 3600.0, charging=False, outside=outside, air_c=outside_c)
    assert left["home"] > left["mild"] > left["cold"] > 50


def test_january_is_colder_than_july_and_dawn_than_noon():
    january, july = (datetime(2026, month, 15, 6, tzinfo=UTC).timestamp() for month in (1, 7))
    assert air_c(january) < 8
    assert air_c(july) > 20
    assert air_c(july - 9 * 3600) < air_c(july)
