"""Episodes: each one is found by the real engine, what is quiet rings nobody, and a seed has one truth."""

from __future__ import annotations

import itertools
import math
import random
from datetime import timedelta

import pytest

from geofence import motion
from geofence.fall_learnt import WEIGHTS
from geofence.fall_weights import score
from simulators import city
from simulators.devices.makeup import Makeup
from simulators.episodes import chance, rates, table
from simulators.errors import BusyError, SimulatorError
from simulators.fleet import Fleet
from simulators.outage import Outage
from simulators.people import impact
from simulators.people.course import Course, Deed
from simulators.people.whereabouts import Sky, stayed
from simulators.truth import MessageTruth, TruthLog, read
from tests.simulators.alarms import alarms
from tests.simulators.engine_room import MORNING_S, Room, judge

CITY = city.build(4, bracelets=24, beds=24)
BOTH = [person.index for person in CITY.persons if person.bracelet_id and person.bed_id][1:]
#: 21:00 in Zibo; hours from there: half past midnight, nine in the morning, and one in the afternoon.
EVENING_S = MORNING_S - 7.75 * 3600
NIGHT_H, DAY_H, UNTIL_H = 3.5, 12.0, 16.0
AT_NIGHT = frozenset(
    {"night_exit", "bedside_fall", "no_return", "heart_slow", "heart_fast", "breathing_fast", "breathing_pauses"}
    | {"restless_night"}
)
#: Rare and slow, looked at below.
APART = frozenset({"charger_forgotten", "still_in_bed", "run_flat"})


@pytest.fixture(scope="module")
def lived():
    """One of each, of different people, judged by the engine."""
    built = city.build(4, bracelets=34, beds=34)
    people = iter([person.index for person in built.persons if person.bracelet_id and person.bed_id][1:])
    makeup = Makeup(owntracks=0, watch=0, firmware_1_4=0, bed_report_s=60)
    room = Room(city=built, start_s=EVENING_S, made_of=makeup)
    for name in table.EPISODES:
        if name not in APART:
            room.fleet.begin(name, next(people), EVENING_S + 3600 * (NIGHT_H if name in AT_NIGHT else DAY_H))
    room.fleet.begin("still_in_bed", next(people), EVENING_S + 8 * 3600)
    room.live(UNTIL_H)
    return room, judge(room.detections, room.truth.episodes)


@pytest.mark.slow
def test_one_of_each_is_found(lived):
    room, judged = lived
    assert [(one.name, one.person_index) for one in judged.missed] == []
    wanted = {row.kind for row in table.EPISODES.values() if row.expects} - {"low_battery"}
    assert set(judged.found) == wanted
    assert len(room.truth.episodes) == len(table.EPISODES) - 2


@pytest.mark.slow
def test_what_is_ordinary_rings_nobody(lived):
    room, judged = lived
    quiet = [one for one in room.truth.episodes if one.quiet]
    assert len(quiet) >= 6
    rung = [
        (episode.name, one.kind.value, one.reason)
        for one in alarms(room.detections)
        for episode in quiet
        if one.person_id == episode.person_index
        and episode.since <= one.at <= episode.until
        and not (episode.announced and one.kind in episode.explains)
        and not any(
            other.person_index == one.person_id and other.since <= one.at <= other.explained_until
            for other in room.truth.episodes
            if not other.quiet
        )
    ]
    assert rung == []
    assert len(judged.false) <= 1


@pytest.mark.slow
def test_a_forgotten_charger_is_told_before_the_battery_is_empty():
    room = Room(city=city.build(5, bracelets=2, beds=0))
    room.fleet.begin("charger_forgotten", 1, MORNING_S + 12 * 3600)
    room.live(64)
    judged = judge(room.detections, room.truth.episodes)
    assert set(judged.found) == {"low_battery"}
    reasons = [one.reason for one in room.detections if one.person_id == 1 and one.kind == "low_battery"]
    assert "below_low" in reasons


