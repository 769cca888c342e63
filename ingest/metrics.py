"""What ingest counts and times."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from runtime import histogram
from runtime.telemetry import REGISTRY

READINGS = Counter(
    "tongxing_readings", "Readings decoded, by kind and admission.", ["kind", "admission"], registry=REGISTRY
)
REJECTED = Counter("tongxing_readings_rejected", "Messages quarantined, by reason.", ["reason"], registry=REGISTRY)
IGNORED = Counter(
    "tongxing_readings_ignored",
    "What other makers' devices told and no table keeps, by kind: docs/wire.md.",
    ["what"],
    registry=REGISTRY,
)
DETECTIONS = Counter("tongxing_detections", "Detections, by kind and reason.", ["kind", "reason"], registry=REGISTRY)
JUDGED_ALONE = Counter(
    "tongxing_judged_alone",
    "Calls for help that the engine failed on, told from the message alone. Anything above 0 is a fault of ours.",
    registry=REGISTRY,
)
COMMANDS = Counter("tongxing_commands", "Commands given to devices, by type.", ["type"], registry=REGISTRY)
BROKER_DROPPED = Gauge(
    "tongxing_broker_dropped_messages",
    "Messages that the broker says it dropped since it started, where it says so.",
    registry=REGISTRY,
)
WAITING = Gauge("tongxing_ingest_waiting", "Messages received and not yet in a batch.", registry=REGISTRY)
STATES = Gauge("tongxing_ingest_persons", "Persons whose state is held.", registry=REGISTRY)
BATCH = Histogram(
    "tongxing_ingest_batch_messages",
    "Messages in a batch.",
    buckets=(1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000),
    registry=REGISTRY,
)
COMMIT_S = Histogram(
    "tongxing_ingest_commit_seconds",
    "Seconds from taking a batch to its commit.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
    registry=REGISTRY,
)
PUBLISH_TO_COMMIT_S = histogram.Histogram(
    "tongxing_publish_to_commit_seconds",
    "Real seconds from a device's publish to our commit, where the device says when it published.",
    buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.25, 0.5, 1, 5, 30),
    registry=REGISTRY,
)
STAGE_S = Counter(
    "tongxing_ingest_stage_seconds",
    "Real seconds spent by stage: receive, decode, judge, lay_out, commit, acknowledge.",
    ["stage"],
    registry=REGISTRY,
)
ACCESS_FAILING = Gauge(
    "tongxing_broker_access_failing",
    "1 while the broker's files could not be written from the table of credentials.",
    registry=REGISTRY,
)
