"""One parameter of an episode, and the checking of what a scene writes for it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from simulators.errors import SimulatorError

Value: TypeAlias = float | bool | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number with its bounds, a yes or no, or one of some words; told by the type of the default."""

    name: str
    #: "m", "s", "m/s", "g", "1/min", "deg"; "" for words and for yes or no.
    unit: str
    default: Value
    #: Of a number.
    least: float = -math.inf
    most: float = math.inf
    #: Of a word.
    choices: tuple[str, ...] = ()
    meaning: str
    #: Where the default comes from.
    source: str

    def checked(self, value: object, *, episode: str) -> Value:
        """The value, of the default's type.

        Raises:
            SimulatorError: another type, out of bounds, or no such word; says what to write.
        """
        where = f"{episode}.{self.name}"
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
            raise SimulatorError(f"{where} is {value!r}: write true or false.")
        if isinstance(self.default, str):
            if isinstance(value, str) and value in self.choices:
                return value
            raise SimulatorError(f"{where} is {value!r}: write one of {', '.join(self.choices)}.")
        if isinstance(value, int | float) and not isinstance(value, bool) and self.least <= value <= self.most:
            return float(value)
        raise SimulatorError(f"{where} is {value!r}: write a number from {self.least:g} to {self.most:g} {self.unit}.")


def filled(episode: str, parameters: Iterable[Parameter], given: Mapping[str, object]) -> dict[str, Value]:
    """Every parameter, with its default where nothing is given.

    Raises:
        SimulatorError: a name that there is not, or a value that cannot be used.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}."
            raise SimulatorError(f"{episode} has no parameter {name!r}: {hint}")
    return {
        name: parameter.checked(given[name], episode=episode) if name in given else parameter.default
        for name, parameter in known.items()
    }