@pytest.mark.parametrize("seed", range(6))
def test_who_walks_away_at_night_leaves_every_zone_and_comes_home(seed):
    fleet = Fleet(city.build(seed, bracelets=8, beds=8), at_s=MORNING_S)
    episode = fleet.begin("night_exit", 3, MORNING_S + 19 * 3600)
    life = fleet._lives[3]
    course = life.courses[-1]
    assert episode.since < episode.counts_from < episode.until
    off_m = math.hypot(episode.east_m, episode.north_m)
    assert off_m > 100
    place = life.whereabouts(episode.counts_from.timestamp() + 60)
    assert place.outdoors
    assert life.whereabouts(course.until_s + 1).sky is Sky.HOME
    for before, after in itertools.pairwise(course.legs):
        assert before.until_s == after.since_s
        assert math.dist(before.points[-1], after.points[0]) < 1.5


def test_an_episode_goes_on_where_the_person_is_and_the_interrupted_walk_is_over():
    fleet = Fleet(CITY, at_s=MORNING_S)
    index, trip_s, until_s = next(
        (index, life.day(20_778).trips[0].since_s, life.day(20_778).trips[0].until_s)
        for index, life in fleet._lives.items()
        if life.person.bracelet_id and life.day(20_778).trips
    )
    midnight_s = MORNING_S - 4.75 * 3600
    at_s = midnight_s + (trip_s + until_s) / 2
    life = fleet._lives[index]
    before = life.whereabouts(at_s)
    fleet.begin("lost", index, at_s)
    after = life.whereabouts(at_s + 0.01)
    assert before.outdoors
    assert math.dist((before.east_m, before.north_m), (after.east_m, after.north_m)) < 1
    course = life.courses[-1]
    assert not life.whereabouts(course.until_s + 1).outdoors


def test_a_walk_that_was_interrupted_does_not_go_on_without_the_walker():
    fleet = Fleet(CITY, at_s=MORNING_S)
    midnight_s = MORNING_S - 4.75 * 3600
    life, trip = next(
        (life, life.day(20_778).trips[0])
        for life in fleet._lives.values()
        if life.person.bracelet_id and life.day(20_778).trips
    )
    since_s = midnight_s + trip.since_s + 60
    assert life.whereabouts(midnight_s + trip.until_s - 30).outdoors
    fetched = stayed(since_s, since_s + 30, (0.0, 0.0), Sky.HOME)
    life.begin(Course(since_s=since_s, until_s=since_s + 30, legs=(fetched,)))
    assert not life.whereabouts(midnight_s + trip.until_s - 30).outdoors


def test_a_walk_before_or_after_an_episode_is_walked():
    fleet = Fleet(CITY, at_s=MORNING_S)
    midnight_s = MORNING_S - 4.75 * 3600
    life, trip = next(
        (life, life.day(20_778).trips[0])
        for life in fleet._lives.values()
        if life.person.bracelet_id and life.day(20_778).trips
    )
    for since_s, until_s in ((trip.since_s - 900, trip.since_s), (trip.until_s, trip.until_s + 900)):
        there = stayed(midnight_s + since_s, midnight_s + until_s, (0.0, 0.0), Sky.HOME)
        life.begin(Course(since_s=there.since_s, until_s=there.until_s, legs=(there,)))
    assert life.whereabouts(midnight_s + trip.until_s - 30).outdoors


@pytest.mark.slow
def test_a_seed_has_one_truth_at_any_speed():
    def lived(step_s):
        fleet = Fleet(CITY, at_s=MORNING_S, rates=rates.ILL)
        now_s = MORNING_S
        while now_s < MORNING_S + 3 * 86_400:
            now_s += step_s
            fleet.step(now_s)
        return fleet.truth.episodes

    slow, fast = lived(900), lived(7_200)
    assert slow == fast
    assert len(slow) > 50
    assert len({one.episode_id for one in slow}) == len(slow)


