"""What the documents show of the tables in here, drawn from them: `python -m alerts.documents` writes it anew.

A block stands between `<!-- name: … -->` and `<!-- end: name -->`; a test fails when one is older than its table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from alerts.inhibition import MUTES
from alerts.kinds import BY_REASON, KINDS, Danger, Kind, Return, Told
from alerts.ladder import Choice, Hours
from alerts.plan import CHOICES, LADDERS
from alerts.restraint import BUDGETS, EVENING, MORNING

DOCS = Path(__file__).parents[1] / "docs"

_TOLD = {Told.AT_ONCE: "at once", Told.IN_THE_DAY: "in the day", Told.NEVER: "nobody by itself"}
_RETURN = {Return.ENDS: "ends it", Return.LEAVES: "–", Return.KEEPS: "only a person ends it"}
_RAISED = {
    Danger.OUTSIDE: "night, water, rail, highway, cold, silence, low battery",
    Danger.AT_A_DANGER: "night, cold, silence, low battery",
    Danger.NOTHING: "–",
}


def ladders() -> str:
    """The one picture: every ladder we ship, its steps with their minutes, what it is climbed for."""
    lines = ["```mermaid", "flowchart LR"]
    for ladder in LADDERS:
        name = ladder.ladder_id
        lines.append(f'    {name}_0(["{name}<br/>{"; ".join(_climbed_for(name))}"])')
        for number, step in enumerate(ladder.steps, start=1):
            told = "<br/>".join(step.audiences)
            lines.append(f'    {name}_{number - 1} -- "{_minutes(step.delay)}" --> {name}_{number}["{told}"]')
        if ladder.repeat_after is not None:
            again = f"unanswered: again after {_minutes(ladder.repeat_after)}"
            lines.append(f'    {name}_{len(ladder.steps)} -. "{again}" .-> {name}_0')
    return "\n".join([*lines, "```"])


def _climbed_for(ladder_id: str) -> Iterable[str]:
    return [_choice(one) for one in CHOICES if one.ladder_id == ladder_id]


def _choice(choice: Choice) -> str:
    what = choice.kind or f"anything {choice.severity} or worse"
    return what if choice.hours is Hours.ANY else f"{what}, by {choice.hours}"


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} min"


def kinds() -> str:
    """What each kind means to people."""
    head = (
        "| kind | severity | raised by | told | in company | back inside | over by itself after |\n"
        "|---|---|---|---|---|---|---|"
    )
    rows = [_kind(f"`{name}`", row) for name, row in KINDS.items()]
    particular = [_kind(f"`{kind}`, `{reason}`", row) for (kind, reason), row in BY_REASON.items()]
    return "\n".join([head, *rows, *particular])


def _kind(name: str, row: Kind) -> str:
    lapses = "–" if row.lapses_after is None else f"{row.lapses_after.total_seconds() / 3600:.0f} h"
    cells = (
        name,
        row.severity,
        _RAISED[row.raised],
        _TOLD[row.told],
        row.accompanied or "as always",
        _RETURN[row.on_return],
        lapses,
    )
    return f"| {' | '.join(cells)} |"


def muted() -> str:
    """What an open incident makes unimportant."""
    rows = (f"| `{held}` | {', '.join(f'`{kind}`' for kind in sorted(muted))} |" for held, muted in MUTES.items())
    return "\n".join(["| the incident holds | only noted |", "|---|---|", *rows])


def budgets() -> str:
    """How many messages may go out, and the day of what is about devices."""
    rows = (
        f"| {scope} | {budget.most:,} | {budget.every.total_seconds() / 60:.0f} min |"
        for scope, budget in BUDGETS.items()
    )
    day = f"Families are told of what is about the device between {MORNING:%H:%M} and {EVENING:%H:%M}."
    return "\n".join(["| each | messages | in |", "|---|---|---|", *rows, "", day])


BLOCKS: Mapping[str, tuple[str, Callable[[], str]]] = MappingProxyType(
    {
        "ladders": ("operations.md", ladders),
        "kinds": ("alerts.md", kinds),
        "muted": ("alerts.md", muted),
        "budgets": ("alerts.md", budgets),
    }
)


def current(text: str, name: str) -> str:
    """A document with one block as it should be.

    Raises:
        ValueError: the document has no such block.
    """
    block = re.compile(rf"(<!-- {name}:[^>]*-->\n)(.*?)(\n<!-- end: {name} -->)", re.DOTALL)
    made, count = block.subn(lambda match: match[1] + BLOCKS[name][1]() + match[3], text)
    if count != 1:
        raise ValueError(f"the document has {count} blocks {name}; write <!-- {name}: … --> and <!-- end: {name} -->")
    return made


def write() -> None:
    """Write every block anew."""
    for name, (file, _) in BLOCKS.items():
        path = DOCS / file
        path.write_text(current(path.read_text(encoding="utf-8"), name), encoding="utf-8")


if __name__ == "__main__":
    write()
