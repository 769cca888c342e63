"""Messages to receivers, and the one sentence the console shows. Pure: everything said comes in as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.messages.catalogue import FIRST_LANGUAGE, Language, catalogue
from alerts.messages.words import fields, local_time, zone_of

#: A title is cut to this. Characters. Source: one Chinese SMS segment is 70; settled.
TITLE_LENGTH = 70
#: Names in a title are cut to this, so that what happened and when stays. Characters. Provisional.
NAME_LENGTH = 16
ZONE_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a receiver reads."""

    #: At most `TITLE_LENGTH` characters, one line.
    title: str
    #: One paragraph.
    body: str


def sentence(
    kind: str,
    reason: str,
    evidence: Mapping[str, Any],
    language: str,
    *,
    at: datetime,
    time_zone: str,
    place_at: datetime | None = None,
    zone_name: str | None = None,
) -> str:
    """One calm sentence about one detection: what, where, since when, how sure. It does not name the person.

    Args:
        kind: kind of the detection.
        reason: its reason word.
        evidence: the numbers that fired it.
        language: `zh-CN` or `en`; another one gives Chinese.
        at: event time.
        time_zone: IANA name of the person's time zone.
        place_at: when the person was at the place it speaks of.
        zone_name: the zone's name, when it is known better than by the evidence.
    """
    texts = _language(language)
    words = fields(
        texts.phrases,
        kind=kind,
        evidence=evidence,
        at=at,
        zone=zone_of(time_zone),
        place_at=place_at,
        zone_name=zone_name,
    )
    return _line(texts.template(kind, reason).sentence.format_map(words))


def alert(
    kind: str,
    reason: str,
    evidence: Mapping[str, Any],
    language: str,
    *,
    name: str,
    at: datetime,
    time_zone: str,
    place_at: datetime | None,
    link: str,
) -> Message:
    """The message about one detection: who, what, where, since when, how sure and why, what to do next."""
    texts = _language(language)
    template = texts.template(kind, reason)
    words = fields(
        texts.phrases,
        kind=kind,
        evidence=evidence,
        at=at,
        zone=zone_of(time_zone),
        place_at=place_at,
        zone_name=None,
    )
    body = texts.phrases["alert_body"].format(
        name=name,
        sentence=template.sentence.format_map(words),
        advice=template.advice.format_map(words),
        link=link,
    )
    short = words | {"name": _cut(name, NAME_LENGTH), "zone": _cut(words["zone"], ZONE_LENGTH)}
    return Message(title=_title(template.title.format_map(short)), body=_line(body))


def all_clear(
    outcome: str, language: str, *, name: str, opened_at: datetime, at: datetime, time_zone: str, link: str
) -> Message:
    """The message that it is over, and how it ended."""
    texts = _language(language)
    farewell = texts.farewells[outcome]
    zone = zone_of(time_zone)
    words = {
        "opened": local_time(opened_at, zone, texts.phrases, today=at),
        "time": local_time(at, zone, texts.phrases),
        "link": link,
    }
    return Message(
        title=_title(farewell.title.format_map(words | {"name": _cut(name, NAME_LENGTH)})),
        body=_line(farewell.body.format_map(words | {"name": name})),
    )


def _language(language: str) -> Language:
    texts = catalogue()
    return texts.get(language, texts[FIRST_LANGUAGE])


def _title(text: str) -> str:
    return _cut(_line(text), TITLE_LENGTH)


def _line(text: str) -> str:
    """A name with a line break must not break a header or a paragraph."""
    return " ".join(text.split())


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
