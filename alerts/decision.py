"""What one detection does to the incidents of its person: a reason word. Pure.

The rules in one place: one open incident a person; the first detection opens it, later ones join; what wakes nobody by
itself opens it silently; what is graver than all before climbs its ladder at once; what is grave after somebody
answered asks again; what the incident mutes is only noted; coming back closes an exit and never an SOS.
"""

from __future__ import annotations

from enum import StrEnum

from alerts import inhibition, kinds, severity
from alerts.incident import Incident
from alerts.kinds import BACK, Return, Told
from alerts.lifecycle import State
from alerts.plan import BUILT_IN, Plan
from alerts.severity import Fact, Severity

#: So many returns that closed an incident by themselves within `FLAP_WINDOW` make the next one wait. Count. Source: a
#: device that errs at the edge comes and goes at its reporting interval; a person comes home once an hour; provisional.
FLAPS = 2


class Decision(StrEnum):
    """Why a detection was handled the way it was."""

    OPENED = "opened"
    #: Opened silently: kept, and told to nobody by itself.
    RECORDED = "recorded"
    #: Kept with the open incident; nobody is told anew.
    JOINED = "joined"
    #: Something graver in the incident makes it unimportant; kept all the same.
    MUTED = "muted"
    #: Graver than what the incident held: a stronger or a fresh round begins.
    ESCALATED = "escalated"
    #: Somebody had answered; this is new enough to ask again.
    REOPENED = "reopened"
    #: Back inside: resolved as returned, with an all-clear to everyone told.
    AUTO_RESOLVED = "auto_resolved"
    #: Back inside for the third time in an hour: resolved once it has lasted.
    SETTLING = "settling"
    #: Good news without an incident.
    NO_INCIDENT_NEEDED = "no_incident_needed"
    #: Silent; looked at again when it is known whether others fell silent too.
    HELD_BACK = "held_back"
    #: One of many silent devices of its area: part of the fleet's incident, no alarm of its own.
    PART_OF_OUTAGE = "part_of_outage"
    #: The device had reported again before anybody needed to be told.
    HEARD_AGAIN = "heard_again"
    #: Its time was over before anybody could be told: alerts had been away.
    OVER = "over"
    #: The person was deleted after the engine had judged.
    PERSON_UNKNOWN = "person_unknown"

    @property
    def tells(self) -> bool:
        """Whether a round of the ladder begins."""
        return self in {Decision.OPENED, Decision.ESCALATED, Decision.REOPENED}


def decide(
    fact: Fact,
    incident: Incident | None,
    *,
    plan: Plan = BUILT_IN,
    division: str = "",
    returns_lately: int = 0,
) -> Decision:
    """What a detection does.

    Args:
        fact: what was detected.
        incident: the person's open incident, if there is one.
        plan: the ladders and what each is climbed for.
        division: where the person lives.
        returns_lately: incidents of this person that closed by a return within the last hour.
    """
    if fact.kind == BACK:
        return _back_inside(incident, returns_lately)
    if incident is None:
        return Decision.OPENED if loud(fact) else Decision.RECORDED
    if inhibition.muted_by(fact.kind, incident.kinds):
        return Decision.MUTED
    if not loud(fact):
        return Decision.JOINED
    graver = _graver(fact, incident, plan, division)
    if incident.state is State.OPEN:
        return Decision.ESCALATED if graver else Decision.JOINED
    return Decision.REOPENED if graver or _urgent(fact) else Decision.JOINED


def loud(fact: Fact) -> bool:
    """Whether somebody is called for this alone."""
    row = kinds.row(fact.kind, fact.reason)
    if row.told is Told.NEVER:
        return False
    lowered = fact.accompanied is not None and row.accompanied is not None
    return not (lowered and severity.own(fact).severity is Severity.INFO)


def _back_inside(incident: Incident | None, returns_lately: int) -> Decision:
    said = {kinds.of(kind).on_return for kind in incident.kinds if kind != BACK} if incident else set()
    if Return.ENDS not in said:
        return Decision.NO_INCIDENT_NEEDED
    if Return.KEEPS in said:
        return Decision.JOINED
    return Decision.SETTLING if returns_lately >= FLAPS else Decision.AUTO_RESOLVED


def _urgent(fact: Fact) -> bool:
    return severity.own(fact).severity.rank >= Severity.URGENT.rank


def _graver(fact: Fact, incident: Incident, plan: Plan, division: str) -> bool:
    own = severity.own(fact).severity
    ladder_id = plan.ladder_for(fact.kind, own, night=fact.night, division=division)
    return own.rank > incident.severity.rank or plan.stronger(ladder_id, incident.ladder_id)
