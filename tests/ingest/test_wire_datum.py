"""The datum of a native position: converted in locations and events, and only there."""

from __future__ import annotations

import json

import pytest

from geofence.datum import Datum, from_wgs84
from geofence.geometry import distance_m
from ingest import wire
from ingest.wire.message import Report
from tests.ingest.test_wire_document import LEAST

ZIBO = (36.81, 118.05)


@pytest.mark.parametrize("datum", Datum)
@pytest.mark.parametrize("level", ["location", "event"])
def test_a_place_is_the_same_in_every_datum(level: str, datum: Datum) -> None:
    latitude, longitude = from_wgs84(*ZIBO, datum)
    told = LEAST[level] | {"latitude": latitude, "longitude": longitude, "datum": datum}
    (found,) = wire.decode(f"tongxing/v1/zb-1/{level}", json.dumps(told).encode())
    assert isinstance(found, Report)
    assert found.fix is not None
    assert distance_m(found.fix.latitude, found.fix.longitude, *ZIBO) < 0.01
