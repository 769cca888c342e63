"""From a scene's name or file to the scene: include, check, fill in defaults.

A file that includes others goes over them, key by key; its steps come beside theirs, and its rates over theirs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from msgspec import UNSET

from simulators.errors import SimulatorError
from simulators.ground.boundaries import Boundaries
from simulators.scenes import checking, problem, spans
from simulators.scenes.positions import Path as Place
from simulators.scenes.positions import Positions
from simulators.scenes.scene import Behaviour, Scene
from simulators.scenes.scene_file import City, EpisodeStep, FaultStep, OutageStep, People, SceneFile

#: Where the scenes lie that come with Tongxing.
SHIPPED = Path(__file__).parent
SUFFIX = ".toml"
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class _Read:
    """One file."""

    path: Path
    written: dict[str, Any]
    parsed: SceneFile
    positions: Positions

    def fail(self, place: Place, said: str) -> NoReturn:
        raise SimulatorError(f"{self.path}, line {self.positions.line(place)}: {said}")


def names() -> list[str]:
    """The scenes that come with Tongxing."""
    return sorted(file.stem for file in SHIPPED.glob(f"[!_]*{SUFFIX}"))


def load(name: str) -> Scene:
    """Read a scene with all that it includes.

    Args:
        name: of one that comes with Tongxing, or a file's path.

    Raises:
        SimulatorError: there is none, or it is written wrong; names file, line and key, and says what to write.
    """
    files = _with_included(_find(name, Path()), ())
    merged: dict[str, Any] = {"steps": []}
    for file in files:
        _lay_over(merged, _from_here(file))
    merged.pop("include", None)
    whole = msgspec.convert(merged, SceneFile)
    top = files[-1]
    for key in ("start", "length"):
        if getattr(whole.run, key) is UNSET:
            top.fail(("run",), f"[run] has no {key}. Write {key} = …, or include a scene that has one.")
    scene = _scene(top.path.stem, whole)
    for file in files:
        _check(file, scene)
    return _bounded(scene, files, whole.city)


def _find(name: str, beside: Path) -> Path:
    shipped = SHIPPED / f"{name}{SUFFIX}"
    file = Path(name) if Path(name).is_absolute() else beside / name
    if file.suffix == SUFFIX and file.is_file():
        return file
    if "/" not in name and shipped.is_file():
        return shipped
    raise SimulatorError(f"there is no scene {name!r}: give a {SUFFIX} file, or one of {', '.join(names())}.")


def _with_included(path: Path, around: tuple[Path, ...]) -> list[_Read]:
    """The file and what it includes, the most general first."""
    here = _read(path)
    files: list[_Read] = []
    for number, name in enumerate(here.parsed.include):
        try:
            found = _find(name, path.parent)
        except SimulatorError as error:
            here.fail(("include", number), str(error))
        if found.resolve() in {file.resolve() for file in (*around, path)} or len(around) > _DEEPEST:
            here.fail(("include", number), f"{name} includes this file in turn. Take one of the two away.")
        files += [file for file in _with_included(found, (*around, path)) if file.path not in {f.path for f in files}]
    return [*files, here]


def _read(path: Path) -> _Read:
    try:
        text = path.read_text(encoding="utf-8")
        written = tomllib.loads(text)
    except OSError as error:
        raise SimulatorError(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise SimulatorError(f"{path} is not UTF-8: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SimulatorError(f"{path} is not TOML: {error}. https://toml.io says how it is written.") from None
    positions = Positions(text)
    try:
        parsed = msgspec.convert(written, SceneFile)
    except msgspec.ValidationError as error:
        place, said = problem.explain(error, written)
        raise SimulatorError(f"{path}, line {positions.line(place)}: {said}") from None
    return _Read(path, written, parsed, positions)


def _from_here(file: _Read) -> Mapping[str, Any]:
    """What is written, files named from where it stands."""
    city = file.parsed.city
    if city.boundaries is UNSET:
        return file.written
    return {**file.written, "city": {**file.written["city"], "boundaries": str(file.path.parent / city.boundaries)}}


def _lay_over(under: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if key == "steps":
            under["steps"] = [*under["steps"], *value]
        elif isinstance(value, dict) and isinstance(under.get(key), dict):
            under[key] = {**under[key], **value}
        else:
            under[key] = value


def _scene(name: str, whole: SceneFile) -> Scene:
    assert whole.run.start is not UNSET
    assert whole.run.length is not UNSET
    defaults = Scene(name=name, start=whole.run.start, length_s=0.0)
    rates = {key: value for key, value in whole.rates.items() if key != "set" and not isinstance(value, str)}
    return Scene(
        name=name,
        title=_or(whole.title, name),
        seed=_or(whole.city.seed, defaults.seed),
        bracelets=_or(whole.city.bracelets, defaults.bracelets),
        beds=_or(whole.city.beds, defaults.beds),
        mixed_devices=_or(whole.city.devices, "mixed") == "mixed",
        start=whole.run.start,
        length_s=_seconds(whole.run.length),
        speed=_or(whole.run.speed, defaults.speed),
        rate_set=str(whole.rates.get("set", defaults.rate_set)),
        rates=rates,
        families=_behaviour(whole.families, defaults.families),
        responders=_behaviour(whole.responders, defaults.responders),
        steps=tuple(whole.steps),
    )


def _bounded(scene: Scene, files: Sequence[_Read], city: City) -> Scene:
    """The scene with the boundaries it names."""
    said = [file for file in files if file.parsed.city.boundaries is not UNSET or file.parsed.city.datum is not UNSET]
    if not said:
        return scene
    key = "datum" if said[-1].parsed.city.boundaries is UNSET else "boundaries"
    found: list[Boundaries] = []
    _ask(said[-1], ("city", key), lambda: found.append(checking.boundaries(city.boundaries, city.datum)))
    return replace(scene, boundaries=found[0])


def _or(value: Any, default: Any) -> Any:
    return default if value is UNSET else value


def _seconds(text: str) -> float:
    """0 where it cannot be read: `_check` says so, with the line."""
    try:
        return spans.seconds(text)
    except SimulatorError:
        return 0.0


def _behaviour(people: People, default: Behaviour) -> Behaviour:
    return Behaviour(
        answers=_or(people.answers, default.answers),
        answers_at_night=_or(people.answers_at_night, default.answers_at_night),
        goes=_or(people.goes, default.goes),
        answers_after_s=default.answers_after_s if people.answers_after is UNSET else _seconds(people.answers_after),
        takes_s=default.takes_s if people.takes is UNSET else _seconds(people.takes),
    )


def _check(file: _Read, scene: Scene) -> None:
    """What the schema alone cannot tell."""
    spans_written: list[tuple[Place, object]] = [(("run", "length"), file.parsed.run.length)]
    for table in ("families", "responders"):
        people = getattr(file.parsed, table)
        spans_written += [((table, key), getattr(people, key)) for key in ("answers_after", "takes")]
    for place, text in spans_written:
        if isinstance(text, str):
            _ask(file, place, lambda text=text: spans.seconds(text))
    _ask(file, ("rates", "set"), lambda: checking.rate_set(file.parsed.rates.get("set", "none")))
    for name, value in file.parsed.rates.items():
        if name != "set":
            _ask(file, ("rates", name), lambda name=name, value=value: checking.rate(name, value))
    for number, step in enumerate(file.parsed.steps):
        _check_step(file, number, step, scene)


def _check_step(file: _Read, number: int, step: EpisodeStep | OutageStep | FaultStep, scene: Scene) -> None:
    _ask(file, ("steps", number, "at"), lambda: checking.time(step.at, scene.start, scene.length_s))
    for key in ("lasts", "by"):
        text = getattr(step, key, UNSET)
        if isinstance(text, str):
            _ask(file, ("steps", number, key), lambda text=text: spans.seconds(text))
    if isinstance(step, EpisodeStep):
        _ask(file, ("steps", number, "name"), lambda: checking.episode(step.name))
        _ask(file, ("steps", number, "times"), lambda: checking.times(step))
        _ask(file, ("steps", number, "with"), lambda: checking.parameters(step.name, step.with_))
    if isinstance(step, FaultStep):
        _ask(file, ("steps", number, "name"), lambda: checking.fault(step))


def _ask(file: _Read, place: Place, question: Any) -> None:
    try:
        question()
    except SimulatorError as error:
        file.fail(place, f"{problem.dotted(place)}: {error}")
