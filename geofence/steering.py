"""What a device is asked for while an exit is suspected or its person outside: a fix now, a faster rate, and rest."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from geofence.detection import Command, CommandType
from geofence.evidence import identify
from geofence.observation import NOTHING, Judgement, Observation

if TYPE_CHECKING:
    from geofence.detectors.zone import ZoneState

#: Reasons of which there is only one at an instant.
_OF_ZONES = frozenset({"exit_suspected", "back_inside"})


def keep_tracking(state: ZoneState, seen: Observation, *, locate: bool = False) -> tuple[ZoneState, Judgement]:
    """Ask for a faster rate while it matters, again before the last request runs out."""
    matters = state.safety == "suspect" or (state.safety == "outside" and state.announced)
    if not matters:
        return state, NOTHING
    at, policy = seen.reading.at, seen.person.policy
    commands: list[Command] = []
    if locate:
        commands.append(_command(seen, CommandType.LOCATE))
    if state.tracking_until is None or state.tracking_until - at < policy.tracking_for / 6:
        state = replace(state, tracking_until=at + policy.tracking_for)
        commands.append(_command(seen, CommandType.REPORT_INTERVAL, until=at + policy.tracking_for))
    return state, Judgement(commands=tuple(commands)) if commands else NOTHING


def ask(seen: Observation, reason: str) -> tuple[Command, ...]:
    """A fix at once and a faster rate, for a reason of its own."""
    until = seen.reading.at + seen.person.policy.tracking_for
    return (
        _command(seen, CommandType.LOCATE, reason=reason),
        _command(seen, CommandType.REPORT_INTERVAL, until=until, reason=reason),
    )


def relax(before: ZoneState, seen: Observation) -> tuple[Command, ...]:
    """End the faster rate if one was asked for and still runs."""
    at = seen.reading.at
    if before.tracking_until is None or before.tracking_until <= at:
        return ()
    return (_command(seen, CommandType.REPORT_INTERVAL, until=at, reason="back_inside"),)


def _command(
    seen: Observation, type_: CommandType, *, until: datetime | None = None, reason: str = "exit_suspected"
) -> Command:
    at, person, device_id = seen.reading.at, seen.person, seen.reading.device_id
    return Command(
        # Another detector may ask at the same instant for a reason of its own.
        command_id=identify(person.person_id, type_, at, device_id, *(() if reason in _OF_ZONES else (reason,))),
        person_id=person.person_id,
        device_id=device_id,
        type=type_,
        at=at,
        reason=reason,
        interval_s=person.policy.tracking_interval_s if type_ is CommandType.REPORT_INTERVAL else None,
        until=until,
    )
