"""The outbox against real web servers: signed, retried, bounded, never lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import statistics
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from alerts import service
from alerts.channels import webhook as webhooks
from alerts.delivery import Delivery
from alerts.lifecycle import Outcome
from alerts.serving import serve
from alerts.settings import AlertsSettings
from runtime.clock import ManualClock
from runtime.database import Pool
from runtime.service import Stop
from tests.alerts.scene import VILLAGE, Database, never, ok, receiving, webhook

# One of Apprise's plug-ins imports it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "a-secret-of-at-least-32-characters"


@contextlib.asynccontextmanager
async def delivering(pool: Pool, clock: ManualClock, *, timeout_s: float = 10.0) -> AsyncIterator[Delivery]:
    settings = AlertsSettings(
        database_url="-", alerts_console_url="https://tongxing.example/", alerts_send_timeout_s=timeout_s
    )
    delivery = Delivery(pool=pool, clock=clock, settings=settings)
    stop = Stop()
    task = asyncio.create_task(delivery.run(stop))
    yield delivery
    stop.request()
    await task


@contextlib.asynccontextmanager
async def serving(database_url: str, **settings) -> AsyncIterator[None]:
    stop = Stop()
    made = AlertsSettings(database_url=database_url, alerts_health_port=0, **settings)
    task = asyncio.create_task(serve(made, stop))
    yield
    stop.request()
    await task


async def eventually(scene: Database, query: str, *parameters, within_s: float = 60) -> list[dict]:
    """The rows of a query, once there are any."""
    async with asyncio.timeout(within_s):
        while not (rows := await scene.rows(query, *parameters)):  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.02)
    return rows


ENDED = "SELECT state, attempts FROM notifications WHERE state <> 'pending'"


async def test_a_webhook_is_signed_and_says_everything_but_the_position(scene, pool, pipeline, clock):
    async with receiving() as hook, delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, webhook(hook.url))
        await scene.exit(person, clock.now())
        await pipeline.work()
        (request,) = await hook.arrived(1)
        await eventually(scene, ENDED)
    row = await scene.row("SELECT notification_id, state, attempts FROM notifications")
    assert (row["state"], row["attempts"]) == ("delivered", 1)
    header = request.headers["tongxing-signature"]
    assert webhooks.verify(SECRET, request.raw, header, at=datetime.now(UTC)) is None
    assert webhooks.verify(SECRET, request.raw + b" ", header, at=datetime.now(UTC)) == "wrong_digest"
    assert request.headers["idempotency-key"] == str(row["notification_id"]) == request.json["notification_id"]
    sent = request.json
    assert sent["link"] == f"https://tongxing.example/incidents/{sent['incident_id']}"
    assert sent["answer_link"].startswith("https://tongxing.example/a/")
    assert sent["body"].endswith(sent["answer_link"])
    assert sent["person"] == {"display_name": "张大爷"}
    assert (sent["kind"], sent["severity"], sent["purpose"]) == ("zone_exit", "urgent", "alert")
    assert sent["detection"]["reason"] == "two_fixes"
    assert sent["detection"]["evidence"]["distance_m"] == 63.2
    assert "latitude" not in request.raw.decode()


async def test_500_is_tried_again_with_the_same_key_and_then_delivered(scene, pool, pipeline, clock):
    answers = iter(["500 Oops", "503 Busy", "200 OK"])

    async def answer(_) -> str:
        return next(answers)

    async with receiving(answer) as hook, delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, webhook(hook.url))
        await scene.exit(person, clock.now())
        await pipeline.work()
        requests = await hook.arrived(3)
        assert await eventually(scene, ENDED) == [{"state": "delivered", "attempts": 3}]
    assert len({request.headers["idempotency-key"] for request in requests}) == 1
    attempts = await scene.rows("SELECT outcome, detail FROM notification_attempts ORDER BY attempt")
    assert [(row["outcome"], row["detail"]) for row in attempts] == [
        ("temporary", "http_500"),
        ("temporary", "http_503"),
        ("delivered", "http_200"),
    ]


async def test_429_waits_as_long_as_it_is_asked_to(scene, pool, pipeline, clock):
    answers = iter(["429 Slow down\r\nRetry-After: 2", "204 No Content"])

    async def answer(_) -> str:
        return next(answers)

    async with receiving(answer) as hook, delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, webhook(hook.url))
        await scene.exit(person, clock.now())
        await pipeline.work()
        first, second = await hook.arrived(2)
        assert await eventually(scene, ENDED) == [{"state": "delivered", "attempts": 2}]
    assert second.at - first.at >= timedelta(seconds=2)


@pytest.mark.alone
async def test_a_webhook_that_never_answers_disturbs_nobody_else(scene, pool, pipeline, clock):
    async with receiving(never) as deaf, receiving() as hook, delivering(pool, clock, timeout_s=3):
        # More than the places all webhooks have together.
        for number in range(webhooks.LIMIT + 6):
            person = await scene.person(f"人{number}")
            await scene.family(person, webhook(deaf.url))
            await scene.exit(person, clock.now())
        await pipeline.work()
        await deaf.arrived(4)
        person = await scene.person("最后一位")
        await scene.family(person, webhook(hook.url))
        began = datetime.now(UTC)
        await scene.exit(person, clock.now())
        await pipeline.work()
        await hook.arrived(1, within_s=2)
        assert (datetime.now(UTC) - began).total_seconds() < 2
        timed_out = await eventually(
            scene, "SELECT detail, duration_ms FROM notification_attempts WHERE detail = 'timeout'"
        )
        assert timed_out[0]["duration_ms"] < 3500
        await scene.rows("DELETE FROM notification_attempts")
        await scene.rows("UPDATE notifications SET state = 'cancelled' WHERE state = 'pending'")


async def test_what_will_never_arrive_goes_through_the_next_channel(scene, pool, pipeline, clock):
    async def gone(_) -> str:
        return "410 Gone"

    async with receiving(gone) as old, receiving() as new, delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, {"kind": "pigeon"}, webhook(old.url), {"kind": "webhook"}, webhook(new.url))
        await scene.exit(person, clock.now())
        await pipeline.work()
        await new.arrived(1)
        await eventually(scene, "SELECT 1 FROM notifications WHERE state = 'delivered'")
    rows = await scene.rows("SELECT channel_index, state FROM notifications ORDER BY channel_index")
    assert [(row["channel_index"], row["state"]) for row in rows] == [(1, "failed"), (3, "delivered")]
    assert len(old.requests) == 1


async def test_redirects_are_not_followed(scene, pool, pipeline, clock):
    async with receiving() as elsewhere:

        async def moved(_) -> str:
            return f"307 Moved\r\nLocation: {elsewhere.url}"

        async with receiving(moved) as hook, delivering(pool, clock):
            person = await scene.person()
            await scene.family(person, webhook(hook.url))
            await scene.exit(person, clock.now())
            await pipeline.work()
            assert await eventually(scene, ENDED) == [{"state": "failed", "attempts": 1}]
        assert elsewhere.requests == []


async def test_when_a_step_fails_altogether_the_next_does_not_wait(scene, pool, pipeline, clock):
    async def gone(_) -> str:
        return "410 Gone"

    async with receiving(gone) as old, receiving() as new, delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, webhook(old.url))
        await scene.official("coordinator", VILLAGE, webhook(new.url))
        await scene.exit(person, clock.now())
        await pipeline.work()
        await eventually(scene, "SELECT 1 FROM incident_events WHERE kind = 'unreached'")
        assert await pipeline.fire_due() == 1
        await new.arrived(1)
        await eventually(scene, "SELECT 1 FROM notifications WHERE state = 'delivered'")


async def test_after_an_answer_nothing_is_tried_again(scene, pool, pipeline, clock):
    held = asyncio.Event()

    async def slow(_) -> str:
        await held.wait()
        return "500 Oops"

    async with receiving(slow) as hook, delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, webhook(hook.url))
        await scene.exit(person, clock.now())
        await pipeline.work()
        await hook.arrived(1)
        incident = await scene.incident(person)
        await service.acknowledge(scene.connection, incident_id=incident["incident_id"], user_id=None, at=clock.now())
        assert [row[3] for row in await scene.sent()] == ["pending"]
        held.set()
        assert await eventually(scene, ENDED) == [{"state": "cancelled", "attempts": 1}]
    assert len(hook.requests) == 1


async def test_everyone_told_hears_that_it_is_over(scene, pool, pipeline, clock):
    async with receiving() as hook, delivering(pool, clock) as delivery:
        person = await scene.person()
        await scene.family(person, webhook(hook.url))
        await scene.sos(person, clock.now())
        await pipeline.work()
        await hook.arrived(1)
        await eventually(scene, ENDED)
        incident = await scene.incident(person)
        await service.resolve(
            scene.connection,
            incident_id=incident["incident_id"],
            user_id=None,
            at=clock.now(),
            outcome=Outcome.FOUND,
        )
        delivery.wake()
        _, over = await hook.arrived(2)
        await eventually(scene, "SELECT 1 FROM notifications WHERE purpose = 'all_clear' AND state = 'delivered'")
    assert (over.json["purpose"], over.json["detection"]) == ("all_clear", None)
    assert "平安" in over.json["title"]


async def test_apprise_sends_through_its_own_services(scene, pool, pipeline, clock):
    async with receiving() as hook, delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, {"kind": "apprise", "url": hook.url.replace("http", "json")})
        await scene.exit(person, clock.now())
        await pipeline.work()
        (request,) = await hook.arrived(1, within_s=60)
        await eventually(scene, ENDED)
    assert "张大爷" in request.json["title"]
    assert "边界外约63米" in request.json["message"]


async def test_the_console_channel_shows_the_text(scene, pool, pipeline, clock, capsys):
    async with delivering(pool, clock):
        person = await scene.person()
        await scene.family(person, {"kind": "log"})
        await scene.exit(person, clock.now())
        await pipeline.work()
        await eventually(scene, ENDED)
    assert "[urgent] 张大爷" in capsys.readouterr().out


@pytest.mark.alone
async def test_from_commit_to_channel_without_waiting_for_a_poll(scene, database_url):
    """The whole process: the median over twenty persons stays well below the sweep."""
    async with receiving() as hook, serving(database_url):
        delays_ms = []
        for number in range(20):
            person = await scene.person(f"人{number}")
            await scene.family(person, webhook(hook.url))
            await scene.exit(person, datetime.now(UTC))
            requests = await hook.arrived(number + 1)
            row = await scene.row("SELECT published_wall FROM detections WHERE person_id = %s", person)
            delays_ms.append((requests[-1].at - row["published_wall"]).total_seconds() * 1000)
    print(f"commit to webhook: median {statistics.median(delays_ms):.1f} ms, worst {max(delays_ms):.1f} ms")
    assert statistics.median(delays_ms) < 250


@pytest.mark.alone
async def test_the_scaled_clock_drives_the_ladder(scene, database_url):
    now = datetime.now(UTC)
    settings = {"clock_start": now, "clock_anchor": now, "clock_rate": 600.0}
    async with receiving() as hook, serving(database_url, **settings):
        person = await scene.person()
        await scene.family(person, webhook(hook.url))
        await scene.official("coordinator", VILLAGE, webhook(hook.url))
        await scene.exit(person, now)
        requests = await hook.arrived(2)
        incident = await scene.incident(person)
        await service.acknowledge(scene.connection, incident_id=incident["incident_id"], user_id=None, at=now)
    assert requests[1].at - requests[0].at < timedelta(seconds=5)
    assert requests[1].json["language"] == "en"


async def test_killed_between_sending_and_recording_it_is_sent_again(scene, database_url):
    async def answer(_) -> str:
        if len(hook.requests) == 1:
            os.kill(process.pid, signal.SIGKILL)
        return await ok(_)

    async with receiving(answer) as hook:
        person = await scene.person()
        await scene.family(person, webhook(hook.url))
        process = await start(database_url)
        await scene.exit(person, datetime.now(UTC))
        await hook.arrived(1)
        assert await process.wait() == -signal.SIGKILL
        assert await scene.rows("SELECT 1 FROM notification_attempts") == []
        process = await start(database_url)
        first, second = await hook.arrived(2, within_s=60)
        await eventually(scene, ENDED)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert (await scene.row("SELECT state, attempts FROM notifications")) == {"state": "delivered", "attempts": 2}


async def start(database_url: str) -> asyncio.subprocess.Process:
    environment = os.environ | {
        "TONGXING_DATABASE_URL": database_url,
        "TONGXING_ALERTS_HEALTH_PORT": "0",
        "TONGXING_ALERTS_SEND_TIMEOUT_S": "0.5",
        "TONGXING_LOG_LEVEL": "error",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import sys; from runtime.cli import main; sys.exit(main(['alerts']))", env=environment
    )
