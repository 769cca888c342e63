"""What api writes: the registry's tables, sessions and the access log. No decisions here.

Functions named `put_…` take whole lists, for rosters: one statement a table, however many rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from runtime.database import Connection


async def add_session(connection: Connection, *, token_digest: bytes, user_id: int, hours: float) -> None:
    """Remember a token for some real hours, and forget those that have expired."""
    await connection.execute("DELETE FROM sessions WHERE expires_at <= now()")
    await connection.execute(
        "INSERT INTO sessions (token_digest, user_id, expires_at) VALUES (%s, %s, now() + make_interval(secs => %s))",
        (token_digest, user_id, hours * 3600),
    )


async def end_session(connection: Connection, token_digest: bytes) -> None:
    """Forget a token."""
    await connection.execute("DELETE FROM sessions WHERE token_digest = %s", (token_digest,))


async def record_access(
    connection: Connection, *, at: datetime, user_id: int, person_ids: Sequence[int | None], what: str
) -> None:
    """Write down who looked at whose whereabouts; None stands for everybody at once."""
    await connection.execute(
        "INSERT INTO access_log (at, user_id, person_id, what) SELECT %s, %s, unnest(%s::bigint[]), %s",
        (at, user_id, list(person_ids), what),
    )


async def record_accesses(connection: Connection, *, at: datetime, looks: Sequence[tuple[int, int]], what: str) -> None:
    """The same for many users at once: (user_id, person_id)."""
    await connection.execute(
        "INSERT INTO access_log (at, user_id, person_id, what)"
        " SELECT %s, look.user_id, look.person_id, %s"
        " FROM unnest(%s::bigint[], %s::bigint[]) AS look(user_id, person_id)",
        (at, what, [user_id for user_id, _ in looks], [person_id for _, person_id in looks]),
    )


async def put_browser(connection: Connection, *, user_id: int, entry: Mapping[str, Any]) -> bool:
    """Make a browser the first channel of whoever is told under this login; False when nobody is."""
    cursor = await connection.execute(
        "UPDATE receivers SET channels = jsonb_build_array(%(entry)s::jsonb) || coalesce((SELECT jsonb_agg(one)"
        " FROM jsonb_array_elements(channels) one WHERE one ->> 'endpoint' IS DISTINCT FROM %(endpoint)s), '[]')"
        " WHERE user_id = %(user_id)s",
        {"entry": Jsonb(dict(entry)), "endpoint": entry["endpoint"], "user_id": user_id},
    )
    return cursor.rowcount > 0


async def remove_browser(connection: Connection, *, user_id: int, endpoint: str) -> None:
    """Take a browser out of the channels of a login."""
    await connection.execute(
        "UPDATE receivers SET channels = coalesce((SELECT jsonb_agg(one) FROM jsonb_array_elements(channels) one"
        " WHERE one ->> 'endpoint' IS DISTINCT FROM %(endpoint)s), '[]') WHERE user_id = %(user_id)s",
        {"endpoint": endpoint, "user_id": user_id},
    )


async def announce_pulse(connection: Connection) -> None:
    """A sign of life for the live stream's own listener."""
    await connection.execute("SELECT pg_notify('live_pulse', '')")


