"""Templates from the files beside this one and from a folder laid over them, checked as a whole when loaded.

A file is lines of `name: text`; `#` starts a comment. `phrases.txt` has the small words of a language. Every other
file is one message: `<kind>.<reason>.txt` (or `<kind>.any.txt`) with `title`, `sentence` and `advice`,
`all_clear.<outcome>.txt` and `digest.<whom>.txt` with `title` and `body`. What may stand in braces is in
`alerts.messages.placeholders`; a part in square brackets is left out when something in it is not known. It
fills nothing in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alerts.errors import TemplateError
from alerts.kinds import KINDS
from alerts.lifecycle import Outcome
from alerts.messages import placeholders
from alerts.messages.placeholders import Allowed

FOLDER = Path(__file__).parent
LANGUAGES = ("zh-CN", "en")
#: The language for whom none of ours was asked.
FIRST_LANGUAGE = LANGUAGES[0]
#: Serves what a newer engine may say.
OTHER = "other.any"
#: First words of the files that are no alert.
_ALL_CLEAR, _DIGEST, _PHRASES = "all_clear", "digest", "phrases"
#: Who gets a digest: family reads of their own person, a desk reads numbers.
DIGESTS = ("family", "desk")
_OTHER_FILES = frozenset(
    {_PHRASES, *(f"{_ALL_CLEAR}.{one}" for one in Outcome), *(f"{_DIGEST}.{one}" for one in DIGESTS)}
)


def subjects(folder: Path) -> tuple[str, ...]:
    """Every `<kind>.<reason>` that the first language has words for."""
    stems = (file.stem for file in (folder / FIRST_LANGUAGE).glob("*.txt"))
    return tuple(sorted(stem for stem in stems if stem not in _OTHER_FILES))


#: What we ship words for.
SUBJECTS = subjects(FOLDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One message about one kind and reason."""

    title: str
    sentence: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message that is no alert: it is over, or what came together."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """All texts of one language."""

    phrases: Mapping[str, str]
    templates: Mapping[str, Template]
    farewells: Mapping[str, Letter]
    digests: Mapping[str, Letter]

    def template(self, kind: str, reason: str) -> Template:
        """The template of a kind and reason, of the kind, or the one for everything else."""
        for subject in (f"{kind}.{reason}", f"{kind}.any"):
            if subject in self.templates:
                return self.templates[subject]
        return self.templates[OTHER]


@cache
def _shipped() -> Mapping[str, Language]:
    return load(FOLDER)


_in_use: Mapping[str, Language] | None = None


def catalogue() -> Mapping[str, Language]:
    """The texts in use: those we ship, or what `install` laid over them."""
    return _shipped() if _in_use is None else _in_use


def install(overlay: Path | None) -> None:
    """Use the texts of a folder where it has any, for the rest of this process. Once, at the start.

    Raises:
        TemplateError: a text is missing or wrong; the message names the file.
    """
    global _in_use  # noqa: PLW0603 - set once, at the start of a process
    _in_use = None if overlay is None else load(FOLDER, overlay=overlay)
    catalogue()


def load(folder: Path, *, overlay: Path | None = None) -> Mapping[str, Language]:
    """All languages below a folder, files of the overlay first.

    Raises:
        TemplateError: something is missing, or names a field that does not exist; the message names the file.
    """
    if overlay is not None:
        _check_overlay(folder, overlay)
    wanted = sorted({*subjects(folder), *(subjects(overlay) if overlay else ())})
    found: dict[str, Language] = {}
    for language in LANGUAGES:
        folders = [root / language for root in (overlay, folder) if root is not None]
        _check_complete(folder / language, wanted)
        found[language] = _language(folders, wanted)
    return found


def _check_overlay(folder: Path, overlay: Path) -> None:
    """A file that nobody would ever read is a mistake worth naming."""
    if not overlay.is_dir():
        raise TemplateError(f"{overlay} is not a folder: write one with the folders {', '.join(LANGUAGES)} in it.")
    known = {*subjects(folder), *_OTHER_FILES}
    for file in sorted(overlay.rglob("*.txt")):
        if file.parent.name not in LANGUAGES or file.parent.parent != overlay:
            raise TemplateError(f"{file} lies in no language's folder: move it into one of {', '.join(LANGUAGES)}.")
        if file.stem not in known and file.stem.partition(".")[0] not in KINDS:
            raise TemplateError(f"{file} is no message of ours: name it like one in {folder / FIRST_LANGUAGE}.")


def _check_complete(folder: Path, wanted: list[str]) -> None:
    """A subject that another language has and this one lacks is named by its file; a stray file as well."""
    for file in sorted(folder.glob("*.txt")):
        if file.stem not in _OTHER_FILES and file.stem not in wanted:
            raise TemplateError(f"{file} has no counterpart: write {FIRST_LANGUAGE}/{file.name} as well.")


def _language(folders: list[Path], wanted: list[str]) -> Language:
    letter = {"title": placeholders.LETTER, "body": placeholders.LETTER}
    alert = {"title": placeholders.TITLE, "sentence": placeholders.SENTENCE, "advice": placeholders.SENTENCE}
    return Language(
        phrases=_read(folders, "phrases.txt", placeholders.PHRASES, further=placeholders.phrase_fields),
        templates={subject: Template(**_read(folders, f"{subject}.txt", alert)) for subject in wanted},
        farewells={one: Letter(**_read(folders, f"{_ALL_CLEAR}.{one}.txt", letter)) for one in Outcome},
        digests={one: Letter(**_read(folders, f"{_DIGEST}.{one}.txt", letter)) for one in DIGESTS},
    )


#: What an entry that is not among the wanted ones may name; None: there is no such entry.
Further = Callable[[str], Allowed | None]


def _read(
    folders: list[Path], name: str, wanted: Mapping[str, Allowed], *, further: Further = lambda _: None
) -> dict[str, str]:
    """The texts of one file, each checked against the fields it may name; from the first folder that has it.

    Phrases are laid over one by one, so that a folder may change a single word.
    """
    layers = [folder / name for folder in folders if (folder / name).is_file()]
    if not layers:
        raise TemplateError(f"{folders[-1] / name} is missing: write it with the lines {', '.join(wanted)}.")
    texts: dict[str, str] = {}
    for file in reversed(layers if name == "phrases.txt" else layers[:1]):
        texts |= _entries(file, wanted, further)
    if missing := wanted.keys() - texts.keys():
        raise TemplateError(f"{layers[0]} lacks the line {', '.join(sorted(missing))}: add it as `name: text`.")
    return texts


def _entries(file: Path, wanted: Mapping[str, Allowed], further: Further) -> dict[str, str]:
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    return dict(
        _entry(f"{file}:{number}", line, wanted, further)
        for number, line in lines
        if line.strip() and not line.startswith("#")
    )


def _entry(where: str, line: str, wanted: Mapping[str, Allowed], further: Further) -> tuple[str, str]:
    name, colon, text = line.partition(":")
    name = name.strip()
    allowed = wanted.get(name, further(name))
    if not colon or allowed is None:
        raise TemplateError(f"{where}: {name!r} is not known here: write one of {', '.join(wanted)}.")
    # One pair of quotes keeps a leading or closing space, which phrases need.
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    placeholders.check(where, text, allowed)
    return name, text
