"""`tongxing retention preview | run`, `tongxing person erase`."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar

from alerts.store import retention as told
from api.keeping import retention, summing
from api.keeping.data_class import terms
from api.keeping.erasure import NoSuchPerson, PersonHeld, erase
from api.keeping.retention import Doomed
from api.keeping.settings import KeepingSettings
from api.keeping.store import deletions
from runtime import clock, database, telemetry
from runtime.cli import CommandError
from runtime.database import Connection
from runtime.settings import load

T = TypeVar("T")
_COLUMNS = ("class", "what", "rows", "held", "megabytes", "oldest", "newest")


def register(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands."""
    command = subcommands.add_parser("retention", help="what is deleted because its time has come, and when")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    preview = actions.add_parser("preview", help="what will be deleted, when; deletes nothing")
    preview.add_argument("--at", type=datetime.fromisoformat, help="as of this instant, with its zone; default: now")
    preview.add_argument("--json", action="store_true", help="one object on standard output")
    preview.set_defaults(run=_preview)
    run = actions.add_parser("run", help="delete it now and not at night")
    run.set_defaults(run=_run)

    command = subcommands.add_parser("person", help="what is stored of one person")
    erasing = command.add_subparsers(required=True, metavar="ACTION").add_parser(
        "erase", help="delete a person with everything that was ever stored of them; it cannot be taken back"
    )
    erasing.add_argument("person_id", type=int)
    erasing.add_argument("--yes", action="store_true", help="really")
    erasing.set_defaults(run=_erase)


def _preview(arguments: argparse.Namespace) -> int:
    settings = _settings("retention")
    at = arguments.at or clock.from_settings(settings).now()
    if at.tzinfo is None:
        raise CommandError("--at has no zone: write 2026-12-01T00:00:00+08:00")
    kept = terms(settings)

    async def ask(connection: Connection) -> tuple[list[Doomed], int, dict[str, datetime | None]]:
        doomed = await retention.preview(connection, kept, at=at)
        return doomed, len(await told.held(connection, at=at)), await retention.next_dates(connection, kept, at=at)

    doomed, held, dates = asyncio.run(_connected(settings, ask))
    if arguments.json:
        print(json.dumps({"at": at, "held_persons": held, "next": dates, "items": [asdict(d) for d in doomed]},
                         default=str))  # fmt: skip
        return 0
    print(f"A run at {at.isoformat()} would delete:" if doomed else f"A run at {at.isoformat()} would delete nothing.")
    _table(doomed)
    print("\nclass            kept      first to go next")
    for term in kept:
        days = f"{term.keep_days} days" if term.keep_days else "for ever"
        date = dates[term.data_class]
        print(f"{term.data_class:<16} {days:<9} {date.date().isoformat() if date else '-'}")
    print(f"\n{held} persons are held: an incident is open, or a link to one still opens.")
    return 0


def _run(_: argparse.Namespace) -> int:
    settings = _settings("retention")
    at = clock.from_settings(settings).now()

    async def work(connection: Connection) -> list[Doomed]:
        if not await deletions.try_own(connection):
            raise CommandError("tongxing api is summing up or deleting just now: try again in a minute.")
        await summing.bring_up_to_date(connection, at=at)
        return await retention.run(connection, terms(settings), at=at, user_id=None)

    done = asyncio.run(_connected(settings, work))
    print(f"{sum(each.rows for each in done)} rows deleted")
    _table(done)
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    settings = _settings("person")
    if not arguments.yes:
        raise CommandError(f"this deletes everything of person {arguments.person_id} for ever: add --yes")
    at = clock.from_settings(settings).now()
    try:
        gone = asyncio.run(_connected(settings, lambda c: erase(c, arguments.person_id, at=at, user_id=None)))
    except (NoSuchPerson, PersonHeld) as error:
        raise CommandError(str(error)) from None
    print("\n".join(f"{rows:>10} {table}" for table, rows in gone.items() if rows))
    return 0


def _settings(service: str) -> KeepingSettings:
    settings = load(KeepingSettings)
    telemetry.configure_logging(settings, service=service)
    return settings


async def _connected(settings: KeepingSettings, work: Callable[[Connection], Awaitable[T]]) -> T:
    async with await database.connect(settings.database_url, autocommit=True) as connection:
        return await work(connection)


def _table(doomed: Sequence[Doomed]) -> None:
    rows = [_row(each) for each in doomed]
    if rows:
        widths = [max(len(row[n]) for row in [_COLUMNS, *rows]) for n in range(len(_COLUMNS))]
        for row in [_COLUMNS, *rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(each: Doomed) -> tuple[str, ...]:
    return (
        each.data_class,
        each.part or each.series,
        str(each.rows),
        str(each.held_rows),
        "" if each.bytes is None else f"{each.bytes / 1e6:.1f}",
        each.oldest.date().isoformat() if each.oldest else "",
        each.newest.date().isoformat() if each.newest else "",
    )
