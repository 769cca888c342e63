"""What one detection does to the incidents of its person: a reason word. Pure.

The rules in one place: one open incident a person; the first detection opens it, later ones join; what is graver than
all before climbs its ladder at once; what is grave after somebody answered asks again; coming back closes an exit and
never an SOS.
"""

from __future__ import annotations

from enum import StrEnum

from alerts import escalation, severity
from alerts.incident import Incident
from alerts.lifecycle import State
from alerts.severity import Fact, Severity

#: An incident that holds nothing else closes by itself when the person is back.
CLOSED_BY_RETURN = frozenset({"zone_exit", "low_battery"})


class Decision(StrEnum):
    """Why a detection was handled the way it was."""

    OPENED = "opened"
    #: Kept with the open incident; nobody is told anew.
    JOINED = "joined"
    #: Graver than what the incident held: a stronger or a fresh round begins.
    ESCALATED = "escalated"
    #: Somebody had answered; this is new enough to ask again.
    REOPENED = "reopened"
    #: Back inside: resolved as returned, with an all-clear to everyone told.
    AUTO_RESOLVED = "auto_resolved"
    #: Good news without an incident.
    NO_INCIDENT_NEEDED = "no_incident_needed"
    #: The person was deleted after the engine had judged.
    PERSON_UNKNOWN = "person_unknown"

    @property
    def tells(self) -> bool:
        """Whether a round of the ladder begins."""
        return self in {Decision.OPENED, Decision.ESCALATED, Decision.REOPENED}


def decide(fact: Fact, incident: Incident | None) -> Decision:
    """What a detection does, given the person's open incident, if there is one."""
    if fact.kind == "zone_enter":
        return _back_inside(incident)
    if incident is None:
        return Decision.OPENED
    if incident.state is not State.OPEN:
        return Decision.REOPENED if _asks_again(fact, incident) else Decision.JOINED
    return Decision.ESCALATED if _graver(fact, incident) else Decision.JOINED


def _back_inside(incident: Incident | None) -> Decision:
    if incident is None or "zone_exit" not in incident.kinds:
        return Decision.NO_INCIDENT_NEEDED
    closes = CLOSED_BY_RETURN.issuperset(set(incident.kinds) - {"zone_enter"})
    return Decision.AUTO_RESOLVED if closes else Decision.JOINED


def _asks_again(fact: Fact, incident: Incident) -> bool:
    return severity.own(fact).severity.rank >= Severity.URGENT.rank or _graver(fact, incident)


def _graver(fact: Fact, incident: Incident) -> bool:
    own = severity.own(fact).severity
    ladder_id = escalation.ladder_for(fact.kind, own)
    return own.rank > incident.severity.rank or escalation.stronger(ladder_id, incident.ladder_id)
