"""From issuing a credential to the database and back, through a real Mosquitto and a real ingest, nothing restarted."""

from __future__ import annotations

import asyncio
import json
import time

import aiomqtt
import psycopg
import pytest

from ingest.identity import issuing, keeper
from ingest.identity.credential import Holder, Service
from runtime import database
from tests.conftest import missing
from tests.identity_brokers import guarded_mosquitto
from tests.integration.ingest_running import rows, rows_when, running_ingest, settings_for, unique
from tests.registry_rows import add_person
from tests.servers import mosquitto_program, open_folder


async def say(guarded, issued, device_id: str, level: str, **told: object) -> None:
    """Publish as whoever the credential is for; the broker may hang up on it."""
    message = json.dumps({"at": time.time()} | told)
    try:
        async with guarded.device(issued.login, issued.secret) as client:
            await client.publish(f"tongxing/v1/{device_id}/{level}", message, qos=1)
    except aiomqtt.MqttError:
        pass


async def let_in(guarded, issued) -> aiomqtt.Client:
    """The session of a credential, as soon as the broker knows it."""
    async with asyncio.timeout(60):
        while True:
            client = guarded.device(issued.login, issued.secret)
            try:
                return await client.__aenter__()
            except aiomqtt.MqttError:
                await asyncio.sleep(0.05)


async def test_a_credential_from_its_issue_to_its_end(database_url: str):
    program = mosquitto_program()
    if program is None:
        missing("mosquitto", "apt-get install mosquitto")
    father, neighbour = unique("zb"), unique("zb")
    for device_id in (father, neighbour):
        add_person(database_url, bracelet=device_id)
    connection = await database.connect(database_url, autocommit=True)
    with open_folder() as folder:
        async with connection, guarded_mosquitto(program, folder) as guarded:
            ours = issuing.Request(holder=Holder(service=Service.INGEST))
            [ingest] = await issuing.issue(connection, [ours], by=None)
            await keeper.apply(connection, guarded.target)
            url = f"mqtt://{ingest.login}:{ingest.secret}@127.0.0.1:{guarded.service_port}"
            access = {"broker_access_dir": folder, "broker_pid_file": guarded.target.pid_file}
            async with running_ingest(settings_for(database_url, url, **access)):
                wanted = issuing.Request(holder=Holder(device_id=father))
                [one] = await issuing.issue(connection, [wanted], by=None)
                await (await let_in(guarded, one)).__aexit__(None, None, None)
                await say(guarded, one, neighbour, "event", id="forged", type="sos")
                bracelet = await let_in(guarded, one)
                await bracelet.subscribe(f"tongxing/v1/{father}/ack", qos=1)
                sos = json.dumps({"at": time.time(), "id": "real", "type": "sos"})
                await bracelet.publish(f"tongxing/v1/{father}/event", sos, qos=1)
                async with asyncio.timeout(60):
                    answer = await anext(aiter(bracelet.messages))
                assert json.loads(answer.payload)["id"] == "real"
                await rows_when(database_url, "SELECT event_id FROM safety_events", count=1)
                assert rows(database_url, "SELECT event_id FROM safety_events") == [("real",)]
                with psycopg.connect(database_url, autocommit=True) as other:
                    other.execute("UPDATE devices SET retired_at = now() WHERE device_id = %s", [father])
                with pytest.raises(aiomqtt.MqttError):
                    await asyncio.wait_for(anext(aiter(bracelet.messages)), 10)
