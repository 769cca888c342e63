"""The field tables of docs/wire.md, read by a program: what a device may send, with ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "wire.md"
EVERY = "Fields of every message up"
#: Sections with a table of fields, and the topics to which they belong.
SECTIONS = ("location", "heartbeat", "bed", "event", "status", "answer")


@dataclass(frozen=True)
class Field:
    """One row of a table."""

    name: str
    type: str
    needed: bool
    meaning: str

    @property
    def range(self) -> tuple[float, float] | None:
        """Least and largest value, if a range is given."""
        numbers = [float(text.replace(",", "")) for text in re.findall(r"-?\d[\d,]*(?:\.\d+)?", self.type)]
        if not self.type.startswith(("number", "integer")) or "since" in self.type:
            return None
        return (0.0, numbers[-1]) if "above 0" in self.type else (numbers[-2], numbers[-1])

    @property
    def open_below(self) -> bool:
        """Whether the least value itself is out of range."""
        return "above 0" in self.type

    @property
    def choices(self) -> list[str]:
        return re.findall(r"`(\w+)`", self.type)


def sections() -> dict[str, str]:
    """Heading -> text below it."""
    parts = re.split(r"^## (.+)$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {heading.strip("` "): text for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def table(section: str) -> list[list[str]]:
    """Cells of the first table of a section, without its head."""
    lines = [line for line in sections()[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def fields(section: str) -> dict[str, Field]:
    """Fields of one kind of message, those of every message included."""
    found: dict[str, Field] = {} if section == EVERY else dict(fields(EVERY))
    for names, type_, needed, meaning in table(section):
        for name in re.findall(r"`(\w+)`", names):
            row = Field(name, type_, needed.startswith("yes"), meaning)
            if "as above" in type_ or "as in `location`" in type_:
                known = found.get(name) or fields("location")[name]
                row = Field(name, known.type, row.needed, known.meaning)
            found[name] = row
    return found
