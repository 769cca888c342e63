"""What talks to the broker ends when it is asked to, also when the client cannot disconnect in time."""

from __future__ import annotations

import asyncio

import aiomqtt
import pytest

from ingest.downlink import Downlink
from ingest.dropped import Dropped
from runtime.broker_address import Address
from runtime.clock import ManualClock
from tests.ingest.envelopes import NOW

BROKER = Address(host="127.0.0.1", port=1)
TALKING = [Dropped(BROKER, "t"), Downlink(BROKER, "postgresql://", "t", ManualClock(NOW))]


@pytest.mark.parametrize("talking", TALKING, ids=lambda each: type(each).__name__)
async def test_a_cancellation_that_becomes_an_error_ends_it(
    talking: Dropped | Downlink, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def session() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise aiomqtt.MqttError("Operation timed out") from None

    monkeypatch.setattr(talking, "_session", session)
    task = asyncio.create_task(talking.run())
    await begun.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    task.cancel()
    assert done
    assert task.cancelled()
