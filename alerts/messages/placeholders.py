"""What may stand in braces in a template, and how a template is filled in. Pure.

Besides the fields named here a sentence may name any evidence key of a detection whose name carries its unit
(`danger_m`, `heart_rate_bpm`, `outing_until`): the unit says how the value is read out. A word among the evidence
(`danger_kind`) is looked up in `phrases.txt` as `word.<key>.<value>`. A part in square brackets is left out when any
field in it is not known: `[，前方约{danger_m}有{danger_kind}]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from alerts.errors import TemplateError

#: Units that evidence keys end with, after an underscore.
UNITS = frozenset(
    {"m", "km", "pct", "bpm", "mps", "kmh", "s", "min", "h", "c", "g", "deg", "count", "at", "since", "until"}
)
#: Evidence without a unit that has words of its own.
WORDS = frozenset(
    {"danger_kind", "danger_name", "pattern", "side", "companion", "area", "gateway", "devices", "expected", "fault"}
)

_KEY = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Which fields a text may name."""

    fields: frozenset[str] = frozenset()
    #: Whether it may name evidence as well.
    evidence: bool = False

    def __contains__(self, field: str) -> bool:
        """Whether a text may name this field."""
        return field in self.fields or (self.evidence and is_evidence(field))


def is_evidence(field: str) -> bool:
    """Whether a name says by itself how an evidence value of that name is read out."""
    return field in WORDS or (_KEY.match(field) is not None and field.rpartition("_")[2] in UNITS)


#: What a sentence may name besides evidence; `alerts.messages.words` gives each a value, whatever the evidence lacks.
_SENTENCE = frozenset(
    {"time", "zone", "distance", "accuracy", "fixes", "since", "moving", "night", "battery", "threshold"}
    | {"late", "place", "outside_since", "kind"}
)
SENTENCE = Allowed(fields=_SENTENCE, evidence=True)
TITLE = Allowed(fields=_SENTENCE | {"name"}, evidence=True)
LETTER = Allowed(fields=frozenset({"name", "opened", "time", "link", "count", "list"}))

#: Each phrase that must be there with the fields it may name.
PHRASES: Mapping[str, Allowed] = {
    name: Allowed(fields=frozenset(fields))
    for name, fields in {
        "alert_body": {"name", "sentence", "before", "advice", "why", "link"},
        "metres": {"number"},
        "kilometres": {"number"},
        "seconds": {"number"},
        "minutes": {"number"},
        "hours": {"number"},
        "unknown_zone": set[str](),
        "unknown_number": set[str](),
        "other_day": {"month", "day", "time"},
        "moving": {"speed"},
        "night": set[str](),
        "late": {"minutes"},
        "place_own_fix": set[str](),
        "place_last_good": {"minutes"},
        "place_unknown": set[str](),
        "outside_since": {"since"},
        "before": {"list"},
        "before_one": {"time", "what"},
        "why": {"severity", "list"},
        "and": set[str](),
        "digest_one": {"count", "what"},
        "digest_person": {"name", "list"},
    }.items()
}
#: First words of phrases there may be any number of: words of evidence, kinds in short, severities, what raised them.
_FURTHER = frozenset({"word", "kind", "severity", "because"})


def phrase_fields(name: str) -> Allowed | None:
    """What a phrase that is not among `PHRASES` may name; None: there is no such phrase."""
    first, dot, rest = name.partition(".")
    return Allowed() if dot and rest and first in _FURTHER else None


def check(where: str, text: str, allowed: Allowed) -> None:
    """Refuse a text that cannot be filled in.

    Raises:
        TemplateError: a brace or bracket stands alone, or a field does not exist.
    """
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise TemplateError(f"{where}: {error}. Write fields as {{name}} and a brace itself twice.") from None
    for _, field, form, conversion in pieces:
        if field is None:
            continue
        if field not in allowed or form or conversion:
            more = ", or an evidence key with its unit, e.g. {danger_m}" if allowed.evidence else ""
            raise TemplateError(
                f"{where}: {{{field}}} is not a field of this line: "
                f"write one of {', '.join(sorted(allowed.fields)) or 'none at all'}{more}."
            )
    if set(_OPTIONAL.sub("", text)) & set("[]"):
        raise TemplateError(f"{where}: a square bracket stands alone. A part that may be left out stands in [ and ].")


def fill(text: str, words: Mapping[str, str], *, unknown: str) -> str:
    """A template with its fields filled in; parts in brackets that lack something are left out.

    Args:
        text: checked by `check`.
        words: values of the fields that are known; an empty text counts as known outside brackets only.
        unknown: stands for a field that is not known and not in brackets.
    """
    kept = _OPTIONAL.sub(lambda part: part[1] if all(words.get(name) for name in _names(part[1])) else "", text)
    return kept.format_map({name: words.get(name, unknown) for name in _names(kept)})


def _names(text: str) -> list[str]:
    return [field for _, field, _, _ in Formatter().parse(text) if field]
