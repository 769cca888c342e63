"""Parts of the pages for people without a login: what is taken out, the drawing, the code, the photo."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import segno
import shapely
from jinja2 import UndefinedError
from PIL import Image

from alerts.search import Danger, Fix, KnownPlace, plan
from api.pages.code import code
from api.pages.content import compass, last_seen, near_line
from api.pages.discretion import discreet
from api.pages.drawing import drawing, length
from api.pages.rendering import page
from api.profiles.photo import LONGEST_SIDE, MOST_BYTES, PhotoError, prepared
from geofence.geometry import Frame, distance_m

AT = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
FIX = Fix(at=AT, latitude=36.81, longitude=118.05, accuracy_m=12.0, speed_mps=0.9, heading_deg=90.0)
FRAME = Frame.at(FIX.latitude, FIX.longitude)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("叫他王建国，喜欢京剧", "叫他…，喜欢京剧"),
        ("打 138 0013 8000 找女儿", "打 … 找女儿"),
        ("0533-2345678 或 +86 13800138000。", "… 或 …。"),
        ("13800138000", "…"),
        # A number of the town, without its area code.
        ("家里电话 2345678", "家里电话 …"),
        # Years, heights, bus lines, doses and times stay.
        ("1945年生，身高172，坐12路和1001路，08:00吃药100mg", "1945年生，身高172，坐12路和1001路，08:00吃药100mg"),
        ("", ""),
    ],
)
def test_names_and_numbers_are_taken_out(text: str, shown: str) -> None:
    assert discreet(text, name="王建国") == shown


def test_a_name_of_one_character_or_none_takes_nothing_out() -> None:
    assert discreet("王老师 in 1 line", name="王") == "王老师 in 1 line"
    assert discreet("as it was", name="  ") == "as it was"


def canal(name: str = "孝妇河") -> Danger:
    corners = [(FIX.longitude + 200 / FRAME.metres_per_degree_east, FIX.latitude + step) for step in (-0.1, 0.1)]
    return Danger(danger_id=1, kind="water", name=name, geometry=shapely.LineString(corners))


def pond() -> Danger:
    east, north = 100 / FRAME.metres_per_degree_east, 100 / FRAME.metres_per_degree_north
    return Danger(
        danger_id=2,
        kind="water",
        name="",
        geometry=shapely.box(FIX.longitude, FIX.latitude, FIX.longitude + east, FIX.latitude + north),
    )


def test_the_drawing_has_north_up_and_everything_inside() -> None:
    home = KnownPlace(name="家", kind="zone", latitude=FIX.latitude + 0.001, longitude=FIX.longitude)
    found = plan(FIX, at=AT + timedelta(minutes=10), dangers=[canal(), pond()], places=[home])
    track = [replace(FIX, latitude=FIX.latitude - 0.001), FIX]
    drawn = drawing(found, track)
    assert [ring.share_pct for ring in drawn.rings] == [95, 75, 50]
    assert [danger.filled for danger in drawn.dangers] == [True, False]
    assert [label.text for label in drawn.labels] == ["孝妇河"]
    assert (drawn.labels[0].x > 0, drawn.labels[0].anchor) == (True, "end")
    # North is up, and up is negative.
    assert drawn.places[0].y == pytest.approx(-111, abs=1)
    assert drawn.track == "M0.0 111.0L0.0 -0.0"
    left, top, width, height = map(float, drawn.view_box.split())
    corners = [tuple(map(float, corner)) for corner in re.findall(r"(-?[\d.]+) (-?[\d.]+)", drawn.rings[0].path)]
    assert all(left < x < left + width and top < y < top + height for x, y in corners)
    assert drawn.scale_m in {100, 200, 500}
    assert left < drawn.scale_x < left + width - drawn.scale_m
    assert drawing(found, [FIX]).track == ""


@pytest.mark.parametrize(
    ("metres", "text"),
    [(0, "0 m"), (640, "640 m"), (999, "999 m"), (1_000, "1 km"), (1_840, "1.8 km"), (5_000, "5 km")],
)
def test_lengths_as_people_read_them(metres: float, text: str) -> None:
    assert length(metres) == text


def test_where_and_when_in_words() -> None:
    found = plan(FIX, at=AT + timedelta(minutes=7), dangers=[canal()])
    seen = last_seen(found, at=AT + timedelta(minutes=7))
    assert (seen.ago_min, seen.accuracy, seen.wgs84, seen.heading) == (7, "12 m", "36.81000, 118.05000", "东 E")
    # Maps in China are shifted by hundreds of metres: both are given, and they differ.
    shifted = [float(part) for part in seen.gcj02.split(", ")]
    assert 300 < distance_m(FIX.latitude, FIX.longitude, *shifted) < 700
    line = near_line(found.dangers[0])
    assert (line.what, line.distance, line.direction, line.walking_min) == (("水域", "Water"), "200 m", "东 E", 4)


def test_the_compass() -> None:
    assert [compass(degrees) for degrees in (0, 22, 23, 180, 270, 337, 338, 359.9)] == [
        "北 N",
        "北 N",
        "东北 NE",
        "南 S",
        "西 W",
        "西北 NW",
        "北 N",
        "北 N",
    ]


def test_the_code_is_the_address() -> None:
    url = "https://tongxing.example.org/f/0123456789abcdef0123456789abcdef"
    drawn = code(url)
    matrix = segno.make(url, error="q", micro=False).matrix
    assert drawn.size == len(matrix) + 8
    found = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn.path)}
    assert found == {(x + 4, y + 4) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}


def test_a_template_that_names_what_nobody_gives_is_our_mistake() -> None:
    with pytest.raises(UndefinedError):
        page("thanks.html")


def test_what_is_put_into_a_page_is_escaped() -> None:
    shown = page(
        "found.html",
        approach="<b>x</b>",
        calms="",
        speech="",
        problem="",
        report=_report('"><script>'),
        lengths=_LENGTHS,
    )
    assert b"<b>x</b>" not in shown.body
    assert b"<script>" not in shown.body.replace(b'<script src="/pages/found.js" defer></script>', b"")


_LENGTHS = {"place": 10, "note": 10, "callback": 10}


def _report(text: str) -> object:
    return type("Report", (), {"place": text, "note": text, "callback": text})()


def photo_file(size: tuple[int, int], form: str = "JPEG", orientation: int | None = None) -> bytes:
    data = Image.Exif()
    if orientation:
        data[0x0112] = orientation
    written = io.BytesIO()
    Image.new("RGB", size, "#336699").save(written, form, exif=data)
    return written.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_photos_are_made_smaller_and_upright(form: str) -> None:
    photo = prepared(photo_file((2400, 600), form, orientation=6))
    assert (photo.width_px, photo.height_px) == (LONGEST_SIDE // 4, LONGEST_SIDE)
    with Image.open(io.BytesIO(photo.image)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (300, 1200), {})


def test_a_small_photo_stays_as_large_as_it_is() -> None:
    assert prepared(photo_file((300, 200))).width_px == 300


@pytest.mark.parametrize("raw", [b"", b"GIF89a", b"<svg/>", b"%PDF-1.7", photo_file((900, 900))[:500]])
def test_what_is_no_photo_is_refused(raw: bytes) -> None:
    with pytest.raises(PhotoError, match="no photo"):
        prepared(raw)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(PhotoError, match="10 MB"):
        prepared(b"x" * (MOST_BYTES + 1))
    # A few kilobytes that unpack to 64 million pixels.
    written = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(written, "PNG")
    with pytest.raises(PhotoError, match="pixels"):
        prepared(written.getvalue())
