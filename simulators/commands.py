"""Subcommands of simulators: `simulate` with its own subcommands, and `demo`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from runtime import clock as clocks
from runtime import service, telemetry
from runtime.cli import CommandError
from runtime.service import Stop
from runtime.settings import PREFIX, Settings, WithoutDatabase, load
from simulators import (
    boundary_options,
    broker,
    city,
    controls,
    divisions,
    phone,
    replay,
    replay_roster,
    roster,
    scene,
    scene_options,
    simulation,
)
from simulators.demo import commands as demo_commands
from simulators.errors import SimulatorError
from simulators.ground import dangers
from simulators.recordings import recording as recordings
from simulators.saying import say
from simulators.scene_request import request
from simulators.scenes import preview, reading

P = ParamSpec("P")
#: Bad lines shown one by one; the rest are counted.
BAD_LINES_SHOWN = 20


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands of this package."""
    command = subcommands.add_parser(
        "simulate",
        help="a city of bracelets and beds that do not exist, through MQTT",
        description="Without a subcommand: the city lives until stopped.",
    )
    _city_options(command)
    command.add_argument("--sessions", type=_count, help="MQTT sessions (8); 0: each device has its own")
    command.add_argument(
        "--logins", type=Path, metavar="FILE", help="each device has its own, and logs in as `device credentials` wrote"
    )
    scene_options.add(command)
    command.add_argument("--seconds", type=_seconds, metavar="N", help="end after N real seconds")
    command.add_argument("--stats", type=Path, metavar="FILE", help="write counts as JSON at the end")
    command.set_defaults(run=_told(_simulate))
    parts = command.add_subparsers(dest="simulate", metavar="SUBCOMMAND")
    _register_roster(parts)
    _register_dangers(parts)
    _register_scene(parts)
    _register_say(parts)
    _register_rescore(parts)
    _register_compare(parts)
    _register_check(parts)
    _register_replay(parts)
    _register_phone(parts)
    demo_commands.register(subcommands)


def _city_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=int, default=simulation.SEED, help="another seed is another city (1)")
    command.add_argument("--bracelets", type=_count, default=city.BRACELETS, help="persons with one (1500)")
    command.add_argument("--beds", type=_count, default=city.BEDS, help="beds, most of them theirs (2000)")
    boundary_options.add(command)


