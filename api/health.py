"""Whether this process is fit to serve, part by part."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from api.live import DEAF_S
from api.queries import readiness
from api.services import Services
from runtime import migrate

#: What a part says of itself when nothing is wrong.
OK = "ok"
#: Seconds the database may take to answer.
_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Each part with `ok` or what is wrong; the age of the newest reading is for information only."""

    parts: Mapping[str, str]
    #: Seconds of our clock since the newest reading; None: none yet, or the database is away.
    newest_reading_age_s: float | None

    @property
    def wrong(self) -> dict[str, str]:
        """The parts that do not work."""
        return {part: said for part, said in self.parts.items() if said != OK}


async def examine(services: Services) -> Health:
    """Look at every part."""
    live = _live(services.hub.deaf_since_s)
    try:
        async with asyncio.timeout(_WITHIN_S), services.pool.connection(timeout=_WITHIN_S) as connection:
            migrations = _migrations(await readiness.migrations(connection))
            newest_at = await readiness.newest_reading_at(connection)
    except psycopg.errors.UndefinedTable:
        parts = {"database": OK, "migrations": "no tables yet: run tongxing migrate", "live": live}
        return Health(parts=parts, newest_reading_age_s=None)
    except (psycopg.Error, TimeoutError, OSError):
        away = "does not answer: see TONGXING_DATABASE_URL"
        return Health(parts={"database": away, "migrations": "unknown", "live": live}, newest_reading_age_s=None)
    age_s = (services.clock.now() - newest_at).total_seconds() if newest_at else None
    return Health(parts={"database": OK, "migrations": migrations, "live": live}, newest_reading_age_s=age_s)


def _live(deaf_since_s: float | None) -> str:
    if deaf_since_s is None:
        return "the listener is not up yet"
    return OK if deaf_since_s < DEAF_S else f"the listener has heard nothing for {deaf_since_s:.0f} s"


def _migrations(ran: Mapping[str, str]) -> str:
    wanted = {migration.name: migration.digest for migration in migrate.available()}
    missing = sorted(set(wanted) - set(ran))
    if missing:
        return f"not run yet: {', '.join(missing)}: run tongxing migrate"
    changed = sorted(name for name, digest in wanted.items() if ran[name] != digest)
    return f"edited after they ran: {', '.join(changed)}" if changed else OK
