"""What docs/simulator.md shows of the tables in here, drawn from them: `python -m simulators.documents` writes it anew.

A block stands between `<!-- name: … -->` and `<!-- end: name -->`; a test fails when one is older than its table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from simulators.episodes.kind import OUT, UP
from simulators.episodes.parameter import Parameter
from simulators.episodes.rates import ILL, ORDINARY
from simulators.episodes.table import EPISODES, EpisodeKind
from simulators.fault import FAULTS
from simulators.scenes import reading
from simulators.scoring.aims import AIMS

MINUTE_S, HOUR_S = 60.0, 3_600.0
GROUPS: Mapping[str, str] = MappingProxyType({"out": OUT, "up": UP})
DOCUMENT = Path(__file__).parents[1] / "docs" / "simulator.md"


def scenes() -> str:
    """The scenes that come with Tongxing."""
    rows = []
    for name in reading.names():
        scene = reading.load(name)
        rows.append(
            f"| `{name}` | {scene.title} | {_hours(scene.length_s)} | {scene.bracelets:,} + {scene.beds:,} "
            f"| {scene.speed:g} | {_real(scene.length_s / scene.speed)} |"
        )
    head = "| name | what | lasts | bracelets + beds | speed | real time at that speed |\n|---|---|---|---|---|---|"
    return "\n".join([head, *rows])


def episodes() -> str:
    """Every episode."""
    head = (
        "| name | what happens | needs | must be found as | within | may bring | a person and day, `ill` "
        "| `ordinary` |\n|---|---|---|---|---|---|---|---|"
    )
    groups = [f"*{name}*: {_words(words.split())}" for name, words in GROUPS.items()]
    return "\n".join([head, *(_episode(kind) for kind in EPISODES.values()), "", f"{'; '.join(groups)}."])


def parameters() -> str:
    """Every parameter of every episode."""
    head = "| episode | parameter | usually | from | to | what | source |\n|---|---|---|---|---|---|---|"
    rows = [_parameter(kind.name, one) for kind in EPISODES.values() for one in kind.parameters]
    return "\n".join([head, *rows])


def faults() -> str:
    """Every fault."""
    rows = [
        f"| `{fault}` | {kind.meaning} | {'`lasts`' if kind.lasts else '`device`, `by`' if kind.of_device else '–'} "
        f"| {'only with `--score`' if kind.of_servers else 'always'} |"
        for fault, kind in FAULTS.items()
    ]
    return "\n".join(["| name | what | needs | allowed |", "|---|---|---|---|", *rows])


def aims() -> str:
    """What a score is held against."""
    rows = [f"| {aim.name} | {'at least' if aim.at_least else 'at most'} {aim.shown(aim.bound)} |" for aim in AIMS]
    return "\n".join(["| figure | aim |", "|---|---|", *rows])


def _episode(kind: EpisodeKind) -> str:
    expects = _words(kind.expects) or "nothing: must ring nobody"
    within = _real(kind.within_s) if kind.expects else "–"
    ill, ordinary = (rates[kind.name].per_person_day if kind.name in rates else 0 for rates in (ILL, ORDINARY))
    return (
        f"| `{kind.name}` | {kind.meaning} | {kind.needs} | {expects} | {within} | {_brings(kind)} "
        f"| {ill:g} | {ordinary:g} |"
    )


def _brings(kind: EpisodeKind) -> str:
    """What an episode explains beside what it must be found as, groups of kinds by their name."""
    left, said = set(kind.explains - kind.expects), []
    for name, words in GROUPS.items():
        if set(words.split()) <= kind.explains:
            said.append(f"*{name}*")
            left -= set(words.split())
    said += [_words(left)] if left else []
    return ", ".join([*said, *(["`low_battery`"] if kind.tracked else [])]) or "–"


def _words(kinds: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in sorted(kinds))


def _parameter(name: str, one: Parameter) -> str:
    if isinstance(one.default, bool):
        usual, least, most = str(one.default).lower(), "false", "true"
    elif isinstance(one.default, str):
        usual, least, most = one.default, ", ".join(one.choices), ""
    else:
        usual, least, most = (f"{value:g} {one.unit}".strip() for value in (one.default, one.least, one.most))
    return f"| `{name}` | `{one.name}` | {usual} | {least} | {most} | {one.meaning} | {one.source} |"


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR_S:g} h" if seconds >= HOUR_S else f"{seconds / MINUTE_S:g} min"


def _real(seconds: float) -> str:
    if seconds >= 2 * HOUR_S:
        return f"{seconds / HOUR_S:.1f} h"
    return f"{seconds / MINUTE_S:.0f} min" if seconds >= MINUTE_S else f"{seconds:.0f} s"


BLOCKS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"scenes": scenes, "episodes": episodes, "parameters": parameters, "faults": faults, "aims": aims}
)


def current(text: str, name: str) -> str:
    """A document with one block as it should be.

    Raises:
        ValueError: the document has no such block.
    """
    block = re.compile(rf"(<!-- {name}:[^>]*-->\n)(.*?)(<!-- end: {name} -->)", re.DOTALL)
    made, count = block.subn(lambda match: f"{match[1]}{BLOCKS[name]()}\n{match[3]}", text)
    if count != 1:
        raise ValueError(f"the document has {count} blocks {name}; write <!-- {name}: … --> and <!-- end: {name} -->")
    return made


if __name__ == "__main__":
    written = DOCUMENT.read_text(encoding="utf-8")
    for block in BLOCKS:
        written = current(written, block)
    DOCUMENT.write_text(written, encoding="utf-8")
