"""What can be said to a living city, and what a scene lays out on it."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.clock import ManualClock
from runtime.service import Stop
from simulators import city, commands, controls, scene_options, staging
from simulators import hearing as hearings
from simulators.broker import Address
from simulators.controls import Order, Verb
from simulators.errors import SimulatorError
from simulators.fleet import Fleet
from simulators.hearing import Hearing
from simulators.message import Kind
from simulators.rehearsal.run import unless_stopped
from simulators.scene import Scene as Story
from simulators.scenes import reading
from simulators.scenes.scene import Scene
from simulators.scenes.scene_file import EpisodeStep, FaultStep, OutageStep
from simulators.simulation import Plan, Simulation
from tests.simulators.maps import ZHANGDIAN, square, written

START = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
CITY = city.build(1, bracelets=12, beds=10)


@pytest.fixture
def fleet():
    return Fleet(CITY, at_s=START.timestamp())


@pytest.mark.parametrize("text", controls.EXAMPLES)
def test_the_examples_are_understood(text):
    assert controls.parse(text).verb == text.split()[0]


def test_an_order_is_read_whole():
    assert controls.parse("begin lost zb-000003 away_m=800 drift=0.5") == Order(
        verb=Verb.BEGIN, name="lost", who="zb-000003", parameters={"away_m": 800.0, "drift": 0.5}
    )
    assert controls.parse("begin outing announced=false").parameters == {"announced": False}
    assert controls.parse("outage 370303 1h 30m".replace("1h 30m", "'1h 30m'")).lasts_s == 5_400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write one of begin"),
        ("began sos", "did you mean begin?"),
        ("begin", "begin what?"),
        ("begin soss", "did you mean sos?"),
        ("begin sos zb-1 zb-2", "zb-1 and zb-2? Name one"),
        ("begin lost away_m=1", "write a number from 150"),
        ("begin lost away=1", "did you mean away_m?"),
        ("outage 370303", "Write for example: outage"),
        ("cut soon", "no length of time"),
        ("cut", "Write for example: cut 2m"),
        ("begin 'sos", "not understood"),
    ],
)
def test_what_is_not_understood_is_explained(text, said):
    with pytest.raises(SimulatorError) as caught:
        controls.parse(text)
    assert said in str(caught.value)


class Living:
    def __init__(self):
        self.looked = 0

    def now_s(self):
        return START.timestamp() + 60

    def look(self):
        self.looked += 1

    async def cut(self, lasts_s):
        self.lasts_s = lasts_s


async def test_the_city_does_what_is_said_and_answers(fleet):
    living = Living()
    hearing = Hearing(fleet=fleet, simulation=living)
    worn = next(person for person in CITY.persons if person.bracelet_id and person.bed_id)
    assert worn.external_id in hearing.said(f"begin night_exit {worn.bed_id}")["done"]
    assert fleet.truth.episodes[-1].external_id == worn.external_id
    assert "begins with" in hearing.said("begin sos")["done"]
    assert "1 devices" not in hearing.said("outage 37 10m")["done"]
    assert "devices are cut off" in hearing.said(f"outage {worn.bracelet_id} 10m")["done"]
    assert "fast" in hearing.said(f"jump {worn.bracelet_id} 1d")["done"]
    assert "no device" in hearing.said("cut 30s")["done"]
    [task] = hearing.tasks
    await task
    assert living.lasts_s == 30
    assert living.looked == 6


@pytest.mark.parametrize("late_s", [0.0, 5.0, 60.0])
def test_a_device_obeys_so_long_after_what_a_command_answers_however_late_it_comes(fleet, late_s):
    living = Living()
    hearing = Hearing(fleet=fleet, simulation=living)
    bracelet_id = next(person.bracelet_id for person in CITY.persons if person.bracelet_id)
    stepped_s = START.timestamp() + 30
    hearing.step(stepped_s)
    given_s = living.now_s() - late_s
    hearing.command(bracelet_id, {"id": "c1", "at": given_s, "type": "locate"})
    obeyed_s = given_s + hearings.WAKES_WITHIN_S
    assert hearing.due_s <= obeyed_s
    if obeyed_s > stepped_s:
        early = hearing.step(min(obeyed_s - 0.1, living.now_s()))
        assert not any(message.kind is Kind.ANSWER for message in early)
    said = hearing.step(max(obeyed_s, living.now_s()))
    [answer] = [message for message in said if message.kind is Kind.ANSWER]
    # Later where the machine was; its time is not turned back.
    assert answer.body["at"] == pytest.approx(max(obeyed_s, stepped_s), abs=0.01)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("begin sos zb-999999", "no person and no device 'zb-999999'"),
        ("outage 99 10m", "concern nobody"),
        ("outage zb-999999 10m", "zb-999999"),
        ("jump zb-999999 1d", "zb-999999"),
        ("fly", "not understood"),
    ],
)
def test_the_city_says_what_it_cannot_do(fleet, text, said):
    assert said in Hearing(fleet=fleet, simulation=Living()).said(text)["wrong"]
    assert fleet.truth.episodes == []


def scene(*steps, **changes):
    return Scene(name="mine", start=START, length_s=86_400.0, steps=steps, **changes)


def test_a_scene_is_laid_out_at_its_times(fleet):
    steps = (
        EpisodeStep(at="+10m", name="sos", who="zb-000001"),
        EpisodeStep(at="02:50", name="lost", times=2, with_={"away_m": 900.0}),
        FaultStep(at="+1h", name="network_cut", lasts="5m"),
        FaultStep(at="+30m", name="clock_jump", device="zb-000002", by="1d"),
        FaultStep(at="+30m", name="ingest_kill"),
    )
    cuts, jumps = staging.lay_out(scene(*steps), fleet, START)
    told = [(one.name, one.since - START) for one in fleet.truth.episodes]
    assert told == [
        ("sos", timedelta(minutes=10)),
        ("lost", timedelta(minutes=20)),
        ("lost", timedelta(minutes=21)),
    ]
    assert fleet.truth.episodes[0].external_id == "zibo-000001"
    assert len({one.external_id for one in fleet.truth.episodes[1:]}) == 2
    assert fleet.truth.episodes[1].parameters["away_m"] == 900
    assert cuts == [staging.Cut(since=START + timedelta(hours=1), until=START + timedelta(minutes=65))]
    assert jumps == [staging.Jump(at=START + timedelta(minutes=30), device_id="zb-000002", by_s=86_400)]


def test_the_same_scene_is_laid_out_the_same():
    told = []
    for _ in range(2):
        fleet = Fleet(CITY, at_s=START.timestamp())
        staging.lay_out(scene(EpisodeStep(at="+10m", name="lost", times=3)), fleet, START)
        told.append([one.episode_id for one in fleet.truth.episodes])
    assert told[0] == told[1]


def test_an_outage_takes_an_area_a_share_of_it_or_a_base_station(fleet):
    everybody = staging.concerned(OutageStep(at="+1m", lasts="1h"), fleet, seed=1)
    assert len(everybody) == 22
    half = staging.concerned(OutageStep(at="+1m", lasts="1h", share=0.5), fleet, seed=1)
    assert 4 < len(half) < 18
    assert half < everybody
    near = staging.concerned(OutageStep(at="+1m", lasts="1h", around="zb-000001"), fleet, seed=1)
    assert {fleet.cell_of(one) for one in near} == {fleet.cell_of("zb-000001")}
    person = CITY.persons[0]
    there = staging.concerned(OutageStep(at="+1m", lasts="1h", division=person.division[:9]), fleet, seed=1)
    assert {person.bracelet_id} <= there < everybody


def test_what_a_scene_wants_of_nobody_is_explained(fleet):
    step = EpisodeStep(at="+1m", name="sos", who="zb-9")
    with pytest.raises(SimulatorError, match=r"scene mine, step 1 at \+1m: there is no person"):
        staging.lay_out(scene(step), fleet, START)


def test_a_scene_begins_at_its_time_where_the_clock_shows_it_and_else_at_once():
    night = scene()
    assert staging.begins(night, START + timedelta(minutes=5)) == START
    later = START + timedelta(hours=9)
    assert staging.begins(night, later) == later


def options(*arguments):
    command = argparse.ArgumentParser()
    commands.register(command.add_subparsers())
    return command.parse_args(["simulate", "--bracelets=5", "--beds=6", *arguments])


def test_stories_of_the_demo_are_told_beside_a_scene():
    plan = scene_options.plan(options("--scene=night_exit@20s", "--scene=sos_market"))
    assert plan.scene is None
    assert [(story.value, after_s) for story, after_s in plan.stories] == [("night_exit", 20.0), ("sos_market", 0.0)]
    assert (plan.bracelets, plan.beds, plan.sessions) == (5, 6, 8)


def test_each_device_may_have_its_own_session_and_login():
    assert scene_options.plan(options("--sessions=3")).sessions == 3
    assert scene_options.plan(options("--sessions=0")).sessions == 0
    own = scene_options.plan(options("--logins=logins.csv"))
    assert (own.sessions, own.logins) == (0, Path("logins.csv"))


def test_towns_lie_within_the_boundaries_that_are_given(tmp_path):
    file = written(tmp_path, square(ZHANGDIAN))
    plan = scene_options.plan(options(f"--boundaries={file}", "--datum=wgs84"))
    assert set(plan.boundaries.areas) == {ZHANGDIAN.code}
    assert scene_options.plan(options()).boundaries is None
    mine = tmp_path / "mine.toml"
    mine.write_text(f'include = ["tiny"]\n[city]\nboundaries = "{file}"\ndatum = "gcj02"\n')
    assert set(scene_options.plan(options(f"--scene={mine}")).boundaries.areas) == {ZHANGDIAN.code}


def test_a_scene_brings_its_own_city():
    plan = scene_options.plan(options("--scene=tiny", "--bracelets=99"))
    assert plan.scene == reading.load("tiny")
    assert (plan.seed, plan.bracelets, plan.beds) == (1, 12, 10)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scene=tiny", "--scene=storm"], "give one scene"),
        (["--scene=tinny"], "no scene 'tinny'"),
        (["--scene=tiny", "--speed=20"], "--score"),
        (["--logins=logins.csv", "--sessions=8"], "take --sessions away"),
        (["--boundaries=zibo.geojson"], "--datum gcj02 for maps made in China"),
        (["--datum=gcj02"], "--datum belongs to --boundaries"),
        (["--boundaries=gone.geojson", "--datum=wgs84"], "gone.geojson cannot be read"),
        (["--scene=tiny", "--boundaries=z.geojson"], 'write boundaries = "z.geojson" and datum = "gcj02" into [city]'),
        (["--scene=broker_restarts_at_noon"], "breaks servers (broker_kill)"),
    ],
)
def test_scenes_that_cannot_be_played_here_are_refused(arguments, said):
    with pytest.raises(SimulatorError) as caught:
        scene_options.plan(options(*arguments))
    assert said in str(caught.value)


@pytest.mark.parametrize("arguments", [["--score"], ["--score", "--scene=night_exit"]])
def test_a_score_needs_a_scene(arguments):
    with pytest.raises(SimulatorError, match="--score needs one scene"):
        scene_options.rehearse(options(*arguments))


def test_who_is_in_an_episode_already_is_left_in_it_and_the_other_is_named(fleet):
    hearing = Hearing(fleet=fleet, simulation=Living())
    assert "done" in hearing.said("begin lost zb-000002")
    said = hearing.said("begin night_exit zb-000002")["wrong"]
    assert said.startswith("night_exit cannot begin: zibo-000002 is in lost from 24 Nov 02:31 to 24 Nov 0")
    assert said.endswith("Let it begin after that, or with somebody else.")
    assert [one.name for one in fleet.truth.episodes] == ["lost"]
    steps = (EpisodeStep(at="+10m", name="lost", who="zb-000003"), EpisodeStep(at="+30m", name="sos", who="zb-000003"))
    with pytest.raises(SimulatorError, match=r"^scene mine, step 2 at \+30m: sos cannot begin: zibo-000003 is in lost"):
        staging.lay_out(scene(*steps), fleet, START)


def test_a_story_of_the_demo_is_played_by_another_of_its_cast_or_not_at_all(fleet):
    next_player, _ = Fleet(CITY, at_s=START.timestamp()).play(Story.NIGHT_EXIT, START.timestamp() + 1)
    asked = fleet.begin("sos", staging.person_of(next_player, fleet), START.timestamp() + 1)
    assert fleet.play(Story.NIGHT_EXIT, START.timestamp() + 1)[0] != next_player
    fleet = Fleet(CITY, at_s=START.timestamp())
    assert asked.name == "sos"
    players = {fleet.play(Story.NIGHT_EXIT, START.timestamp() + 1)[0] for _ in CITY.cast[Story.NIGHT_EXIT]}
    assert len(players) == len(CITY.cast[Story.NIGHT_EXIT])
    with pytest.raises(SimulatorError, match="night_exit cannot begin"):
        fleet.play(Story.NIGHT_EXIT, START.timestamp() + 2)


@pytest.mark.parametrize("arguments", [["--logins=logins.csv"], ["--boundaries=zibo.geojson", "--datum=wgs84"]])
def test_what_a_rehearsal_has_itself_is_not_given(arguments):
    with pytest.raises(SimulatorError, match=r"take --logins away|a scene brings its own city"):
        scene_options.rehearse(options("--score", "--scene=tiny", *arguments))


class Stepping:
    """A city that is asked to step."""

    due_s = 0.0

    def __init__(self, fleet):
        self.fleet = fleet
        self.steps = []

    def step(self, now_s):
        self.steps.append(now_s)
        return []


async def test_nothing_is_said_that_happens_after_the_scene(fleet, tmp_path):
    clock, ready = ManualClock(START), asyncio.Event()
    plan = Plan(scene=replace(scene(), length_s=60.0), progress=tmp_path / "progress.json")
    simulation = Simulation(plan=plan, clock=clock, rate=60.0, where=Address(host="127.0.0.1", port=1))
    stepping = Stepping(fleet)
    parts = [asyncio.ensure_future(simulation._stage(fleet, ready))]
    await asyncio.sleep(0)
    clock.advance(timedelta(seconds=30))
    ready.set()
    parts.append(asyncio.ensure_future(simulation._step(stepping, ready)))
    await asyncio.sleep(0)
    clock.advance(timedelta(hours=1))
    simulation.look()
    for _ in range(10):
        await asyncio.sleep(0)
    for part in parts:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)
    assert {one - START.timestamp() for one in stepping.steps} == {30.0, 60.0}


async def test_a_rehearsal_can_be_stopped_while_it_starts():
    stop, cleaned = Stop(), []

    async def starting():
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    async def ready():
        return "ready"

    assert await unless_stopped(stop, ready()) == "ready"
    waiting = asyncio.ensure_future(unless_stopped(stop, starting()))
    await asyncio.sleep(0)
    stop.request()
    with pytest.raises(SimulatorError, match="stopped before the scene was over"):
        await waiting
    assert cleaned
