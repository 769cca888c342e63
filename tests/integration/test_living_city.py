"""A city that is spoken to while it lives, on a real broker: it answers, and a cut network loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from runtime.clock import ScaledClock, wall_now
from runtime.service import Stop
from simulators import broker, progress, truth
from simulators.errors import SimulatorError
from simulators.saying import say
from simulators.scenes import reading
from simulators.simulation import Plan, Simulation

WITHIN_S = 60.0
SCENE = reading.load("tiny")


@pytest.fixture
def where(broker_url):
    return broker.address(broker_url)


@contextlib.asynccontextmanager
async def living(where, tmp_path, **changes):
    """The tiny scene from its start, sixty times as fast; the files it leaves."""
    plan = Plan(
        seed=SCENE.seed,
        bracelets=SCENE.bracelets,
        beds=SCENE.beds,
        sessions=2,
        scene=SCENE,
        truth=tmp_path / "truth",
        stats=tmp_path / "stats",
        progress=tmp_path / "progress",
        **changes,
    )
    clock = ScaledClock(start=SCENE.start, rate=60.0, anchor=wall_now())
    stop = Stop()
    running = asyncio.ensure_future(Simulation(plan=plan, clock=clock, rate=60.0, where=where).run(stop))
    try:
        await until(lambda: running.done() or progress.read(tmp_path / "progress") is not None)
        yield
    finally:
        stop.request()
        await asyncio.wait_for(running, WITHIN_S)


async def until(reached):
    async with asyncio.timeout(WITHIN_S):
        while not reached():  # noqa: ASYNC110 - another task's file
            await asyncio.sleep(0.05)


async def test_it_does_what_is_said_and_answers_and_the_truth_is_written(where, tmp_path):
    async with living(where, tmp_path):
        assert "zibo-000002" in await say(where, "begin lost zb-000002 away_m=900")
        with pytest.raises(SimulatorError, match="no person and no device 'zb-000099'"):
            await say(where, "begin sos zb-000099")
    episodes, _ = truth.read(tmp_path / "truth")
    assert {"sos", "night_exit", "lost"} == {one.name for one in episodes}
    [said] = [one for one in episodes if one.name == "lost"]
    assert said.parameters["away_m"] == 900


async def test_a_cut_network_loses_nothing_and_is_known_to_whoever_sets_the_pace(where, tmp_path):
    async with living(where, tmp_path):
        before = progress.read(tmp_path / "progress")
        await say(where, "cut 1m")
        await until(lambda: progress.read(tmp_path / "progress").disturbed)
        await until(lambda: not progress.read(tmp_path / "progress").disturbed)
        await until(lambda: progress.read(tmp_path / "progress").acknowledged > before.acknowledged)
    stats = json.loads((tmp_path / "stats").read_text())
    assert stats["published"] == stats["acknowledged"] > 0
    assert stats["unacknowledged"] == stats["discarded"] == 0


async def test_where_nobody_lives_nobody_answers(where, monkeypatch):
    monkeypatch.setattr("simulators.saying.ANSWER_WITHIN_S", 0.3)
    with pytest.raises(SimulatorError, match="no simulator answered"):
        await say(where, "begin sos")


async def test_what_is_not_understood_is_not_even_sent(where):
    with pytest.raises(SimulatorError, match="did you mean begin"):
        await say(where, "began sos")
