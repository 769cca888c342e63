"""Profiles and photos as rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from api.profiles.photo import Photo
from runtime.database import Connection


async def put_profile(
    connection: Connection, person_id: int, values: Mapping[str, Any], *, at: datetime, user_id: int
) -> None:
    """Write all of a person's profile."""
    await connection.execute(
        "INSERT INTO person_profiles (person_id, called, gender, height_cm, description, gait, aids, medication,"
        " routine, travel_habits, speech, calms, places, key_people, updated_at, updated_by) VALUES (%(person_id)s,"
        " %(called)s, %(gender)s, %(height_cm)s, %(description)s, %(gait)s, %(aids)s, %(medication)s, %(routine)s,"
        " %(travel_habits)s, %(speech)s, %(calms)s, %(places)s, %(key_people)s, %(at)s, %(user_id)s)"
        " ON CONFLICT (person_id) DO UPDATE SET called = excluded.called, gender = excluded.gender,"
        " height_cm = excluded.height_cm, description = excluded.description, gait = excluded.gait,"
        " aids = excluded.aids, medication = excluded.medication, routine = excluded.routine,"
        " travel_habits = excluded.travel_habits, speech = excluded.speech, calms = excluded.calms,"
        " places = excluded.places, key_people = excluded.key_people, updated_at = excluded.updated_at,"
        " updated_by = excluded.updated_by",
        dict(values)
        | {
            "person_id": person_id,
            "at": at,
            "user_id": user_id,
            "places": Jsonb(values["places"]),
            "key_people": Jsonb(values["key_people"]),
        },
    )


async def put_photo(connection: Connection, person_id: int, photo: Photo, *, at: datetime, user_id: int) -> None:
    """Keep a person's photo instead of the one before."""
    await connection.execute(
        "INSERT INTO person_photos (person_id, image, media_type, width_px, height_px, updated_at, updated_by)"
        " VALUES (%s, %s, 'image/jpeg', %s, %s, %s, %s) ON CONFLICT (person_id) DO UPDATE SET image = excluded.image,"
        " width_px = excluded.width_px, height_px = excluded.height_px, updated_at = excluded.updated_at,"
        " updated_by = excluded.updated_by",
        (person_id, photo.image, photo.width_px, photo.height_px, at, user_id),
    )


async def delete_photo(connection: Connection, person_id: int) -> bool:
    """Forget a person's photo; False: there was none."""
    cursor = await connection.execute("DELETE FROM person_photos WHERE person_id = %s", (person_id,))
    return cursor.rowcount == 1
