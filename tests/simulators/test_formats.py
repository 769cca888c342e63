"""Other makers' formats: what a simulated device says in them is what Tongxing's decoders read."""

from __future__ import annotations

import random

import pytest

from geofence.reading import FixSource, ReadingKind, SafetyEventType
from ingest import wire
from simulators import city
from simulators.devices import formats, makeup
from simulators.devices.makeup import Makeup, Tells
from simulators.fleet import Fleet
from simulators.message import Kind, Wire
from simulators.numbering import Numbering
from tests.simulators.engine_room import MORNING_S

FIX = {"latitude": 36.8123456, "longitude": 118.0123456, "accuracy_m": 9.6, "source": "gnss", "battery_pct": 71.6}


def told(what: Wire, kind: Kind, **fields):
    message = Numbering("zb-000012", wire=what).message(kind, MORNING_S, **fields)
    return wire.decode(formats.topic(message), formats.payload(message, MORNING_S))


def test_owntracks():
    (report,) = told(Wire.OWNTRACKS, Kind.LOCATION, **FIX, speed_mps=1.0, heading_deg=359.8, charging=True)
    assert (report.fix.latitude, report.fix.accuracy_m) == (36.8123456, 10)
    assert report.fix.speed_mps == pytest.approx(1.0, abs=0.15)
    assert (report.battery_pct, report.charging) == (72, True)
    assert report.at.timestamp() == MORNING_S
    assert not formats.speaks(Wire.OWNTRACKS, {}, Kind.HEARTBEAT)


def test_a_watch_with_and_without_satellites():
    (seen,) = told(Wire.WATCH, Kind.LOCATION, **FIX, speed_mps=1.0)
    assert seen.fix.source is FixSource.GNSS
    assert seen.fix.latitude == pytest.approx(36.812346)
    (blind,) = told(Wire.WATCH, Kind.LOCATION, **{**FIX, "source": "wifi"})
    assert blind.fix.source is FixSource.CELL
    (alive,) = told(Wire.WATCH, Kind.HEARTBEAT, battery_pct=50.0, steps=3)
    assert (alive.kind, alive.battery_pct) == (ReadingKind.HEARTBEAT, 50)


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("sos", SafetyEventType.SOS),
        ("impact", SafetyEventType.IMPACT),
        ("strap_removed", SafetyEventType.STRAP_REMOVED),
    ],
)
def test_a_watch_calls_for_help(type_, expected):
    reports = told(Wire.WATCH, Kind.EVENT, id="x", type=type_, **FIX)
    assert [report.event.type for report in reports if report.event] == [expected]
    assert [report.worn for report in reports if not report.event] == [type_ != "strap_removed"]
    assert not formats.speaks(Wire.WATCH, {"type": "strap_fastened"}, Kind.EVENT)


@pytest.mark.parametrize("worn", [True, False])
def test_a_watch_says_with_every_position_whether_it_is_worn(worn):
    (report,) = told(Wire.WATCH, Kind.LOCATION, **FIX, worn=worn, charging=not worn)
    assert (report.kind, report.worn, report.charging) == (ReadingKind.LOCATION, worn, None)


def test_a_mixed_fleet_says_nothing_that_is_refused():
    fleet = Fleet(city.build(9, bracelets=60, beds=5), at_s=MORNING_S, made_of=Makeup(owntracks=0.3, watch=0.3))
    wires = set()
    for step in range(60):
        for message in fleet.step(MORNING_S + 60 * step):
            wires.add(message.wire)
            reports = wire.decode(formats.topic(message), formats.payload(message, MORNING_S))
            assert reports
            assert not any(type(report).__name__ == "Rejection" for report in reports)
    assert wires == set(Wire)


def test_shares_of_a_fleet_are_kept():
    models = [makeup.bracelet(Makeup(), random.Random(seed)) for seed in range(5_000)]
    assert 0.02 < sum(model.wire is Wire.OWNTRACKS for model in models) / 5_000 < 0.04
    assert 0.02 < sum(model.wire is Wire.WATCH for model in models) / 5_000 < 0.04
    assert 0.07 < sum(model.firmware == "sim-1.4" for model in models) / 5_000 < 0.13
    assert 0.25 < sum(model.tells is Tells.SUMMARY for model in models) / 5_000 < 0.33
    assert all(model.has_button for model in models if model.wire is not Wire.OWNTRACKS)
