"""`kill -9` of alerts in the middle of its work, the short version: `python -m tests.chaos.alerts --kills 100`."""

from __future__ import annotations

import pytest

from tests.chaos.alerts import LOSSES, chaos


@pytest.mark.timeout(600)
async def test_killed_at_random_nothing_is_lost_and_nobody_told_twice(database_url):
    found = await chaos(database_url, kills=4, seed=20261122)
    print(found)
    assert found["settled"], "something still waits to be told"
    assert {name: found[name] for name in LOSSES} == dict.fromkeys(LOSSES, 0)
    assert found["messages"] >= found["persons"] > 20
