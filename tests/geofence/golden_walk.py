"""What a readable trace says of walks and rides: `WANDERING (pacing, 9 min, 560 m)`, `OFF USUAL ROUTES`, `RIDING`."""

from __future__ import annotations

from geofence.detection import Detection


def told(detection: Detection) -> str | None:
    """A walk or a ride in words; None for anything else."""
    evidence, reason = detection.evidence, detection.reason.replace("_", " ")
    night = ", night" if evidence.get("night") else ""
    match str(detection.kind):
        case "wandering":
            return f"WANDERING ({reason}, {evidence['walk_min']:.0f} min, {evidence['length_m']} m{night})"
        case "off_route":
            return f"OFF USUAL ROUTES ({evidence['unusual_m']} m, {evidence['away_m']} m from the nearest{night})"
        case "in_vehicle":
            return f"RIDING ({reason}, {evidence['mean_speed_kmh']} km/h, {evidence['way_m']:.0f} m{night})"
        case _:
            return None
