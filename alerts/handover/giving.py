"""Gives links, takes finders' reports, issues CAP messages. In transactions, like `alerts.service`.

Every change is in the incident's timeline, so that a family can read afterwards who was let in, by whom and until when.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from alerts.errors import IncidentNotFound
from alerts.handover import cap, link, telling
from alerts.handover.cap import Bulletin, Issuer
from alerts.handover.finding import Report, check_rate
from alerts.handover.link import Link, LinkKind, LinkNotFound
from alerts.incident import Incident
from alerts.lifecycle import Event, State, after
from alerts.store import handover, incidents
from alerts.store.handover import Issued
from runtime import identifiers
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a link is to be."""

    kind: LinkKind
    since: datetime
    until: datetime
    label: str = ""
    with_name: bool = False
    wearing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A link that was given. The token is in no table: who loses it gets a new link."""

    link_id: int
    token: str


async def give_link(
    connection: Connection, *, incident_id: int, offer: Offer, user_id: int | None, at: datetime
) -> Given:
    """Let somebody without a login in.

    Raises:
        IncidentNotFound: there is no such incident.
        IllegalTransition: it is resolved.
        LinkError: the window is too short or too long.
    """
    link.checked_window(since=offer.since, until=offer.until)
    async with connection.transaction():
        await _unresolved(connection, incident_id)
        token = identifiers.token()
        link_id = await _add(connection, incident_id, offer, token, user_id=user_id)
        if offer.kind is LinkKind.SHEET:
            behind = dataclasses.replace(offer, kind=LinkKind.FINDER)
            await _add(connection, incident_id, behind, link.finder_token(token), user_id=user_id, sheet_id=link_id)
        data = {"link_id": link_id, "kind": offer.kind, "label": offer.label, "until": offer.until.isoformat()}
        await incidents.add_event(connection, incident_id, "link_given", at=at, user_id=user_id, data=data)
        await incidents.touch(connection, incident_id, at=at)
    return Given(link_id=link_id, token=token)


async def _add(
    connection: Connection,
    incident_id: int,
    offer: Offer,
    token: str,
    *,
    user_id: int | None,
    sheet_id: int | None = None,
) -> int:
    return await handover.add_link(
        connection,
        incident_id=incident_id,
        kind=offer.kind,
        token_digest=identifiers.digest(token),
        since=offer.since,
        until=offer.until,
        created_by=user_id,
        label=offer.label,
        with_name=offer.with_name,
        wearing=offer.wearing,
        sheet_id=sheet_id,
    )


async def revoke_link(connection: Connection, *, link_id: int, user_id: int | None, at: datetime) -> None:
    """End a link now; a sheet's finder's page ends with it.

    Raises:
        LinkNotFound: there is no such link.
    """
    async with connection.transaction():
        found = await handover.link(connection, link_id)
        if found is None:
            raise LinkNotFound("there is no such link")
        await incidents.lock(connection, found.incident_id)
        if await handover.revoke_link(connection, link_id, user_id=user_id, at=at):
            data = {"link_id": link_id, "kind": found.kind, "label": found.label}
            await incidents.add_event(connection, found.incident_id, "link_revoked", at=at, user_id=user_id, data=data)
            await incidents.touch(connection, found.incident_id, at=at)


async def take_report(connection: Connection, *, found: Link, report: Report, sender: bytes, at: datetime) -> int:
    """Keep what a finder told and tell everybody who is involved; the report's number.

    Args:
        connection: to the database.
        found: the finder's link, which the caller has found open.
        report: what they told.
        sender: digest to count reports by.
        at: now.

    Raises:
        TooManyReports: from this address, or through this link.
    """
    async with connection.transaction():
        await incidents.lock(connection, found.incident_id)
        check_rate(await handover.report_counts(connection, link_id=found.link_id, sender=sender))
        number = await handover.add_report(
            connection, incident_id=found.incident_id, link_id=found.link_id, sender=sender, report=report, at=at
        )
        # The number to call back is not in the timeline, which can be exported.
        data = {"number": number, "said": report.said, "place": report.place, "note": report.note}
        await incidents.add_event(connection, found.incident_id, "finder_report", at=at, data=data)
        incident = await incidents.get(connection, found.incident_id)
        if incident.state is not State.RESOLVED:
            await telling.sighting(connection, incident, number=number, report=report, at=at)
        await incidents.touch(connection, found.incident_id, at=at)
    return number


async def issue_cap(
    connection: Connection, *, bulletin: Bulletin, issuer: Issuer, incident_id: int, user_id: int | None
) -> Issued:
    """Issue the next message of an incident's chain.

    The bulletin's identifier, type and references are filled in here, where no other message can come between.

    Raises:
        IncidentNotFound: there is no such incident.
        IllegalTransition: it is resolved, and there is nothing to take back.
    """
    async with connection.transaction():
        incident = await _held(connection, incident_id)
        earlier = await handover.issued(connection, incident_id)
        references = tuple(one.reference for one in earlier)
        over = incident.state is State.RESOLVED
        message_type = cap.next_type(references, over=over)
        cancelled = bool(earlier) and earlier[-1].message_type == cap.MessageType.CANCEL
        if message_type is None or cancelled:
            # Says which state it is in, as every action on it does.
            after(incident.state, Event.RESPOND)
            raise IncidentNotFound(incident_id)
        number = len(earlier) + 1
        filled = dataclasses.replace(
            bulletin,
            identifier=cap.identifier(issuer.sender, incident_id, number),
            message_type=message_type,
            references=references,
        )
        issue = Issued(
            number=number,
            identifier=filled.identifier,
            sender=issuer.sender,
            message_type=message_type,
            sent=filled.sent,
        )
        xml = cap.document(filled, issuer)
        await handover.add_cap(connection, incident_id, issue, xml=xml, user_id=user_id)
        data = {"number": number, "type": message_type, "status": issuer.status}
        await incidents.add_event(connection, incident_id, "cap_issued", at=bulletin.sent, user_id=user_id, data=data)
        await incidents.touch(connection, incident_id, at=bulletin.sent)
    return issue


async def _held(connection: Connection, incident_id: int) -> Incident:
    if not await incidents.lock(connection, incident_id):
        raise IncidentNotFound(incident_id)
    return await incidents.get(connection, incident_id)


async def _unresolved(connection: Connection, incident_id: int) -> None:
    incident = await _held(connection, incident_id)
    if incident.state is State.RESOLVED:
        after(incident.state, Event.RESPOND)
