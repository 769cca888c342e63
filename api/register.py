"""Loads a roster: who is looked after, how, by whom. All or nothing; running it again updates.

The document's form is in `schemas/roster.py`; here entries are checked against each other and against the registry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alerts import channels
from api import passwords, store
from api.schemas.roster import Roster, RosterPerson, RosterReceiver, RosterUser
from api.zone_shape import ZoneError, checked
from geofence import policy
from geofence.policy import PolicyError
from runtime.database import Connection

#: Wrong entries shown at once; more would scroll the first ones away.
_SHOWN = 20
#: Threads that hash passwords; each hash takes a core.
_HASHING = 2


class RosterError(Exception):
    """A roster cannot be loaded; the message names each entry and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How much was loaded."""

    users: int
    persons: int
    devices: int
    zones: int
    receivers: int


def read(path: Path) -> Roster:
    """A roster file that is right in itself.

    Raises:
        RosterError: it cannot be read, or an entry is wrong.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RosterError(f"{path} cannot be read: {error.strerror}. Write the path of a roster file.") from None
    try:
        roster = Roster.model_validate_json(text)
    except ValidationError as error:
        raise _wrong(f"{_entry(detail['loc'])}: {detail['msg']}" for detail in error.errors()) from None
    if wrong := list(_contradictions(roster)):
        raise _wrong(wrong)
    return roster


