"""A whole city's register loaded from CSV into a real PostgreSQL, and responders found for persons all over it."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts import channels
from alerts.dispatch import Place, Reach, dispatch
from alerts.ladder import Audience
from alerts.person import Person
from alerts.store import responders
from api.importing import Register, load
from runtime import database
from runtime.database import Connection
from tests import servers
from tests.synthetic_register import SyntheticRegister, make

#: What is to be reached: the whole register in 10 s, responders found in 20 ms.
LOAD_WITHIN_S, DISPATCH_WITHIN_MS = 10.0, 20.0
#: Persons asked for, and incidents that occupy somebody meanwhile.
ASKED, OCCUPIED = 400, 60
#: A Friday.
NIGHT = datetime(2026, 11, 20, 2, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
STEP = (Audience.ALL_FAMILY, Audience.COORDINATORS, Audience.STATION)


def measure() -> dict[str, float]:
    """load_s, again_s: the three files, and the three again; dispatch_p50_ms, dispatch_p99_ms: from query to names."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    register = make()
    async with servers.private_postgres() as databases:
        with databases.fresh() as url:
            async with await database.connect(url, autocommit=True) as connection:
                load_s, again_s = await load_all(connection, register), await load_all(connection, register)
                spent_ms = await find_all(connection, register)
    return {
        "load_s": round(load_s, 2),
        "again_s": round(again_s, 2),
        "dispatch_p50_ms": round(statistics.median(spent_ms), 2),
        "dispatch_p99_ms": round(sorted(spent_ms)[int(0.99 * len(spent_ms))], 2),
    }


async def load_all(connection: Connection, register: SyntheticRegister) -> float:
    """Seconds that the three files took."""
    begun_s = time.perf_counter()
    await load(connection, Register.DIVISIONS, register.divisions)
    await load(connection, Register.STATIONS, register.stations)
    await load(connection, Register.COORDINATORS, register.coordinators)
    return time.perf_counter() - begun_s


async def find_all(connection: Connection, register: SyntheticRegister) -> list[float]:
    """Milliseconds of each search, while some responders are busy."""
    await connection.execute(
        "INSERT INTO incidents (person_id, state, severity, kind, kinds, opened_at, updated_at, revision)"
        " SELECT 1000000 + n, 'responding', 'urgent', 'zone_exit', '{zone_exit}', now(), now(), n"
        " FROM generate_series(1, %s) AS n",
        (OCCUPIED,),
    )
    await connection.execute(
        "INSERT INTO responses (incident_id, party, receiver_id, state, leads, accepted_at)"
        " SELECT incident_id, 'receiver:' || receiver_id, receiver_id, 'accepted', true, now() FROM ("
        "SELECT incident_id, row_number() OVER () AS n FROM incidents) i"
        " JOIN (SELECT receiver_id, row_number() OVER () AS n FROM receivers WHERE relation = 'coordinator') r USING (n)"
    )
    await connection.execute("ANALYZE receivers")
    return [await find_one(connection, number, register) for number in range(ASKED)]


async def find_one(connection: Connection, number: int, register: SyntheticRegister) -> float:
    """Milliseconds from the question to the names."""
    chance = random.Random(number)
    village = chance.choice(register.villages)
    person = Person(person_id=number, display_name="", time_zone="Asia/Shanghai", division=village.code)
    place = Place(
        latitude=village.latitude + chance.uniform(-0.02, 0.02),
        longitude=village.longitude + chance.uniform(-0.02, 0.02),
    )
    begun_s = time.perf_counter()
    receivers = await responders.candidates(connection, person, incident_id=0, place=place)
    found = dispatch(
        STEP, receivers, division=person.division, told=frozenset(), works=channels.works, local=NIGHT, place=place
    )
    spent_ms = (time.perf_counter() - begun_s) * 1000
    assert found.reach is Reach.REACHED, f"nobody was found around {village.code}"
    return spent_ms
