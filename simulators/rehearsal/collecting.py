"""Brings together what a run left: the city's counts and truth, and what the system stored, detected and told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runtime.database import Connection
from simulators import city, truth
from simulators.errors import SimulatorError
from simulators.scenes.scene import Scene
from simulators.scoring import queries
from simulators.scoring.run_log import Paced, Person, RunLog, Traffic
from simulators.truth import Episode

LOOK_EVERY_S = 0.3
#: So many looks in a row must find nothing left.
LOOKS = 3


def stats(file: Path) -> dict[str, Any]:
    """What the city counted.

    Raises:
        SimulatorError: it left nothing.
    """
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SimulatorError(f"the city left no figures in {file}: its log beside it says why.") from None
    assert isinstance(read, dict)
    return read


async def settled(connection: Connection, counted: Mapping[str, Any], *, until: Any, within_s: float) -> bool:
    """Wait until everything acknowledged is stored or refused, handled and sent; False: it took too long."""
    deadline = time.monotonic() + within_s
    calm = 0
    before = -1
    while time.monotonic() < deadline:
        done = await queries.stored(connection) + await queries.refused(connection)
        still = done >= int(counted["acknowledged"]) or done == before
        calm = calm + 1 if still and not await queries.unsettled(connection, now=until) else 0
        if calm >= LOOKS:
            return done >= int(counted["acknowledged"])
        before = done
        await asyncio.sleep(LOOK_EVERY_S)
    return False


async def run_log(
    connection: Connection,
    scene: Scene,
    *,
    episodes: Sequence[Episode],
    counted: Mapping[str, Any],
    paced: Paced,
    disturbances: Sequence[str],
    reactions: Mapping[str, int],
) -> RunLog:
    """The record."""
    built = city.build(scene.seed, bracelets=scene.bracelets, beds=scene.beds)
    return RunLog(
        scene=scene.name,
        title=scene.title,
        seed=scene.seed,
        start=scene.start,
        until=scene.until,
        counts_from=scene.start,
        persons=[
            Person(external_id=one.external_id, bracelet_id=one.bracelet_id, bed_id=one.bed_id) for one in built.persons
        ],
        episodes=[truth.as_row(episode) for episode in sorted(episodes, key=lambda one: (one.since, one.episode_id))],
        detections=await queries.detections(connection, since=scene.start, until=scene.until),
        alerts=await queries.alerts(connection, until=scene.until),
        incidents=await queries.incidents(connection, until=scene.until),
        traffic=Traffic(
            published=int(counted["published"]),
            acknowledged=int(counted["acknowledged"]),
            stored=await queries.stored(connection),
            refused=await queries.refused(connection),
        ),
        paced=paced,
        publish_to_notification_ms=await queries.publish_to_notification_ms(connection),
        disturbances=list(disturbances),
        reactions=dict(reactions),
    )
