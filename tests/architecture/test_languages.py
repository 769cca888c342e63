"""The README says the same in Chinese as in English, as far as a test can see: headings, commands, links, tables."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import Tree

PAIR = ("README.md", "README.zh-CN.md")


def shape(text: str) -> dict[str, list[str]]:
    """What must be equal in both languages."""
    return {
        "headings": re.findall(r"^(#+) ", text, re.MULTILINE),
        "commands": [line.partition("#")[0].strip() for line in re.findall(r"^make .*$", text, re.MULTILINE)],
        "links": [link for link in re.findall(r"\]\(([^)]+)\)", text) if link not in PAIR],
        "rows": re.findall(r"^\|", text, re.MULTILINE),
        "points": re.findall(r"^- ", text, re.MULTILINE),
        "code": sorted(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)),
        "figures": sorted(re.findall(r"\d[\d.,]*\d|\d", re.sub(r"`[^`]*`|\]\([^)]*\)", "", text))),
    }


def read(name: str) -> str:
    return (Tree().root / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("aspect", shape(""))
def test_both_readmes_say_the_same(aspect: str) -> None:
    english, chinese = (shape(read(name))[aspect] for name in PAIR)
    assert english == chinese


def test_it_bites() -> None:
    whole = "# A\n- `x` 3,500 [b](c.md)\n| d |\nmake demo # e\n"
    for missing in ("# A", "- ", "`x`", "3,500", "[b](c.md)", "| d |", "make demo"):
        assert shape(whole) != shape(whole.replace(missing, "")), missing
