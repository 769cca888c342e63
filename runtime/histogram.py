"""A histogram that takes many values at once: the one of prometheus_client takes a microsecond and more for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector


class Histogram(Collector):
    """How values are distributed over buckets, without labels."""

    def __init__(self, name: str, documentation: str, *, buckets: Sequence[float], registry: CollectorRegistry) -> None:
        """`buckets` are upper limits, in order."""
        self._name, self._documentation = name, documentation
        self._limits = np.asarray(buckets, dtype=float)
        self._counts = np.zeros(len(buckets) + 1, dtype=np.int64)
        self._sum = 0.0
        registry.register(self)

    def observe_all(self, values: Sequence[float]) -> None:
        """Count values."""
        seen = np.asarray(values, dtype=float)
        self._counts += np.bincount(np.searchsorted(self._limits, seen), minlength=len(self._counts))
        self._sum += float(seen.sum())

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """As Prometheus reads it: each bucket with those below."""
        limits = [*(str(float(limit)) for limit in self._limits), "+Inf"]
        buckets = list(zip(limits, np.cumsum(self._counts).tolist(), strict=True))
        yield HistogramMetricFamily(self._name, self._documentation, buckets=buckets, sum_value=self._sum)
