"""When a socket is left alone after a read, and when not."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ingest.sources import pacing
from ingest.sources.pacing import COUNTED_OVER_S, PACED_FROM_PER_S, Pacing

ENOUGH = int(PACED_FROM_PER_S * COUNTED_OVER_S) + 1


class Socket:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def pause_reading(self) -> None:
        self.said.append("pause")

    def resume_reading(self) -> None:
        self.said.append("resume")


def paced(monkeypatch: pytest.MonkeyPatch, pause_s: float, *heard: tuple[float, int]) -> tuple[Pacing, Socket]:
    """After reads at some seconds, each of so many messages."""
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(pacing, "time", clock)
    made, socket = Pacing(pause_s), Socket()
    made.transport = cast("Any", socket)
    for at_s, messages in heard:
        clock.monotonic = lambda at_s=at_s: at_s
        made.heard(messages)
    return made, socket


@pytest.mark.parametrize(
    ("pause_s", "messages", "said"),
    [(0.001, ENOUGH, ["pause", "resume"]), (0.001, ENOUGH - 2, []), (0.0, ENOUGH, [])],
)
async def test_under_load_it_is_left_alone_for_a_moment(
    monkeypatch: pytest.MonkeyPatch, pause_s: float, messages: int, said: list[str]
) -> None:
    made, socket = paced(monkeypatch, pause_s, (COUNTED_OVER_S / 2, 1), (COUNTED_OVER_S, messages - 1))
    assert socket.said == said[:1]
    async with asyncio.timeout(5):
        while made.paused:  # noqa: ASYNC110 - a timer of the event loop ends it
            await asyncio.sleep(0.001)
    assert socket.said == said


async def test_a_load_that_is_over_paces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made, socket = paced(monkeypatch, 60.0, (COUNTED_OVER_S, ENOUGH))
    assert made.paused
    made.heard(1)
    assert socket.said == ["pause"]
    made.end()
    _, idle = paced(monkeypatch, 60.0, (COUNTED_OVER_S, 1), (1.0, 1))
    assert idle.said == []


async def test_a_connection_that_is_gone_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made, socket = paced(monkeypatch, 0.0, (COUNTED_OVER_S, ENOUGH))
    made.end()
    made._go_on()
    assert socket.said == []