def _register_roster(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser("roster", help="print the city as a roster for `tongxing register`")
    _city_options(command)
    command.add_argument("--webhook", metavar="URL", help="called for everybody who can be called")
    command.add_argument("--webhook-secret", metavar="S", help="signs what is sent there")
    command.set_defaults(run=_told(_roster))


def _register_dangers(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser("dangers", help="print the city's water, rails and roads for `tongxing import dangers`")
    command.add_argument("--seed", type=int, default=simulation.SEED, help="another seed is another city (1)")
    boundary_options.add(command)
    command.set_defaults(run=_told(_dangers))


def _register_scene(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser("scene", help="begin a scene in the running simulator")
    command.add_argument("name", choices=list(scene.Scene))
    command.set_defaults(run=_told(_scene))


def _register_say(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser(
        "say",
        help="let something happen in the running city: say 'begin night_exit zb-000012'",
        epilog="for example: " + "; ".join(controls.EXAMPLES),
    )
    command.add_argument("words", nargs="+", metavar="WORD", help="begin, outage, cut or jump, and of what")
    command.set_defaults(run=_told(_say_to_city))


def _register_rescore(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser("rescore", help="score the record of an earlier rehearsal once more")
    command.add_argument("record", type=Path, nargs="?", default=scene_options.RECORD, help=f"({scene_options.RECORD})")
    command.set_defaults(run=_told(_rescore))


def _register_compare(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser("compare", help="what differs between the records of two rehearsals of one scene")
    command.add_argument("records", type=Path, nargs=2, metavar="RECORD")
    command.set_defaults(run=_told(_compare))


def _register_check(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser("check", help="say what a scene will do, or what is wrong in it; nothing is started")
    command.add_argument("scene", metavar="FILE|NAME")
    command.set_defaults(run=_told(_check))


def _register_replay(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser(
        "replay",
        help="play a real recording: csv, .gpx, .plt, OwnTracks JSON lines, each also .gz",
        description=replay.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument("--device", default="replay-1", metavar="ID", help="a registered bracelet (replay-1)")
    command.add_argument("--speed", type=_rate, metavar="N", help="recorded seconds in a real one (the clock's)")
    command.add_argument("--limit", type=_count, metavar="N", help="the first N fixes only")
    times = command.add_mutually_exclusive_group()
    times.add_argument("--at-now", action="store_true", help="move the first fix to now (default)")
    times.add_argument("--keep-time", action="store_true", help="keep times; the run's clock must fit")
    command.add_argument(
        "--max",
        action="store_true",
        help=f"with --print-clock: the fastest clock that keeps fixes live ({replay.FASTEST_RATE:,.0f})",
    )
    command.add_argument("--print-clock", action="store_true", help="print the TONGXING_CLOCK_… to use, and end")
    command.add_argument("--after", type=_seconds, default=replay.START_AFTER_S, metavar="S", help="start in S s (20)")
    command.add_argument("--print-roster", action="store_true", help="print a roster with a zone at home, and end")
    command.add_argument("--radius-m", type=_rate, default=150.0, metavar="M", help="of that zone (150)")
    command.add_argument("--time-zone", default="Asia/Shanghai", help="of that person (Asia/Shanghai)")
    command.set_defaults(run=_told(_replay))


def _register_phone(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = parts.add_parser("phone", help="the family's telephone: a webhook receiver that checks signatures")
    command.add_argument("--port", type=_count, default=8099, help="on 127.0.0.1 (8099; 0: any)")
    command.add_argument("--secret", help="as in the receiver's channel (or TONGXING_PHONE_SECRET)")
    command.set_defaults(run=_told(_phone))


def _told(run: Callable[P, int]) -> Callable[P, int]:
    """Errors of ours become one line for the person at the terminal."""

    def wrapped(*arguments: P.args, **named: P.kwargs) -> int:
        try:
            return run(*arguments, **named)
        except SimulatorError as error:
            raise CommandError(str(error)) from error

    return wrapped


def _simulate(parsed: argparse.Namespace) -> int:
    if parsed.score:
        return scene_options.rehearse(parsed)
    settings = _settings("simulate")
    plan = scene_options.plan(parsed)

    async def main(stop: Stop) -> None:
        await simulation.simulate(plan, settings, stop)

    service.run(main)
    return 0


def _dangers(parsed: argparse.Namespace) -> int:
    towns = divisions.towns(parsed.seed, boundary_options.chosen(parsed))
    json.dump(dangers.collection(parsed.seed, towns), sys.stdout, ensure_ascii=False)
    print()
    return 0


def _roster(parsed: argparse.Namespace) -> int:
    if (parsed.webhook is None) != (parsed.webhook_secret is None):
        raise SimulatorError("--webhook and --webhook-secret belong together: give both or neither.")
    webhook = (parsed.webhook, parsed.webhook_secret) if parsed.webhook else None
    bounds = boundary_options.chosen(parsed)
    built = city.build(parsed.seed, bracelets=parsed.bracelets, beds=parsed.beds, boundaries=bounds)
    json.dump(roster.roster(built, webhook=webhook), sys.stdout, ensure_ascii=False)
    print()
    return 0


def _scene(parsed: argparse.Namespace) -> int:
    settings = _settings("scene")

    async def main(_: Stop) -> None:
        await request(broker.address(settings.broker_url, settings.broker_ca_file), scene.Scene(parsed.name))

    service.run(main)
    print(f"{parsed.name} asked for")
    return 0


def _say_to_city(parsed: argparse.Namespace) -> int:
    settings = _settings("say")
    answers: list[str] = []

    async def main(_: Stop) -> None:
        answers.append(await say(broker.address(settings.broker_url, settings.broker_ca_file), " ".join(parsed.words)))

    service.run(main)
    print("".join(answers))
    return 0


def _rescore(parsed: argparse.Namespace) -> int:
    return scene_options.rescore(parsed.record)


def _check(parsed: argparse.Namespace) -> int:
    for line in preview.lines(reading.load(parsed.scene)):
        print(line)
    return 0


def _compare(parsed: argparse.Namespace) -> int:
    """1 where something differs, as `diff` has it."""
    different = scene_options.compared(*parsed.records)
    print("\n".join(different or ["the same, but for what real time decides"]))
    return 1 if different else 0


def _replay(parsed: argparse.Namespace) -> int:
    recording = recordings.load(parsed.file, limit=parsed.limit)
    _tell_bad_lines(recording)
    if parsed.max and (parsed.speed is not None or not parsed.print_clock):
        raise SimulatorError("--max chooses the clock's rate: use it with --print-clock and without --speed.")
    if parsed.print_clock:
        rate = replay.FASTEST_RATE if parsed.max else parsed.speed or 1.0
        for name, value in replay.clock_variables(recording, rate=rate, after_s=parsed.after).items():
            print(f"export {name}={value}")
        return 0
    if parsed.print_roster:
        made = replay_roster.roster(
            recording, device_id=parsed.device, radius_m=parsed.radius_m, time_zone=parsed.time_zone
        )
        print(json.dumps(made, ensure_ascii=False))
        return 0
    _play(parsed, recording)
    return 0


def _play(parsed: argparse.Namespace, recording: recordings.Recording) -> None:
    settings = _settings("replay")
    rate = settings.clock_rate if settings.clock_start is not None else 1.0
    run = replay.Replay(
        recording=recording,
        device_id=parsed.device,
        clock=clocks.from_settings(settings),
        rate=rate,
        speed=parsed.speed,
        keep_time=parsed.keep_time,
    )
    if parsed.speed is not None and parsed.speed != rate:
        _say(f"the clock's rate is {rate:g}: at --speed {parsed.speed:g} time between fixes changes, and walks with it")
    real_s = recording.span_s / (parsed.speed or rate)
    _say(f"{len(recording.fixes)} fixes over {recording.span_s / 3600:.1f} h will take {real_s:.0f} s")
    where = broker.address(settings.broker_url, settings.broker_ca_file)

    async def main(stop: Stop) -> None:
        await run.run(where, stop)

    service.run(main)
    print(json.dumps({**run.counts.as_dict(), "bad_lines": len(recording.bad), "late": run.late}))
    if run.late:
        _say(f"{run.late} fixes came out more than 10 minutes late and count as history: use a slower clock")


def _tell_bad_lines(recording: recordings.Recording) -> None:
    for bad in recording.bad[:BAD_LINES_SHOWN]:
        _say(f"line {bad.line} skipped: {bad.reason}")
    if recording.bad:
        _say(f"{len(recording.bad)} bad lines skipped")
    if recording.same_instant:
        _say(f"{recording.same_instant} fixes skipped: another has the same instant")


def _phone(parsed: argparse.Namespace) -> int:
    secret = parsed.secret or os.environ.get(f"{PREFIX}PHONE_SECRET")
    if not secret:
        raise SimulatorError("the phone cannot check signatures: give --secret, or set TONGXING_PHONE_SECRET.")
    inbox = phone.Inbox(secret=secret, show=lambda line: print(line, flush=True))

    async def main(stop: Stop) -> None:
        with phone.server(parsed.port, inbox) as server:
            print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            await stop.wait()
            server.shutdown()

    service.run(main)
    return 0


def _settings(name: str) -> Settings:
    settings = load(WithoutDatabase)
    telemetry.configure_logging(settings, service=name)
    return settings


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 1_000_000:  # noqa: PLR2004 - more would be a slip of the finger
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 1,000,000")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:  # noqa: PLR2004 - thirty years; also refuses nan
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1e5:  # noqa: PLR2004 - also refuses nan
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value
