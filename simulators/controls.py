"""What can be said to a city while it lives: `begin night_exit zb-000012 away_m=800`. Pure.

An order goes to `tongxing/simulator/say` as JSON (`id`, `text`); the answer comes to `tongxing/simulator/said/<id>` as
JSON (`done` or `wrong`, a sentence).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from enum import StrEnum

from simulators.episodes import parameter
from simulators.episodes.table import EPISODES
from simulators.errors import SimulatorError
from simulators.scenes import spans
from simulators.scenes.problem import suggestion

TOPIC = "tongxing/simulator/say"
ANSWERS = "tongxing/simulator/said"
EXAMPLES = (
    "begin night_exit zb-000012",
    "begin lost zibo-000003 away_m=800 found_after_s=1200",
    "begin sos",
    "outage 370303 40m",
    "outage zb-000012 2h",
    "cut 2m",
    "jump zb-000012 1d",
)


class Verb(StrEnum):
    """What an order begins with."""

    BEGIN = "begin"
    OUTAGE = "outage"
    CUT = "cut"
    JUMP = "jump"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order."""

    verb: Verb
    #: Of `begin`: the episode.
    name: str = ""
    #: A person, a device, or an area's code; "": anybody.
    who: str = ""
    lasts_s: float = 0.0
    parameters: dict[str, parameter.Value] = field(default_factory=dict)


def parse(text: str) -> Order:
    """Read one order.

    Raises:
        SimulatorError: it is not understood; says what to write.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SimulatorError(f"{text!r} is not understood ({error}).") from None
    verbs = [verb.value for verb in Verb]
    if not words or words[0] not in verbs:
        said = suggestion(words[0], verbs) if words else f"write one of {', '.join(verbs)}."
        raise SimulatorError(f"{text!r} is not understood: {said} For example: {EXAMPLES[0]}")
    verb, rest = Verb(words[0]), words[1:]
    if verb is Verb.BEGIN:
        return _begin(rest)
    if verb is Verb.CUT:
        [lasts] = _exactly(rest, 1, "cut 2m")
        return Order(verb=verb, lasts_s=spans.seconds(lasts))
    who, lasts = _exactly(rest, 2, f"{verb} zb-000012 2h")
    return Order(verb=verb, who=who, lasts_s=spans.seconds(lasts))


def _begin(words: list[str]) -> Order:
    if not words:
        raise SimulatorError(f"begin what? There are {', '.join(EPISODES)}.")
    name, *rest = words
    if name not in EPISODES:
        raise SimulatorError(f"there is no episode {name!r}: {suggestion(name, EPISODES)}")
    named = [word for word in rest if "=" not in word]
    if len(named) > 1:
        raise SimulatorError(f"{' and '.join(named)}? Name one person or device; parameters are name=value.")
    given = dict(word.split("=", 1) for word in rest if "=" in word)
    parameters: dict[str, parameter.Value] = {key: _value(value) for key, value in given.items()}
    parameter.filled(name, EPISODES[name].parameters, parameters)
    return Order(verb=Verb.BEGIN, name=name, who=named[0] if named else "", parameters=parameters)


def _value(text: str) -> parameter.Value:
    if text in {"true", "false"}:
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _exactly(words: list[str], number: int, example: str) -> list[str]:
    if len(words) != number:
        raise SimulatorError(f"{' '.join(words) or 'nothing'}? Write for example: {example}")
    return words
