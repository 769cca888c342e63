"""The structure of a CAP 1.2 message as the standard lays it down (OASIS, 1 July 2010, section 3.2), to check ours by.

Written from the standard's data dictionary: elements in their order, how often each may stand, values and forms. What
the XML schema of the standard demands is demanded here; it shares no code with what writes the messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

SPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
DATE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
PLAIN = r"[^\s,<&]+"
POINT = r"-?\d+(\.\d+)?,-?\d+(\.\d+)?"


@dataclass(frozen=True)
class Rule:
    """How often an element may stand, and what it may say."""

    least: int
    most: int
    form: str = r"(?s).*\S.*"


ONE, ANY = 1, 10**6


def words(*values: str) -> str:
    return "|".join(values)


ALERT = {
    "identifier": Rule(1, ONE, PLAIN),
    "sender": Rule(1, ONE, PLAIN),
    "sent": Rule(1, ONE, DATE_TIME),
    "status": Rule(1, ONE, words("Actual", "Exercise", "System", "Test", "Draft")),
    "msgType": Rule(1, ONE, words("Alert", "Update", "Cancel", "Ack", "Error")),
    "source": Rule(0, ONE),
    "scope": Rule(1, ONE, words("Public", "Restricted", "Private")),
    "restriction": Rule(0, ONE),
    "addresses": Rule(0, ONE),
    "code": Rule(0, ANY),
    "note": Rule(0, ONE),
    "references": Rule(0, ONE, rf"{PLAIN},{PLAIN},{DATE_TIME}( {PLAIN},{PLAIN},{DATE_TIME})*"),
    "incidents": Rule(0, ONE),
    "info": Rule(0, ANY, r"\s*"),
}
INFO = {
    "language": Rule(0, ONE, r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"),
    "category": Rule(
        1, ANY, words(*"Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other".split())
    ),
    "event": Rule(1, ONE),
    "responseType": Rule(0, ANY, words(*"Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None".split())),
    "urgency": Rule(1, ONE, words("Immediate", "Expected", "Future", "Past", "Unknown")),
    "severity": Rule(1, ONE, words("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    "certainty": Rule(1, ONE, words("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
    "audience": Rule(0, ONE),
    "eventCode": Rule(0, ANY, r"\s*"),
    "effective": Rule(0, ONE, DATE_TIME),
    "onset": Rule(0, ONE, DATE_TIME),
    "expires": Rule(0, ONE, DATE_TIME),
    "senderName": Rule(0, ONE),
    "headline": Rule(0, ONE),
    "description": Rule(0, ONE),
    "instruction": Rule(0, ONE),
    "web": Rule(0, ONE, r"https?://\S+"),
    "contact": Rule(0, ONE),
    "parameter": Rule(0, ANY, r"\s*"),
    "resource": Rule(0, ANY, r"\s*"),
    "area": Rule(0, ANY, r"\s*"),
}
AREA = {
    "areaDesc": Rule(1, ONE),
    "polygon": Rule(0, ANY, rf"{POINT}( {POINT}){{3,}}"),
    "circle": Rule(0, ANY, rf"{POINT} \d+(\.\d+)?"),
    "geocode": Rule(0, ANY, r"\s*"),
    "altitude": Rule(0, ONE, r"-?\d+(\.\d+)?"),
    "ceiling": Rule(0, ONE, r"-?\d+(\.\d+)?"),
}
PAIR = {"valueName": Rule(1, ONE), "value": Rule(1, ONE)}
INSIDE = {"alert": ALERT, "info": INFO, "area": AREA, "geocode": PAIR, "eventCode": PAIR, "parameter": PAIR}


def faults(xml: str) -> list[str]:
    """Everything in which a message is not one."""
    root = ET.fromstring(xml)
    if root.tag != f"{SPACE}alert":
        return [f"the root is {root.tag}"]
    return [*_element(root), *_between(root)]


def _element(element: ET.Element) -> Iterator[str]:
    name = element.tag.removeprefix(SPACE)
    rules = INSIDE[name]
    found = [child.tag.removeprefix(SPACE) for child in element]
    if element.attrib:
        yield f"{name} has attributes"
    yield from (f"{name} holds {one}" for one in found if one not in rules)
    order = [list(rules).index(one) for one in found if one in rules]
    if order != sorted(order):
        yield f"{name}: elements are not in the standard's order: {found}"
    for child, rule in rules.items():
        if not rule.least <= found.count(child) <= rule.most:
            yield f"{name}: {child} stands {found.count(child)} times"
    for child in element:
        inner = child.tag.removeprefix(SPACE)
        if inner in rules and re.fullmatch(rules[inner].form, child.text or "") is None:
            yield f"{inner} says {child.text!r}"
        if inner in INSIDE:
            yield from _element(child)


def text(root: ET.Element, name: str) -> str:
    return root.findtext(f"{SPACE}{name}") or ""


def _between(root: ET.Element) -> Iterator[str]:
    """Rules between elements that a schema cannot say and the standard's text does."""
    scope = text(root, "scope")
    if (scope == "Restricted") != bool(text(root, "restriction")):
        yield "restriction goes with scope Restricted"
    if scope == "Private" and not text(root, "addresses"):
        yield "addresses go with scope Private"
    if (text(root, "msgType") in {"Update", "Cancel", "Ack", "Error"}) != bool(text(root, "references")):
        yield "references go with Update and Cancel"
    for polygon in root.iter(f"{SPACE}polygon"):
        corners = (polygon.text or "").split()
        if corners[0] != corners[-1]:
            yield "a polygon ends where it begins"
        if any(not (-90 <= float(c.split(",")[0]) <= 90 and -180 <= float(c.split(",")[1]) <= 180) for c in corners):
            yield "a corner is not on earth: latitude stands first"
