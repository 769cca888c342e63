"""What a timer of an incident brings about when it runs out. Inside the caller's transaction, which holds the row."""

from __future__ import annotations

from datetime import datetime

import structlog

from alerts import closing, lifecycle
from alerts.incident import Incident
from alerts.lifecycle import Event, Outcome
from alerts.store import incidents, timers
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: A timer -> the event it is, and how the incident ends by it.
_MEANS = {timers.SETTLE: (Event.RETURNED, Outcome.RETURNED), timers.LAPSE: (Event.LAPSE, Outcome.CLEARED)}


async def expire(connection: Connection, incident_id: int, *, now: datetime) -> int:
    """End an incident whose timer has run out; 1 when it ended."""
    due = await timers.due(connection, incident_id, now)
    if not due:
        return 0
    incident = await incidents.get(connection, incident_id)
    event, outcome = _MEANS[due[0].kind]
    if event not in lifecycle.TABLE[incident.state]:
        # Somebody is going, or it is over: a person ends it, or has.
        await timers.stop(connection, incident_id, due[0].kind)
        return 0
    await _end(connection, incident, event, outcome, now=now)
    return 1


async def _end(connection: Connection, incident: Incident, event: Event, outcome: Outcome, *, now: datetime) -> None:
    lifecycle.after(incident.state, event)
    # A battery that was charged needs no all-clear; somebody who is back does, whoever was told.
    heard = outcome is Outcome.RETURNED
    await closing.close(connection, incident, user_id=None, at=now, outcome=outcome, note="", all_clear=heard)
    log.info("incident_over_by_itself", incident_id=incident.incident_id, outcome=outcome)
