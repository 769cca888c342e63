"""Dangers from a file to the persons that ingest judges: written, announced, held as one map."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.dangers import commands
from ingest.registry import Registry
from runtime import database
from runtime.cli import CommandError
from runtime.settings import Settings
from tests.registry_rows import add_person
from tests.servers import Databases

CANAL: dict[str, Any] = {
    "type": "Feature",
    "id": "canal",
    "geometry": {"type": "LineString", "coordinates": [[118.05, 36.80], [118.05, 36.82]]},
    "properties": {"kind": "water", "name": "引黄干渠", "width_m": 12},
}
RAIL: dict[str, Any] = {
    "type": "Feature",
    "id": "rail",
    "geometry": {"type": "LineString", "coordinates": [[118.06, 36.80], [118.06, 36.82]]},
    "properties": {"kind": "rail"},
}


def write(folder: Path, *features: dict[str, Any]) -> Path:
    file = folder / "dangers.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return file


def stored(url: str) -> list[tuple[str, str, float]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT external_id, kind, half_width_m FROM danger_areas ORDER BY danger_id")
        return [(row[0], row[1], row[2]) for row in rows]


def test_a_file_is_loaded_and_its_second_loading_changes_nothing(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh() as url:
        settings = Settings(database_url=url)
        file = write(tmp_path, CANAL, RAIL)
        assert commands.load_file(settings, file, "wgs84", keep_others=False) == 2
        assert stored(url) == [("canal", "water", 6.0), ("rail", "rail", 5.0)]
        with psycopg.connect(url, autocommit=True) as connection:
            before = connection.execute("SELECT danger_id, xmin FROM danger_areas ORDER BY 1").fetchall()
            commands.load_file(settings, file, "wgs84", keep_others=False)
            assert connection.execute("SELECT danger_id, xmin FROM danger_areas ORDER BY 1").fetchall() == before
        commands.load_file(settings, write(tmp_path, RAIL), "wgs84", keep_others=True)
        assert len(stored(url)) == 2
        commands.load_file(settings, write(tmp_path, RAIL), "wgs84", keep_others=False)
        assert stored(url) == [("rail", "rail", 5.0)]
        with pytest.raises(CommandError, match="feature 0: it does not say"):
            commands.load_file(settings, write(tmp_path, {**RAIL, "properties": {}}), "wgs84", keep_others=False)
        assert stored(url) == [("rail", "rail", 5.0)]


@pytest.mark.asyncio
async def test_ingest_holds_one_map_for_all_and_hears_of_a_new_one(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh() as url:
        persons = [add_person(url) for _ in range(2)]
        registry = Registry(url)
        await registry.load()
        assert not registry.persons[persons[0]].dangers
        following = asyncio.create_task(registry.follow())
        try:
            file = write(tmp_path, CANAL)
            await asyncio.to_thread(commands.load_file, Settings(database_url=url), file, "wgs84", keep_others=False)
            async with asyncio.timeout(60):
                while not registry.dangers:  # noqa: ASYNC110 - another process would be told too
                    await asyncio.sleep(0.02)
        finally:
            following.cancel()
        assert all(registry.lacks(person) for person in persons)
        async with await database.connect(url) as connection:
            assert await registry.bring(connection, persons) == set()
        one, two = (registry.persons[person].dangers for person in persons)
        assert one is two
        (near,) = one.near(36.81, 118.0501, 100.0)
        assert (near.danger.name, near.danger.kind) == ("引黄干渠", "water")
        # One person's own change leaves the map as it is.
        await registry.load([persons[0]])
        assert registry.persons[persons[0]].dangers is two
