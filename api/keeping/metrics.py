"""What keeping tells Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from runtime.telemetry import REGISTRY

ROUND = Gauge(
    "tongxing_keeping_round_seconds",
    "How long summing up took the last time in this process",
    registry=REGISTRY,
)
FAILURES = Counter("tongxing_keeping_failures", "Rounds of summing up or deleting that failed", registry=REGISTRY)
DELETED = Counter(
    "tongxing_keeping_deleted_rows", "Rows deleted because their term was over", ["data_class"], registry=REGISTRY
)
