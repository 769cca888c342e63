"""A session of ingest's own client that acknowledges and throws away: `python -m tests.benchmarks.bare_subscriber URL`.

Says on standard output, a hundred times a second, how many messages it has acknowledged.
"""

from __future__ import annotations

import asyncio
import sys

import structlog
import uvloop

from ingest.lanes import LIVE
from ingest.sources import Envelope
from ingest.sources.session import BrokerSession
from runtime.broker_address import address
from runtime.clock import SystemClock


class Thrown:
    """A sink that keeps nothing."""

    count = 0

    def put(self, rank: int, *envelopes: Envelope) -> None:
        """Acknowledge."""
        for envelope in envelopes:
            envelope.acknowledge()
        self.count += len(envelopes)


async def main(url: str) -> None:
    """Until the process is ended."""
    thrown = Thrown()
    session = BrokerSession(address(url), "bare", LIVE, thrown, SystemClock())
    running = asyncio.create_task(session.run())
    while not running.done():
        await asyncio.sleep(0.01)
        # Before the first message: whether it may begin.
        print(thrown.count if session.problem is None else -1, flush=True)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(main(sys.argv[1]))
