from __future__ import annotations

import gzip
import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.errors import SimulatorError
from simulators.radio.fixes import Source
from simulators.recordings import geolife_plt, gpx, owntracks_lines, phone_csv
from simulators.recordings.recorded_fix import BadLine, RecordedFix, RecordingError
from simulators.recordings.recording import READERS, load, most_visited

HEADER = "time,provider,network_type,accuracy,latitude,longitude,altitude,bearing,speed,travelstate\n"
PLT_HEADER = "Geolife trajectory\nWGS 84\nAltitude is in Feet\nReserved 3\n0,2,255,My Track,0,0,2,8421376\n0\n"

places = st.tuples(
    st.floats(-90, 90, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
    st.integers(700_000_000, 4_000_000_000),
)


def csv_lines(*rows):
    return [HEADER, *(f"{row}\n" for row in rows)]


def test_a_row_of_a_phone():
    (fix,) = phone_csv.read(csv_lines("1364358144,gps, ,22.0,36.8,118.05,250.9,90.0,1.2, ,"))
    assert fix == RecordedFix(
        at_s=1364358144,
        latitude=36.8,
        longitude=118.05,
        accuracy_m=22.0,
        source=Source.GNSS,
        altitude_m=250.9,
        speed_mps=1.2,
        heading_deg=90.0,
    )


@pytest.mark.parametrize(
    ("provider", "network_type", "source"),
    [("gps", "", Source.GNSS), ("gps", " ", Source.GNSS), ("network", "wifi", Source.WIFI),
     ("network", "cell", Source.CELL), ("fused", "wifi", Source.WIFI), ("network", "", Source.WIFI)],
)  # fmt: skip
def test_where_a_phones_fix_came_from(provider, network_type, source):
    assert phone_csv.source(provider, network_type) is source


def test_zeros_of_the_network_provider_are_no_speed():
    (fix,) = phone_csv.read(csv_lines("1364356963,network,wifi,24.0,36.8,118.05,0.0,0.0,0.0,stationary,"))
    assert (fix.speed_mps, fix.heading_deg, fix.altitude_m) == (None, None, None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x,gps,,5,36,118", "time is 'x', not a number"),
        ("1364356963,gps,,5,,118", "latitude is missing"),
        ("1364356963,gps,,5", "latitude is missing"),
        ("1364356963,gps,,5,91,118", "latitude 91.0 is not between -90 and 90"),
        ("1364356963,gps,,5,36,-181", "longitude -181.0"),
        ("1364356963,gps,,5,nan,118", "not a finite number"),
        ("1364356963000,gps,,5,36,118", "not between 1990 and 2100"),
        ("1364356963,gps,,five,36,118", "accuracy is 'five'"),
    ],
)
def test_bad_rows_are_told_with_their_line(row, reason):
    good = "1364356963,gps,,5,36,118"
    first, bad, last = phone_csv.read(csv_lines(good, row, good))
    assert isinstance(first, RecordedFix)
    assert isinstance(last, RecordedFix)
    assert bad.line == 3
    assert reason in bad.reason


def test_a_side_value_that_cannot_be_is_left_out():
    (fix,) = phone_csv.read(csv_lines("1364356963,gps,,0.0,36,118,-9999,400,999,"))
    assert (fix.accuracy_m, fix.altitude_m, fix.heading_deg, fix.speed_mps) == (None, None, None, None)


def test_a_csv_without_its_columns_is_refused():
    with pytest.raises(RecordingError, match="latitude, longitude"):
        list(phone_csv.read(["time,lat,lon\n", "1,2,3\n"]))


def test_plt():
    lines = [
        *PLT_HEADER.splitlines(),
        "39.9,116.3,0,492,39744.1,2008-10-23,02:53:04",
        "39.9,116.3,0,-777,39744.1,2008-10-23,02:53:10",
        "39.9,116.3,0,492",
        "39.9,116.3,0,492,39744.1,2008-13-23,02:53:04",
    ]
    first, second, short, month = geolife_plt.read(lines)
    assert first.at_s == datetime(2008, 10, 23, 2, 53, 4, tzinfo=UTC).timestamp()
    assert first.altitude_m == pytest.approx(149.96, abs=0.01)
    assert second.altitude_m is None
    assert short == BadLine(line=9, reason="4 columns instead of 7")
    assert month.line == 10
    assert "2008-13-23" in month.reason


def test_gpx():
    document = """<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
      <trkpt lat="36.8" lon="118.05"><ele>30</ele><time>2026-11-20T18:40:00Z</time><hdop>2</hdop></trkpt>
      <trkpt lat="36.81" lon="118.05"></trkpt>
      <trkpt lat="96.81" lon="118.05"><time>2026-11-20T18:41:00Z</time></trkpt>
      <trkpt lat="36.82" lon="118.05"><time>2026-11-20T18:41:00+08:00</time></trkpt></trkseg></trk></gpx>"""
    first, timeless, north, last = gpx.read([document])
    assert first.at_s == datetime(2026, 11, 20, 18, 40, tzinfo=UTC).timestamp()
    assert (first.accuracy_m, first.altitude_m) == (10.0, 30.0)
    assert timeless == BadLine(line=2, reason="track point 2: it has no time")
    assert "latitude" in north.reason
    assert last.at_s == datetime(2026, 11, 20, 10, 41, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["", "{}", "<gpx", "<html></html>"])
