from __future__ import annotations

import random
from itertools import pairwise

import pytest

from simulators import city, courses, geodesy, noise
from simulators.battery import Battery
from simulators.bed import Bed
from simulators.bracelet import COMMAND_STALE_S, REPEAT_REAL_S, Bracelet
from simulators.fleet import Fleet
from simulators.life import Life
from simulators.message import Kind
from simulators.numbering import Numbering
from tests.simulators.engine_room import MORNING_S

CITY = city.build(7, bracelets=12, beds=12)
PERSON = CITY.persons[0]

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
    "type": {"sos"},
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
    return Bracelet(Life(7, PERSON), device_id="zb-000001", rng=random.Random(1), at_s=MORNING_S, **options)


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


def test_every_message_of_a_day_is_as_the_wire_wants_it():
    fleet = Fleet(CITY, at_s=MORNING_S)
    seqs: dict[str, int] = {}
    instants: set[tuple[str, Kind, float]] = set()
    seen = set()
    while fleet.due_s < MORNING_S + 86_400:
        for message in fleet.step(fleet.due_s):
            check(message)
            seen.add(message.kind)
            assert message.body["seq"] == seqs.get(message.device_id, -1) + 1
            seqs[message.device_id] = message.body["seq"]
            key = (message.device_id, message.kind, message.body["at"])
            assert key not in instants
            instants.add(key)
    assert seen == {Kind.LOCATION, Kind.HEARTBEAT, Kind.BED, Kind.STATUS}


def test_at_home_a_heartbeat_after_five_minutes_and_a_fix_every_ten():
    messages = run(bracelet(), MORNING_S + 3_000)
    said = [message for message in messages if message.kind in {Kind.LOCATION, Kind.HEARTBEAT}]
    gaps = [b.body["at"] - a.body["at"] for a, b in pairwise(said)]
    assert all(250 < gap < 320 for gap in gaps)
    assert 4 <= kinds(messages).count(Kind.LOCATION) <= 6


def test_outdoors_a_fix_every_minute_from_the_first_step():
    life = Life(7, PERSON)
    device = Bracelet(life, device_id="zb-000001", rng=random.Random(1), at_s=MORNING_S)
    run(device, MORNING_S + 100)
    life.course = courses.night_exit(random.Random(2), MORNING_S + 100)
    device.step(MORNING_S + 100)
    messages = [message for message in run(device, MORNING_S + 700) if message.kind is Kind.LOCATION]
    leaves_s = MORNING_S + 100 + courses.LEAVES_S
    assert leaves_s <= messages[0].body["at"] < leaves_s + 1
    gaps = [b.body["at"] - a.body["at"] for a, b in pairwise(messages)]
    assert all(57 < gap < 63 for gap in gaps)
    assert all(0.5 < message.body["speed_mps"] < 1.5 for message in messages[1:])
    assert sum(message.body["steps"] for message in messages) > 500


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
    device.run_flat(MORNING_S + 200)
    levels = [m.body["battery_pct"] for m in run(device, MORNING_S + 500) if "battery_pct" in m.body]
    assert any(10 <= level < 20 for level in levels)
    assert any(5 <= level < 10 for level in levels)
    later = [m.body["battery_pct"] for m in run(device, MORNING_S + 5_000) if "battery_pct" in m.body]
    assert later[-1] > 90


def test_a_bed_reports_every_change_and_every_two_minutes():
    person = next(person for person in CITY.persons if person.bed_id)
    life = Life(7, person)
    bed = Bed(life, device_id=person.bed_id, rng=random.Random(1), at_s=MORNING_S)
    reports = [message for message in run(bed, MORNING_S + 20 * 3_600) if message.kind is Kind.BED]
    gaps = [b.body["at"] - a.body["at"] for a, b in pairwise(reports)]
    assert max(gaps) <= 120.01
    for report in reports:
        assert report.body["status"] == life.bed_status(report.body["at"])
    assert {report.body["status"] for report in reports} == {"occupied", "edge", "empty"}


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


def test_two_bad_fixes_never_follow_each_other_at_home():
    device = bracelet()
    run(device, MORNING_S + 100)
    home, bad = (PERSON.latitude, PERSON.longitude), []
    for number in range(4_000):
        device.hear_command({"id": "c", "type": "locate"}, MORNING_S + 200 + number / 100)
        fix = device.step(MORNING_S + 200 + number / 100)[0].body
        bad.append(geodesy.distance_m(home, (fix["latitude"], fix["longitude"])) > noise.BAD_BEYOND_M + 0.1)
    assert sum(bad) > 50
    assert not any(first and second for first, second in pairwise(bad))


def test_running_flat_begins_now_and_not_when_it_was_last_looked_at():
    battery = Battery(at_s=0.0, charged_at_s=0.0)
    battery.run_flat(120.0)
    assert battery.advance(121.0, charging=False, tracking=False) > 98.0


def test_a_device_told_to_act_sooner_is_not_stepped_twice_for_ever():
    fleet = Fleet(CITY, at_s=MORNING_S)
    fleet.step(MORNING_S + 100)
    for number in range(50):
        fleet.hear_command("zb-000001", {"id": "c", "type": "locate"}, MORNING_S + 100 + number)
        fleet.step(MORNING_S + 100 + number)
    fleet.step(MORNING_S + 2_000)
    assert len(fleet._due) == fleet.size


def test_before_it_falls_silent_a_bracelet_puts_a_bad_fix_right():
    device = bracelet()
    run(device, MORNING_S + 100)
    assert device.settle(MORNING_S + 150) == []
    now_s, home = MORNING_S + 200.0, (PERSON.latitude, PERSON.longitude)
    while not device._after_bad:
        now_s += 1
        device.hear_command({"id": "c", "type": "locate"}, now_s)
        device.step(now_s)
    (fix,) = device.settle(now_s + 1)
    assert geodesy.distance_m(home, (fix.body["latitude"], fix.body["longitude"])) <= noise.BAD_BEYOND_M + 0.1
    assert device.settle(now_s + 2) == []
