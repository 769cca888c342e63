"""A link for somebody without a login: one incident, one time window, revocable. Pure: the rules, not the rows.

Only the digest of a token is stored. The finder's token is derived from its sheet's, so that a sheet can be printed
again with the same code without keeping either.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.errors import AlertsError

#: How long a link may hold. Source: 46 % of those found after 24 h had died (Virginia); a search that goes on is handed
#: over again, with a look at who still needs it. Provisional.
LONGEST = timedelta(hours=72)
SHORTEST = timedelta(minutes=15)
#: After the incident is resolved a finder's page says thank you for so long. Provisional.
THANKS_FOR = timedelta(days=7)


class LinkKind(StrEnum):
    """What a link opens."""

    #: Everything a search needs, read only.
    POLICE = "police"
    #: The missing-person sheet, to be printed.
    SHEET = "sheet"
    #: Behind the code on a sheet: where a finder reports.
    FINDER = "finder"


class Standing(StrEnum):
    """Why a link opens, or does not."""

    OPEN = "open"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REVOKED = "revoked"
    #: The incident is over: nobody's whereabouts are anybody's business any more.
    RESOLVED = "resolved"
    UNKNOWN = "unknown"


class LinkError(AlertsError):
    """A link cannot be given; the message says what to write."""


class LinkNotFound(AlertsError):  # noqa: N818 - reads as the answer it is
    """There is no such link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link as it stands."""

    link_id: int
    incident_id: int
    #: None: the incident is of an area; then there is no link.
    person_id: int | None
    kind: LinkKind
    label: str
    with_name: bool
    wearing: str
    since: datetime
    until: datetime
    revoked_at: datetime | None
    #: Whether the incident is resolved.
    resolved: bool
    opened_at: datetime


def standing(link: Link | None, *, at: datetime) -> Standing:
    """Whether a link opens at an instant, and why not. Nothing is said of a link that was never given."""
    if link is None:
        return Standing.UNKNOWN
    if link.revoked_at is not None:
        return Standing.REVOKED
    if link.resolved:
        return Standing.RESOLVED
    if at < link.since:
        return Standing.NOT_YET
    return Standing.OPEN if at < link.until else Standing.EXPIRED


def checked_window(*, since: datetime, until: datetime) -> None:
    """Refuse a window that is no window.

    Raises:
        LinkError: too short or too long.
    """
    if not SHORTEST <= until - since <= LONGEST:
        raise LinkError(
            f"a link holds from {SHORTEST.total_seconds() / 60:.0f} minutes to {LONGEST.total_seconds() / 3600:.0f}"
            f" hours, not {until - since}: choose another end, or give a new one later"
        )


def finder_token(sheet_token: str) -> str:
    """The token of a sheet's finder's page."""
    digest = hmac.new(sheet_token.encode(), b"finder", hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:24]).decode()