def test_rates_are_kept():
    life_of = Fleet(CITY, at_s=MORNING_S)._lives
    wanted = rates.chosen("none", {"washing": 0.5, "linen": 0.2, "sos": 0.0})
    assert set(wanted) == {"washing", "linen"}
    found = [
        one.name
        for index in BOTH
        for number in range(20_000, 20_200)
        for one in chance.planned(4, life_of[index].person, number, wanted, life_of[index].habits)
    ]
    days = len(BOTH) * 200
    assert 0.45 < found.count("washing") / days < 0.55
    # What would run into another is left out.
    assert 0.08 < found.count("linen") / days < 0.22


@pytest.mark.parametrize(
    ("name", "person", "parameters", "hint"),
    [
        ("flood", 0, {}, "night_exit"),
        ("night_exit", 99_999, {}, "nobody 99999"),
        ("night_exit", 0, {"speed": 1}, "speed_mps"),
        ("night_exit", 0, {"speed_mps": 9}, "0.3 to 1.6"),
        ("night_exit", 0, {"speed_mps": "fast"}, "a number"),
        ("outing", 0, {"announced": 1}, "true or false"),
    ],
)
def test_what_cannot_begin_is_explained(name, person, parameters, hint):
    fleet = Fleet(city.build(4, bracelets=31, beds=3), at_s=MORNING_S)
    with pytest.raises(SimulatorError, match=hint):
        fleet.begin(name, person, MORNING_S, **parameters)


def test_what_needs_a_bed_does_not_happen_to_whoever_has_none():
    built = city.build(4, bracelets=31, beds=3)
    person = next(person for person in built.persons if person.bed_id is None)
    with pytest.raises(SimulatorError, match=person.external_id):
        Fleet(built, at_s=MORNING_S).begin("no_return", person.external_id, MORNING_S)


@pytest.mark.parametrize("changes", [{"flood": 1.0}, {"sos": -1.0}, {"sos": 99.0}])
def test_rates_that_cannot_be_are_explained(changes):
    with pytest.raises(SimulatorError):
        rates.chosen("ordinary", changes)
    with pytest.raises(SimulatorError, match="ordinary"):
        rates.chosen("usual", {})


def test_every_default_is_within_its_bounds_and_has_a_source():
    for kind in table.EPISODES.values():
        for parameter in kind.parameters:
            assert parameter.checked(parameter.default, episode=kind.name) == parameter.default
            assert parameter.source
            assert parameter.meaning
    for set_ in rates.SETS.values():
        assert set(set_) <= set(table.EPISODES)
        assert all(rate.source and rate.from_h < rate.until_h for rate in set_.values())
    assert all(table.EPISODES[name].quiet for name in rates.ORDINARY)


def test_falls_look_like_falls_and_knocks_do_not():
    def share(made, least):
        scores = [
            score(motion.summarise(*made(random.Random(seed)), impact.RATE_HZ), WEIGHTS).score for seed in range(120)
        ]
        return sum(one >= least for one in scores) / len(scores)

    # As real wrists: 0.95 of falls and 0.96 of daily activities right (docs/detectors/fall.md).
    assert share(lambda rng: impact.fall(rng, height_m=0.8, walking=True), 0.5) >= 0.9
    assert share(lambda rng: impact.fall(rng, height_m=0.45, walking=False), 0.2) >= 0.88
    assert 0.005 <= share(lambda rng: impact.knock(rng, peak_g=rng.uniform(1.8, 6)), 0.5) <= 0.06