def test_what_is_not_gpx_is_refused_or_empty(text, tmp_path):
    file = tmp_path / "walk.gpx"
    file.write_text(text)
    with pytest.raises(SimulatorError, match=r"walk\.gpx"):
        load(file)


def test_owntracks():
    body = {
        "_type": "location",
        "tst": 1_700_000_000,
        "lat": 36.8,
        "lon": 118.05,
        "acc": 12,
        "vel": 36,
        "cog": 90,
        "batt": 55,
    }
    lines = [
        json.dumps(body),
        json.dumps({"_type": "transition", "tst": 1}),
        f"2023-11-14T22:13:20Z\t*                 \t{json.dumps(body | {'tst': 1_700_000_060})}",
        "[1]",
        "{",
        json.dumps(body | {"lat": True}),
        json.dumps({"_type": "location", "lat": 1, "lon": 1}),
    ]
    first, second, *bad = owntracks_lines.read(lines)
    assert (first.speed_mps, first.battery_pct, first.accuracy_m) == (10.0, 55.0, 12.0)
    assert second.at_s == 1_700_000_060
    assert [(item.line, item.reason) for item in bad] == [
        (4, "not an object"),
        (5, "not JSON"),
        (6, "lat is True, not a number"),
        (7, "tst is missing"),
    ]


@given(place=places)
def test_what_is_written_as_csv_is_read_back(place):
    latitude, longitude, at_s = place
    (fix,) = phone_csv.read(csv_lines(f"{at_s},gps,,5,{latitude!r},{longitude!r},,,,,"))
    assert (fix.latitude, fix.longitude, fix.at_s) == (latitude, longitude, at_s)


@given(place=places)
def test_what_is_written_as_owntracks_is_read_back(place):
    latitude, longitude, at_s = place
    (fix,) = owntracks_lines.read([json.dumps({"_type": "location", "tst": at_s, "lat": latitude, "lon": longitude})])
    assert (fix.latitude, fix.longitude, fix.at_s) == (latitude, longitude, at_s)


@pytest.mark.parametrize("reader", [phone_csv.read, geolife_plt.read, owntracks_lines.read])
@given(lines=st.lists(st.one_of(st.text(), st.text('0123456789.,-:{}"[] \t'))))
def test_no_line_is_too_odd(reader, lines):
    start = [HEADER] if reader is phone_csv.read else []
    for item in reader(start + lines):
        if isinstance(item, BadLine):
            assert item.reason
        else:
            assert -90 <= item.latitude <= 90
            assert -180 <= item.longitude <= 180
            assert math.isfinite(item.at_s)


def test_a_packed_file_with_bad_lines_and_doubles_is_loaded_in_order(tmp_path):
    file = tmp_path / "gps.csv.gz"
    rows = ["1364357000,gps,,5,36.2,118", "oops", "1364356900,gps,,5,36.1,118", "1364357000,gps,,5,36.3,118"]
    with gzip.open(file, "wt") as output:
        output.writelines(csv_lines(*rows))
    recording = load(file)
    assert [fix.latitude for fix in recording.fixes] == [36.1, 36.2]
    assert [bad.line for bad in recording.bad] == [3]
    assert recording.same_instant == 1
    assert (recording.start_s, recording.span_s) == (1364356900, 100)
    assert len(load(file, limit=1).fixes) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.kml", b"", "unknown format"),
        ("a.csv", HEADER.encode(), "no usable position"),
        ("a.csv.gz", b"not packed", "cannot be read"),
        ("a.csv", b"", "must name the columns"),
    ],
)
def test_a_file_that_is_no_recording_is_explained(tmp_path, name, content, reason):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(SimulatorError, match=reason):
        load(file)


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(SimulatorError, match="No such file"):
        load(tmp_path / "gone.csv")


def test_every_reader_is_known_by_an_ending():
    assert set(READERS) >= {".csv", ".gpx", ".plt", ".jsonl"}


def test_most_visited_is_home():
    at_home = [RecordedFix(at_s=1e9 + n, latitude=36.8 + n % 3 * 1e-5, longitude=118.05) for n in range(30)]
    away = [RecordedFix(at_s=2e9 + n, latitude=36.9 + n * 0.01, longitude=118.05) for n in range(20)]
    latitude, longitude = most_visited(at_home + away)
    assert latitude == pytest.approx(36.80001)
    assert longitude == 118.05
