"""What is written so that somebody would not be told, one line each. Read only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts import channels, unreachable
from alerts.channels.settings import ChannelSettings
from alerts.errors import LadderError
from alerts.planning import check_row
from alerts.store import ladders, people
from runtime.database import Connection


async def findings(connection: Connection, settings: ChannelSettings) -> list[str]:
    """Ladders that cannot be climbed and receivers that cannot be reached."""
    rows = await ladders.rows(connection)
    receivers = await people.all_receivers(connection)
    return [*_ladders(rows), *(line for receiver in receivers for line in _receiver(receiver, settings))]


def _ladders(rows: Iterable[ladders.LadderRow]) -> Iterable[str]:
    for row in rows:
        try:
            check_row(row)
        except LadderError as error:
            yield str(error)


def _receiver(receiver: Mapping[str, Any], settings: ChannelSettings) -> Iterable[str]:
    where = f"receiver {receiver['receiver_id']} ({receiver['relation']} {receiver['display_name']})"
    entries = people.entries(receiver["channels"])
    for index, entry in enumerate(entries):
        if wrong := unreachable.wrong(entry, settings):
            yield f"{where} channels[{index}]: {wrong}"
        elif entry.get("kind") == channels.webhook.KIND and not entry.get("secret"):
            yield f'{where} channels[{index}]: is sent unsigned; write a "secret" of 32 characters or more'
    if all(unreachable.wrong(entry, settings) for entry in entries):
        yield f"{where} has no working channel and cannot be told: add one"
