"""Records of rehearsals made by hand: one person, one day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from simulators import truth
from simulators.scoring.run_log import Alert, Detected, Incident, Paced, Person, RunLog, Traffic
from simulators.truth import Episode

START = datetime(2026, 11, 23, 16, tzinfo=UTC)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def episode(name="night_exit", *, since=60.0, until=100.0, **changes) -> Episode:
    """From minute `since` on; counts two minutes later, must be found in ten, explains until `until` + 30."""
    fields = {
        "episode_id": f"{name}-{since}",
        "name": name,
        "kind": "zone_exit",
        "person_index": 0,
        "external_id": "zibo-1",
        "device_id": None,
        "since": minute(since),
        "until": minute(until),
        "counts_from": minute(since + 2),
        "east_m": 0.0,
        "north_m": 0.0,
        "expects": frozenset({"zone_exit"}),
        "within_s": 600.0,
        "explains": frozenset({"bed_exit", "danger_approach"}),
        "explained_until": minute(until + 30),
        "quiet": False,
        "announced": False,
    }
    return Episode(**(fields | changes))


def detected(at: float, kind="zone_exit", *, incident=1, **changes) -> Detected:
    fields = {
        "detection_id": f"{kind}-{at}",
        "person": "zibo-1",
        "kind": kind,
        "reason": "left",
        "at": minute(at),
        "decision": "opened",
        "incident_id": incident,
    }
    return Detected(**(fields | changes))


def alert(at: float, kind="zone_exit", *, incident=1, **changes) -> Alert:
    fields = {
        "incident_id": incident,
        "round": 1,
        "detection_id": f"{kind}-{at}",
        "person": "zibo-1",
        "kind": kind,
        "reason": "left",
        "at": minute(at),
        "told_at": minute(at + 0.1),
    }
    return Alert(**(fields | changes))


def incident(number=1, at=65.0, **changes) -> Incident:
    fields = {"incident_id": number, "person": "zibo-1", "kind": "zone_exit", "opened_at": minute(at)}
    return Incident(**(fields | changes))


def log(**changes) -> RunLog:
    fields = {
        "scene": "mine",
        "seed": 1,
        "start": START,
        "until": minute(1_440),
        "counts_from": START,
        "persons": [Person(external_id="zibo-1"), Person(external_id="zibo-2"), Person(external_id="zibo-3")],
        "traffic": Traffic(published=103, acknowledged=102, stored=100, refused=1),
        "paced": Paced(asked=60, reached=59.0),
    }
    changes["episodes"] = [truth.as_row(one) for one in changes.get("episodes", [])]
    return RunLog(**(fields | changes))
