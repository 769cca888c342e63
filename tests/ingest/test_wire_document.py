"""docs/wire.md and the decoders say the same: every field, whether it is needed, and both ends of its range."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from ingest import wire
from ingest.wire import bodies
from ingest.wire.message import Answer, Decoded, Rejection, RejectionReason, Report, Status
from tests.ingest.wire_document import SECTIONS, Field, fields, sections, table

STRUCTS: dict[str, tuple[type, ...]] = {
    "location": (bodies.LocationBody,),
    "heartbeat": (bodies.HeartbeatBody,),
    "bed": (bodies.BedBody,),
    "event": (bodies._EventCore, bodies._EventExtras, bodies._Position),
    "status": (bodies._Status,),
    "answer": (bodies._Answer,),
}
AT = 1_795_000_000.0
#: A message of each kind with what is needed and nothing else.
LEAST: dict[str, dict[str, Any]] = {
    "location": {"at": AT, "latitude": 36.81, "longitude": 118.05},
    "heartbeat": {"at": AT},
    "bed": {"at": AT, "status": "occupied"},
    "event": {"id": "e1", "type": "sos"},
    "status": {"online": True},
    "answer": {"at": AT, "id": "c1", "result": "done"},
}
CASES = [(section, field) for section in SECTIONS for field in fields(section).values()]
NUMBERS = [(section, field) for section, field in CASES if field.range is not None]


def decoded(section: str, **told: Any) -> Decoded:
    (found,) = wire.decode(f"tongxing/v1/zb-1/{section}", json.dumps(LEAST[section] | told).encode())
    return found


def name(value: object) -> str:
    return value.name if isinstance(value, Field) else str(value)


def test_the_document_has_all_that_is_tested_here() -> None:
    assert set(SECTIONS) == set(bodies.DECODERS)
    assert len(CASES) > 40
    assert len(NUMBERS) > 20


@pytest.mark.parametrize("section", SECTIONS)
def test_the_structs_have_the_fields_of_the_tables(section: str) -> None:
    known = {field for struct in STRUCTS[section] for field in struct.__struct_fields__}
    assert known == set(fields(section))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_least_message_is_enough_and_nothing_of_it_can_be_left_away(section: str) -> None:
    assert not isinstance(decoded(section), Rejection)
    needed = {field.name for field in fields(section).values() if field.needed}
    if section in {"event", "status"}:
        # "Anything else that is wrong in it, its time included"; a last will cannot know its time.
        needed -= {"at"}
    assert needed == set(LEAST[section])
    for left_out in needed:
        rest = {key: value for key, value in LEAST[section].items() if key != left_out}
        (found,) = wire.decode(f"tongxing/v1/zb-1/{section}", json.dumps(rest).encode())
        assert isinstance(found, Rejection), left_out
        assert found.reason is RejectionReason.INVALID_FIELD
        assert left_out in found.detail


def value_of(found: Decoded, field: str) -> Any:
    """A decoded value, wherever it went."""
    assert isinstance(found, Report | Status | Answer)
    names = {"published_at": "published_s", "id": "event_id"}
    for part in (found, *(getattr(found, place, None) for place in ("fix", "bed", "event"))):
        if part is not None and hasattr(part, names.get(field, field)):
            return getattr(part, names.get(field, field))
    raise AssertionError(f"{field} was lost")


@pytest.mark.parametrize(("section", "field"), NUMBERS, ids=name)
def test_both_ends_of_a_range(section: str, field: Field) -> None:
    assert field.range is not None
    least, largest = field.range
    whole = field.type.startswith("integer")
    beyond = 1 if whole else 0.001
    # A position counts as a whole: an event's is given in full.
    rest = {"latitude": 36.81, "longitude": 118.05} if section == "event" else {}
    inside = [largest, (least + largest) / 2, *([] if field.open_below else [least])]
    outside = [largest + beyond, least - beyond, *([least] if field.open_below else [])]
    for value in (int(v) if whole else v for v in inside):
        found = decoded(section, **rest | {field.name: value})
        got = value_of(found, field.name)
        expected = None if field.name in {"heart_rate_bpm", "breathing_rate_bpm"} and value == 0 else value
        assert got == expected, f"{field.name} = {value} came out as {got}"
    for value in (int(v) if whole else v for v in outside):
        found = decoded(section, **rest | {field.name: value})
        if section == "event":
            assert isinstance(found, Report)
            assert found.event is not None
            assert found.fix is None if field.name in {"latitude", "longitude", "accuracy_m"} else True
            assert field.name in {"latitude", "longitude", "accuracy_m"} or value_of(found, field.name) is None
        else:
            assert isinstance(found, Rejection), f"{field.name} = {value} passed"
            assert found.reason is RejectionReason.INVALID_FIELD
            assert f"$.{field.name}" in found.detail


WRONG: dict[str, list[Any]] = {
    "number": ["12", True, [], {}, "NaN"],
    "integer": ["12", 1.5, True, [], {}],
    "boolean": [0, 1, "true", "", [], {}],
    "text": [12.5, True, [], {}],
    "`": ["", "OCCUPIED", 1, True, None, [], {}],
}


@pytest.mark.parametrize(("section", "field"), CASES, ids=name)
def test_wrong_types(section: str, field: Field) -> None:
    wrong = next(values for start, values in WRONG.items() if field.type.startswith(start))
    needed = field.needed and not (section in {"event", "status"} and field.name == "at")
    for value in [*wrong, *([None] if needed else [])]:
        found = decoded(section, **{field.name: value})
        if field.name == "datum":
            assert isinstance(found, Rejection) or (section == "event" and found.fix is None)  # type: ignore[union-attr]
        elif section == "event" and field.name not in {"id", "type"}:
            assert isinstance(found, Report), f"{field.name} = {value!r} cost an SOS"
        else:
            assert isinstance(found, Rejection), f"{field.name} = {value!r} passed"
            assert found.reason is RejectionReason.INVALID_FIELD
            assert found.detail


@pytest.mark.parametrize(("section", "field"), [case for case in CASES if not case[1].needed], ids=name)
def test_null_is_missing_where_it_may_be_missing(section: str, field: Field) -> None:
    found = decoded(section, **{field.name: None})
    if field.name in {"source", "datum"} and section == "location":
        assert isinstance(found, Rejection)
    else:
        assert found == decoded(section)


@pytest.mark.parametrize(("section", "field"), [c for c in CASES if c[1].type.startswith("number")], ids=name)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number(section: str, field: Field, value: float) -> None:
    found = decoded(section, **{field.name: value})
    if section == "event":
        assert isinstance(found, Report)
        assert found.event is not None
    else:
        assert isinstance(found, Rejection)
        assert found.reason in {RejectionReason.MALFORMED, RejectionReason.INVALID_FIELD}


@pytest.mark.parametrize(
    ("section", "field"), [c for c in CASES if c[1].type.startswith("`") and c[1].name != "datum"], ids=name
)
def test_every_word_of_a_list_is_known(section: str, field: Field) -> None:
    for word in field.choices:
        assert not isinstance(decoded(section, **{field.name: word}), Rejection)


@pytest.mark.parametrize(("section", "name_", "limit"), [
    ("heartbeat", "firmware", 64), ("status", "firmware", 64), ("status", "model", 64), ("answer", "detail", 200),
    ("answer", "id", 64), ("event", "id", 64),
])  # fmt: skip
def test_longest_texts(section: str, name_: str, limit: int) -> None:
    assert not isinstance(decoded(section, **{name_: "x" * limit}), Rejection)
    found = decoded(section, **{name_: "x" * (limit + 1)})
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.INVALID_FIELD


@pytest.mark.parametrize(("at", "fine"), [
    (946_684_800, True), (946_684_799.9, False), (4_102_444_800, True), (4_102_444_800.1, False), (0, False), (-1, False),
    (1_795_000_000_000, False),
])  # fmt: skip
@pytest.mark.parametrize("section", ["location", "heartbeat", "bed", "answer", "status"])
def test_a_clock_that_is_not_set_at_all(section: str, at: float, fine: bool) -> None:
    """Seconds from 2000 to 2100; milliseconds are none."""
    assert isinstance(decoded(section, at=at), Rejection) is not fine
    assert isinstance(decoded(section, at=AT, published_at=at), Rejection) is not fine


def test_accuracy_by_source_is_the_documents() -> None:
    text = fields("location")["accuracy_m"].meaning
    for source in bodies.FixSource:
        told = decoded("location", source=source)
        assert isinstance(told, Report)
        assert told.fix is not None
        assert f"{told.fix.accuracy_m:,.0f} m for `{source}`" in text


def test_reasons_are_the_documents() -> None:
    listed = {row[0].strip("`") for row in table("Quarantine: why a message was rejected")}
    assert listed == {str(reason) for reason in RejectionReason} - {"engine_error"}
    assert f"{wire.MAX_PAYLOAD_BYTES:,} bytes" in sections()["Connection"]
