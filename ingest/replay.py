"""Stored readings through the production engine once more, and what would differ from what was concluded then.

Every person starts fresh, a warm-up span before the span that is asked for. Readings come in the order in which they
were received. A deadline that passed before a reading was received is judged before it where the timers of ingest would
have: in a pause, or while readings came as they happened, and not in the middle of a backlog; and what passed while
ingest was away is put off as it was then. Zones, dangers and thresholds are those of today, with the given ones on top.
Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from geofence.absence import Absence, between
from geofence.detection import Detection
from geofence.memory import Memory
from geofence.motion import checked as motion_of
from geofence.person import Person
from geofence.policy import Policy, with_overrides
from geofence.reading import (
    BedReport,
    BedStatus,
    Fix,
    FixSource,
    Reading,
    ReadingKind,
    SafetyEvent,
    SafetyEventType,
)
from ingest import patience, pipeline, queries, store
from ingest.flood import MOST_PER_MIN, Flood
from ingest.judging import order_within, unjudged
from ingest.listening import AWAY_LEAST
from runtime.database import Connection

#: Before the span that is asked for. A day and a half: everything that is learnt from a day's readings is.
WARM_UP = timedelta(hours=36)
#: Persons whose readings are held at once. Count.
AT_ONCE = 100
#: As `ingest.pipeline` and `ingest.patience` have them: a pause in which it certainly looks, and how old the newest
#: reading is while live.
PAUSE = timedelta(seconds=pipeline.LOOK_EVERY_S + patience.QUIET_S)
NEARLY_LIVE = timedelta(seconds=patience.NEARLY_LIVE_S)
_KEYS = ("detection_id", "person_id", "kind", "reason", "at")


class Change(StrEnum):
    """What became of a detection."""

    KEPT = "kept"
    #: The same conclusion at the same instant, for another reason.
    OTHERWISE = "otherwise"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One detection, stored, replayed or both."""

    change: Change
    detection_id: UUID
    person_id: int
    kind: str
    reason: str
    at: datetime
    evidence: Mapping[str, Any]
    #: Of the stored one, where it was another.
    stored_reason: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(slots=True, kw_only=True)
class Replay:
    """What a replay found."""

    persons: int = 0
    readings: int = 0
    differences: list[Difference] = field(default_factory=list)

    def count(self, change: Change) -> int:
        """How many detections came to this."""
        return sum(each.change is change for each in self.differences)


async def replay(
    connection: Connection,
    persons: Mapping[int, Person],
    *,
    since: datetime,
    until: datetime,
    overrides: Mapping[str, object] | None = None,
    warm_up: timedelta = WARM_UP,
    most_per_min: int = MOST_PER_MIN,
) -> Replay:
    """Judge a span again.

    Args:
        connection: to the database; only read.
        persons: whose readings, as the registry has them.
        since: event time from which detections are compared.
        until: ... and before which; readings received until then are judged.
        overrides: thresholds on top of each person's own, as JSON has them.
        warm_up: how long before `since` the fresh state begins.
        most_per_min: readings of one device that are judged in a minute of its time.

    Raises:
        PolicyError: the overrides cannot be used.
    """
    found, judged = Replay(persons=len(persons)), _with(persons, overrides or {})
    absences = between(await store.listened(connection, since - warm_up), AWAY_LEAST)
    ids = sorted(judged)
    for begin in range(0, len(ids), AT_ONCE):
        some = ids[begin : begin + AT_ONCE]
        heard = in_order(await queries.readings(connection, some, since - warm_up, until))
        stored = await queries.detections(connection, some, since, until)
        concluded = judge_again(heard, {key: judged[key] for key in some}, until, absences, most_per_min)
        found.readings += len(heard)
        found.differences += compare(stored, [each for each in concluded if since <= each.at < until])
    found.differences.sort(key=lambda each: (each.at, each.person_id, each.kind))
    return found


def judge_again(
    heard: Iterable[Reading],
    persons: Mapping[int, Person],
    until: datetime,
    absences: Sequence[Absence] = (),
    most_per_min: int = MOST_PER_MIN,
) -> list[Detection]:
    """Every conclusion of fresh states over these readings, with the deadlines that timers would have seen."""
    memory, flood, concluded = Memory(), Flood(most_per_min), list[Detection]()
    memory.absences = tuple(absences)
    last_received_at = newest_at = None
    for reading in heard:
        person = persons[reading.person_id]
        if _timers_ran(reading.received_at, last_received_at, newest_at):
            concluded += memory.run_down(person, reading.received_at).detections
        last_received_at, newest_at = reading.received_at, max(reading.at, newest_at or reading.at)
        if unjudged(reading, person, flood) is None:
            (outcome,) = memory.judge_all([reading], persons)
            concluded += outcome.judgement.detections
        memory.keep()
        flood.keep()
    for person_id in sorted(persons):
        concluded += memory.run_down(persons[person_id], until).detections
    return concluded


