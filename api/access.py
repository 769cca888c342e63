"""Who may what, as one table. Pure; the SQL that carries each scope out is in `queries/visible.py`.

Two answers come out of here: a role that has no scope for an action is refused by role (403), and what lies outside
a scope does not exist for the asker (404), so that nobody learns whom Tongxing watches.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a login is for."""

    FAMILY = "family"
    RESPONDER = "responder"
    OPERATOR = "operator"
    ADMIN = "admin"


class Scope(StrEnum):
    """Whose things."""

    #: Of the persons one is a guardian of.
    OWN = "own"
    #: Of persons with an unresolved incident that one was told of, or that lies in one's division.
    INVOLVED = "involved"
    #: Everybody's.
    ALL = "all"


class Action(StrEnum):
    """What can be asked for. A route names exactly one."""

    READ_SELF = "read_self"
    READ_PERSON = "read_person"
    WRITE_PERSON = "write_person"
    READ_POSITION = "read_position"
    READ_TRACK = "read_track"
    READ_ZONE = "read_zone"
    WRITE_ZONE = "write_zone"
    READ_DANGERS = "read_dangers"
    WRITE_DANGERS = "write_dangers"
    READ_POLICY = "read_policy"
    WRITE_POLICY = "write_policy"
    READ_DEVICE = "read_device"
    WRITE_DEVICE = "write_device"
    READ_CREDENTIAL = "read_credential"
    MANAGE_CREDENTIALS = "manage_credentials"
    READ_INCIDENT = "read_incident"
    ACT_ON_INCIDENT = "act_on_incident"
    WATCH_LIVE = "watch_live"
    READ_ACCESSES = "read_accesses"
    READ_QUARANTINE = "read_quarantine"
    READ_SUMMARY = "read_summary"
    READ_RULES = "read_rules"
    READ_OUTAGE = "read_outage"
    ACT_ON_OUTAGE = "act_on_outage"
    READ_OUTING = "read_outing"
    WRITE_OUTING = "write_outing"
    READ_RECEIVER = "read_receiver"
    WRITE_RECEIVER = "write_receiver"
    MANAGE_LADDERS = "manage_ladders"
    READ_SEARCH = "read_search"
    READ_BRIEF = "read_brief"
    READ_PROFILE = "read_profile"
    WRITE_PROFILE = "write_profile"
    HAND_OVER = "hand_over"
    ISSUE_CAP = "issue_cap"
    READ_DIVISION = "read_division"
    MANAGE_RESPONDERS = "manage_responders"
    MANAGE_PLATFORM = "manage_platform"
    READ_DAYS = "read_days"
    MANAGE_RETENTION = "manage_retention"


_NEARBY: Mapping[Role, Scope] = {
    Role.FAMILY: Scope.OWN,
    Role.RESPONDER: Scope.INVOLVED,
    Role.ADMIN: Scope.ALL,
}
_FAMILY: Mapping[Role, Scope] = {Role.FAMILY: Scope.OWN, Role.ADMIN: Scope.ALL}
_FLEET: Mapping[Role, Scope] = {Role.OPERATOR: Scope.ALL, Role.ADMIN: Scope.ALL}

TABLE: Mapping[Action, Mapping[Role, Scope]] = {
    Action.READ_SELF: dict.fromkeys(Role, Scope.ALL),
    Action.READ_PERSON: _NEARBY,
    Action.WRITE_PERSON: {Role.ADMIN: Scope.ALL},
    Action.READ_POSITION: _NEARBY,
    # A responder's track begins where the incident does: queries.positions.
    Action.READ_TRACK: _NEARBY,
    Action.READ_ZONE: _FAMILY,
    Action.WRITE_ZONE: _FAMILY,
    # Rivers and roads, which any map shows.
    Action.READ_DANGERS: dict.fromkeys(Role, Scope.ALL),
    Action.WRITE_DANGERS: _FLEET,
    Action.READ_POLICY: _FAMILY,
    # A threshold moved wrongly is an exit nobody is told of: the centre's to decide, with the family.
    Action.WRITE_POLICY: {Role.ADMIN: Scope.ALL},
    Action.READ_DEVICE: {Role.FAMILY: Scope.OWN, **_FLEET},
    Action.WRITE_DEVICE: _FLEET,
    # Who issues the devices gives them their logins too.
    Action.READ_CREDENTIAL: _FLEET,
    Action.MANAGE_CREDENTIALS: _FLEET,
    Action.READ_INCIDENT: _NEARBY,
    Action.ACT_ON_INCIDENT: _NEARBY,
    Action.WATCH_LIVE: _NEARBY,
    Action.READ_ACCESSES: _FAMILY,
    Action.READ_QUARANTINE: _FLEET,
    Action.READ_SUMMARY: _FLEET,
    # How often each rule was right: counts, without names.
    Action.READ_RULES: _FLEET,
    Action.READ_OUTAGE: _FLEET,
    Action.ACT_ON_OUTAGE: _FLEET,
    Action.READ_OUTING: _FAMILY,
    # Says that a person is not alone, and silences what that explains.
    Action.WRITE_OUTING: _FAMILY,
    Action.READ_RECEIVER: _FAMILY,
    Action.WRITE_RECEIVER: _FAMILY,
    # Who is called when, for everybody.
    Action.MANAGE_LADDERS: {Role.ADMIN: Scope.ALL},
    Action.READ_SEARCH: _NEARBY,
    # Who to look for, while an incident is open: not the whole profile, which holds medication and addresses.
    Action.READ_BRIEF: _NEARBY,
    Action.READ_PROFILE: _FAMILY,
    Action.WRITE_PROFILE: _FAMILY,
    # Who gives a person's whereabouts to others answers for it: the family, or the centre.
    Action.HAND_OVER: _FAMILY,
    # A broadcast reaches everybody.
    Action.ISSUE_CAP: {Role.ADMIN: Scope.ALL},
    # Published by the National Bureau of Statistics.
    Action.READ_DIVISION: dict.fromkeys(Role, Scope.ALL),
    Action.MANAGE_RESPONDERS: {Role.ADMIN: Scope.ALL},
    Action.MANAGE_PLATFORM: {Role.ADMIN: Scope.ALL},
    # How far somebody walked and how they slept: nobody's but the family's.
    Action.READ_DAYS: _FAMILY,
    # What is deleted cannot be had back.
    Action.MANAGE_RETENTION: {Role.ADMIN: Scope.ALL},
}


def scope_of(role: Role, action: Action) -> Scope | None:
    """Whose things a role may do this with; None: nobody's."""
    return TABLE[action].get(role)
