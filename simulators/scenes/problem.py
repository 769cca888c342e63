"""What is wrong in a scene file, in words: file, line, key, and what to write instead."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable
from typing import Any

import msgspec

from simulators.scenes.positions import Path
from simulators.scenes.scene_file import EpisodeStep, FaultStep, OutageStep, SceneFile

_PATH = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_STEPS = {"episode": EpisodeStep, "outage": OutageStep, "fault": FaultStep}


def explain(error: msgspec.ValidationError, written: object) -> tuple[Path, str]:
    """Where a file does not fit the schema, and a sentence about it.

    Args:
        error: of msgspec, for `SceneFile`.
        written: the file's content.
    """
    text, _, place = str(error).partition(" - at `$")
    path = _path(place.removesuffix("`"))
    if found := _UNKNOWN.search(text):
        known = fields(path, written)
        return (*path, found[1]), f"{dotted((*path, found[1]))} is not known: {suggestion(found[1], known)}"
    if found := _MISSING.search(text):
        return path, f"{dotted(path)} has no {found[1]}. Write {found[1]} = {_describe((*path, found[1]), written)}."
    if path[-1:] == ("do",):
        return path, f"{dotted(path)}: write one of {', '.join(_STEPS)}."
    return path, f"{dotted(path)} is {_at(path, written)!r}. Write {_describe(path, written)}."


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or all there is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(names)}."


def dotted(path: Path) -> str:
    """`steps[2].at`; steps are counted from 1, as people do."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the file"


def fields(path: Path, written: object) -> list[str]:
    """The keys that a table may have."""
    kind = _kind(path, written)
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return [*(["do"] if kind in _STEPS.values() else []), *names]


def _path(text: str) -> Path:
    parts = [name or (0 if number == "..." else int(number)) for name, number in _PATH.findall(text)]
    return tuple(parts)


def _kind(path: Path, written: object) -> Any:
    """The struct of a table."""
    if path[:1] == ("steps",) and len(path) > 1:
        step = _at(path[:2], written)
        return _STEPS[step["do"]] if isinstance(step, dict) and step.get("do") in _STEPS else EpisodeStep
    if not path:
        return SceneFile
    hints = typing.get_type_hints(SceneFile)
    return hints[str(path[0])]


def _describe(path: Path, written: object) -> str:
    """What belongs there: the description of the field."""
    names = [number for number, part in enumerate(path) if not isinstance(part, int)]
    while names:
        last = names.pop()
        if path[last] == "do":
            return f"one of {', '.join(_STEPS)}"
        hints = typing.get_type_hints(_kind(path[:last], written), include_extras=True)
        hint = hints.get(f"{path[last]}_", hints.get(str(path[last])))
        if found := _description(hint):
            return found
    return "something else: docs/simulator.md says what"


def _description(hint: object) -> str | None:
    for part in (hint, *typing.get_args(hint)):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta) and meta.description:
                return meta.description
    return "true or false" if hint is bool else None


def _at(path: Path, written: Any) -> Any:
    for part in path:
        try:
            written = written[part]
        except (KeyError, IndexError, TypeError):
            return None
    return written