def test_an_outage_of_a_cell_silences_its_devices_and_everything_comes_back():
    fleet = Fleet(CITY, at_s=MORNING_S)
    cell = max(fleet.cells(), key=fleet.cells().get)
    concerned = fleet.outage(Outage(since_s=MORNING_S + 600, until_s=MORNING_S + 4_200, cells=frozenset({cell})))
    assert concerned == fleet.cells()[cell]
    heard: dict[str, list[tuple[float, str, dict]]] = {}
    now_s = MORNING_S
    while now_s < MORNING_S + 6_000:
        now_s = max(fleet.due_s, now_s + 0.2)
        for message in fleet.step(now_s):
            heard.setdefault(message.device_id, []).append((now_s, message.kind.value, message.body))
    for device_id, said in heard.items():
        cut = fleet.cell_of(device_id) == cell
        silent = not any(MORNING_S + 600 < at_s < MORNING_S + 4_200 for at_s, _, _ in said)
        assert silent is cut
        parts = [part for _, kind, body in said if kind == "backlog" for part in body["readings"]]
        assert bool(parts) is cut
        if cut:
            whole = {part["seq"] for part in parts} | {body["seq"] for _, kind, body in said if kind != "backlog"}
            assert whole == set(range(max(whole) + 1))


def test_the_log_holds_episodes_and_the_truth_of_every_message(tmp_path):
    with TruthLog(tmp_path / "truth.jsonl", messages=True) as log:
        fleet = Fleet(CITY, at_s=MORNING_S, truth=log)
        fleet.begin("sos", 0, MORNING_S + 60)
        said = [message for step in range(40) for message in fleet.step(MORNING_S + 10 * step)]
    episodes, messages = read(tmp_path / "truth.jsonl")
    assert episodes == log.episodes
    assert episodes[0].name == "sos"
    assert all(isinstance(one, MessageTruth) for one in messages)
    published = {(one.device_id, one.seq) for one in messages if one.fate == "published"}
    assert published == {(one.device_id, one.body["seq"]) for one in said if one.kind.value != "status"}
    beds = [one for one in messages if one.device_id.startswith("bed")]
    assert beds
    assert all(one.occupancy in {"occupied", "empty", "edge"} and one.east_m is None for one in beds)
    assert all(one.occupancy is None for one in messages if one.device_id.startswith("zb"))


def test_nobody_is_asked_twice_at_once():
    fleet = Fleet(CITY, at_s=MORNING_S)
    told = [fleet.begin("night_exit", None, MORNING_S + 3_600) for _ in range(8)]
    assert len({one.person_index for one in told}) == 8
    acts = [act for index in BOTH for course in fleet._lives[index].courses for act in course.acts]
    assert all(act.deed is not Deed.IMPACT for act in acts)


def test_one_thing_at_a_time_happens_to_a_person():
    fleet = Fleet(CITY, at_s=MORNING_S)
    lost = fleet.begin("lost", BOTH[0], MORNING_S + 4 * 3600)
    last = timedelta(seconds=1)
    for name, at in (("sos", lost.since), ("pacing", lost.since - timedelta(minutes=20)), ("lost", lost.until - last)):
        said = rf"^{name} cannot begin: {lost.external_id} is in lost from 21 Nov 08:45 to"
        with pytest.raises(BusyError, match=said):
            fleet.begin(name, BOTH[0], at.timestamp())
    assert fleet.truth.episodes == [lost]
    assert len(fleet._lives[BOTH[0]].courses) == 1
    assert fleet.begin("sos", BOTH[0], lost.until.timestamp()).external_id == lost.external_id
    assert fleet.begin("sos", BOTH[1], lost.since.timestamp())


def test_what_is_asked_for_goes_before_what_comes_by_chance():
    every_day = rates.chosen("none", {"outing": 20.0})
    by_chance = Fleet(CITY, at_s=MORNING_S, rates=every_day)
    by_chance.step(MORNING_S)
    [outing] = [one for one in by_chance.truth.episodes if one.person_index == BOTH[0]]
    fleet = Fleet(CITY, at_s=MORNING_S, rates=every_day)
    asked = fleet.begin("lost", BOTH[0], outing.since.timestamp() + 600)
    fleet.step(MORNING_S)
    assert [one for one in fleet.truth.episodes if one.person_index == BOTH[0]] == [asked]
    assert [one for one in fleet.truth.episodes if one is not asked] == [
        one for one in by_chance.truth.episodes if one is not outing
    ]


