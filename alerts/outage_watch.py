"""Judge silences together, and watch outages until they are over. Inside the caller's transaction.

What is an outage stands in `alerts.outage`. Families hear nothing of one: whoever looks after the devices does, once,
and once more when it is over. Who is silent all the same then is told of like any other silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from alerts import climbing, closing, outage, planning
from alerts.decision import Decision
from alerts.handling import handle
from alerts.lifecycle import Outcome, State
from alerts.outage import Found, Recovery, Silent
from alerts.severity import Assessment, Severity
from alerts.store import detections, incidents, people
from alerts.store import outages as store
from alerts.store.outages import Held
from runtime.database import Connection

log = structlog.get_logger(__name__)

#: An outage is looked at this often. Scaled time. Provisional.
CHECK_EVERY = timedelta(minutes=1)
KIND = "outage"


async def judge(connection: Connection, *, now: datetime, lock_timeout: str) -> int:
    """Judge every silence that waits; how many wait no longer."""
    if not await store.try_lock(connection):
        return 0
    waiting = await store.held(connection)
    silent = [one for one in waiting if not one.heard_again]
    in_use, gateways = await store.in_use(connection), await store.in_use_by_gateway(connection)
    found = outage.find([_silent(one) for one in silent], in_use, gateways)
    for one in found:
        members = [held for held in silent if outage.explained(_silent(held), found) == one]
        await _begin(connection, one, members, now=now)
    alone = [one for one in waiting if one.due_at <= now and outage.explained(_silent(one), found) is None]
    released = [one for one in alone if await _release(connection, one, now=now, lock_timeout=lock_timeout)]
    return len(released) + sum(one.silent for one in found)


def _silent(held: Held) -> Silent:
    return Silent(device_id=held.device_id, division=held.division, gateway=held.gateway)


async def _begin(connection: Connection, found: Found, members: Sequence[Held], *, now: datetime) -> None:
    """One fleet incident for all of them, with a ladder of its own."""
    assessment = Assessment(severity=Severity.WARNING, reasons=(KIND,))
    incident = await incidents.insert(connection, person_id=None, kind=KIND, assessment=assessment, at=now)
    outage_id = await store.begin(
        connection,
        incident_id=incident.incident_id,
        division=found.division,
        gateway=found.gateway,
        expected=found.expected,
        at=now,
    )
    await store.join(
        connection, outage_id, [(one.device_id, one.person_id, one.detection_id) for one in members], at=now
    )
    for one in members:
        await detections.decide_again(connection, one.detection_id, Decision.PART_OF_OUTAGE, at=now)
    await store.release(connection, [one.detection_id for one in members])
    data = {"kind": KIND, "division": found.division, "devices": found.silent, "expected": found.expected}
    if found.gateway is not None:
        data["gateway"] = found.gateway
    await incidents.add_event(connection, incident.incident_id, "opened", at=now, data=data)
    area = await people.subject(connection, incident.incident_id, None)
    detected = await store.detected_of(connection, incident.incident_id)
    assert area is not None
    assert detected is not None, "it was written a moment ago"
    plan = await planning.load(connection)
    ladder_id = plan.ladder_for(KIND, Severity.WARNING, division=found.division)
    await climbing.begin_round(connection, incident, area, detected, ladder_id, plan=plan, now=now)
    await incidents.announce(connection, incident.incident_id)
    log.warning(
        "outage_began", division=found.division, gateway=found.gateway, devices=found.silent, expected=found.expected
    )


async def _release(connection: Connection, held: Held, *, now: datetime, lock_timeout: str) -> bool:
    """A silence that stands for itself: handled like any detection, unless the device has reported meanwhile."""
    if not await detections.try_lock_person(connection, held.person_id, lock_timeout=lock_timeout):
        return False
    await store.release(connection, [held.detection_id])
    if held.heard_again:
        await detections.decide_again(connection, held.detection_id, Decision.HEARD_AGAIN, at=now)
        return True
    detected = await detections.one(connection, held.detection_id)
    if detected is not None:
        await handle(connection, held.person_id, [detected], now=now, hold=False)
    return True


async def check(connection: Connection, outage_id: int, *, now: datetime) -> int:
    """Look at one outage; 1 when it is over."""
    found = await store.check(connection, outage_id, at=now)
    if found is None:
        return 0
    if outage.recovery(silent=found.devices, heard_again=found.heard_again) is Recovery.LASTS:
        return 0
    await incidents.lock(connection, found.incident_id)
    incident = await incidents.get(connection, found.incident_id)
    still_silent = await store.end(connection, outage_id, at=now)
    if incident.state is not State.RESOLVED:
        await closing.close(connection, incident, user_id=None, at=now, outcome=Outcome.CLEARED, note="")
    log.warning("outage_over", division=found.division, devices=found.devices, still_silent=still_silent)
    return 1
