"""Looks at a run from outside: how far the city is, how long messages wait, and what happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from simulators import progress, truth
from simulators.progress import Progress
from simulators.rehearsal.governor import Seen
from simulators.truth import Episode

_COMMIT_LAG = "tongxing_publish_to_commit_seconds"
_READINGS = "tongxing_readings"
_REFUSED = "tongxing_readings_rejected"


@dataclass(slots=True)
class Watch:
    """Looks again and again, and compares."""

    client: httpx.AsyncClient
    ingest_metrics: str
    progress_file: Path
    _acknowledged: int = 0
    _commits: float = 0.0
    _waited_s: float = 0.0
    _looked: float = field(default_factory=time.monotonic)

    def progress(self) -> Progress | None:
        """Where the city is; None: not alive yet."""
        return progress.read(self.progress_file)

    async def look(self) -> Seen | None:
        """What has changed since the last look; None: something did not answer."""
        made, metrics = self.progress(), await self.metrics()
        if made is None or metrics is None:
            return None
        now = time.monotonic()
        commits, waited_s = metrics.get(f"{_COMMIT_LAG}_count", 0.0), metrics.get(f"{_COMMIT_LAG}_sum", 0.0)
        # A restarted ingest begins at nothing.
        fresh, waited = max(commits - self._commits, 0.0), max(waited_s - self._waited_s, 0.0)
        seen = Seen(
            passed_s=now - self._looked,
            behind_s=made.behind_s,
            waiting=made.waiting,
            acknowledged=made.acknowledged - self._acknowledged,
            committed=int(fresh),
            commit_lag_s=waited / fresh if fresh else 0.0,
        )
        self._looked, self._acknowledged = now, made.acknowledged
        self._commits, self._waited_s = commits, waited_s
        return seen

    async def metrics(self) -> dict[str, float] | None:
        """Sums over all labels, by the name of the sample; None: ingest does not answer."""
        try:
            answer = await self.client.get(self.ingest_metrics)
            answer.raise_for_status()
        except httpx.HTTPError:
            return None
        return sums(answer.text)


def sums(text: str) -> dict[str, float]:
    """Sums over all labels of Prometheus' text format, by the name of the sample."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        if family.name in {_COMMIT_LAG, _READINGS, _REFUSED}:
            for sample in family.samples:
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


@dataclass(slots=True)
class Reader:
    """Reads the log of truth while it grows."""

    file: Path
    _read: int = 0
    episodes: list[Episode] = field(default_factory=list)

    def news(self) -> list[Episode]:
        """Episodes that were told since the last time."""
        try:
            with self.file.open("rb") as lines:
                lines.seek(self._read)
                text = lines.read()
        except OSError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        found = [
            truth.from_row(msgspec.json.decode(line)["episode"])
            for line in whole.splitlines()
            if line.startswith(b'{"episode"')
        ]
        self.episodes += found
        return found
