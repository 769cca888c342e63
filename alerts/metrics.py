"""What this process counts. Names and labels are listed in docs/operations.md."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from runtime.telemetry import REGISTRY

DETECTIONS = Counter(
    "tongxing_alerts_detections_handled",
    "Detections handled, by what became of them.",
    ("kind", "decision"),
    registry=REGISTRY,
)
HANDLING_FAILURES = Counter(
    "tongxing_alerts_handling_failures",
    "Persons whose detections could not be handled and wait for another try.",
    registry=REGISTRY,
)
STEPS = Counter(
    "tongxing_alerts_ladder_steps_fired",
    "Ladder steps fired, by how far they came.",
    ("reach",),
    registry=REGISTRY,
)
ATTEMPTS = Counter(
    "tongxing_alerts_notification_attempts",
    "Attempts to send, by channel and outcome.",
    ("channel", "outcome"),
    registry=REGISTRY,
)
NOTIFICATIONS = Counter(
    "tongxing_alerts_notifications",
    "Notifications that ended, by channel and state.",
    ("channel", "state"),
    registry=REGISTRY,
)
REDELIVERED = Counter(
    "tongxing_alerts_notifications_redelivered",
    "Notifications sent again because a process ended between sending and recording.",
    ("channel",),
    registry=REGISTRY,
)
PUBLISH_TO_HANDED_S = Histogram(
    "tongxing_alerts_publish_to_handed_seconds",
    "From the device's publish to the first message handed to its channel, real time.",
    buckets=(0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10, 60),
    registry=REGISTRY,
)
PENDING = Gauge("tongxing_alerts_outbox_pending", "Notifications waiting in the outbox.", registry=REGISTRY)
OLDEST_AGE_S = Gauge(
    "tongxing_alerts_outbox_oldest_age_seconds", "How long the oldest of them has been due.", registry=REGISTRY
)
UNREACHABLE = Gauge(
    "tongxing_alerts_receivers_unreachable", "Receivers without a channel that works here.", registry=REGISTRY
)
RESTRAINT = Counter(
    "tongxing_alerts_restraint",
    "Messages that could have waited, by whether they went out or for what they wait.",
    ("verdict",),
    registry=REGISTRY,
)
DIGESTS = Counter(
    "tongxing_alerts_digests", "Messages that told in one what had waited, or what had waited alone.", registry=REGISTRY
)
PER_PERSON_DAY = Gauge(
    "tongxing_alerts_per_person_day",
    "Alerts a person and day over the last 30 days; the median is the one to keep at 0.",
    ("statistic",),
    registry=REGISTRY,
)
