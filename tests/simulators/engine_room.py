"""Judges a simulated city with the real engine, without servers: messages in, detections out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from geofence import engine
from geofence.detection import Detection
from geofence.engine import PersonState
from geofence.person import Person
from geofence.reading import BedReport, BedStatus, Fix, FixSource, Reading, ReadingKind, SafetyEvent, SafetyEventType
from geofence.zone import Zone, schedule_from_rows, shape_from_geojson
from simulators.city import City
from simulators.fleet import Fleet
from simulators.message import Kind, Message
from simulators.scene import Scene

#: 04:45 in Zibo, 21 November 2026.
MORNING_S = datetime(2026, 11, 20, 20, 45, tzinfo=UTC).timestamp()


def persons(city: City) -> dict[str, Person]:
    """By device: bracelet and bed tell of one person."""
    zone = ZoneInfo("Asia/Shanghai")
    people = {
        person.index: Person(
            person_id=person.index,
            time_zone=zone,
            zones=tuple(
                Zone(
                    zone_id=number,
                    name=safe.name,
                    shape=shape_from_geojson(safe.geometry(), safe.radius_m),
                    schedule=schedule_from_rows(safe.schedule()),
                )
                for number, safe in enumerate(person.zones)
            ),
        )
        for person in city.persons
    }
    return {
        device_id: people[person.index]
        for person in city.persons
        for device_id in (person.bracelet_id, person.bed_id)
        if device_id
    }


def reading(message: Message, person: Person) -> Reading:
    body = message.body
    at = datetime.fromtimestamp(body["at"], UTC)
    fix = None
    if "latitude" in body:
        fix = Fix(
            latitude=body["latitude"],
            longitude=body["longitude"],
            accuracy_m=body["accuracy_m"],
            source=FixSource(body["source"]),
            speed_mps=body.get("speed_mps"),
            heading_deg=body.get("heading_deg"),
        )
    bed = None
    if message.kind is Kind.BED:
        bed = BedReport(
            status=BedStatus(body["status"]),
            heart_rate_bpm=body.get("heart_rate_bpm"),
            breathing_rate_bpm=body.get("breathing_rate_bpm"),
            movement_pct=body.get("movement_pct"),
            quality_pct=body.get("quality_pct"),
        )
    event = None
    if message.kind is Kind.EVENT:
        event = SafetyEvent(event_id=body["id"], type=SafetyEventType(body["type"]))
    return Reading(
        person_id=person.person_id,
        device_id=message.device_id,
        kind=ReadingKind(message.kind.value),
        at=at,
        received_at=at,
        fix=fix,
        bed=bed,
        event=event,
        battery_pct=body.get("battery_pct"),
        charging=body.get("charging"),
        worn=body.get("worn"),
        at_home=body.get("at_home"),
        steps=body.get("steps"),
    )


def live(
    city: City, *, hours: float, scenes: tuple[Scene, ...] = (), start_s: float = MORNING_S
) -> tuple[list[Detection], Counter[Kind]]:
    """Everything the engine says of some hours of a city; its commands go back to the bracelets."""
    people = persons(city)
    states: dict[int, PersonState] = {}
    fleet = Fleet(city, at_s=start_s)
    detections: list[Detection] = []
    counts: Counter[Kind] = Counter()
    now_s = start_s
    while now_s < start_s + hours * 3600:
        now_s = max(fleet.due_s, now_s + 0.2)
        messages = fleet.step(now_s)
        if scenes and now_s > start_s + 100:
            for scene in scenes:
                messages += fleet.play(scene, now_s)[1]
            scenes = ()
        for message in messages:
            counts[message.kind] += 1
            if message.kind not in {Kind.LOCATION, Kind.HEARTBEAT, Kind.BED, Kind.EVENT} or message.repeated:
                continue
            person = people[message.device_id]
            state, outcome = engine.step(states.get(person.person_id, engine.FRESH), reading(message, person), person)
            states[person.person_id] = state
            detections += outcome.judgement.detections
            for command in outcome.judgement.commands:
                body = {
                    "id": str(command.command_id),
                    "at": now_s,
                    "type": command.type.value,
                    "interval_s": command.interval_s,
                    "until": command.until.timestamp() if command.until else None,
                }
                fleet.hear_command(command.device_id, body, now_s)
                counts["commands"] += 1
            if message.kind is Kind.EVENT:
                fleet.hear_ack(message.device_id, message.body["id"])
    return detections, counts
