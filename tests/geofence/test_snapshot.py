"""A person's state as bytes and back, and that what an earlier build stored is still understood."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from geofence import engine, snapshot
from geofence.detectors.low_battery import BatteryState, Level
from geofence.detectors.zone import ZoneState
from geofence.engine import FRESH, PersonState
from geofence.reading import Reading
from tests.geofence.random_traces import PERSONS, traces
from tests.geofence.scenes import Story, reading, sos

#: What the first build stored of `a_rich_state`, with four parts.
EARLIER = bytes.fromhex(
    "920184a56f7264657282a66e65776573749293a97a622d303030303031a86c6f636174696f6ed6ff6b00368b93a47a622d62"
    "a9686561727462656174d6ff6b003690a66576656e74739192a97a622d303030303031a26b31a5747261636b82a5706c6163"
    "6584a86c61746974756465cb404267ae147ae148a96c6f6e676974756465cb405d8362f0479c2eaa61636375726163795f6d"
    "cb4024000000000000a26174d6ff6b00367ca468656c6484a86c61746974756465cb404267ae147ae148a96c6f6e67697475"
    "6465cb405d89a7b0933dc4aa61636375726163795f6dcb4024000000000000a26174d6ff6b00368ba47a6f6e658ca6736166"
    "657479a773757370656374a573696e6365d6ff6b00367ca5666978657301a868656172645f6174d6ff6b00367caf6c617374"
    "5f64697374616e63655f6dcb404dffffffffc040af6c6173745f61636375726163795f6dcb4024000000000000aa6c617374"
    "5f706c61636584a86c61746974756465cb404267ae147ae148a96c6f6e676974756465cb405d8362f0479c2eaa6163637572"
    "6163795f6dcb4024000000000000a26174d6ff6b00367ca96465766963655f6964a97a622d303030303031a77a6f6e655f69"
    "6401a97a6f6e655f6e616d65a4686f6d65a9616e6e6f756e636564c2ae747261636b696e675f756e74696cd6ff6b003d84a7"
    "6261747465727981a66c6576656c739192a97a622d303030303031a36c6f77"
)


def a_rich_state() -> PersonState:
    story = Story()
    story.fix(0, 0, battery_pct=18.0)
    story.fix(60, 260.0)
    story.hear(sos(70, "k1"))
    story.fix(75, 9_000.0)
    story.hear(reading(80, battery_pct=50.0, device_id="zb-b"))
    return story.state


@settings(max_examples=60, deadline=None)
@given(traces())
def test_a_state_comes_back_as_it_was(readings: list[Reading]) -> None:
    state = FRESH
    for each in readings:
        state, _ = engine.step(state, each, PERSONS[3])
    data = snapshot.freeze(state)
    assert snapshot.thaw(data) == state
    assert snapshot.freeze(snapshot.thaw(data)) == data


def test_the_rich_state_has_something_of_everything() -> None:
    state = a_rich_state()
    assert state.zone.safety == "suspect"
    assert state.track.held is not None
    assert state.battery.levels == (("zb-000001", Level.LOW),)
    assert state.order.events == (("zb-000001", "k1"),)
    assert len(state.order.newest) == 2


def test_what_an_earlier_build_stored_is_understood() -> None:
    """It knew fewer detectors: of the others nobody has heard."""
    state = snapshot.thaw(EARLIER)
    now = a_rich_state()
    assert (state.order, state.track.place) == (now.order, now.track.place)
    assert (state.battery.levels, state.battery.charges) == (now.battery.levels, ())
    assert state.zone.safety == "suspect"
    known = {"order", "track", "zone", "battery"}
    assert all(getattr(state, name) == getattr(FRESH, name) for name in set(PersonState.__struct_fields__) - known)


def test_equal_states_give_equal_bytes() -> None:
    assert snapshot.freeze(a_rich_state()) == snapshot.freeze(a_rich_state())
    assert len(snapshot.freeze(a_rich_state())) < 2_500


def test_of_somebody_not_heard_of_nothing_is_stored() -> None:
    assert snapshot.freeze(FRESH) == b"\x92\x01\x80"
    assert snapshot.thaw(b"\x92\x01\x80") == FRESH
    touched = msgspec.structs.replace(FRESH, zone=ZoneState(), battery=BatteryState())
    assert snapshot.freeze(touched) == snapshot.freeze(FRESH)


def test_a_part_that_no_longer_fits_is_forgotten_alone() -> None:
    version, parts = msgspec.msgpack.decode(snapshot.freeze(a_rich_state()))
    parts["zone"] = {"safety": "on_the_moon"}
    data = msgspec.msgpack.encode((version, parts))
    state, forgotten = snapshot.thaw_parts(data)
    assert list(forgotten) == ["zone"]
    assert "on_the_moon" in forgotten["zone"]
    assert state == msgspec.structs.replace(a_rich_state(), zone=ZoneState())
    with pytest.raises(snapshot.SnapshotError, match="does not fit this version of Tongxing: zone: "):
        snapshot.thaw(data)


def test_a_part_that_this_build_does_not_know_is_ignored() -> None:
    version, parts = msgspec.msgpack.decode(snapshot.freeze(a_rich_state()))
    parts["telepathy"] = {"thoughts": 3}
    assert snapshot.thaw_parts(msgspec.msgpack.encode((version, parts))) == (a_rich_state(), {})
    parts["zone"] = {"safety": 3}
    assert list(snapshot.thaw_parts(msgspec.msgpack.encode((version, parts)))[1]) == ["zone"]


@pytest.mark.parametrize("data", [b"", b"\x00", b"no snapshot", EARLIER[:-1], EARLIER + b"\x00", b"\x92\x01\x80\x00"])
def test_what_is_no_snapshot_is_said(data: bytes) -> None:
    with pytest.raises(snapshot.SnapshotError, match="does not fit this version"):
        snapshot.thaw(data)


def test_another_version_is_said() -> None:
    with pytest.raises(snapshot.SnapshotError, match="version 2, this Tongxing reads 1"):
        snapshot.thaw(bytes([EARLIER[0], 2]) + EARLIER[2:])