def _wrong(lines: Iterable[str]) -> RosterError:
    found = list(lines)
    more = [f"… and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return RosterError("\n".join(found[:_SHOWN] + more))


def _entry(location: Iterable[int | str]) -> str:
    """`persons[3].zones[0].geometry` from the steps to it."""
    # Pydantic also names the branch of a union it took; the document has no such step.
    steps = [step for step in location if step not in ("Point", "Polygon")]
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "the file"


def _contradictions(roster: Roster) -> Iterator[str]:
    yield from _repeated("users", "username", (user.username for user in roster.users))
    yield from _useless_channels("receivers", roster.receivers)
    yield from _repeated("persons", "external_id", (person.external_id for person in roster.persons))
    seen: dict[str, str] = {}
    for number, person in enumerate(roster.persons):
        for index, device in enumerate(person.devices):
            entry = f"persons[{number}].devices[{index}]"
            if device.device_id in seen:
                yield f"{entry}: device_id {device.device_id} is already at {seen[device.device_id]}"
            seen.setdefault(device.device_id, entry)
        yield from _useless_channels(f"persons[{number}].receivers", person.receivers or ())
        for index, zone in enumerate(person.zones):
            try:
                checked(zone.geometry.model_dump(), zone.radius_m)
            except ZoneError as error:
                yield f"persons[{number}].zones[{index}]: {error}"
        yield from _wrong_thresholds(f"persons[{number}].policy", person.policy or {})


def _wrong_thresholds(where: str, overrides: Mapping[str, Any]) -> Iterator[str]:
    try:
        policy.checked(overrides)
    except PolicyError as error:
        yield from (f"{where}.{name}: {problem}" for name, problem in error.problems.items())


def _useless_channels(where: str, receivers: Iterable[RosterReceiver]) -> Iterator[str]:
    for number, receiver in enumerate(receivers):
        for index, channel in enumerate(receiver.channels):
            if wrong := channels.problem(channel):
                yield f"{where}[{number}].channels[{index}]: {wrong}"


def _repeated(where: str, field: str, values: Iterable[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for number, value in enumerate(values):
        if value in seen:
            yield f"{where}[{number}]: {field} {value} is already at {where}[{seen[value]}]"
        seen.setdefault(value, number)


async def load(connection: Connection, roster: Roster, *, at: datetime) -> Loaded:
    """Write a roster in one transaction.

    Args:
        connection: to the registry.
        roster: right in itself.
        at: our clock's instant, for what is stored with one.

    Raises:
        RosterError: an entry names a login that exists neither in the file nor in the registry.
    """
    stored = await store.password_hashes(connection, [user.username for user in roster.users])
    hashes = await asyncio.to_thread(_hashes, roster.users, stored)
    async with connection.transaction():
        await store.put_users(connection, [_user_row(user, hashes[user.username]) for user in roster.users])
        users = await store.user_ids(connection)
        if wrong := list(_unknown_logins(roster, users)):
            raise _wrong(wrong)
        persons = await store.put_persons(connection, [_person_row(person) for person in roster.persons])
        await store.put_policies(connection, _policy_rows(roster, persons), at=at)
        return await _load_belongings(connection, roster, users, persons)


def _hashes(users: list[RosterUser], stored: Mapping[str, str]) -> dict[str, str]:
    """By username; what is stored stays where the password is the same, and with it the login's sessions."""

    def hash_of(user: RosterUser) -> str:
        password, before = user.password.get_secret_value(), stored.get(user.username)
        return before if before and passwords.verify(before, password) else passwords.hash_of(password)

    with ThreadPoolExecutor(_HASHING) as pool:
        return dict(zip((user.username for user in users), pool.map(hash_of, users), strict=True))


def _unknown_logins(roster: Roster, users: Mapping[str, int]) -> Iterator[str]:
    for entry, username in _named_logins(roster):
        if username not in users:
            yield f"{entry}: there is no login {username}; add it to users"


def _named_logins(roster: Roster) -> Iterator[tuple[str, str]]:
    for number, person in enumerate(roster.persons):
        for index, username in enumerate(person.guardians or ()):
            yield f"persons[{number}].guardians[{index}]", username
        for index, receiver in enumerate(person.receivers or ()):
            if receiver.username is not None:
                yield f"persons[{number}].receivers[{index}]", receiver.username
    for index, desk in enumerate(roster.receivers):
        if desk.username is not None:
            yield f"receivers[{index}]", desk.username


async def _load_belongings(
    connection: Connection, roster: Roster, users: Mapping[str, int], persons: Mapping[str, int]
) -> Loaded:
    owned = [(persons[person.external_id], person) for person in roster.persons]
    devices = [
        device.model_dump() | {"person_id": person_id} for person_id, person in owned for device in person.devices
    ]
    zones = [row for person_id, person in owned for row in _zone_rows(person_id, person)]
    guarded = [(person_id, person.guardians) for person_id, person in owned if person.guardians is not None]
    told = [(person_id, person.receivers) for person_id, person in owned if person.receivers is not None]
    receivers = [
        receiver.row(users) | {"relation": "family", "person_id": person_id, "division": None}
        for person_id, named in told
        for receiver in named
    ] + [desk.row(users) | {"person_id": None, "priority": 1} for desk in roster.receivers]
    await store.put_devices(connection, devices)
    await store.put_zones(connection, zones)
    await store.put_guardians(
        connection,
        [person_id for person_id, _ in guarded],
        [(person_id, users[username]) for person_id, named in guarded for username in dict.fromkeys(named)],
    )
    await store.put_receivers(connection, [person_id for person_id, _ in told], receivers)
    return Loaded(
        users=len(roster.users),
        persons=len(owned),
        devices=len(devices),
        zones=len(zones),
        receivers=len(receivers),
    )


def _user_row(user: RosterUser, password_hash: str) -> dict[str, Any]:
    return user.model_dump(mode="json", exclude={"password"}) | {"password_hash": password_hash}


def _person_row(person: RosterPerson) -> dict[str, Any]:
    return person.model_dump(include={"external_id", "display_name", "birth_year", "time_zone", "division", "approach"})


def _policy_rows(roster: Roster, persons: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"person_id": persons[person.external_id], "overrides": policy.checked(person.policy)}
        for person in roster.persons
        if person.policy is not None
    ]


def _zone_rows(person_id: int, person: RosterPerson) -> Iterator[dict[str, Any]]:
    for zone in person.zones:
        yield {
            "person_id": person_id,
            "name": zone.name,
            "geometry": checked(zone.geometry.model_dump(), zone.radius_m),
            "radius_m": zone.radius_m,
            "schedule": zone.schedule_rows(),
        }
