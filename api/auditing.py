"""Writes down who looked at whose whereabouts, in the transaction of the look itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api import store
from api.access import Scope
from api.viewer import Viewer
from runtime.database import Connection


async def looked(connection: Connection, viewer: Viewer, *, at: datetime, person_ids: Sequence[int], what: str) -> None:
    """One look. Of everybody at once it is one row; of a limited scope, one row for each person that was seen."""
    everybody = viewer.scope is Scope.ALL and what == "positions"
    seen: Sequence[int | None] = [None] if everybody else person_ids
    if seen:
        await store.record_access(connection, at=at, user_id=viewer.user.user_id, person_ids=seen, what=what)
