"""The fleet: devices act at their own time, hear nothing without contact, and show what their wearers do."""

from __future__ import annotations

from itertools import pairwise

from simulators import city
from simulators.episodes import chance, rates
from simulators.fleet import Fleet
from simulators.message import Kind
from simulators.outage import Outage
from tests.simulators.engine_room import MORNING_S

CITY = city.build(7, bracelets=12, beds=12)
BOTH = next(person for person in CITY.persons if person.bracelet_id and person.bed_id)


def lived(fleet: Fleet, until_s: float, device_id: str):
    said, now_s = [], fleet._now_s
    while now_s < until_s:
        now_s = max(fleet.due_s, now_s + 0.2)
        for message in fleet.step(now_s):
            if message.kind is Kind.EVENT:
                fleet.hear_ack(message.device_id, message.body["id"])
            if message.device_id == device_id and not message.repeated:
                said.append(message)
    return said


def test_devices_act_at_their_own_time_however_late_the_machine_is():
    at_s = [message.body["at"] for message in Fleet(CITY, at_s=MORNING_S).step(MORNING_S + 200)]
    assert len({round(at, 1) for at in at_s}) > 10
    assert min(at_s) < MORNING_S + 60


def test_a_device_without_contact_hears_no_command():
    fleet = Fleet(CITY, at_s=MORNING_S)
    fleet.step(MORNING_S + 200)
    fleet.outage(Outage(since_s=MORNING_S, until_s=MORNING_S + 900, device_ids=frozenset({BOTH.bracelet_id})))
    faster = {"id": "c", "type": "report_interval", "interval_s": 30, "until": MORNING_S + 3_000}
    fleet.hear_command(BOTH.bracelet_id, faster, MORNING_S + 300)
    said = lived(fleet, MORNING_S + 1_500, BOTH.bracelet_id)
    assert sum(message.kind is Kind.LOCATION for message in said) <= 3
    fleet.hear_command(BOTH.bracelet_id, faster, MORNING_S + 1_500)
    said = lived(fleet, MORNING_S + 2_700, BOTH.bracelet_id)
    assert sum(message.kind is Kind.LOCATION for message in said) > 20


def test_whoever_lies_beside_the_bed_takes_no_step():
    fleet = Fleet(CITY, at_s=MORNING_S)
    fleet.begin("bedside_fall", BOTH.index, MORNING_S + 300)
    said = lived(fleet, MORNING_S + 1_200, BOTH.bracelet_id)
    steps = [one.body["steps"] for one in said if "steps" in one.body and one.body["at"] > MORNING_S + 300]
    assert len(steps) >= 2
    assert sum(steps) == 0


def test_the_strap_says_when_it_is_opened_and_closed():
    fleet = Fleet(CITY, at_s=MORNING_S)
    fleet.begin("washing", BOTH.index, MORNING_S + 600)
    events = [one.body for one in lived(fleet, MORNING_S + 2_400, BOTH.bracelet_id) if one.kind is Kind.EVENT]
    assert [body["type"] for body in events] == ["strap_removed", "strap_fastened"]
    assert 895 < events[1]["at"] - events[0]["at"] < 905


def test_what_comes_by_chance_keeps_apart_and_begins_after_the_start():
    often = rates.chosen("none", {"washing": 1.0, "hand_knock": 1.0, "outing": 1.0, "linen": 1.0})
    usual = Fleet(CITY, at_s=MORNING_S)._lives[BOTH.index].habits
    for number in range(20_000, 20_060):
        at_s = [one.at_s for one in chance.planned(7, BOTH, number, often, usual)]
        assert at_s
        assert all(b - a >= chance.APART_S for a, b in pairwise(at_s))
    noon_s = MORNING_S + 7.25 * 3600
    fleet = Fleet(CITY, at_s=noon_s, rates=often)
    fleet.step(noon_s)
    begun = fleet.truth.episodes
    assert begun
    assert all(one.since.timestamp() > noon_s for one in begun)
