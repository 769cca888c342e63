"""Answers by the link in a message and by keys pressed in a call: real outbox, real HTTP, real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from alerts import answers, unreachable
from alerts.channels import CHANNELS, webhook
from alerts.delivery import Delivery
from alerts.pipeline import Pipeline
from alerts.settings import AlertsSettings
from runtime.clock import ManualClock
from runtime.database import Pool
from tests.alerts import scene as scenes
from tests.alerts.scene import NIGHT, VILLAGE, Database, receiving
from tests.api import world as worlds

SECRET = "a-secret-of-at-least-32-characters"


@pytest_asyncio.fixture(loop_scope="session")
async def address(database_url: str, clock: ManualClock) -> AsyncIterator[str]:
    async with worlds.running(database_url, clock=clock, alerts_voice_secret=SECRET) as served:
        yield served


async def sent(pool: Pool, clock: ManualClock, hook: scenes.Receiving, count: int = 1) -> list[dict[str, Any]]:
    """What the webhook was sent, after everything due has gone out."""
    delivery = Delivery(pool=pool, clock=clock, settings=AlertsSettings(database_url="-"))
    await delivery.idle()
    await asyncio.gather(*(sender.close() for sender in delivery.senders.values()))
    return [request.json for request in await hook.arrived(count)]


async def code_of(pool: Pool, clock: ManualClock, scene: Database, pipeline: Pipeline, hook: scenes.Receiving) -> str:
    """A night exit is told to a daughter; the code of the link she gets."""
    person = await scene.person()
    await scene.family(person, scenes.webhook(hook.url))
    await scene.exit(person, clock.now(), evidence=NIGHT)
    await pipeline.work()
    (message,) = await sent(pool, clock, hook)
    return str(message["answer_link"]).rpartition("/")[2]


async def ask(address: str, method: str, path: str, body: object = None) -> httpx.Response:
    async with httpx.AsyncClient(base_url=address) as client:
        return await client.request(method, f"/api/v1{path}", json=body)


async def test_one_tap_takes_care(pool, clock, scene, pipeline, address):
    async with receiving() as hook:
        code = await code_of(pool, clock, scene, pipeline, hook)
    shown = (await ask(address, "GET", f"/answers/{code}")).json()
    assert shown["state"] == "open"
    assert "张大爷" in shown["title"]
    assert "http" not in shown["body"]
    assert "{link}" not in shown["body"]
    incident = await scene.row("SELECT * FROM incidents")
    assert incident["state"] == "open", "opening a link answers nothing"
    answered = (await ask(address, "POST", f"/answers/{code}", {"way": "acknowledge"})).json()
    assert answered == {"told": "done", "state": "acknowledged", "taken_by": None}
    assert (await scene.row("SELECT state FROM incidents"))["state"] == "acknowledged"
    assert await scene.rows("SELECT 1 FROM escalations WHERE state = 'pending'") == []
    receipts = await scene.rows("SELECT what FROM notification_receipts ORDER BY receipt_id")
    assert [row["what"] for row in receipts] == ["opened", "opened", "acknowledged"]
    again = (await ask(address, "POST", f"/answers/{code}", {"way": "acknowledge"})).json()
    assert again["told"] == "already"
    going = (await ask(address, "POST", f"/answers/{code}", {"way": "respond"})).json()
    assert (going["told"], going["state"]) == ("done", "responding")


async def test_two_taps_in_the_same_millisecond(pool, clock, scene, pipeline, address):
    async with receiving() as hook:
        code = await code_of(pool, clock, scene, pipeline, hook)
    answered = await asyncio.gather(
        *(ask(address, "POST", f"/answers/{code}", {"way": "acknowledge"}) for _ in range(8))
    )
    told = sorted(one.json()["told"] for one in answered)
    assert told == ["already"] * 7 + ["done"]
    kinds = await scene.events((await scene.row("SELECT incident_id FROM incidents"))["incident_id"])
    assert kinds.count("acknowledged") == 1


async def test_a_link_ends(pool, clock, scene, pipeline, address):
    async with receiving() as hook:
        code = await code_of(pool, clock, scene, pipeline, hook)
    clock.advance(answers.GOOD_FOR - timedelta(seconds=1))
    assert (await ask(address, "GET", f"/answers/{code}")).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert (await ask(address, "GET", f"/answers/{code}")).status_code == 410
    assert (await ask(address, "POST", f"/answers/{code}", {"way": "acknowledge"})).status_code == 410
    assert (await scene.row("SELECT state FROM incidents"))["state"] == "open"


async def test_a_code_that_is_not_ours(pool, clock, scene, pipeline, address):
    async with receiving() as hook:
        code = await code_of(pool, clock, scene, pipeline, hook)
    other = ("B" if code[-3] != "B" else "C").join((code[:-3], code[-2:]))
    for wrong in (other, "A" * answers.LENGTH, "kurz"):
        assert (await ask(address, "GET", f"/answers/{wrong}")).status_code == 404
    await scene.rows("DELETE FROM answer_keys")
    assert (await ask(address, "GET", f"/answers/{code}")).status_code == 404, "a new key ends all older links"
    tried = [(await ask(address, "GET", f"/answers/{'A' * answers.LENGTH}")).status_code for _ in range(6)]
    assert tried[-1] == 429, "whoever guesses has to wait"


async def test_after_the_end_nothing_is_answered(pool, clock, scene, pipeline, address):
    async with receiving() as hook:
        code = await code_of(pool, clock, scene, pipeline, hook)
        person = (await scene.row("SELECT person_id FROM incidents"))["person_id"]
        await scene.rows("UPDATE incidents SET state = 'resolved', outcome = 'found' WHERE person_id = %s", person)
    answered = (await ask(address, "POST", f"/answers/{code}", {"way": "respond"})).json()
    assert (answered["told"], answered["state"]) == ("over", "resolved")


async def report(address: str, body: dict[str, object], secret: str = SECRET) -> int:
    raw = json.dumps(body).encode()
    header = webhook.signature(secret, raw, unix_s=int(datetime.now(UTC).timestamp()))
    async with httpx.AsyncClient(base_url=address) as client:
        answer = await client.post("/api/v1/receipts/voice", content=raw, headers={"Tongxing-Signature": header})
    return answer.status_code


class TestCalls:
    """The gateway reports what became of a call."""

    async def call(self, pool: Pool, clock: ManualClock, scene: Database, pipeline: Pipeline, *further: Any) -> str:
        async with receiving() as gateway:
            person = await scene.person()
            await scene.family(person, {"kind": "voice", "phone": "+8613800000000"}, *further)
            await scene.exit(person, clock.now(), evidence=NIGHT)
            await pipeline.work()
            settings = AlertsSettings(database_url="-", alerts_voice_url=gateway.url, alerts_voice_secret=SECRET)
            delivery = Delivery(pool=pool, clock=clock, settings=settings)
            await delivery.idle()
            await asyncio.gather(*(sender.close() for sender in delivery.senders.values()))
            (request,) = await gateway.arrived(1)
        return str(request.json["call_id"])

    async def test_a_key_takes_care(self, pool, clock, scene, pipeline, address):
        call_id = await self.call(pool, clock, scene, pipeline)
        assert await report(address, {"call_id": call_id, "event": "picked_up"}) == 204
        assert await report(address, {"call_id": call_id, "event": "key", "key": "9"}) == 204
        assert (await scene.row("SELECT state FROM incidents"))["state"] == "open"
        assert await report(address, {"call_id": call_id, "event": "key", "key": "1"}) == 204
        assert (await scene.row("SELECT state FROM incidents"))["state"] == "acknowledged"

    async def test_nobody_picks_up_and_the_next_channel_is_used_at_once(self, pool, clock, scene, pipeline, address):
        call_id = await self.call(pool, clock, scene, pipeline, {"kind": "log"})
        assert await report(address, {"call_id": call_id, "event": "no_answer"}) == 204
        assert await report(address, {"call_id": call_id, "event": "no_answer"}) == 204, "told twice is told once"
        rows = await scene.rows("SELECT channel ->> 'kind' AS kind, state FROM notifications ORDER BY channel_index")
        assert [(row["kind"], row["state"]) for row in rows] == [("voice", "failed"), ("log", "pending")]

    async def test_nobody_picks_up_and_the_next_step_does_not_wait(self, pool, clock, scene, pipeline, address):
        call_id = await self.call(pool, clock, scene, pipeline)
        due = await scene.row("SELECT min(due_at) AS at FROM escalations WHERE state = 'pending'")
        assert due["at"] > clock.now()
        assert await report(address, {"call_id": call_id, "event": "busy"}) == 204
        due = await scene.row("SELECT min(due_at) AS at FROM escalations WHERE state = 'pending'")
        assert due["at"] == clock.now()

    async def test_only_the_gateway_is_believed(self, pool, clock, scene, pipeline, address):
        call_id = await self.call(pool, clock, scene, pipeline)
        key = {"call_id": call_id, "event": "key", "key": "1"}
        assert await report(address, key, secret="another-secret-of-32-characters!") == 401
        assert await report(address, {"call_id": "0" * 32, "event": "busy"}) == 404
        assert await report(address, {"call_id": call_id, "event": "sneezed"}) == 422
        assert (await scene.row("SELECT state FROM incidents"))["state"] == "open"


async def test_operators_are_told_once_a_day_who_cannot_be_reached(pool, clock, scene, pipeline):
    async with receiving() as hook:
        person = await scene.person()
        deaf = await scene.family(person, {"kind": "sms", "phone": "+8613800000000"})
        await scene.family(person, scenes.webhook(hook.url), name="儿子")
        await scene.official("fleet", VILLAGE, {"kind": "pigeon"}, scenes.webhook(hook.url))
        settings = AlertsSettings(database_url="-")
        senders = {kind: channel.open(settings) for kind, channel in CHANNELS.items()}
        watch = unreachable.Watch(settings, "https://tongxing.example", senders)
        assert clock.now().astimezone(unreachable.TIME_ZONE).hour == 2
        found = await watch.look(scene.connection, at=clock.now())
        assert [one.receiver_id for one in found] == [deaf]
        assert hook.requests == [], "nobody mends a list at night"
        for hours in (6, 6, 18):
            clock.advance(timedelta(hours=hours))
            await watch.look(scene.connection, at=clock.now())
        first, second = [request.json for request in await hook.arrived(2)]
        await asyncio.gather(*(sender.close() for sender in senders.values()))
    assert f"family {deaf}" in first["body"]
    assert "张大爷" not in first["body"]
    assert "+86" not in json.dumps(first)
    assert first["notification_id"] != second["notification_id"]


@pytest.mark.parametrize("spoil", [lambda c: c[:-1], lambda c: c + "A", lambda c: "!" + c[1:], lambda c: c[::-1]])
def test_a_code_is_read_whole_or_not_at_all(spoil) -> None:
    secret, name = b"k" * 32, UUID(int=2**127 + 5)
    code = answers.code(secret, name)
    assert len(code) == answers.LENGTH
    assert answers.read([b"o" * 32, secret], code) == name
    assert answers.read([secret], spoil(code)) is None
    assert answers.read([b"o" * 32], code) is None
