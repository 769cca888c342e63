"""Reads of profiles and photos of persons the caller has found visible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from api.schemas.profiles import Profile
from runtime.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What pages say of a person beside the profile."""

    display_name: str
    birth_year: int | None
    time_zone: str
    division: str
    #: Names of the division from county to village, as far as known.
    area: str
    approach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRow:
    """A photo to be sent."""

    image: bytes
    media_type: str
    updated_at: datetime


async def about(connection: Connection, person_id: int) -> About | None:
    """The person; None: deleted."""
    async with connection.cursor(row_factory=class_row(About)) as cursor:
        await cursor.execute(
            """
            SELECT p.display_name, p.birth_year, p.time_zone, p.division, p.approach, coalesce((
                SELECT string_agg(d.name, '' ORDER BY d.code) FROM divisions d
                WHERE d.level IN ('county', 'town') AND p.division <> '' AND starts_with(p.division, rtrim(d.code, '0'))
                ), '') AS area
            FROM persons p WHERE p.person_id = %s""",
            (person_id,),
        )
        return await cursor.fetchone()


async def profile(connection: Connection, person_id: int) -> Profile:
    """The person's profile; an empty one where nobody has written any."""
    async with connection.cursor(row_factory=class_row(Profile)) as cursor:
        await cursor.execute(
            """
            SELECT f.person_id, f.called, f.gender, f.height_cm, f.description, f.gait, f.aids, f.medication, f.routine,
                f.travel_habits, f.speech, f.calms, f.places, f.key_people, f.updated_at, u.display_name AS updated_by,
                EXISTS (SELECT FROM person_photos o WHERE o.person_id = f.person_id) AS has_photo
            FROM person_profiles f LEFT JOIN users u ON u.user_id = f.updated_by WHERE f.person_id = %s""",
            (person_id,),
        )
        found = await cursor.fetchone()
    if found is not None:
        return found
    has_photo = await photo(connection, person_id) is not None
    return Profile(person_id=person_id, has_photo=has_photo, updated_at=None, updated_by=None)


async def photo(connection: Connection, person_id: int) -> PhotoRow | None:
    """The person's photo."""
    async with connection.cursor(row_factory=class_row(PhotoRow)) as cursor:
        await cursor.execute(
            "SELECT image, media_type, updated_at FROM person_photos WHERE person_id = %s", (person_id,)
        )
        return await cursor.fetchone()
