"""How somebody stands to the dangers of the area: how far, whether they come nearer, and in how many minutes.

With d the distance to the danger now and d' at an earlier believed fix, t seconds before, a and a' their radii::

    nearer     d' - d > max(a, a')                the difference cannot be the error of one of them
    away       d - d' > max(a, a')
    minutes    d / ((d' - d) / t)                 only when nearer, and at a pace that a walk can have
"""

from __future__ import annotations

from dataclasses import dataclass

from geofence.danger_map import Danger, DangerKind, nearest_by_kind
from geofence.detection import Place
from geofence.person import Person
from geofence.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One danger within reach."""

    danger: Danger
    distance_m: float
    #: How fast it comes nearer, when it does. Metres a second.
    closing_mps: float | None = None

    @property
    def minutes(self) -> float | None:
        """Until the person is there, at that pace."""
        return self.distance_m / self.closing_mps / 60 if self.closing_mps else None

    def evidence(self) -> dict[str, float | str | None]:
        """As detections carry it; alerts raise the severity by these keys."""
        minutes = self.minutes
        return {
            "danger_kind": self.danger.kind.value,
            "danger_name": self.danger.name or None,
            "danger_m": round(self.distance_m),
            "danger_min": None if minutes is None else max(1, round(minutes)),
        }


def reach_m(kind: DangerKind, policy: Policy) -> float:
    """Within which a kind of danger counts, in metres."""
    match kind:
        case DangerKind.WATER:
            return policy.danger_water_m
        case DangerKind.RAIL:
            return policy.danger_rail_m
        case DangerKind.HIGHWAY:
            return policy.danger_highway_m


def within_reach(person: Person, place: Place) -> list[Ahead]:
    """The nearest danger of each kind that is within its reach, the nearest first."""
    policy = person.policy
    furthest_m = max(policy.danger_water_m, policy.danger_rail_m, policy.danger_highway_m)
    near = nearest_by_kind(person.dangers.near(place.latitude, place.longitude, furthest_m))
    return [
        Ahead(danger=each.danger, distance_m=each.distance_m)
        for kind, each in near.items()
        if each.distance_m <= reach_m(kind, policy)
    ]


def approached(ahead: Ahead, place: Place, before: Place, policy: Policy) -> Ahead | None:
    """The same with its pace; None when it is left behind."""
    elapsed_s = (place.at - before.at).total_seconds()
    nearer_m = ahead.danger.distance_m(before.latitude, before.longitude) - ahead.distance_m
    error_m = max(place.accuracy_m, before.accuracy_m)
    if nearer_m < -error_m:
        return None
    if elapsed_s <= 0 or nearer_m <= error_m:
        return ahead
    closing_mps = nearer_m / elapsed_s
    walked = policy.danger_closing_mps <= closing_mps <= policy.danger_riding_mps
    return Ahead(danger=ahead.danger, distance_m=ahead.distance_m, closing_mps=closing_mps) if walked else ahead


def evidence_at(person: Person, place: Place, before: Place | None) -> dict[str, float | str | None]:
    """What lies ahead of somebody who has left, as evidence; empty when nothing does.

    Args:
        person: with the map of the area.
        place: where they are.
        before: the believed place before it, which tells what is left behind.
    """
    if not person.dangers:
        return {}
    for ahead in within_reach(person, place):
        recent = before is not None and place.at - before.at <= person.policy.danger_window
        found = approached(ahead, place, before, person.policy) if recent and before else ahead
        if found is not None:
            return found.evidence()
    return {}
