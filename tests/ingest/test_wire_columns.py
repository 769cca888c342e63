"""Locations read in columns say what each says alone; what is no plain location is left to who reads one by one."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geofence.datum import Datum
from geofence.fixes import ANSWERS, SOURCES
from geofence.instants import instant
from geofence.reading import Fix, FixSource, ReadingKind
from ingest import wire
from ingest.sequence import UNNUMBERED
from ingest.wire import MAX_PAYLOAD_BYTES
from ingest.wire.columns import Locations, in_columns, read
from ingest.wire.fields import EARLIEST_S, LATEST_S
from ingest.wire.message import Report

TOPIC = "tongxing/v1/zb-1/location"
PLAIN: dict[str, Any] = {"at": 1_795_176_404.000_001, "latitude": 36.81, "longitude": 118.05}


def reports(locations: Locations, number: int) -> list[Report]:
    """What columns say, one report each."""

    def said(name: str, place: int) -> Any:
        value = getattr(locations, name).item(place)
        return None if np.isnan(value) else value

    def answer(name: str, place: int) -> bool | None:
        return ANSWERS[getattr(locations, name).item(place)]

    assert all(len(getattr(locations, name)) == number for name in Locations.__dataclass_fields__)
    return [
        Report(
            kind=ReadingKind.LOCATION,
            at=instant(locations.at_us.item(place)),
            seq=None if locations.seq.item(place) == UNNUMBERED else locations.seq.item(place),
            published_s=said("published_s", place),
            fix=Fix(
                latitude=locations.latitude.item(place),
                longitude=locations.longitude.item(place),
                accuracy_m=locations.accuracy_m.item(place),
                source=SOURCES[locations.source.item(place)],
                altitude_m=said("altitude_m", place),
                speed_mps=said("speed_mps", place),
                heading_deg=said("heading_deg", place),
            ),
            battery_pct=said("battery_pct", place),
            charging=answer("charging", place),
            worn=answer("worn", place),
            steps=said("steps", place),
            at_home=answer("at_home", place),
        )
        for place in range(number)
    ]


def agrees(payloads: list[bytes]) -> int:
    """Reads payloads both ways; how many were read in columns."""
    bodies = [read(payload) for payload in payloads]
    plain = [body for body in bodies if body is not None]
    told = iter(reports(in_columns(plain), len(plain)))
    for payload, body in zip(payloads, bodies, strict=True):
        (alone,) = wire.decode(TOPIC, payload)
        if body is None:
            assert not isinstance(alone, Report) or not is_plain(payload), payload
        else:
            assert next(told) == alone, payload
    return len(plain)


def is_plain(payload: bytes) -> bool:
    """Whether it is JSON, and in WGS-84."""
    try:
        return bool(json.loads(payload).get("datum", "wgs84") == "wgs84")
    except ValueError:
        return False


NUMBERS: dict[str, tuple[Any, ...]] = {
    "at": (EARLIEST_S, LATEST_S, EARLIEST_S - 0.001, LATEST_S + 1, 1_795_176_404.999_999_6, 1_795_176_404.000_000_5),
    "seq": (0, 4_294_967_295, 4_294_967_296, -1, 1.5, 2.0),
    "published_at": (EARLIEST_S, 1_795_176_404.123_456_7, 1),
    "latitude": (90, -90, 90.1, 0, -0.0),
    "longitude": (180, -180, 180.5, 1e-320),
    "accuracy_m": (0, 5e-324, 100_000, 100_000.1, 3),
    "altitude_m": (-500, 9_000, 9_001, 0),
    "speed_mps": (0, 150, 151, -0.1),
    "heading_deg": (0, 360, 360.1),
    "battery_pct": (0, 100, 101, 33.3),
    "steps": (0, 100_000, 100_001, 7.0),
}
WORDS: dict[str, tuple[Any, ...]] = {
    "charging": (True, False, 0, "no"),
    "worn": (True, False, 1),
    "at_home": (True, False, "yes"),
    "source": (*FixSource, "gps", 1),
    "datum": (*Datum, "WGS84", "mars", ""),
    "kind": ("location",),
    "latitude": ("36.8", [36.8]),
}
VALID: dict[str, st.SearchStrategy[Any]] = {
    "at": st.floats(EARLIEST_S, LATEST_S) | st.integers(EARLIEST_S, LATEST_S),
    "seq": st.integers(0, 4_294_967_295),
    "published_at": st.floats(EARLIEST_S, LATEST_S),
    "latitude": st.floats(-90, 90),
    "longitude": st.floats(-180, 180),
    "accuracy_m": st.floats(0, 100_000, exclude_min=True),
    "altitude_m": st.floats(-500, 9_000),
    "speed_mps": st.floats(0, 150),
    "heading_deg": st.floats(0, 360),
    "battery_pct": st.floats(0, 100) | st.integers(0, 100),
    "steps": st.integers(0, 100_000),
    "charging": st.booleans(),
    "worn": st.booleans(),
    "at_home": st.booleans(),
    "source": st.sampled_from([str(source) for source in FixSource]),
    "datum": st.just("wgs84"),
}


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly right; sometimes with one thing at an edge, or wrong."""
    names = draw(st.sets(st.sampled_from([*VALID])))
    body = PLAIN | {name: draw(st.none() | VALID[name]) for name in names - PLAIN.keys()}
    body |= {name: draw(VALID[name]) for name in names & PLAIN.keys()}
    if draw(st.integers(0, 3)) == 0:
        edges = draw(st.sampled_from([NUMBERS, WORDS]))
        name = draw(st.sampled_from([*edges]))
        body[name] = draw(st.sampled_from(edges[name]))
    if draw(st.integers(0, 15)) == 0:
        body.pop(draw(st.sampled_from([*PLAIN])))
    return body


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    body = draw(bodies())
    text = json.dumps(body).encode()
    odd = [
        cbor2.dumps(body),
        b"\xd9\xd9\xf7" + cbor2.dumps(body),
        text[: draw(st.integers(0, len(text)))],
        b" \n" + text,
        text + draw(st.sampled_from([b" ", b"}", b"\0", text])),
        draw(st.sampled_from([b"[]", b"null", b"\xff{", b"[" * 5_000, b'{"at": NaN}', b"[" + text + b"]"])),
        text.ljust(MAX_PAYLOAD_BYTES + draw(st.integers(0, 1))),
    ]
    return draw(st.sampled_from(odd)) if draw(st.integers(0, 3)) == 0 else text


