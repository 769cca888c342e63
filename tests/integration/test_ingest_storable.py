"""Whatever a stranger or a broken device sends, the database takes what ingest makes of it."""

from __future__ import annotations

import json
from random import Random

from ingest import store
from ingest.judging import set_aside
from ingest.recall import queries
from runtime import database
from tests.ingest.envelopes import BED, BRACELET, Desk, envelope, location, message
from tests.ingest.test_wire_bad import KINDS, NASTY
from tests.ingest.test_wire_document import LEAST
from tests.integration.ingest_running import rows

HALF = "\ud800"
TEXTS = [
    "\x00",
    "a\x00b",
    HALF,
    f"x{HALF}\x00",
    "é市\U0001f6d1",
    "\n\t\x01\x7f",
    "x" * 5_000,
    "'; DROP TABLE locations; --",
    "%s %(x)s",
]
NUMBERS = [0, -1, 1, 2**31, 2**63 - 1, -(2**63), 10**18, 1e308, 5e-324, -0.0, 4_294_967_295, 100_000, 0.1]


def nasty_messages(random: Random, count: int):
    """Good messages with one or two fields replaced by something that could hurt."""
    for number in range(count):
        kind = random.choice(KINDS)
        device = BED if kind == "bed" else BRACELET
        names = [
            *LEAST[kind],
            "seq",
            "accuracy_m",
            "firmware",
            "detail",
            "battery_pct",
            "steps",
            "id",
            "source",
            "extra",
        ]
        told = dict(LEAST[kind]) | {"at": None} if kind == "event" else dict(LEAST[kind])
        for name in random.sample(names, random.randint(1, 2)):
            told[name] = random.choice([*TEXTS, *NUMBERS, None, True, [], {}])
        yield message(kind, device=device, seconds=number, **told)


async def test_anything_is_stored_or_quarantined_and_never_refused_by_the_database(database_url: str) -> None:
    desk, random = Desk(), Random(20_261_121)
    strange = [envelope(f"tongxing/v1/{text[:100]}/location", b"{}") for text in TEXTS]
    strange += [envelope(text[:200], b"{}") for text in TEXTS]
    strange += [envelope(f"tongxing/v1/zb-1/{kind}", payload) for kind in KINDS for payload in NASTY]
    batch = [*strange, *nasty_messages(random, 1_500)]
    judged = desk.judge(*batch)
    assert len(judged.rejections) > 300
    assert len(judged.heard) > 300
    connection = await database.connect(database_url)
    async with connection:
        await store.prepare(connection)
        await store.commit(connection, judged.commit)
        await store.commit(connection, set_aside(strange).commit)
    counted = rows(database_url, "SELECT reason, count(*) FROM quarantine GROUP BY reason")
    assert dict(counted)["engine_error"] == len(strange)
    assert sum(count for _, count in counted) == len(judged.rejections) + len(strange)
    stored = rows(database_url, "SELECT count(*) FROM safety_events") + rows(
        database_url, "SELECT count(*) FROM heartbeats"
    )
    assert all(count > 0 for (count,) in stored)


async def test_longest_and_largest_values_fit_their_columns(database_url: str) -> None:
    widest = {
        "latitude": -90, "longitude": 180, "accuracy_m": 100_000, "altitude_m": 9_000, "speed_mps": 150, "heading_deg": 360,
        "battery_pct": 100, "steps": 100_000, "seq": 4_294_967_295,
    }  # fmt: skip
    events = ["!" * 64, 2**63 - 1, -(2**63), "~" * 64]
    batch = [
        location(1, **widest),
        message("heartbeat", seconds=2, signal_dbm=-150, firmware="界" * 64, seq=0, steps=0),
        message("answer", seconds=3, id="x" * 64, result="failed", detail="界" * 200),
        message("status", seconds=4, online=True, firmware="界" * 64, model="m" * 64),
        *(message("event", seconds=5, id=event_id, type="impact", impact_g=100) for event_id in events),
    ]
    judged = Desk().judge(*batch)
    assert judged.rejections == []
    connection = await database.connect(database_url)
    async with connection:
        await store.prepare(connection)
        await store.commit(connection, judged.commit)
        await store.commit(connection, judged.commit)
        known = await queries.numbers(connection, judged.numbers)
        states = await queries.states(connection, [row[0] for row in judged.commit.engine_states])
    found = {row[0] for row in rows(database_url, "SELECT event_id FROM safety_events")}
    assert found == {str(event_id) for event_id in events}
    assert rows(database_url, "SELECT count(*) FROM locations") == [(1,)]
    assert known == judged.numbers
    assert states == [row[:2] for row in judged.commit.engine_states]


async def test_an_index_would_not_have_taken_an_id_of_a_thousand_digits(database_url: str) -> None:
    """Why ids are bounded: the database refuses them as a lack of resources, not as a wrong value."""
    judged = Desk().judge(envelope("tongxing/v1/zb-1/event", b'{"id": ' + b"9" * 3_000 + b', "type": "sos"}'))
    assert [rejection.reason for rejection in judged.rejections] == ["invalid_field"]
    assert json.loads(b"9" * 3_000) > 2**64
