"""The part of `tongxing import` that loads dangers: `tongxing import dangers FILE.geojson --datum gcj02`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from api.dangers import store
from api.dangers.features import DangersRefused, rows_of
from geofence.datum import Datum
from runtime import database
from runtime.cli import CommandError
from runtime.settings import Settings


def load_file(settings: Settings, file: Path, datum: str, *, keep_others: bool) -> int:
    """Load a file and return how many dangers it holds.

    Raises:
        CommandError: it cannot be read, or some of its features cannot be used; then nothing is changed.
    """
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}. Write the path of a GeoJSON file.") from None
    except ValueError as error:
        raise CommandError(f"{file} is not JSON: {error}") from None
    try:
        rows = rows_of(document, Datum(datum))
    except DangersRefused as error:
        raise CommandError(f"Nothing of {file} was loaded:\n{error}") from None

    async def write() -> None:
        async with await database.connect_when_up(settings.database_url) as connection:
            await store.replace(connection, rows, keep_others=keep_others)

    asyncio.run(write())
    return len(rows)
