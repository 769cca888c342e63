"""The life of an incident, as a table of (state, event) -> state. What follows from a transition is not in here.

An event that is absent from a state's row is an `IllegalTransition`. The diagram in `docs/lifecycle.md` is drawn from
the table: `python -m alerts.lifecycle > docs/lifecycle.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from alerts.errors import AlertsError


class State(StrEnum):
    """Where an incident stands."""

    #: Nobody has answered yet; the ladder climbs.
    OPEN = "open"
    #: Somebody has read it and takes care; the ladder is quiet.
    ACKNOWLEDGED = "acknowledged"
    #: Somebody is on the way.
    RESPONDING = "responding"
    #: Closed for good; what happens next opens another incident.
    RESOLVED = "resolved"


class Event(StrEnum):
    """What can happen to an incident."""

    ACKNOWLEDGE = "acknowledge"
    RESPOND = "respond"
    #: A person closes it and says how it ended.
    RESOLVE = "resolve"
    #: Something new and grave was detected after somebody had answered.
    REOPEN = "reopen"
    #: The person is back inside; closes by itself.
    RETURNED = "returned"
    #: Nothing more has come for long enough, of kinds for which that is an end.
    LAPSE = "lapse"


class Outcome(StrEnum):
    """How an incident ended."""

    FOUND = "found"
    RETURNED = "returned"
    FALSE_ALARM = "false_alarm"
    TEST = "test"
    #: Over by itself: nothing more came. Nobody can choose it.
    CLEARED = "cleared"


TABLE: Mapping[State, Mapping[Event, State]] = MappingProxyType(
    {
        State.OPEN: {
            Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
            Event.RESPOND: State.RESPONDING,
            Event.RESOLVE: State.RESOLVED,
            Event.RETURNED: State.RESOLVED,
            Event.LAPSE: State.RESOLVED,
        },
        State.ACKNOWLEDGED: {
            Event.RESPOND: State.RESPONDING,
            Event.RESOLVE: State.RESOLVED,
            Event.REOPEN: State.OPEN,
            Event.RETURNED: State.RESOLVED,
            Event.LAPSE: State.RESOLVED,
        },
        State.RESPONDING: {
            Event.RESOLVE: State.RESOLVED,
            Event.REOPEN: State.OPEN,
            Event.RETURNED: State.RESOLVED,
        },
        State.RESOLVED: {},
    }
)


class IllegalTransition(AlertsError):  # noqa: N818 - the usual name of this error
    """The event does not fit the state the incident is in."""

    def __init__(self, state: State, event: Event) -> None:
        possible = ", ".join(TABLE[state]) or "nothing more"
        super().__init__(f"the incident is {state}; {event} is not possible, possible is: {possible}")
        self.state = state
        self.event = event


def after(state: State, event: Event) -> State:
    """The state that follows.

    Raises:
        IllegalTransition: the table has no such entry.
    """
    try:
        return TABLE[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    arrows = [f"    {state} --> {target} : {event}" for state, row in TABLE.items() for event, target in row.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {State.OPEN}", *arrows, f"    {State.RESOLVED} --> [*]"])


def document() -> str:
    """The page `docs/lifecycle.md`."""
    outcomes = ", ".join(f"`{outcome}`" for outcome in Outcome if outcome is not Outcome.CLEARED)
    return f"""# Life of an incident

Drawn from the table in `alerts/lifecycle.py`; a test fails when this page is older than the table.

```mermaid
{mermaid()}
```

A person has at most one incident that is not resolved. `resolve` carries the outcome: {outcomes}. `returned` happens by
itself when the person is back inside and what the incident holds is over with that; never after an SOS or a fall.
`lapse` ends what nobody had to act on (`cleared`) once nothing more has come for long enough. Which kinds these are
stands in [alerts.md](alerts.md). Acknowledging, responding and resolving stop the ladder; `reopen` starts it again from
its first step.
"""


if __name__ == "__main__":
    sys.stdout.write(document())
