"""The figures of one demo, as one object. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def result(stats: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """What `--json` prints, from the simulator's statistics and the API's summary.

    `lost` counts readings that the broker acknowledged but that were neither stored nor refused. A reading stored for
    someone else than the simulator (a bracelet tried by hand) cannot make it negative.
    """
    published, acknowledged = int(stats["published"]), int(stats["acknowledged"])
    committed, rejected = int(summary["readings"]["committed"]), int(summary["readings"]["rejected"])
    latency = summary["publish_to_notification_ms"]
    return {
        "readings": {
            "published": published,
            "acknowledged": acknowledged,
            "committed": committed,
            "rejected": rejected,
            "lost": max(acknowledged - committed - rejected, 0),
        },
        "detections": dict(summary["detections"]),
        "incidents": dict(summary["incidents"]),
        "notifications": {name: summary["notifications"][name] for name in ("sent", "failed")},
        "publish_to_notification_ms": {name: latency[name] for name in ("p50", "p99")},
    }


def settled(previous: Mapping[str, Any] | None, current: Mapping[str, Any], acknowledged: int) -> bool:
    """Whether everything acknowledged has been stored or refused, and nothing more is being stored."""
    readings = current["readings"]
    done = int(readings["committed"]) + int(readings["rejected"])
    return done >= acknowledged and previous is not None and previous["readings"] == readings


def lines(figures: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    readings, latency = figures["readings"], figures["publish_to_notification_ms"]
    told = [
        "readings: "
        + ", ".join(f"{readings[name]:,} {name}" for name in ("published", "acknowledged", "committed"))
        + f", {readings['rejected']:,} rejected, {readings['lost']:,} lost",
        f"detections: {_kinds(figures['detections'])}",
        f"incidents: {_kinds(figures['incidents'])}",
        f"notifications: {figures['notifications']['sent']} sent, {figures['notifications']['failed']} failed",
    ]
    if latency["p50"] is not None:
        told.append(
            f"from a device's publish to a notification: p50 {latency['p50']:.0f} ms, p99 {latency['p99']:.0f} ms"
        )
    return told


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
