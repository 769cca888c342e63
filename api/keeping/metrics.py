"""What keeping tells Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

BEHIND = Gauge("tongxing_keeping_behind_seconds", "Since sums were last up to date; 0 where another process keeps them")
FAILURES = Counter("tongxing_keeping_failures_total", "Rounds of summing up or deleting that failed")
DELETED = Counter("tongxing_keeping_deleted_rows_total", "Rows deleted because their time had come", ["data_class"])
