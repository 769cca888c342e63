"""What the pipeline has in hand: a batch to be judged, and the one that is being committed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.judging import Deadlines
from ingest.sources import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one transaction is about: messages, and persons whose deadlines have passed."""

    batch: Sequence[Envelope]
    deadlines: Deadlines | None
    #: When it was taken in hand (monotonic).
    began_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """Work that is being committed; the task says whether it was."""

    work: Work
    committing: asyncio.Task[bool]
