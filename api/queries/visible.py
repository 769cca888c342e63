"""The scopes of `api.access` as SQL conditions: the only place that says whose rows a viewer sees.

The conditions speak of `viewer` (user_id, division), `p` (persons) and `i` (incidents); a query brings these into its
FROM clause. `VIEWER` is the one who asks; the live stream puts the users who are connected in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from api.access import Scope

#: A row with the asker; its placeholders are filled by `Viewer.parameters`.
VIEWER: LiteralString = "(SELECT %(viewer_id)s::bigint AS user_id, %(viewer_division)s::text AS division) AS viewer"

#: Told means: an alert was written for a receiver that is bound to this login, and not withdrawn before it left.
#: Who has accepted is involved, however they heard; who has declined is not any more, told or in their own division.
#: What opened silently (somebody left the bed) and nobody was called for concerns the family alone.
_INVOLVED_INCIDENT: LiteralString = """
    i.state <> 'resolved' AND NOT EXISTS (
        SELECT FROM responses gone WHERE gone.incident_id = i.incident_id AND gone.user_id = viewer.user_id
          AND gone.state = 'declined') AND (
        (viewer.division <> '' AND starts_with(p.division, viewer.division) AND EXISTS (
            SELECT FROM escalations climbed WHERE climbed.incident_id = i.incident_id))
        OR EXISTS (
            SELECT FROM notifications told JOIN receivers told_to ON told_to.receiver_id = told.receiver_id
            WHERE told.incident_id = i.incident_id AND told_to.user_id = viewer.user_id
              AND told.purpose = 'alert' AND told.state <> 'cancelled')
        OR EXISTS (
            SELECT FROM responses going WHERE going.incident_id = i.incident_id AND going.user_id = viewer.user_id
              AND going.state <> 'declined'))"""

_OWN_PERSON: LiteralString = (
    "EXISTS (SELECT FROM guardians g WHERE g.person_id = p.person_id AND g.user_id = viewer.user_id)"
)

#: Rows of `p` that a viewer may see.
PERSON: Mapping[Scope, LiteralString] = {
    Scope.OWN: _OWN_PERSON,
    Scope.INVOLVED: "EXISTS (SELECT FROM incidents i WHERE i.person_id = p.person_id AND " + _INVOLVED_INCIDENT + ")",
    Scope.ALL: "true",
}

#: Rows of `i` (joined with its `p`) that a viewer may see.
INCIDENT: Mapping[Scope, LiteralString] = {
    Scope.OWN: _OWN_PERSON,
    Scope.INVOLVED: _INVOLVED_INCIDENT,
    Scope.ALL: "true",
}

#: From when on a person's past positions may be seen: a responder's window opens with the incident.
TRACK_SINCE: Mapping[Scope, LiteralString] = {
    Scope.OWN: "'-infinity'::timestamptz",
    Scope.INVOLVED: "(SELECT i.opened_at FROM incidents i WHERE i.person_id = p.person_id AND "
    + _INVOLVED_INCIDENT
    + ")",
    Scope.ALL: "'-infinity'::timestamptz",
}
