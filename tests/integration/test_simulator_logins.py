"""A city whose devices log in as themselves, on brokers that let nobody in without: Mosquitto, with TLS, and embedded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from api.credentials import batch
from ingest.identity import authority
from ingest.identity.credential import Format, Holder, Issued
from runtime import broker_address
from runtime.clock import ScaledClock, wall_now
from runtime.service import Stop
from simulators import city
from simulators import simulation as simulations
from simulators.broker import Address
from simulators.errors import SimulatorError
from simulators.simulation import Plan, Simulation
from tests.conftest import missing
from tests.identity_brokers import Guarded, device, guarded_embedded, guarded_mosquitto
from tests.servers import mosquitto_program, open_folder
from tests.simulators.engine_room import MORNING_S

CITY = city.build(3, bracelets=6, beds=4)
DEVICES = [one for person in CITY.persons for one in (person.bracelet_id, person.bed_id) if one]
RATE, WITHIN_S = 60.0, 20.0


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["mosquitto", "mosquitto-tls", "embedded"])
async def guarded(request) -> AsyncIterator[Guarded]:
    with open_folder() as folder:
        if request.param == "embedded":
            async with guarded_embedded(folder) as made:
                yield made
            return
        program = mosquitto_program()
        if program is None:
            missing("mosquitto", "apt-get install mosquitto")
        if request.param == "mosquitto-tls":
            made = authority.found(folder / "certificates", at=wall_now())
            authority.for_server(made, ["127.0.0.1"], at=wall_now())
        async with guarded_mosquitto(program, folder) as made:
            yield made


def where(guarded: Guarded) -> Address:
    """Where devices come in; nobody's login is in it."""
    ca_file = guarded.target.folder / "certificates" / "ca.pem"
    scheme = "mqtts" if guarded.tls else "mqtt"
    return broker_address.address(f"{scheme}://127.0.0.1:{guarded.device_port}", ca_file if guarded.tls else None)


def issued(folder: Path, secrets: dict[str, str]) -> Path:
    """The file that `tongxing device credentials export` writes."""
    file = folder / "logins.csv"
    rows = [
        Issued(credential_id=number, holder=Holder(device_id=name), format=Format.NATIVE, login=name, secret=secret)
        for number, (name, secret) in enumerate(secrets.items())
    ]
    file.write_text(batch.table(rows), encoding="utf-8")
    return file


async def test_every_device_speaks_and_hears_as_itself_and_one_with_another_secret_does_not(
    guarded, tmp_path, monkeypatch
):
    # What the stranger has to say is never acknowledged.
    monkeypatch.setattr(simulations, "DRAIN_WITHIN_S", 1.0)
    secrets = {name: f"of {name}" for name in DEVICES}
    await guarded.let_in(*(device(name, secret) for name, secret in secrets.items()))
    stranger, asked = DEVICES[-1], DEVICES[0]
    file = issued(tmp_path, {**secrets, stranger: "another"})
    clock = ScaledClock(start=datetime.fromtimestamp(MORNING_S, UTC), rate=RATE, anchor=wall_now())
    plan = Plan(seed=3, bracelets=6, beds=4, sessions=0, logins=file, stats=tmp_path / "stats.json")
    stop, known, answered = Stop(), set(DEVICES) - {stranger}, set()
    async with guarded.service(identifier="ear") as ingest:
        await ingest.subscribe("tongxing/v1/#", qos=1)
        simulation = Simulation(plan=plan, clock=clock, rate=RATE, where=where(guarded))
        running = asyncio.ensure_future(simulation.run(stop))
        spoke = set()
        async with asyncio.timeout(WITHIN_S):
            async for message in ingest.messages:
                _, _, name, what = str(message.topic).split("/")
                if what in {"command", "ack"}:
                    continue
                if name == asked and not spoke & {asked}:
                    command = {"id": "c1", "at": clock.now().timestamp(), "type": "locate"}
                    await ingest.publish(f"tongxing/v1/{asked}/command", json.dumps(command), qos=1)
                spoke.add(name)
                answered |= {name} if what == "answer" else set()
                if spoke >= known and answered:
                    break
        stop.request()
        await running
    assert spoke == known
    assert answered == {asked}
    stats = json.loads(plan.stats.read_text())
    assert stats["acknowledged"] > 0
    assert simulation._own[stranger].waiting > 0


async def test_a_city_with_a_device_that_has_no_login_does_not_begin(guarded, tmp_path):
    file = issued(tmp_path, dict.fromkeys(DEVICES[1:], "secret"))
    plan = Plan(seed=3, bracelets=6, beds=4, sessions=0, logins=file)
    clock = ScaledClock(start=datetime.fromtimestamp(MORNING_S, UTC), rate=RATE, anchor=wall_now())
    simulation = Simulation(plan=plan, clock=clock, rate=RATE, where=where(guarded))
    with pytest.raises(SimulatorError, match=f"no login of {DEVICES[0]}"):
        await simulation.run(Stop())
