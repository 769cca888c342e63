"""`tongxing register` and `tongxing user add`, with real files, a real command line and a real database."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from api import register
from api.register import RosterError
from runtime import database
from tests.api.world import NOW, SQUARE

PASSWORD = "correct horse battery"
ROSTER: dict[str, Any] = {
    "users": [
        {"username": "daughter", "password": PASSWORD, "display_name": "Wang Li", "role": "family"},
        {"username": "coordinator", "password": PASSWORD, "display_name": "Zhao", "role": "responder"},
    ],
    "persons": [
        {
            "external_id": "no-1",
            "display_name": "Wang Shan",
            "birth_year": 1945,
            "division": "370303001001",
            "devices": [
                {"device_id": "zb-1", "kind": "bracelet", "model": "B1"},
                {"device_id": "bed-1", "kind": "bed", "gateway": "box-7"},
            ],
            "zones": [
                {"name": "home", "geometry": {"type": "Point", "coordinates": [118.0, 36.8]}, "radius_m": 150},
                {
                    "name": "park",
                    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
                    "schedule": [{"days": [1], "from": "08:00", "until": "18:00"}],
                },
            ],
            "policy": {"zone_confirming_fixes": 3, "night_from": "21:30"},
            "guardians": ["daughter"],
            "receivers": [
                {"display_name": "Wang Li", "priority": 1, "channels": [{"kind": "log"}], "username": "daughter"},
                {"display_name": "Wang Jun", "priority": 2, "channels": []},
            ],
        }
    ],
    "receivers": [
        {"relation": "coordinator", "division": "370303001", "display_name": "Zhao", "username": "coordinator"},
        {"relation": "centre", "division": "", "display_name": "12349"},
    ],
}
CONTENTS = (
    "SELECT username, role, display_name FROM users ORDER BY username",
    "SELECT external_id, display_name, birth_year, division FROM persons ORDER BY external_id",
    "SELECT device_id, d.kind, external_id, model, gateway FROM devices d JOIN persons USING (person_id) ORDER BY 1",
    "SELECT name, radius_m, geometry ->> 'type', schedule FROM zones ORDER BY name",
    "SELECT external_id, username FROM guardians JOIN persons USING (person_id) JOIN users USING (user_id)",
    (
        "SELECT relation, r.display_name, r.division, username, priority, enabled, channels FROM receivers r"
        " LEFT JOIN users USING (user_id) ORDER BY relation, priority, 2"
    ),
    "SELECT external_id, overrides, p.updated_at, updated_by FROM policies p JOIN persons USING (person_id)",
)


def roster(change: Any = None) -> dict[str, Any]:
    made = copy.deepcopy(ROSTER)
    if change:
        change(made)
    return made


async def load(url: str, content: Any, folder: Path) -> register.Loaded:
    file = folder / "roster.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    async with await database.connect(url) as connection:
        return await register.load(connection, register.read(file), at=NOW)


async def contents(url: str) -> list[Any]:
    async with await database.connect(url) as connection:
        return [await (await connection.execute(query)).fetchall() for query in CONTENTS]


async def test_a_second_run_changes_nothing(database_url: str, tmp_path: Path) -> None:
    loaded = await load(database_url, ROSTER, tmp_path)
    first = await contents(database_url)
    assert loaded == register.Loaded(users=2, persons=1, devices=2, zones=2, receivers=4)
    assert first[2] == [("bed-1", "bed", "no-1", "", "box-7"), ("zb-1", "bracelet", "no-1", "B1", None)]
    assert first[3][1] == ("park", None, "Polygon", [{"days": [1], "from": "08:00", "until": "18:00"}])
    assert first[4] == [("no-1", "daughter")]
    assert [row[:4] for row in first[5]] == [
        ("centre", "12349", "", None),
        ("coordinator", "Zhao", "370303001", "coordinator"),
        ("family", "Wang Li", None, "daughter"),
        ("family", "Wang Jun", None, None),
    ]
    await load(database_url, ROSTER, tmp_path)
    assert await contents(database_url) == first


async def test_a_second_run_updates(database_url: str, tmp_path: Path) -> None:
    await load(database_url, ROSTER, tmp_path)
    async with await database.connect(database_url, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO zones (person_id, name, geometry, radius_m) SELECT person_id, 'drawn by the family',"
            """ '{"type": "Point", "coordinates": [118, 36]}', 50 FROM persons"""
        )
        await connection.execute(
            "INSERT INTO sessions SELECT sha256(username::bytea), user_id, now(), now() + interval '1 h' FROM users"
        )

    def change(made: dict[str, Any]) -> None:
        made["users"][0]["password"] = "another one altogether"
        [person] = made["persons"]
        person |= {"display_name": "Wang Dashan", "guardians": ["coordinator"]}
        person["devices"] = [
            {"device_id": "zb-1", "kind": "bracelet", "model": "B2", "gateway": "base-17"},
            {"device_id": "bed-1", "kind": "bed"},
        ]
        person["zones"] = [person["zones"][0] | {"radius_m": 300}]
        person["receivers"] = [person["receivers"][0] | {"priority": 3}]

    await load(database_url, roster(change), tmp_path)
    _, persons, devices, zones, guardians, receivers, _ = await contents(database_url)
    assert persons[0][1] == "Wang Dashan"
    assert [(row[3], row[4]) for row in devices] == [("", "box-7"), ("B2", "base-17")], "a gateway left away stays"
    assert [(name, radius_m) for name, radius_m, *_ in zones] == [
        ("drawn by the family", 50),
        ("home", 300),
        ("park", None),
    ]
    assert guardians == [("no-1", "coordinator")]
    assert [(row[1], row[4], row[5]) for row in receivers if row[0] == "family"] == [
        ("Wang Jun", 2, False),
        ("Wang Li", 3, True),
    ]
    async with await database.connect(database_url) as connection:
        # Only the login whose password changed is signed out.
        left = await (await connection.execute("SELECT username FROM sessions JOIN users USING (user_id)")).fetchall()
    assert left == [("coordinator",)]


async def test_thresholds_are_loaded_replaced_and_left(database_url: str, tmp_path: Path) -> None:
    async def stored(policy: Any) -> list[Any]:
        await load(database_url, roster(lambda made: _person(made).update(policy=policy)), tmp_path)
        *_, found = await contents(database_url)
        return [(overrides, at == NOW, by) for _, overrides, at, by in found]

    async def by_hand(overrides: str) -> None:
        async with await database.connect(database_url, autocommit=True) as connection:
            await connection.execute("UPDATE policies SET overrides = %s, updated_at = now()", (overrides,))
            await connection.execute("UPDATE policies SET updated_by = (SELECT min(user_id) FROM users)")

    assert await stored(None) == []
    assert await stored({"tracking_for": 600.0}) == [({"tracking_for": 600}, True, None)]
    await by_hand('{"tracking_for": 900}')
    # Left away, or the same: what a person wrote stays theirs.
    for policy in (None, {"tracking_for": 900}):
        [(overrides, by_roster, user_id)] = await stored(policy)
        assert (overrides, by_roster, user_id is None) == ({"tracking_for": 900}, False, False)
    assert await stored({}) == [({}, True, None)]


def _person(made: dict[str, Any]) -> dict[str, Any]:
    person: dict[str, Any] = made["persons"][0]
    return person


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda made: _person(made)["zones"][0].update(radius_m=5), "persons[0].zones[0]: A round zone needs radius_m"),
        (
            lambda made: _person(made)["zones"][1]["geometry"].update(
                coordinates=[[[118.0, 36.8], [118.01, 36.81], [118.01, 36.8], [118.0, 36.81]]]
            ),
            "persons[0].zones[1]: The polygon's edge crosses",
        ),
        (
            lambda made: _person(made)["zones"][1]["geometry"].update(coordinates=[[["x"]]]),
            "persons[0].zones[1].geometry.coordinates[0][0][0]: ",
        ),
        (lambda made: _person(made)["devices"][1].update(kind="watch"), "persons[0].devices[1].kind: "),
        (
            lambda made: _person(made)["devices"].append({"device_id": "zb-1", "kind": "bed"}),
            "persons[0].devices[2]: device_id zb-1 is already at persons[0].devices[0]",
        ),
        (lambda made: _person(made)["guardians"].append("nobody"), "persons[0].guardians[1]: there is no login nobody"),
        (lambda made: made["receivers"][0].update(username="nobody"), "receivers[0]: there is no login nobody"),
        (lambda made: made["receivers"][0].update(relation="neighbour"), "receivers[0].relation: "),
        (lambda made: made["users"].append(made["users"][0]), "users[2]: username daughter is already at users[0]"),
        (lambda made: made["users"][1].update(password="short"), "users[1].password: "),
        (
            lambda made: made["persons"].append(_person(made) | {"devices": []}),
            "persons[1]: external_id no-1 is already",
        ),
        (lambda made: _person(made).update(surname="x"), "persons[0].surname: "),
        (
            lambda made: _person(made)["policy"].update(zone_confirming_fixes=0),
            "persons[0].policy.zone_confirming_fixes: 0 is refused, because",
        ),
        (
            lambda made: _person(made)["policy"].update(night_form="22:00"),
            "persons[0].policy.night_form: no such threshold; did you mean night_from?",
        ),
        (lambda made: _person(made).update(policy=[]), "persons[0].policy: "),
        (
            lambda made: _person(made)["receivers"][0].update(channels=[{"kind": "pigeon"}]),
            "persons[0].receivers[0].channels[0]: ",
        ),
    ],
)
async def test_an_error_names_the_entry_and_nothing_is_loaded(
    change: Any, says: str, database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(RosterError) as caught:
        await load(database_url, roster(change), tmp_path)
    assert str(caught.value).startswith(says)
    assert PASSWORD not in str(caught.value)
    assert (await contents(database_url))[:2] == [[], []]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"persons": 1}', "\x00"])
async def test_what_is_no_roster_is_refused(text: str, database_url: str, tmp_path: Path) -> None:
    with pytest.raises(RosterError):
        await load(database_url, text, tmp_path)


async def test_a_city_loads_in_seconds(database_url: str, tmp_path: Path) -> None:
    def grow(made: dict[str, Any]) -> None:
        [person] = made["persons"]
        made["persons"] = [
            person
            | {
                "external_id": f"no-{number}",
                "devices": [{"device_id": f"{kind}-{number}", "kind": kind} for kind in ("bracelet", "bed")],
            }
            for number in range(1_750)
        ]

    begun = time.perf_counter()
    loaded = await load(database_url, roster(grow), tmp_path)
    took_s = time.perf_counter() - begun
    assert (loaded.persons, loaded.devices, loaded.zones) == (1_750, 3_500, 3_500)
    # A few seconds on two busy cores; row by row it is a minute.
    assert took_s < 15


async def command(url: str, *arguments: str, typed: str = "") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "runtime.cli",
        *arguments,
        env=os.environ | {"TONGXING_DATABASE_URL": url},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(typed.encode())
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_the_command_line(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "roster.json"
    file.write_text(json.dumps(ROSTER))
    code, said = await command(database_url, "register", str(file))
    assert (code, "2 devices" in said) == (0, True), said
    code, said = await command(database_url, "register", str(tmp_path / "none.json"))
    assert (code, "none.json" in said) == (2, True)
    code, said = await command(database_url, "user", "add", "boss", "--role", "admin", typed=PASSWORD + "\n")
    assert code == 0, said
    code, said = await command(database_url, "user", "add", "boss", "--role", "admin", typed="short\n")
    assert (code, "8 characters" in said) == (2, True)
    assert ("boss", "admin", "boss") in (await contents(database_url))[0]
