"""`tongxing alerts check` against a real database."""

from __future__ import annotations

import asyncio

from alerts import planning
from alerts.checking import findings
from alerts.settings import AlertsSettings
from runtime import cli, database
from tests.alerts.scene import Database, webhook

SETTINGS = AlertsSettings(database_url="-")


async def test_what_would_keep_somebody_from_being_told_is_listed(database_url, monkeypatch, capsys):
    async with await database.connect(database_url, autocommit=True) as connection:
        scene = Database(connection)
        await planning.seed(connection)
        await planning.seed(connection)
        person = await scene.person()
        await scene.family(person, webhook("https://example.org/hook"))
        (deaf,) = await findings(connection, SETTINGS)
        assert "ladder fleet would reach nobody: no receiver of fleet, station has a working channel" in deaf
        await scene.official("fleet", "3703", webhook("https://example.org/fleet"))
        assert await findings(connection, SETTINGS) == []
        await scene.family(person, {"kind": "pigeon"}, name="儿子")
        await scene.family(person, webhook("https://example.org/hook", secret=""), name="孙子")
        await scene.rows("UPDATE ladder_steps SET audiences = '{neighbours}' WHERE ladder_id = 'gentle'")
        ladder, pigeon, nothing, unsigned = await findings(connection, SETTINGS)
    assert "unknown audience 'neighbours': write one of" in ladder
    assert "儿子" in pigeon
    assert "write one of webhook, " in pigeon
    assert "no working channel" in nothing
    assert "unsigned" in unsigned
    monkeypatch.setenv("TONGXING_DATABASE_URL", database_url)
    assert await asyncio.to_thread(cli.main, ["alerts", "check"]) == 1
    assert "no working channel" in capsys.readouterr().out
