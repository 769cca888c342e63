"""Which batches may be copied straight into their tables: those of which nothing can be there yet."""

from __future__ import annotations

from tests.ingest.envelopes import Desk, location


def test_only_a_batch_of_news_is_surely_new() -> None:
    desk = Desk()
    assert desk.judge(location(0), location(60)).commit.surely_new
    assert not desk.judge(location(120), location(60)).commit.surely_new
    assert not desk.judge(location(120)).commit.surely_new
    assert desk.judge(location(180)).commit.surely_new
