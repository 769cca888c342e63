"""A search as a message of the Common Alerting Protocol: Alert, then Updates, then Cancel. Pure.

Source: OASIS, Common Alerting Protocol Version 1.2, 1 July 2010 (also ITU-T X.1303); section 3.2 gives elements, their
order and their values. Two things of practice: some receivers read polygons only, so both polygon and circle are sent;
UTC is written as -00:00 and never as Z. No name is in it, and no position once the search is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import shapely

from alerts.scale import Severity
from alerts.search import SearchPlan, to_degrees

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
#: What may stand in an identifier and a sender (section 3.2.1: no spaces, commas, < or &).
SENDER_PATTERN = r"^[^\s,<&]{1,200}$"
#: A message holds so long; who still searches then sends an Update. Provisional: rings have grown by a third by then.
HOLDS_FOR = timedelta(hours=4)
#: Statistical codes as a geocode's name; there is no registered one.
GEOCODE = "CN-NBS-STATS12"


class MessageType(StrEnum):
    """What a message is to those before it."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """How a message refers to an earlier one."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who sends, and to whom; from the settings."""

    sender: str
    #: Actual, Exercise or Test.
    status: str
    #: Public, Restricted or Private.
    scope: str
    restriction: str
    sender_name: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language of a message."""

    #: RFC 3066 tag.
    language: str
    event: str
    headline: str
    description: str
    instruction: str
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What one message says."""

    identifier: str
    message_type: MessageType
    sent: datetime
    #: IANA name; times are written in it.
    time_zone: str
    references: tuple[Reference, ...]
    severity: Severity
    onset: datetime
    #: Chinese first.
    words: tuple[Words, ...]
    #: 12-digit statistical code, or a prefix; '' is unknown.
    division: str
    #: None: never seen, or over.
    plan: SearchPlan | None


_SEVERITY: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CRITICAL: "Extreme",
        Severity.URGENT: "Severe",
        Severity.WARNING: "Moderate",
        Severity.INFO: "Minor",
    }
)


def next_type(earlier: Sequence[Reference], *, over: bool) -> MessageType | None:
    """What the next message is; None: there is nothing to take back."""
    if over:
        return MessageType.CANCEL if earlier else None
    return MessageType.UPDATE if earlier else MessageType.ALERT


def identifier(sender: str, incident_id: int, number: int) -> str:
    """Unique for the sender, by number."""
    return f"{sender}-{incident_id}-{number}"


def document(bulletin: Bulletin, issuer: Issuer) -> str:
    """The message as XML."""
    ET.register_namespace("", NAMESPACE)
    alert = ET.Element(f"{{{NAMESPACE}}}alert")
    _add(alert, "identifier", bulletin.identifier)
    _add(alert, "sender", issuer.sender)
    _add(alert, "sent", _time(bulletin.sent, bulletin.time_zone))
    _add(alert, "status", issuer.status)
    _add(alert, "msgType", bulletin.message_type)
    _add(alert, "scope", issuer.scope)
    # Section 3.2.1: with scope Restricted a restriction must be there, and with Private addresses.
    _add(alert, "restriction", issuer.restriction if issuer.scope == "Restricted" else "")
    _add(alert, "addresses", issuer.restriction if issuer.scope == "Private" else "")
    _add(alert, "references", " ".join(_reference(one, bulletin.time_zone) for one in bulletin.references))
    for words in bulletin.words:
        _info(alert, bulletin, words, issuer)
    ET.indent(alert)
    return ET.tostring(alert, encoding="unicode", xml_declaration=False)


def _info(alert: ET.Element, bulletin: Bulletin, words: Words, issuer: Issuer) -> None:
    over = bulletin.message_type is MessageType.CANCEL
    info = ET.SubElement(alert, f"{{{NAMESPACE}}}info")
    _add(info, "language", words.language)
    _add(info, "category", "Rescue")
    _add(info, "event", words.event)
    _add(info, "responseType", "AllClear" if over else "Monitor")
    _add(info, "urgency", "Past" if over else "Immediate")
    _add(info, "severity", _SEVERITY[bulletin.severity])
    _add(info, "certainty", "Observed")
    _add(info, "onset", _time(bulletin.onset, bulletin.time_zone))
    _add(info, "expires", _time(bulletin.sent + HOLDS_FOR, bulletin.time_zone))
    _add(info, "senderName", issuer.sender_name)
    _add(info, "headline", words.headline)
    _add(info, "description", words.description)
    _add(info, "instruction", words.instruction)
    _add(info, "contact", issuer.contact)
    _area(info, bulletin, words)


def _area(info: ET.Element, bulletin: Bulletin, words: Words) -> None:
    area = ET.SubElement(info, f"{{{NAMESPACE}}}area")
    _add(area, "areaDesc", words.area)
    if bulletin.plan is not None:
        _add(area, "polygon", polygon(bulletin.plan))
        _add(area, "circle", circle(bulletin.plan))
    if bulletin.division:
        geocode = ET.SubElement(area, f"{{{NAMESPACE}}}geocode")
        _add(geocode, "valueName", GEOCODE)
        _add(geocode, "value", bulletin.division)


def polygon(plan: SearchPlan) -> str:
    """The widest ring: `latitude,longitude` pairs, the first repeated at the end."""
    corners = shapely.get_coordinates(to_degrees(plan.frame, plan.rings[-1].outline))
    return " ".join(f"{latitude:.5f},{longitude:.5f}" for longitude, latitude in corners)


def circle(plan: SearchPlan) -> str:
    """The smallest circle around the fix that holds the widest ring: `latitude,longitude radius`, kilometres."""
    radius_km = float(shapely.hausdorff_distance(shapely.Point(0, 0), plan.rings[-1].outline)) / 1000
    return f"{plan.fix.latitude:.5f},{plan.fix.longitude:.5f} {radius_km:.3f}"


def _reference(earlier: Reference, time_zone: str) -> str:
    return f"{earlier.sender},{earlier.identifier},{_time(earlier.sent, time_zone)}"


def _time(at: datetime, time_zone: str) -> str:
    text = at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%dT%H:%M:%S%z")
    offset = "-00:00" if text.endswith("+0000") else f"{text[-5:-2]}:{text[-2:]}"
    return text[:-5] + offset


def _add(parent: ET.Element, name: str, text: str) -> None:
    """One element; none for what is empty."""
    if text:
        ET.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = text
