"""Alert or history: how old a conclusion may be when somebody could first be told of it.

Ingest, the database or alerts were away, and what was concluded meanwhile is told late. A call for help, a fall and a
bracelet torn off have no age beyond which they are not told; nor has a silence, which is seen from the device and not
from the clock, nor a return, which ends what it answers. Everything else has one (`<kind>_fresh_for`): older, it is
kept as history and calls nobody.

Readings have a limit of their own, before anything is concluded: `live_max_age` (`geofence.ordering`).
"""

from __future__ import annotations

from datetime import timedelta

from geofence.detection import DetectionKind
from geofence.policy import Policy

#: Told however late.
ALWAYS = frozenset({
    DetectionKind.SOS,
    DetectionKind.FALL,
    DetectionKind.BEDSIDE_FALL,
    DetectionKind.STRAP_REMOVED,
    DetectionKind.SILENCE,
    DetectionKind.ZONE_ENTER,
})  # fmt: skip
#: No limit can be set lower: what is younger is told, whatever the policy.
LEAST = timedelta(minutes=5)


def fresh_for(kind: str, policy: Policy) -> timedelta | None:
    """The age up to which a kind is told; None: always, as is a kind that this version does not know."""
    limit = getattr(policy, f"{kind}_fresh_for", None)
    return limit if isinstance(limit, timedelta) else None
