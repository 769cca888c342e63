"""Simulators on a real broker: nothing lost when the connection breaks, commands obeyed, SOS repeated until heard."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise

import aiomqtt
import pytest

from runtime.clock import ScaledClock, wall_now
from runtime.service import Stop
from simulators import broker
from simulators.broker import Address
from simulators.counts import Counts
from simulators.downlink import SCENE_TOPIC
from simulators.message import Kind
from simulators.numbering import Numbering
from simulators.recordings.recorded_fix import RecordedFix
from simulators.recordings.recording import Recording
from simulators.replay import Replay
from simulators.scene import Scene
from simulators.scene_request import request
from simulators.session import WAITING_MOST, WINDOW, Session
from simulators.simulation import Plan, Simulation
from tests.simulators.engine_room import MORNING_S

WITHIN_S = 60.0


MORNING = datetime.fromtimestamp(MORNING_S, UTC)
CABLES: dict[int, Cable] = {}


class Cable:
    """A TCP line to the broker that can be cut."""

    def __init__(self, where: Address) -> None:
        self._where = where
        self._writers: set[asyncio.StreamWriter] = set()
        self.carried = 0

    async def __aenter__(self) -> Address:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        CABLES[self._server.sockets[0].getsockname()[1]] = self
        port = self._server.sockets[0].getsockname()[1]
        return Address(host="127.0.0.1", port=port, username=self._where.username, password=self._where.password)

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._where.host, self._where.port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4_096):
                self.carried += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)


@contextlib.asynccontextmanager
async def ear(where: Address, *topics: str) -> AsyncIterator[aiomqtt.Client]:
    async with broker.client(where, None) as client:
        for topic in topics:
            await client.subscribe(topic, qos=1)
        yield client


async def heard(client: aiomqtt.Client, enough) -> list[tuple[str, dict]]:
    messages: list[tuple[str, dict]] = []
    async with asyncio.timeout(WITHIN_S):
        async for message in client.messages:
            messages.append((str(message.topic), json.loads(message.payload)))
            if enough(messages):
                return messages
    raise AssertionError("the broker hung up")


@pytest.fixture(params=["broker_url", "mosquitto_url"])
def where(request) -> Address:
    return broker.address(request.getfixturevalue(request.param))


async def test_a_cut_connection_loses_nothing_and_keeps_each_devices_order(where):
    counts, devices, each = Counts(), [f"cut-{number}" for number in range(3)], 10 * WINDOW
    async with Cable(where) as line, ear(where, "tongxing/v1/+/heartbeat") as listener:
        session = Session(line, f"cut-{where.port}", counts)
        running = asyncio.ensure_future(session.run())
        numbers = {device: Numbering(device) for device in devices}
        for number in range(each):
            for device in devices:
                session.put(numbers[device].message(Kind.HEARTBEAT, MORNING_S + number))
        cutter = asyncio.ensure_future(_cut_now_and_then(line, session))
        async with asyncio.timeout(WITHIN_S):
            await session.drained()
        cutter.cancel()
        running.cancel()
        await asyncio.gather(running, cutter, return_exceptions=True)
        messages = await heard(listener, lambda got: len({(t, m["seq"]) for t, m in got}) == each * len(devices))
    assert counts.published[Kind.HEARTBEAT] == counts.acknowledged[Kind.HEARTBEAT] == each * len(devices)
    assert counts.reconnected >= 1
    assert counts.resent >= 1
    first: dict[str, list[int]] = defaultdict(list)
    bodies: dict[tuple[str, int], dict] = {}
    for topic, body in messages:
        if body["seq"] not in first[topic]:
            first[topic].append(body["seq"])
        assert bodies.setdefault((topic, body["seq"]), body) == body
    assert all(seqs == sorted(seqs) for seqs in first.values())


async def _cut_now_and_then(line: Address, session: Session) -> None:
    cable = CABLES[line.port]
    left = session.waiting
    while session.waiting:
        await asyncio.sleep(0)
        if session.waiting < 0.7 * left:
            left = session.waiting
            cable.cut()


async def test_telemetry_is_discarded_before_memory_runs_out_but_an_sos_never_is():
    counts = Counts()
    session = Session(Address(host="127.0.0.1", port=1), "never", counts)
    numbers = Numbering("zb-1")
    for _ in range(WAITING_MOST + 5):
        session.put(numbers.message(Kind.HEARTBEAT, MORNING_S))
    session.put(numbers.message(Kind.EVENT, MORNING_S, id="e", type="sos"))
    assert counts.discarded == 5
    assert session.waiting == WAITING_MOST + 1


@pytest.mark.parametrize("sessions", [3, 0], ids=["shared", "own"])
async def test_a_city_lives_obeys_and_repeats_an_sos_until_it_is_heard(where, tmp_path, sessions):
    # Morning within seconds; the SOS is repeated in real time.
    clock = ScaledClock(start=MORNING, rate=60.0, anchor=wall_now())
    plan = Plan(seed=3, bracelets=20, beds=10, sessions=sessions, stats=tmp_path / "stats.json")
    stop = Stop()
    async with ear(where, "tongxing/v1/+/event", "tongxing/v1/+/answer", "tongxing/v1/+/location") as listener:
        simulation = Simulation(plan=plan, clock=clock, rate=60.0, where=where)
        running = asyncio.ensure_future(simulation.run(stop))
        await heard(listener, lambda got: len({topic for topic, _ in got}) >= 15)
        await request(where, Scene.SOS_MARKET)
        (*_, (topic, sos)) = await heard(listener, lambda got: got[-1][0].endswith("/event"))
        device = topic.split("/")[2]
        again = await heard(listener, lambda got: got[-1][0].endswith("/event"))
        assert again[-1][1] | {"seq": 0, "published_at": 0} == sos | {"seq": 0, "published_at": 0}
        await listener.publish(f"tongxing/v1/{device}/ack", json.dumps({"id": sos["id"]}), qos=1)
        command = {"id": "c1", "at": clock.now().timestamp(), "type": "locate"}
        await listener.publish(f"tongxing/v1/{device}/command", json.dumps(command), qos=1)
        await listener.publish(f"tongxing/v1/{device}/command", b"not json", qos=1)
        await listener.publish(SCENE_TOPIC, json.dumps({"scene": "earthquake"}), qos=1)
        # A broker may deliver one subscription before another.
        both = {f"tongxing/v1/{device}/{what}" for what in ("answer", "location")}
        answers = await heard(listener, lambda got: both <= {topic for topic, _ in got})
        assert [body["id"] for topic, body in answers if topic.endswith("/answer")] == ["c1"]
        stop.request()
        await running
    stats = json.loads(plan.stats.read_text())
    assert stats["published"] == stats["acknowledged"] > 0
    assert stats["unacknowledged"] == 0
    assert stats["by_kind"]["event"] == {"published": 1, "acknowledged": 1}
    assert stats["repeated"] >= 1


async def test_a_recording_is_played_through_the_broker(where):
    fixes = tuple(RecordedFix(at_s=1e9 + 600 * n, latitude=36.8, longitude=118.05 + n / 100) for n in range(5))
    clock = ScaledClock(start=MORNING, rate=5_000.0, anchor=wall_now())
    replay = Replay(
        recording=Recording(fixes=fixes, bad=(), same_instant=0), device_id="rec-1", clock=clock, rate=5_000.0
    )
    async with ear(where, "tongxing/v1/rec-1/location") as listener:
        async with asyncio.timeout(WITHIN_S):
            await replay.run(where, Stop())
        messages = await heard(listener, lambda got: len(got) == 5)
    assert replay.counts.as_dict()["acknowledged"] == 5
    assert [body["longitude"] for _, body in messages] == [fix.longitude for fix in fixes]
    steps = [b["at"] - a["at"] for (_, a), (_, b) in pairwise(messages)]
    assert steps == pytest.approx([600] * 4, abs=0.01)
