"""Messages to receivers, and the one sentence the console shows. Pure: everything said comes in as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from alerts.messages.catalogue import FIRST_LANGUAGE, Language, catalogue
from alerts.messages.placeholders import fill
from alerts.messages.words import fields, local_time, zone_of

#: A title is cut to this. Characters. Source: one Chinese SMS segment is 70; settled.
TITLE_LENGTH = 70
#: Names in a title are cut to this, so that what happened and when stays. Characters. Provisional.
NAME_LENGTH = 16
ZONE_LENGTH = 12
#: What came before the detection a message speaks of: at most so many. Count; a paragraph stays one.
BEFORE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a receiver reads."""

    #: At most `TITLE_LENGTH` characters, one line.
    title: str
    #: One paragraph.
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What else of the incident a message tells: how it began, how bad it is and why."""

    #: (kind, event time) of what was detected before, oldest first.
    before: Sequence[tuple[str, datetime]] = ()
    severity: str = ""
    #: Machine words of what raised or lowered it.
    because: Sequence[str] = ()


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
    return _line(_filled(texts, texts.template(kind, reason).sentence, words))


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
    background: Background = Background(),
) -> Message:
    """The message about one detection: who, what, where, since when, how sure and why, what to do next."""
    texts, zone = _language(language), zone_of(time_zone)
    template = texts.template(kind, reason)
    words = fields(texts.phrases, kind=kind, evidence=evidence, at=at, zone=zone, place_at=place_at, zone_name=None)
    body = texts.phrases["alert_body"].format(
        name=name,
        sentence=_filled(texts, template.sentence, words),
        before=_before(texts, background, at=at, zone=zone),
        advice=_filled(texts, template.advice, words),
        why=_why(texts, background),
        link=link,
    )
    short = words | {"name": _cut(name, NAME_LENGTH), "zone": _cut(words["zone"], ZONE_LENGTH)}
    return Message(title=_title(_filled(texts, template.title, short)), body=_line(body))


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
        title=_title(_filled(texts, farewell.title, words | {"name": _cut(name, NAME_LENGTH)})),
        body=_line(_filled(texts, farewell.body, words | {"name": name})),
    )


def digest(
    counts: Mapping[str, Mapping[str, int]], language: str, *, desk: bool, at: datetime, time_zone: str, link: str
) -> Message:
    """What waited, in one message.

    Args:
        counts: person's name -> kind -> how often. For a desk the names are left out: what is over is none of its.
        language: `zh-CN` or `en`.
        desk: whether it goes to somebody who is not family.
        at: now.
        time_zone: IANA name.
        link: where to read more.
    """
    texts = _language(language)
    letter = texts.digests["desk" if desk else "family"]
    sums = [_sums(texts, kinds) for kinds in ([_together(counts.values())] if desk else counts.values())]
    named = [
        texts.phrases["digest_person"].format(name=_cut(name, NAME_LENGTH), list=listed)
        for name, listed in zip(counts, sums, strict=False)
    ]
    words = {
        "count": str(sum(sum(kinds.values()) for kinds in counts.values())),
        "list": texts.phrases["and"].join(sums if desk else named),
        "time": local_time(at, zone_of(time_zone), texts.phrases),
        "name": _cut(next(iter(counts), ""), NAME_LENGTH),
        "link": link,
    }
    return Message(title=_title(_filled(texts, letter.title, words)), body=_line(_filled(texts, letter.body, words)))


def _together(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in each:
        for kind, count in counts.items():
            total[kind] = total.get(kind, 0) + count
    return total


def _sums(texts: Language, counts: Mapping[str, int]) -> str:
    return texts.phrases["and"].join(
        texts.phrases["digest_one"].format(count=count, what=_short(texts, kind)) for kind, count in counts.items()
    )


def _before(texts: Language, background: Background, *, at: datetime, zone: tzinfo) -> str:
    """How it began: the first things detected, each in two words."""
    told = [
        texts.phrases["before_one"].format(
            time=local_time(then, zone, texts.phrases, today=at), what=_short(texts, kind)
        )
        for kind, then in background.before[:BEFORE]
    ]
    return texts.phrases["before"].format(list=texts.phrases["and"].join(told)) if told else ""


def _why(texts: Language, background: Background) -> str:
    words = [texts.phrases.get(f"because.{word}", word) for word in background.because]
    if not words:
        return ""
    severity = texts.phrases.get(f"severity.{background.severity}", background.severity)
    return texts.phrases["why"].format(severity=severity, list=texts.phrases["and"].join(words))


def _short(texts: Language, kind: str) -> str:
    return texts.phrases.get(f"kind.{kind}", kind)


def _filled(texts: Language, text: str, words: Mapping[str, str]) -> str:
    return fill(text, words, unknown=texts.phrases["unknown_number"])


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
