"""`kill -9` of alerts at random moments while detections come and people answer: what is lost, what is sent twice.

The receiver is outside: it knows only what arrived. `python -m tests.chaos.alerts --kills 100` prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from alerts import service
from alerts.lifecycle import IllegalTransition
from runtime import database
from tests import servers
from tests.alerts.scene import VILLAGE, Database, Receiving, Request, receiving, webhook

#: Scaled seconds a real second: ladders climb while the test runs.
CLOCK_RATE = 60.0
#: Real seconds between two detections, and between two answers.
DETECTION_EVERY_S, ANSWER_EVERY_S = 0.15, 0.5
#: Real seconds a process lives after it has told somebody: it is killed in the middle of its work.
LIVES_S = (0.0, 0.7)
#: ... or, one time in so many, while it starts.
STARTING_ONE_IN = 5
#: Real seconds the receiver takes to answer: long enough to be killed between sending and recording.
ANSWERS_WITHIN_S = 0.08
#: Real seconds a process may take to start and tell the first one, on a busy machine.
STARTS_WITHIN_S = 120.0
#: Real seconds in which everything must be told once nobody kills any more.
SETTLES_WITHIN_S = 180.0
#: Nothing new is detected while so much waits: what is counted is kills, not how much a busy machine can take.
WAITING_MOST = 60
COMMAND = "import sys; from runtime.cli import main; sys.exit(main(['alerts']))"


@dataclass
class Run:
    """What was done, and what came of it."""

    url: str
    hook: Receiving
    random: Random
    anchor: datetime
    persons: list[int] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    kills: int = 0

    def now(self) -> datetime:
        """The scaled clock of the process."""
        return self.anchor + (datetime.now(UTC) - self.anchor) * CLOCK_RATE

    async def start(self) -> None:
        environment = os.environ | {
            "TONGXING_DATABASE_URL": self.url,
            "TONGXING_ALERTS_HEALTH_PORT": "0",
            "TONGXING_ALERTS_SEND_TIMEOUT_S": "1",
            "TONGXING_LOG_LEVEL": "error",
            "TONGXING_CLOCK_START": self.anchor.isoformat(),
            "TONGXING_CLOCK_ANCHOR": self.anchor.isoformat(),
            "TONGXING_CLOCK_RATE": str(CLOCK_RATE),
        }
        self.process = await asyncio.create_subprocess_exec(sys.executable, "-c", COMMAND, env=environment)

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        self.kills += 1


async def detect(run: Run, scene: Database, stop: asyncio.Event) -> None:
    """Detections of ever new persons, each of whom somebody must hear of; some fall ill twice."""
    while not stop.is_set():
        if (await scene.row("SELECT count(*) AS n FROM unhandled_detections"))["n"] > WAITING_MOST:
            await asyncio.sleep(DETECTION_EVERY_S)
            continue
        person = await scene.person(f"人{len(run.persons)}")
        await scene.family(person, webhook(run.hook.url), priority=1)
        await scene.family(person, webhook(run.hook.url), priority=2)
        run.persons.append(person)
        await scene.exit(person, run.now())
        if run.random.random() < 0.3:
            await scene.sos(person, run.now())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), DETECTION_EVERY_S)


async def people_answer(run: Run, stop: asyncio.Event) -> None:
    """Now and then somebody acknowledges, which must stop the ladder and lose nothing else."""
    async with await database.connect(run.url, autocommit=True) as connection:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), ANSWER_EVERY_S)
            cursor = await connection.execute(
                "SELECT i.incident_id FROM incidents i JOIN notifications n USING (incident_id)"
                " WHERE i.state = 'open' AND n.state = 'delivered' ORDER BY i.incident_id LIMIT 1"
            )
            found = await cursor.fetchone()
            if found:
                with contextlib.suppress(IllegalTransition):
                    await service.acknowledge(connection, incident_id=found[0], user_id=None, at=run.now())


async def kill_at_random(run: Run, kills: int) -> None:
    """Start, let live for a random while, kill; at last start for good."""
    for _ in range(kills):
        before = len(run.hook.requests)
        await run.start()
        if run.random.randrange(STARTING_ONE_IN):
            await run.hook.arrived(before + 1, within_s=STARTS_WITHIN_S)
        await asyncio.sleep(run.random.uniform(*LIVES_S))
        await run.kill()
    await run.start()


async def settled(scene: Database, within_s: float) -> bool:
    """Whether everything was handled and sent before the time was over; first steps, not those still to come."""
    until = time.monotonic() + within_s
    query = (
        "SELECT (SELECT count(*) FROM unhandled_detections)"
        " + (SELECT count(*) FROM notifications WHERE state = 'pending') AS n"
    )
    while time.monotonic() < until:
        if (await scene.row(query))["n"] == 0:
            return True
        await asyncio.sleep(0.2)
    return False


async def judged(run: Run, scene: Database) -> dict[str, Any]:
    """Counts. The receiver's own memory is the witness, the tables only say who is who."""
    arrived = Counter(request.headers["idempotency-key"] for request in run.hook.requests)
    rows = await scene.rows(
        "SELECT n.notification_id::text AS key, n.state, i.person_id, i.incident_id, n.round, n.position,"
        " n.receiver_id, n.purpose FROM notifications n JOIN incidents i USING (incident_id)"
    )
    told = {row["person_id"] for row in rows if arrived[row["key"]]}
    steps = Counter(
        (row["incident_id"], row["round"], row["position"], row["receiver_id"], row["purpose"]) for row in rows
    )
    incidents = await scene.rows("SELECT person_id FROM incidents GROUP BY person_id HAVING count(*) > 1")
    handled = await scene.rows(
        "SELECT detection_id FROM detections d WHERE NOT EXISTS"
        " (SELECT FROM handled_detections h WHERE h.detection_id = d.detection_id)"
    )
    return {
        "kills": run.kills,
        "persons": len(run.persons),
        "detections": (await scene.row("SELECT count(*) AS n FROM detections"))["n"],
        "messages": sum(arrived.values()),
        "lost_detections": len(handled),
        #: Somebody had to hear of each person, and of everything that the tables call delivered.
        "lost_notifications": len(set(run.persons) - told)
        + sum(row["state"] == "delivered" and not arrived[row["key"]] for row in rows)
        + sum(row["state"] in {"pending", "failed"} for row in rows),
        "doubled_notifications": sum(count - 1 for count in steps.values()),
        "doubled_incidents": len(incidents),
        #: Killed between sending and recording: the same message once more, under the same key, for the receiver to see.
        "sent_again_with_the_same_key": sum(count - 1 for count in arrived.values()),
    }


