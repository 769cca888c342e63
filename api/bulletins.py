"""Puts a CAP message together from what the registry and the settings know; its form is in `alerts.handover.cap`."""

from __future__ import annotations

from datetime import datetime

from alerts.handover import wording
from alerts.handover.cap import Bulletin, Issuer, MessageType
from alerts.handover.wording import Subject
from alerts.scale import Severity
from alerts.search import SearchPlan
from api.errors import NotFound
from api.pages.discretion import discreet
from api.queries import handover as queries
from api.queries import profiles
from api.queries.profiles import About
from api.queries.seen import Case
from api.schemas.profiles import Profile
from api.settings import ApiSettings
from runtime.database import Connection


def issuer(settings: ApiSettings) -> Issuer | None:
    """Who sends; None: not configured, so nothing is sent."""
    if settings.cap_sender is None:
        return None
    return Issuer(
        sender=settings.cap_sender,
        status=settings.cap_status,
        scope=settings.cap_scope,
        restriction=settings.cap_audience,
        sender_name=settings.cap_sender_name,
        contact=settings.cap_contact,
    )


async def bulletin(connection: Connection, case: Case, *, at: datetime, plan: SearchPlan | None) -> Bulletin:
    """What the next message of an incident says; `alerts.handover.giving` makes it one of the chain.

    Raises:
        NotFound: the person was deleted.
    """
    about = await profiles.about(connection, case.person_id)
    if about is None:
        raise NotFound("There is no such person.")
    subject = _subject(about, await profiles.profile(connection, case.person_id), plan, at=at)
    return Bulletin(
        identifier="",
        message_type=MessageType.ALERT,
        sent=at,
        time_zone=about.time_zone,
        references=(),
        severity=Severity(await queries.severity(connection, case.incident_id)),
        onset=case.opened_at,
        words=wording.over(subject) if case.resolved else wording.searching(subject),
        division=about.division,
        plan=plan,
    )


def _subject(about: About, profile: Profile, plan: SearchPlan | None, *, at: datetime) -> Subject:
    height = f"身高约{profile.height_cm}厘米 / about {profile.height_cm} cm" if profile.height_cm else ""
    looks = (profile.description, profile.gait, profile.aids)
    return Subject(
        age=None if about.birth_year is None else at.year - about.birth_year,
        gender=profile.gender,
        looks=(height, *(discreet(text, name=about.display_name) for text in looks)),
        approach=discreet(about.approach, name=about.display_name),
        area=about.area,
        last_seen_at=None if plan is None else plan.fix.at,
        time_zone=about.time_zone,
    )
