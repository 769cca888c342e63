"""The histogram that takes many values at once says what the one of prometheus_client says."""

from __future__ import annotations

import prometheus_client
from prometheus_client import CollectorRegistry, generate_latest

from runtime.histogram import Histogram

BUCKETS = (0.01, 0.1, 1)


def test_it_reads_as_the_other_one() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    many = Histogram("waited_seconds", "How long.", buckets=BUCKETS, registry=ours)
    each = prometheus_client.Histogram("waited_seconds", "How long.", buckets=BUCKETS, registry=theirs)
    for values in ([], [0.005, 0.01, 0.0100001], [0.1, 0.5, 1.0, 1.5, 70.0, -1.0]):
        many.observe_all(values)
        for value in values:
            each.observe(value)
        created = [line for line in generate_latest(theirs).decode().splitlines() if "_created" not in line]
        assert generate_latest(ours).decode().splitlines() == created