async def chaos(url: str, *, kills: int, seed: int) -> dict[str, Any]:
    """Kill alerts so many times while the rest goes on, and count."""
    random = Random(seed)

    async def answer(_: Request) -> str:
        await asyncio.sleep(random.uniform(0, ANSWERS_WITHIN_S))
        return "200 OK"

    async with receiving(answer) as hook, await database.connect(url, autocommit=True) as connection:
        run = Run(url=url, hook=hook, random=random, anchor=datetime.now(UTC))
        scene = Database(connection)
        for relation in ("coordinator", "station", "county"):
            await scene.official(relation, VILLAGE, webhook(hook.url))
        stop = asyncio.Event()
        async with await database.connect(url, autocommit=True) as own:
            working = [
                asyncio.create_task(detect(run, Database(own), stop)),
                asyncio.create_task(people_answer(run, stop)),
            ]
            await kill_at_random(run, kills)
            stop.set()
            await asyncio.gather(*working)
        # Nobody answers any more and ladders climb on: what is counted is what there is when the last incident is quiet.
        await quieten(run)
        everything = await settled(scene, SETTLES_WITHIN_S)
        assert run.process is not None
        run.process.terminate()
        await asyncio.wait_for(run.process.wait(), 30)
        return await judged(run, scene) | {"settled": everything}


async def quieten(run: Run) -> None:
    """Wait until the last detection has been told, then answer every incident, so that no ladder climbs on."""
    async with await database.connect(run.url, autocommit=True) as connection:
        scene = Database(connection)
        waiting = (
            "SELECT (SELECT count(*) FROM unhandled_detections) + (SELECT count(*) FROM incidents i WHERE NOT EXISTS"
            " (SELECT FROM notifications n WHERE n.incident_id = i.incident_id AND n.state = 'delivered')) AS n"
        )
        until = time.monotonic() + SETTLES_WITHIN_S
        while time.monotonic() < until and (await scene.row(waiting))["n"]:  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.2)
        for row in await scene.rows("SELECT incident_id FROM incidents WHERE state = 'open'"):
            with contextlib.suppress(IllegalTransition):
                await service.acknowledge(connection, incident_id=row["incident_id"], user_id=None, at=run.now())


async def main(arguments: argparse.Namespace) -> int:
    async with servers.private_postgres() as databases:
        with databases.fresh() as url:
            found = await chaos(url, kills=arguments.kills, seed=arguments.seed)
    print(json.dumps(found))
    return 0 if found["settled"] and not any(found[name] for name in LOSSES) else 1


#: What must be zero.
LOSSES = ("lost_detections", "lost_notifications", "doubled_notifications", "doubled_incidents")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(asyncio.run(main(parser.parse_args())))
