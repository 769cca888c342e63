"""The movement around an impact comes back from the database bit by bit: a replay judges by what was judged."""

from __future__ import annotations

from geofence.motion import checked, numbers
from ingest import store
from runtime import database
from tests.geofence.impacts import FALL
from tests.ingest.envelopes import Desk, message
from tests.ingest.test_wire_motion import WINDOW
from tests.integration.ingest_running import rows


async def test_it_is_stored_as_it_was_judged(database_url: str) -> None:
    summary = dict(zip(FALL.__dataclass_fields__, numbers(FALL), strict=True))
    judged = Desk().judge(
        message("event", id="told", type="impact", summary=summary),
        message("event", id="raw", type="impact", window=WINDOW),
        message("event", id="bare", type="impact"),
    )
    connection = await database.connect(database_url)
    async with connection:
        await store.prepare(connection)
        await store.commit(connection, judged.commit)
    stored = dict(rows(database_url, "SELECT event_id, motion FROM safety_events"))
    assert checked(stored["told"]) == FALL
    of_window = next(
        heard.reading.event for heard in judged.heard if heard.report.event and heard.report.event.event_id == "raw"
    )
    assert of_window is not None
    assert checked(stored["raw"]) == of_window.motion
    assert stored["bare"] is None