async def add_person(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Add a person and return the identifier; None: the programme's number is taken."""
    cursor = await connection.execute(
        "INSERT INTO persons (external_id, display_name, birth_year, time_zone, division, approach)"
        " VALUES (%(external_id)s, %(display_name)s, %(birth_year)s, %(time_zone)s, %(division)s, %(approach)s)"
        " ON CONFLICT (external_id) DO NOTHING RETURNING person_id",
        values,
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def change_person(connection: Connection, person_id: int, values: Mapping[str, Any]) -> None:
    """Write all of a person's fields.

    Raises:
        psycopg.errors.UniqueViolation: the programme's number is another person's.
    """
    await connection.execute(
        "UPDATE persons SET external_id = %(external_id)s, display_name = %(display_name)s,"
        " birth_year = %(birth_year)s, time_zone = %(time_zone)s, division = %(division)s, approach = %(approach)s"
        " WHERE person_id = %(person_id)s",
        dict(values) | {"person_id": person_id},
    )


async def delete_person(connection: Connection, person_id: int) -> None:
    """Take a person out of the registry, with zones, guardians, policy and receivers; devices stay, unassigned."""
    await connection.execute("DELETE FROM persons WHERE person_id = %s", (person_id,))


async def set_preferences(
    connection: Connection,
    receiver_id: int,
    *,
    person_id: int,
    quiet_hours: Sequence[Mapping[str, Any]] | None,
    unwanted_kinds: Sequence[str],
) -> bool:
    """Write what one of a person's family would rather hear later; False when they are none of that family."""
    cursor = await connection.execute(
        "UPDATE receivers SET quiet_hours = %s, unwanted_kinds = %s WHERE receiver_id = %s AND person_id = %s"
        " AND enabled",
        (None if quiet_hours is None else Jsonb(list(quiet_hours)), list(unwanted_kinds), receiver_id, person_id),
    )
    return cursor.rowcount > 0


async def lock_person(connection: Connection, person_id: int) -> None:
    """Make others who would change this person wait until the transaction ends."""
    await connection.execute("SELECT FROM persons WHERE person_id = %s FOR UPDATE", (person_id,))


async def hold_person(connection: Connection, person_id: int) -> bool:
    """Whether the identifier is a person's; if so, nobody deletes it until the transaction ends."""
    cursor = await connection.execute("SELECT FROM persons WHERE person_id = %s FOR KEY SHARE", (person_id,))
    return await cursor.fetchone() is not None


async def lock_device(connection: Connection, device_id: str) -> None:
    """Make others who would change this device wait until the transaction ends."""
    await connection.execute("SELECT FROM devices WHERE device_id = %s FOR UPDATE", (device_id,))


async def add_device(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Add a device; False: the id is taken."""
    cursor = await connection.execute(
        "INSERT INTO devices (device_id, kind, person_id, model)"
        " VALUES (%(device_id)s, %(kind)s, %(person_id)s, %(model)s) ON CONFLICT (device_id) DO NOTHING",
        values,
    )
    return cursor.rowcount == 1


async def change_device(
    connection: Connection, device_id: str, *, person_id: int | None, model: str, retired_at: datetime | None
) -> None:
    """Write what may change of a device."""
    await connection.execute(
        "UPDATE devices SET person_id = %s, model = %s, retired_at = %s WHERE device_id = %s",
        (person_id, model, retired_at, device_id),
    )


async def add_zone(connection: Connection, person_id: int, values: Mapping[str, Any]) -> int:
    """Add a zone and return its identifier."""
    cursor = await connection.execute(
        "INSERT INTO zones (person_id, name, kind, geometry, radius_m, schedule)"
        " VALUES (%(person_id)s, %(name)s, %(kind)s, %(geometry)s, %(radius_m)s, %(schedule)s) RETURNING zone_id",
        _zone_parameters(values) | {"person_id": person_id},
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def change_zone(connection: Connection, zone_id: int, values: Mapping[str, Any]) -> None:
    """Write all of a zone's fields."""
    await connection.execute(
        "UPDATE zones SET name = %(name)s, kind = %(kind)s, geometry = %(geometry)s, radius_m = %(radius_m)s,"
        " schedule = %(schedule)s, updated_at = now() WHERE zone_id = %(zone_id)s",
        _zone_parameters(values) | {"zone_id": zone_id},
    )


def _zone_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    schedule = values["schedule"]
    return dict(values) | {
        "geometry": Jsonb(values["geometry"]),
        "schedule": None if schedule is None else Jsonb(schedule),
    }


async def delete_zone(connection: Connection, zone_id: int) -> None:
    """Remove a zone."""
    await connection.execute("DELETE FROM zones WHERE zone_id = %s", (zone_id,))


async def set_policy(
    connection: Connection, person_id: int, overrides: Mapping[str, Any], *, at: datetime, user_id: int
) -> None:
    """Write all of a person's overrides, and who wrote them when."""
    await connection.execute(
        "INSERT INTO policies (person_id, overrides, updated_at, updated_by) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (person_id) DO UPDATE SET overrides = excluded.overrides, updated_at = excluded.updated_at,"
        " updated_by = excluded.updated_by",
        (person_id, Jsonb(dict(overrides)), at, user_id),
    )


async def put_users(connection: Connection, users: Sequence[Mapping[str, Any]]) -> int:
    """Add or update logins by username; a changed password ends the login's sessions. Returns how many."""
    await connection.execute(
        """
        WITH wanted AS (SELECT * FROM jsonb_to_recordset(%s) AS w(
            username text, password_hash text, display_name text, role text, division text, language text)),
        ended AS (DELETE FROM sessions WHERE user_id IN (
            SELECT u.user_id FROM users u JOIN wanted w ON w.username = u.username
            WHERE u.password_hash <> w.password_hash))
        INSERT INTO users (username, password_hash, display_name, role, division, language)
        SELECT username, password_hash, display_name, role, division, language FROM wanted
        ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash,
            display_name = excluded.display_name, role = excluded.role, division = excluded.division,
            language = excluded.language""",
        (Jsonb(list(users)),),
    )
    return len(users)


async def password_hashes(connection: Connection, usernames: Sequence[str]) -> dict[str, str]:
    """What is stored of these logins' passwords."""
    cursor = await connection.execute(
        "SELECT username, password_hash FROM users WHERE username = ANY(%s)", (list(usernames),)
    )
    return dict(await cursor.fetchall())


async def user_ids(connection: Connection) -> dict[str, int]:
    """Identifier of every username."""
    cursor = await connection.execute("SELECT username, user_id FROM users")
    return dict(await cursor.fetchall())


async def put_persons(connection: Connection, persons: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Add or update persons by the programme's number, and return their identifiers by it."""
    cursor = await connection.execute(
        """
        INSERT INTO persons (external_id, display_name, birth_year, time_zone, division, approach)
        SELECT external_id, display_name, birth_year, time_zone, division, approach FROM jsonb_to_recordset(%s) AS w(
            external_id text, display_name text, birth_year int, time_zone text, division text, approach text)
        ON CONFLICT (external_id) DO UPDATE SET display_name = excluded.display_name,
            birth_year = excluded.birth_year, time_zone = excluded.time_zone, division = excluded.division,
            approach = excluded.approach
        RETURNING external_id, person_id""",
        (Jsonb(list(persons)),),
    )
    return dict(await cursor.fetchall())


async def put_devices(connection: Connection, devices: Sequence[Mapping[str, Any]]) -> None:
    """Add or update devices by their id."""
    await connection.execute(
        """
        INSERT INTO devices AS known (device_id, kind, person_id, model, gateway)
        SELECT device_id, kind, person_id, model, gateway FROM jsonb_to_recordset(%s) AS w(
            device_id text, kind text, person_id bigint, model text, gateway text)
        ON CONFLICT (device_id) DO UPDATE SET kind = excluded.kind, person_id = excluded.person_id,
            model = excluded.model, gateway = coalesce(excluded.gateway, known.gateway), retired_at = NULL""",
        (Jsonb(list(devices)),),
    )


async def put_zones(connection: Connection, zones: Sequence[Mapping[str, Any]]) -> None:
    """Add or update zones by person and name; zones the family drew beside them stay."""
    rows = Jsonb(list(zones))
    await connection.execute(
        """
        UPDATE zones z SET geometry = w.geometry, radius_m = w.radius_m, schedule = w.schedule, updated_at = now()
        FROM jsonb_to_recordset(%s) AS w(
            person_id bigint, name text, geometry jsonb, radius_m double precision, schedule jsonb)
        WHERE z.person_id = w.person_id AND z.name = w.name""",
        (rows,),
    )
    await connection.execute(
        """
        INSERT INTO zones (person_id, name, geometry, radius_m, schedule)
        SELECT w.person_id, w.name, w.geometry, w.radius_m, w.schedule FROM jsonb_to_recordset(%s) AS w(
            person_id bigint, name text, geometry jsonb, radius_m double precision, schedule jsonb)
        WHERE NOT EXISTS (SELECT FROM zones z WHERE z.person_id = w.person_id AND z.name = w.name)""",
        (rows,),
    )


async def put_policies(connection: Connection, policies: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Write all overrides of these persons; who has the same already keeps the old instant and author."""
    await connection.execute(
        """
        INSERT INTO policies AS known (person_id, overrides, updated_at)
        SELECT person_id, overrides, %s FROM jsonb_to_recordset(%s) AS w(person_id bigint, overrides jsonb)
        ON CONFLICT (person_id) DO UPDATE SET overrides = excluded.overrides, updated_at = excluded.updated_at,
            updated_by = NULL
        WHERE known.overrides <> excluded.overrides""",
        (at, Jsonb(list(policies))),
    )


async def put_guardians(connection: Connection, person_ids: Sequence[int], pairs: Sequence[tuple[int, int]]) -> None:
    """Make these (person_id, user_id) the guardians of these persons; nobody else stays one."""
    persons, users = [person for person, _ in pairs], [user for _, user in pairs]
    await connection.execute(
        "DELETE FROM guardians g WHERE g.person_id = ANY(%s) AND NOT EXISTS ("
        "SELECT FROM unnest(%s::bigint[], %s::bigint[]) AS w(person_id, user_id)"
        " WHERE w.person_id = g.person_id AND w.user_id = g.user_id)",
        (list(person_ids), persons, users),
    )
    await connection.execute(
        "INSERT INTO guardians (person_id, user_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
        " ON CONFLICT DO NOTHING",
        (persons, users),
    )


async def put_receivers(
    connection: Connection, person_ids: Sequence[int], receivers: Sequence[Mapping[str, Any]]
) -> None:
    """Add or update receivers by relation, person or division, and name.

    Family of these persons that is not named any more is switched off, not deleted: past messages keep their names.
    Nulls are compared by coalesce, because IS NOT DISTINCT FROM cannot be hashed: 5,000 daughters would be 25 million
    comparisons.
    """
    rows = Jsonb(list(receivers))
    await connection.execute("UPDATE receivers SET enabled = false WHERE person_id = ANY(%s)", (list(person_ids),))
    await connection.execute(
        """
        UPDATE receivers r SET user_id = w.user_id, language = w.language, priority = w.priority,
            channels = w.channels, enabled = true, duty = coalesce(w.duty, r.duty),
            quiet_hours = coalesce(w.quiet_hours, r.quiet_hours)
        FROM jsonb_to_recordset(%s) AS w(relation text, person_id bigint, division text, user_id bigint,
            display_name text, language text, priority int, channels jsonb, duty jsonb, quiet_hours jsonb)
        WHERE (r.relation, r.display_name) = (w.relation, w.display_name)
          AND coalesce(r.person_id, 0) = coalesce(w.person_id, 0)
          AND coalesce(r.division, '-') = coalesce(w.division, '-')""",
        (rows,),
    )
    await connection.execute(
        """
        INSERT INTO receivers (relation, person_id, division, user_id, display_name, language, priority, channels,
            duty, quiet_hours)
        SELECT w.relation, w.person_id, w.division, w.user_id, w.display_name, w.language, w.priority, w.channels,
            w.duty, w.quiet_hours
        FROM jsonb_to_recordset(%s) AS w(relation text, person_id bigint, division text, user_id bigint,
            display_name text, language text, priority int, channels jsonb, duty jsonb, quiet_hours jsonb)
        WHERE NOT EXISTS (SELECT FROM receivers r WHERE (r.relation, r.display_name) = (w.relation, w.display_name)
            AND coalesce(r.person_id, 0) = coalesce(w.person_id, 0)
            AND coalesce(r.division, '-') = coalesce(w.division, '-'))""",
        (rows,),
    )
