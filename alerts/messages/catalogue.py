"""Templates from the files beside this one, checked as a whole when loaded. It fills nothing in.

A file is lines of `name: text`; `#` starts a comment. `phrases.txt` has the small words of a language. Every other
file is one message: `<kind>.<reason>.txt` with `title`, `sentence` and `advice`, and `all_clear.<outcome>.txt` with
`title` and `body`. Fields stand in braces and are plain names: `{zone}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from alerts.errors import TemplateError
from alerts.lifecycle import Outcome

FOLDER = Path(__file__).parent
LANGUAGES = ("zh-CN", "en")
#: The language for whom none of ours was asked.
FIRST_LANGUAGE = LANGUAGES[0]

#: Every kind with every reason the engine gives. `other.any` serves what a newer engine may say.
SUBJECTS = (
    "zone_exit.two_fixes",
    "zone_exit.one_strong_moving_fix",
    "zone_exit.silent_while_suspected",
    "zone_enter.back_inside",
    "sos.pressed",
    "low_battery.below_low",
    "low_battery.below_critical",
    "other.any",
)
OTHER = "other.any"

#: What a sentence may name; `alerts.messages.words` gives each a value, whatever the evidence lacks.
SENTENCE_FIELDS = frozenset(
    {"time", "zone", "distance", "accuracy", "fixes", "since", "moving", "night", "battery", "threshold"}
    | {"late", "place", "outside_since", "kind"}
)
TITLE_FIELDS = SENTENCE_FIELDS | {"name"}
ALL_CLEAR_FIELDS = frozenset({"name", "opened", "time", "link"})

#: Each phrase with the fields it may name.
PHRASES: Mapping[str, frozenset[str]] = {
    "alert_body": frozenset({"name", "sentence", "advice", "link"}),
    "metres": frozenset({"number"}),
    "kilometres": frozenset({"number"}),
    "unknown_zone": frozenset(),
    "unknown_number": frozenset(),
    "other_day": frozenset({"month", "day", "time"}),
    "moving": frozenset({"speed"}),
    "night": frozenset(),
    "late": frozenset({"minutes"}),
    "place_own_fix": frozenset(),
    "place_last_good": frozenset({"minutes"}),
    "place_unknown": frozenset(),
    "outside_since": frozenset({"since"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One message about one kind and reason."""

    title: str
    sentence: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """One message saying that it is over."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """All texts of one language."""

    phrases: Mapping[str, str]
    templates: Mapping[str, Template]
    farewells: Mapping[str, Farewell]

    def template(self, kind: str, reason: str) -> Template:
        """The template of a kind and reason, or the one for everything else."""
        return self.templates.get(f"{kind}.{reason}", self.templates[OTHER])


@cache
def catalogue() -> Mapping[str, Language]:
    """The texts we ship."""
    return load(FOLDER)


def load(folder: Path) -> Mapping[str, Language]:
    """All languages below a folder.

    Raises:
        TemplateError: something is missing, or names a field that does not exist; the message names the file.
    """
    return {language: _language(folder / language) for language in LANGUAGES}


def _language(folder: Path) -> Language:
    phrases = _read(folder / "phrases.txt", PHRASES)
    fields = {"title": TITLE_FIELDS, "sentence": SENTENCE_FIELDS, "advice": SENTENCE_FIELDS}
    farewell = {"title": ALL_CLEAR_FIELDS, "body": ALL_CLEAR_FIELDS}
    return Language(
        phrases=phrases,
        templates={subject: Template(**_read(folder / f"{subject}.txt", fields)) for subject in SUBJECTS},
        farewells={outcome: Farewell(**_read(folder / f"all_clear.{outcome}.txt", farewell)) for outcome in Outcome},
    )


def _read(file: Path, wanted: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The texts of one file, each checked against the fields it may name."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise TemplateError(f"{file} is missing: write it with the lines {', '.join(wanted)}.") from None
    texts: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            name, text = _entry(file, number, line, wanted)
            texts[name] = text
    if missing := wanted.keys() - texts.keys():
        raise TemplateError(f"{file} lacks the line {', '.join(sorted(missing))}: add it as `name: text`.")
    return texts


def _entry(file: Path, number: int, line: str, wanted: Mapping[str, frozenset[str]]) -> tuple[str, str]:
    name, colon, text = line.partition(":")
    name = name.strip()
    if not colon or name not in wanted:
        raise TemplateError(f"{file}:{number}: {name!r} is not known here: write one of {', '.join(wanted)}.")
    # One pair of quotes keeps a leading or closing space, which phrases need.
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    _check_fields(f"{file}:{number}", text, wanted[name])
    return name, text


def _check_fields(where: str, text: str, allowed: frozenset[str]) -> None:
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise TemplateError(f"{where}: {error}. Write fields as {{name}} and a brace itself twice.") from None
    for _, field, form, conversion in pieces:
        if field is None:
            continue
        if field not in allowed or form or conversion:
            raise TemplateError(
                f"{where}: {{{field}}} is not a field of this line: "
                f"write one of {', '.join(sorted(allowed)) or 'none at all'}."
            )