def test_somebody_else_is_found_where_a_long_episode_would_run_into_a_later_one():
    fleet = Fleet(CITY, at_s=MORNING_S)
    worn = [person for person in CITY.persons if person.bracelet_id]
    for person in worn[:-1]:
        fleet.begin("sos", person.index, MORNING_S + 30 * 3600)
    assert fleet.begin("charger_forgotten", None, MORNING_S + 12 * 3600).person_index == worn[-1].index
    with pytest.raises(SimulatorError, match="nobody in this city can have charger_forgotten then"):
        fleet.begin("charger_forgotten", None, MORNING_S + 12 * 3600)


@pytest.mark.parametrize(
    ("name", "hour", "parameters", "drained"),
    [
        ("night_exit", 3, {}, {"low_battery"}),
        ("lost", 10, {}, {"low_battery"}),
        ("sos", 10, {}, {"low_battery"}),
        ("washing", 9, {}, set()),
        ("no_return", 2, {}, set()),
        ("bracelet_left", 10, {}, set()),
        ("bracelet_left", 10, {"lasts_s": 86_400.0}, {"low_battery", "silence"}),
        ("lost", 17.5, {"found_after_s": 3_600.0}, {"low_battery", "silence"}),
        ("charger_forgotten", 12, {}, set()),
    ],
)
def test_an_emptier_battery_is_explained_until_it_is_charged_again(name, hour, parameters, drained):
    fleet = Fleet(CITY, at_s=MORNING_S)
    midnight_s = MORNING_S + 19.25 * 3600
    episode = fleet.begin(name, BOTH[2], midnight_s + hour * 3600, **parameters)
    assert episode.drained == drained
    if drained:
        life = fleet._lives[BOTH[2]]
        charged_s = episode.charged_at.timestamp()
        assert charged_s == pytest.approx(life.charged_at_s(charged_s + 1), abs=0.01)
        assert charged_s - 86_400 - 3_600 < episode.until.timestamp() < charged_s
        assert episode.brings("low_battery", episode.charged_at)
        assert not episode.brings("low_battery", episode.charged_at + timedelta(seconds=1))
        before = episode.since - timedelta(seconds=1)
        assert not episode.brings("low_battery", before)
        assert [episode.brings(min(episode.expects), before, give=timedelta(seconds=give)) for give in (0, 2)] == [
            False,
            True,
        ]
        assert episode.brings("silence", episode.charged_at) is ("silence" in drained)


@pytest.mark.parametrize(
    ("name", "parameters", "beyond"),
    [("sos", {"out_m": 900.0}, True), ("sos", {"out_m": 60.0}, False), ("sos", {}, False), ("fall", {}, False)],
)
def test_who_presses_or_falls_beyond_the_zone_has_left_it(name, parameters, beyond):
    episode = Fleet(CITY, at_s=MORNING_S).begin(name, BOTH[3], MORNING_S + 20 * 3600, **parameters)
    assert ("zone_exit" in episode.explains) is beyond


def test_who_falls_on_a_walk_towards_the_edge_may_lie_beyond_it():
    fleet = Fleet(CITY, at_s=MORNING_S)
    beyond = []
    for person in (one for one in CITY.persons if one.bracelet_id):
        for trip in fleet._lives[person.index].day(20_778).trips[:1]:
            episode = fleet.begin("fall", person.index, MORNING_S - 4.75 * 3600 + trip.legs[0].until_s)
            lies_off_m = min(
                zone.beyond_m((person.latitude, person.longitude), (episode.east_m, episode.north_m))
                for zone in person.zones
            )
            beyond.append("zone_exit" in episode.explains)
            assert beyond[-1] or lies_off_m <= 0
    assert set(beyond) == {True, False}
