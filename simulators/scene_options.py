"""The options of `tongxing simulate` that have to do with scenes, and what comes of them."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import msgspec

from runtime import service, telemetry
from runtime.child import ChildError
from runtime.embedded import EmbeddedError
from runtime.processes import ProcessError
from runtime.service import Stop
from runtime.settings import WithoutDatabase, load
from simulators import boundary_options
from simulators import scene as stories
from simulators.errors import SimulatorError
from simulators.fault import FAULTS, Fault
from simulators.scene import Scene as Story
from simulators.scenes import reading
from simulators.scenes.scene import Scene
from simulators.scoring import aims, comparing, run_log
from simulators.scoring.run_log import RunLog
from simulators.scoring.score import score
from simulators.simulation import SESSIONS, Plan

#: Where a score goes, and where the rehearsal's servers keep their files meanwhile.
RESULT, FOLDER = Path("build/score.json"), Path("build/score")
RECORD = FOLDER / "record.json"
_FASTEST = 2_000.0


def add(command: argparse.ArgumentParser) -> None:
    """Add them to `simulate`."""
    command.add_argument(
        "--scene",
        action="append",
        default=[],
        metavar="FILE|NAME",
        help=f"a scene: a .toml file, or one of {', '.join(reading.names())}; or a story of the demo, by itself or "
        f"after so many real seconds (night_exit@20s): {', '.join(Story)}",
    )
    command.add_argument("--scene-every", type=_positive, metavar="S", help="a further story every S real seconds")
    command.add_argument("--score", action="store_true", help=f"a system of its own for the scene, and {RESULT}")
    command.add_argument("--speed", type=_positive, metavar="N", help="with --score: simulated seconds in a real one")
    command.add_argument("--data-dir", type=Path, metavar="DIR", help=f"with --score: instead of {FOLDER / 'data'}")
    command.add_argument("--truth", type=Path, metavar="FILE", help="write what really happens, as JSON lines")
    command.add_argument("--truth-of-messages", action="store_true", help="with a line a message there")
    command.add_argument("--progress", type=Path, metavar="FILE", help="write again and again how far the city is")


def plan(parsed: argparse.Namespace) -> Plan:
    """What to simulate on a system that runs already.

    Raises:
        SimulatorError: a scene is not understood, or wants what only a system of its own can do.
    """
    scene, told = _scenes(parsed.scene)
    if parsed.speed is not None:
        raise SimulatorError(
            "--speed: the clock is the running system's, and all its parts share it. Add --score for a system of the "
            "scene's own, or start the demo with --rate."
        )
    if scene is not None and parsed.progress is None:
        _refuse_servers(scene)
    sized = scene or parsed
    _refuse_boundaries(parsed, scene)
    return Plan(
        seed=sized.seed,
        bracelets=sized.bracelets,
        beds=sized.beds,
        boundaries=scene.boundaries if scene else boundary_options.chosen(parsed),
        sessions=_sessions(parsed),
        logins=parsed.logins,
        scene=scene,
        stories=told,
        story_every_s=parsed.scene_every,
        seconds=parsed.seconds,
        stats=parsed.stats,
        truth=parsed.truth,
        truth_of_messages=parsed.truth_of_messages,
        progress=parsed.progress,
    )


def _sessions(parsed: argparse.Namespace) -> int:
    if parsed.logins is not None:
        if parsed.sessions:
            raise SimulatorError("--logins: each device has a session of its own; take --sessions away, or write 0.")
        return 0
    return SESSIONS if parsed.sessions is None else int(parsed.sessions)


def rehearse(parsed: argparse.Namespace) -> int:
    """Run a scene in a system of its own and score it; 0 whatever the score is.

    Raises:
        SimulatorError: no scene, or it cannot be run; says why.
    """
    # Starting servers and drawing take long to import.
    from simulators.rehearsal.run import Rehearsal  # noqa: PLC0415

    scene, told = _scenes(parsed.scene)
    if scene is None or told:
        raise SimulatorError(f"--score needs one scene: --scene FILE, or one of {', '.join(reading.names())}.")
    _refuse_boundaries(parsed, scene)
    if parsed.logins is not None:
        raise SimulatorError("--score: a system of its own lets everybody in; take --logins away.")
    _need_drawing()
    if parsed.speed is not None:
        scene = replace(scene, speed=min(parsed.speed, _FASTEST))
    telemetry.configure_logging(load(WithoutDatabase).model_copy(update={"log_level": "error"}), service="rehearsal")
    folder = (parsed.data_dir or FOLDER / "data").absolute()
    rehearsal = Rehearsal(scene=scene, scene_name=_absolute(parsed.scene[0]), data_dir=folder, say=_say)
    records: list[RunLog] = []

    async def main(stop: Stop) -> None:
        records.append(await rehearsal.run(stop))

    try:
        service.run(main)
    except (EmbeddedError, ProcessError, ChildError) as error:
        raise SimulatorError(str(error)) from error
    if not records:
        raise SimulatorError("stopped before the scene was over: there is no score.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    run_log.write(records[0], RECORD)
    return rescore(RECORD)


def rescore(record: Path) -> int:
    """Score a record and write result and page.

    Raises:
        SimulatorError: there is no such record.
    """
    _need_drawing()
    from simulators.scoring.page import page  # noqa: PLC0415 - draws, which takes long to import

    log = _read(record)
    result = score(log)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (FOLDER / "index.html").write_text(page(log, result), encoding="utf-8")
    for line in aims.lines(result):
        _say(line)
    for title, rows in (("missed", result["missed"]), ("false", result["false_alerts"])):
        for row in rows[:20]:
            _say(f"{title}: " + " ".join(str(value) for value in row.values() if value is not None))
    _say(f"written: {RESULT}, {FOLDER / 'index.html'}, {RECORD}")
    return 0


def compared(first: Path, second: Path) -> list[str]:
    """What differs between two records of one scene.

    Raises:
        SimulatorError: one is no record.
    """
    return comparing.differences(_read(first), _read(second))


def _read(record: Path) -> RunLog:
    try:
        return run_log.read(record)
    except (OSError, msgspec.DecodeError) as error:
        raise SimulatorError(f"{record} is no record of a rehearsal ({error}): `--score` writes one.") from None


def _scenes(given: list[str]) -> tuple[Scene | None, list[tuple[Story, float]]]:
    """At most one whole scene, and stories."""
    whole: list[Scene] = []
    told: list[tuple[Story, float]] = []
    for text in given:
        if text.partition("@")[0] in list(Story):
            told.append(stories.parse(text))
        else:
            whole.append(reading.load(text))
    if len(whole) > 1:
        raise SimulatorError('give one scene; a scene may include others: include = ["storm", "tiny"].')
    return (whole[0] if whole else None), told


def _refuse_boundaries(parsed: argparse.Namespace, scene: Scene | None) -> None:
    if scene is not None and (parsed.boundaries or parsed.datum):
        raise SimulatorError(
            f'a scene brings its own city: write boundaries = "{parsed.boundaries or "zibo.geojson"}" and '
            f'datum = "{parsed.datum or "gcj02"}" into [city] of {scene.name}, or of a scene that includes it.'
        )


def _refuse_servers(scene: Scene) -> None:
    breaking = sorted({step.name for step in scene.faults if FAULTS[Fault(step.name)].of_servers})
    if breaking:
        raise SimulatorError(
            f"scene {scene.name} breaks servers ({', '.join(breaking)}), which only a run may do that started them "
            "itself: add --score."
        )


def _need_drawing() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise SimulatorError("the score's page needs matplotlib: pip install 'tongxing[score]'.")


def _absolute(name: str) -> str:
    """The city is another process, perhaps in another folder."""
    return str(Path(name).absolute()) if Path(name).suffix == reading.SUFFIX else name


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - for the person at the terminal


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:  # noqa: PLR2004 - thirty years; also refuses nan
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value