def _timers_ran(at: datetime, last_received_at: datetime | None, newest_at: datetime | None) -> bool:
    """Whether ingest had looked at deadlines just before it received something, by the rule of `Pipeline`."""
    if last_received_at is None or newest_at is None:
        return False
    return at - last_received_at >= PAUSE or at - newest_at < NEARLY_LIVE


def in_order(rows: Mapping[str, Sequence[DictRow]]) -> list[Reading]:
    """Rows of the tables as readings, in the order of judging: as received; of one instant, as it happened."""
    made = [(make(row), row["seq"]) for table, make in _MAKERS.items() for row in rows[table]]
    made.sort(key=lambda pair: (pair[0].received_at, order_within(*pair)))
    return [reading for reading, _ in made]


def compare(stored: Iterable[DictRow], concluded: Iterable[Detection]) -> list[Difference]:
    """What was kept, what would be new and what gone."""
    before = {row["detection_id"]: row for row in stored}
    after = {detection.detection_id: detection for detection in concluded}
    gone = [
        Difference(
            change=Change.GONE,
            evidence=row["evidence"],
            latitude=row["latitude"],
            longitude=row["longitude"],
            **{key: row[key] for key in _KEYS},
        )
        for detection_id, row in before.items()
        if detection_id not in after
    ]
    return [*gone, *(_difference(each, before.get(each.detection_id)) for each in after.values())]


def _difference(detection: Detection, stored: DictRow | None) -> Difference:
    same = stored is not None and stored["reason"] == detection.reason
    return Difference(
        change=Change.NEW if stored is None else Change.KEPT if same else Change.OTHERWISE,
        detection_id=detection.detection_id,
        person_id=detection.person_id,
        kind=str(detection.kind),
        reason=str(detection.reason),
        at=detection.at,
        evidence=detection.evidence,
        stored_reason=None if stored is None or same else stored["reason"],
        latitude=detection.place.latitude if detection.place else None,
        longitude=detection.place.longitude if detection.place else None,
    )


def _with(persons: Mapping[int, Person], overrides: Mapping[str, object]) -> dict[int, Person]:
    """The same persons with these thresholds on top of their own."""
    wanted: Policy = with_overrides(overrides)
    values = {name: getattr(wanted, name) for name in overrides}
    return {key: replace(person, policy=replace(person.policy, **values)) for key, person in persons.items()}


def _common(row: DictRow, kind: ReadingKind) -> dict[str, Any]:
    names = ("person_id", "device_id", "at", "received_at")
    return {name: row[name] for name in names} | {"kind": kind}


def _location(row: DictRow) -> Reading:
    fix = Fix(
        latitude=row["latitude"],
        longitude=row["longitude"],
        accuracy_m=row["accuracy_m"],
        source=FixSource(row["source"]),
        altitude_m=row["altitude_m"],
        speed_mps=row["speed_mps"],
        heading_deg=row["heading_deg"],
    )
    return Reading(fix=fix, **_common(row, ReadingKind.LOCATION), **_worn(row))


def _worn(row: DictRow) -> dict[str, Any]:
    return {name: row[name] for name in ("battery_pct", "charging", "worn", "steps", "at_home")}


def _heartbeat(row: DictRow) -> Reading:
    return Reading(**_common(row, ReadingKind.HEARTBEAT), **_worn(row))


def _bed_report(row: DictRow) -> Reading:
    names = (
        "heart_rate_bpm", "breathing_rate_bpm", "movement_pct", "quality_pct", "breathing_amplitude_pct", "apnea_s",
    )  # fmt: skip
    bed = BedReport(status=BedStatus(row["status"]), **{name: row[name] for name in names})
    return Reading(bed=bed, **_common(row, ReadingKind.BED))


def _safety_event(row: DictRow) -> Reading:
    fix = None
    if row["latitude"] is not None:
        fix = Fix(
            latitude=row["latitude"],
            longitude=row["longitude"],
            accuracy_m=row["accuracy_m"],
            source=FixSource(row["source"]),
        )
    motion = None if row["motion"] is None else motion_of(row["motion"])
    event = SafetyEvent(
        event_id=row["event_id"], type=SafetyEventType(row["type"]), impact_g=row["impact_g"], motion=motion
    )
    return Reading(event=event, fix=fix, battery_pct=row["battery_pct"], **_common(row, ReadingKind.EVENT))


_MAKERS = {
    "locations": _location,
    "bed_reports": _bed_report,
    "heartbeats": _heartbeat,
    "safety_events": _safety_event,
}
