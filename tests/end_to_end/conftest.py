"""What the end-to-end tests share: a living demo, with its city, for a file's tests that only look and act."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.embedded import EmbeddedError
from runtime.embedded import broker as embedded_broker
from runtime.embedded import postgres as embedded_postgres
from tests import servers
from tests.conftest import missing
from tests.end_to_end.running_demo import RunningDemo, demo


@pytest.fixture(scope="session")
def _embedded() -> None:
    try:
        embedded_postgres.installation()
        embedded_broker.program()
    except EmbeddedError as error:
        missing("the embedded servers", str(error))


@pytest.fixture(scope="module")
def town(_embedded: None) -> Iterator[RunningDemo]:
    """A demo without an end, just come alive: its scenes are still ahead.

    One a file: it would else live on, and take its share of the machine, until the last test of all.
    """
    with servers.open_folder() as folder, demo(folder) as running:
        running.until_alive()
        yield running