@settings(max_examples=50, deadline=None)
@given(st.lists(payloads(), max_size=12))
@example([])
def test_whatever_comes_is_read_as_one_by_one(said: list[bytes]) -> None:
    agrees(said)


@pytest.mark.parametrize("name", [*NUMBERS, *WORDS])
def test_at_the_edges_of_what_a_field_may_hold(name: str) -> None:
    values = (*NUMBERS.get(name, ()), *WORDS.get(name, ()))
    said = [json.dumps(PLAIN | {name: value}).encode() for value in values]
    assert agrees([*said, json.dumps(PLAIN).encode()]) > 0
    missing = {key: value for key, value in PLAIN.items() if key != name}
    assert agrees([json.dumps(missing).encode()]) == (name not in PLAIN)


def test_a_column_that_some_fill_and_one_that_nobody_fills() -> None:
    full = PLAIN | {"steps": 3, "charging": True, "seq": 7, "accuracy_m": 5.5, "heading_deg": 12, "at_home": False}
    assert agrees([json.dumps(body).encode() for body in (full, PLAIN, full | {"source": "cell"})]) == 3
    assert agrees([json.dumps(PLAIN | {"source": source}).encode() for source in FixSource]) == len(FixSource)


@pytest.mark.parametrize(("more", "is_read"), [(0, True), (1, False)])
def test_no_more_is_read_than_alone(more: int, is_read: bool) -> None:
    payload = json.dumps(PLAIN).encode().ljust(MAX_PAYLOAD_BYTES + more)
    assert (read(payload) is not None) is is_read
    assert agrees([payload]) == is_read
