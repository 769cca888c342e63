"""What is written so that somebody would not be told, one line each. Read only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts import channels, planning, unreachable, weekly
from alerts.channels.settings import ChannelSettings
from alerts.errors import LadderError
from alerts.ladder import Audience, check_reach
from alerts.store import ladders, people
from alerts.weekly import Windows
from runtime.database import Connection


async def findings(connection: Connection, settings: ChannelSettings) -> list[str]:
    """Ladders that cannot be climbed and receivers that cannot be reached."""
    rows = await ladders.rows(connection)
    receivers = await people.all_receivers(connection)
    reachable = await planning.reachable(connection)
    return [
        *_ladders(rows, reachable),
        *(line for receiver in receivers for line in _receiver(receiver, settings)),
        *_rosters(receivers),
    ]


def _ladders(rows: Iterable[ladders.LadderRow], reachable: Mapping[Audience, int]) -> Iterable[str]:
    for row in rows:
        try:
            check_reach(planning.check_row(row), reachable)
        except LadderError as error:
            yield str(error)


def _rosters(receivers: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Hours of the week at which nobody of an area's coordinators or desks is on duty."""
    by_area: dict[tuple[str, str], list[Windows]] = {}
    for receiver in receivers:
        if receiver["division"] is not None:
            area = (str(receiver["relation"]), str(receiver["division"]))
            by_area.setdefault(area, []).append(weekly.windows(receiver["duty"]))
    for (relation, division), rosters in sorted(by_area.items()):
        if gaps := weekly.none_on_duty(rosters):
            day, hour = gaps[0]
            yield (
                f"{relation} of {division or 'everywhere'}: nobody is on duty for {len(gaps)} hours of the week, first "
                f"on day {day} at {hour:%H:%M}; the level above is asked then"
            )


def _receiver(receiver: Mapping[str, Any], settings: ChannelSettings) -> Iterable[str]:
    where = f"receiver {receiver['receiver_id']} ({receiver['relation']} {receiver['display_name']})"
    for column in ("duty", "quiet_hours"):
        if wrong := weekly.problem(receiver[column]):
            yield f"{where} {column}: {wrong}"
    entries = people.entries(receiver["channels"])
    for index, entry in enumerate(entries):
        if wrong := unreachable.wrong(entry, settings):
            yield f"{where} channels[{index}]: {wrong}"
        elif entry.get("kind") == channels.webhook.KIND and not entry.get("secret"):
            yield f'{where} channels[{index}]: is sent unsigned; write a "secret" of 32 characters or more'
    if all(unreachable.wrong(entry, settings) for entry in entries):
        yield f"{where} has no working channel and cannot be told: add one"
