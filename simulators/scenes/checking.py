"""What can be wrong in a scene beyond its form: names that there are not, values that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import UNSET, UnsetType

from geofence.datum import Datum
from simulators.episodes import parameter, rates
from simulators.episodes.table import EPISODES
from simulators.errors import SimulatorError
from simulators.fault import FAULTS, Fault
from simulators.ground.boundaries import Boundaries, load
from simulators.scenes import spans
from simulators.scenes.problem import suggestion
from simulators.scenes.scene_file import EpisodeStep, FaultStep


def boundaries(file: str | UnsetType, datum: Datum | UnsetType) -> Boundaries:
    """The boundaries in a file.

    Raises:
        SimulatorError: the file or its datum is not said, or it is no such file.
    """
    if file is UNSET:
        raise SimulatorError('a datum of what? Write boundaries = "zibo.geojson" too, or take datum away.')
    if datum is UNSET:
        raise SimulatorError(
            'what do its coordinates refer to? Write datum = "gcj02" for maps made in China (AMap, DataV), "wgs84" for '
            'OpenStreetMap, "bd09" for Baidu.'
        )
    return load(Path(file), datum)


def time(text: str, start: datetime, length_s: float) -> None:
    """A step lies within the scene.

    Raises:
        SimulatorError: it does not, or is no time.
    """
    after_s = spans.after_s(text, start)
    if after_s > length_s:
        raise SimulatorError(
            f"{text!r} lies {after_s / 3600:.1f} h after the start, and the scene ends after {length_s / 3600:.1f} h: "
            "write an earlier time, or a longer length."
        )


def episode(name: str) -> None:
    """There is such an episode.

    Raises:
        SimulatorError: there is none.
    """
    if name not in EPISODES:
        raise SimulatorError(f"there is no episode {name!r}: {suggestion(name, EPISODES)}")


def times(step: EpisodeStep) -> None:
    """An episode of one person happens once.

    Raises:
        SimulatorError: it names a person, and several.
    """
    if step.who is not UNSET and step.times > 1:
        raise SimulatorError(
            f"{step.times} persons, and {step.who}? Take who away, or write one step for each time it happens to them."
        )


def parameters(name: str, given: Mapping[str, object]) -> None:
    """An episode takes these parameters.

    Raises:
        SimulatorError: one it has not, or a value out of bounds.
    """
    if name in EPISODES:
        parameter.filled(name, EPISODES[name].parameters, given)


def rate_set(name: object) -> None:
    """There is such a set of rates.

    Raises:
        SimulatorError: there is none.
    """
    if name not in rates.SETS:
        raise SimulatorError(f"there are no rates {name!r}: {suggestion(str(name), rates.SETS)}")


def rate(name: str, value: object) -> None:
    """Episodes a person and day.

    Raises:
        SimulatorError: no such episode, or no number.
    """
    episode(name)
    if not isinstance(value, int | float):
        raise SimulatorError(f"{value!r} is no number: write episodes a person and day, e.g. 0.01.")
    rates.chosen("none", {name: value})


def fault(step: FaultStep) -> None:
    """There is such a fault, with what it needs.

    Raises:
        SimulatorError: there is none, or something is missing or too much.
    """
    known = [fault.value for fault in Fault]
    if step.name not in known:
        raise SimulatorError(f"there is no fault {step.name!r}: {suggestion(step.name, known)}")
    kind = FAULTS[Fault(step.name)]
    if kind.lasts != (step.lasts is not UNSET):
        raise SimulatorError(f'{step.name} {"needs" if kind.lasts else "has no"} lasts, e.g. lasts = "5m".')
    if kind.of_device != (step.device is not UNSET and step.by is not UNSET):
        wanted = 'needs device = "zb-000012" and by = "1d"' if kind.of_device else "has no device and no by"
        raise SimulatorError(f"{step.name} {wanted}.")
