"""`tongxing replay`: judge a stored span again and print what would differ, or send quarantined messages again."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt

from geofence.policy import PolicyError
from ingest import queries, store
from ingest.registry import Registry
from ingest.replay import WARM_UP, Change, Difference, Replay, replay
from ingest.settings import IngestSettings
from runtime import broker_address, database, telemetry
from runtime import clock as clocks
from runtime.cli import CommandError
from runtime.settings import load

_MARKS = {Change.KEPT: "  kept", Change.OTHERWISE: "~ reason", Change.NEW: "+ new", Change.GONE: "- gone"}
#: Parts of evidence that name a place or a person.
_NAMES = ("name",)


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `replay`."""
    command = subcommands.add_parser(
        "replay",
        help="judge stored readings again and print what would differ; writes nothing",
        description="Judge stored readings again through the production engine, from a fresh state and a warm-up on, "
        "with today's zones and thresholds, and print what would differ from what was concluded then. Writes nothing. "
        "With --quarantine: send messages that were set aside to the broker again, after what was wrong is mended.",
    )
    command.add_argument("--since", type=_instant, metavar="TIME", help="for example 2026-11-20T18:00:00+08:00")
    command.add_argument("--until", type=_instant, metavar="TIME", help="default: now")
    command.add_argument("--person", type=int, action="append", metavar="ID", help="only this person; may be repeated")
    command.add_argument(
        "--policy", type=Path, metavar="FILE.json", help='thresholds to try: {"zone_small_margin_m": 30}'
    )
    command.add_argument(
        "--warm-up", type=_hours, default=WARM_UP, metavar="HOURS", help=f"default: {WARM_UP / timedelta(hours=1):.0f}"
    )
    command.add_argument("--json", action="store_true", help="one object instead of a table")
    command.add_argument("--positions", action="store_true", help="print positions and the names of zones as well")
    command.add_argument("--quarantine", action="store_true", help="send quarantined messages again")
    command.add_argument("--reason", metavar="WORD", help="with --quarantine: only those of this reason")
    command.set_defaults(run=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    settings = load(IngestSettings)
    telemetry.configure_logging(settings, service="replay")
    until = arguments.until or clocks.from_settings(settings).now()
    if arguments.quarantine:
        return _say_sent(*asyncio.run(send_again(settings, arguments.reason, arguments.since, arguments.until)))
    if arguments.since is None:
        raise CommandError("say from when: --since TIME, for example --since 2026-11-20T18:00:00+08:00")
    if arguments.since >= until:
        raise CommandError("--since must lie before --until")
    overrides = _overrides(arguments.policy)
    try:
        found = asyncio.run(_run(settings, arguments, until, overrides))
    except PolicyError as error:
        raise CommandError(f"{arguments.policy}: {error}") from None
    told = _as_json if arguments.json else _table
    sys.stdout.write(told(found, positions=arguments.positions) + "\n")
    return 0


async def _run(
    settings: IngestSettings, arguments: argparse.Namespace, until: datetime, overrides: Mapping[str, object]
) -> Replay:
    registry = Registry(settings.database_url)
    await registry.load(arguments.person)
    missing = sorted(set(arguments.person or ()) - set(registry.persons))
    if missing:
        raise CommandError(f"nobody is registered with person id {', '.join(map(str, missing))}")
    connection = await database.connect(settings.database_url)
    async with connection:
        await connection.set_read_only(True)
        return await replay(
            connection,
            registry.persons,
            since=arguments.since,
            until=until,
            overrides=overrides,
            warm_up=arguments.warm_up,
            most_per_min=settings.ingest_device_per_min,
        )


async def send_again(
    settings: IngestSettings, reason: str | None, since: datetime | None, until: datetime | None
) -> tuple[int, int]:
    """Publish quarantined messages to the broker, where ingest takes them as any other.

    Each is marked once the broker has it. One that is still wrong comes back as a new row of the quarantine.

    Returns:
        How many were sent, and how many could not be: only the beginning of a long one is kept.
    """
    broker, sent, cut = broker_address.of(settings), 0, 0
    clock = clocks.from_settings(settings)
    connection = await database.connect(settings.database_url, autocommit=True)
    async with (
        connection,
        aiomqtt.Client(
            hostname=broker.host,
            port=broker.port,
            username=broker.username,
            password=broker.password,
            tls_context=broker.tls,
        ) as client,
    ):
        for row in await queries.quarantined(connection, reason, since, until):
            if row["payload_size"] > len(row["payload"]):
                cut += 1
                continue
            await client.publish(row["topic"], bytes(row["payload"]), qos=1)
            await store.sent_again(connection, row["quarantine_id"], clock.now())
            sent += 1
    return sent, cut


def _say_sent(sent: int, cut: int) -> int:
    sys.stdout.write(f"{sent} messages sent again; ingest takes them as any other\n")
    if cut:
        sys.stderr.write(f"{cut} were too long to be kept whole and cannot be sent\n")
    return 0


def _overrides(path: Path | None) -> Mapping[str, object]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict):
        raise CommandError(f'{path} must hold one object of thresholds, for example {{"zone_small_margin_m": 30}}')
    return found


def _shown(evidence: Mapping[str, Any], *, positions: bool) -> dict[str, Any]:
    return {key: value for key, value in evidence.items() if positions or not key.endswith(_NAMES)}


def _as_json(found: Replay, *, positions: bool) -> str:
    rows = []
    for each in found.differences:
        row = asdict(each) | {"evidence": _shown(each.evidence, positions=positions)}
        if not positions:
            del row["latitude"], row["longitude"]
        rows.append(row)
    counts = {str(change): found.count(change) for change in Change}
    return json.dumps(
        {"persons": found.persons, "readings": found.readings, "counts": counts, "detections": rows},
        ensure_ascii=False,
        default=str,
    )


def _table(found: Replay, *, positions: bool) -> str:
    lines = [f"{found.readings} readings of {found.persons} persons judged again"]
    lines += [_line(each, positions=positions) for each in found.differences]
    lines.append(", ".join(f"{found.count(change)} {change}" for change in Change))
    return "\n".join(lines)


def _line(each: Difference, *, positions: bool) -> str:
    evidence = ", ".join(f"{key} {value}" for key, value in _shown(each.evidence, positions=positions).items())
    reason = f"{each.stored_reason} -> {each.reason}" if each.stored_reason else each.reason
    where = f" at {each.latitude}, {each.longitude}" if positions and each.latitude is not None else ""
    return (
        f"{_MARKS[each.change]:8}  {each.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z  person {each.person_id:<6}"
        f"  {each.kind}: {reason}{where} ({evidence})"
    )


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, for example 2026-11-20T18:00:00+08:00") from None
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} needs an offset, for example {text}+08:00 or {text}Z")
    return at.astimezone(UTC)


def _hours(text: str) -> timedelta:
    try:
        hours = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours") from None
    if not 0 <= hours <= 24 * 366:
        raise argparse.ArgumentTypeError("a warm-up is 0 hours to a year")
    return timedelta(hours=hours)
