"""Registers from CSV: what is wrong is named by line, column and value; duty hours as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from api.importing.csv_rows import MOST_BYTES, RegisterError, read, repeated
from api.importing.duty import duty_rows
from api.importing.rows import ALIASES, CoordinatorRow, DivisionRow, StationRow

STATIONS = "station_id,name,division,latitude,longitude,duty,capacity,channels,active\n"


def stations(text: str) -> Any:
    return read((STATIONS + text).encode(), StationRow, ALIASES["stations"])


def faults(text: str) -> list[str]:
    with pytest.raises(RegisterError) as caught:
        stations(text)
    return [str(fault) for fault in caught.value.faults]


# Apprise's plugins load old libraries.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_row_is_read_with_its_line() -> None:
    (row,) = stations('\nS1,"第一村\n服务站",370302001001,36.64,117.97,Mon-Fri 08:00-18:00,3,wecombot://key log,是\n')
    assert row.line == 3
    assert row.values.name == "第一村\n服务站"
    assert row.values.duty == [{"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "18:00"}]
    assert row.values.channels == [{"kind": "apprise", "url": "wecombot://key"}, {"kind": "log"}]
    assert (row.values.capacity, row.values.active) == (3, True)


def test_every_fault_is_named_with_line_column_and_value() -> None:
    assert faults(
        "S1,a,370302001001,136.64,117.97,,,,\n"
        "S 2,b,3703,36.6,117.9,,,,\n"
        "S3,c,370302001001,36.6,,,,,\n"
        "S4,,370302001001,36.6,117.9,Mon-Fri,0,,vielleicht\n"
        "S5,e,370302001001,36.6,117.9\n"
        'S6,f,370302001001,,,,,"[{""kind"": ""pigeon""}]",\n'
    ) == [
        "line 2, latitude: '136.64': Input should be less than or equal to 90",
        "line 3, station_id: 'S 2': String should match pattern '^[^\\s:]{1,64}$'",
        "line 3, division: '3703': String should match pattern '^[0-9]{12}$'",
        "line 4: latitude and longitude belong together: write both or neither",
        "line 5, name: Field required",
        "line 5, duty: 'Mon-Fri': 'Mon-Fri' has no hours: write e.g. Mon-Fri 08:00-18:00; Sat 20:00-06:00, or always",
        "line 5, capacity: '0': Input should be greater than or equal to 1",
        "line 5, active: 'vielleicht': Input should be a valid boolean, unable to interpret input",
        "line 6: has 5 cells where there are 9 columns: quote cells that hold a comma",
        faults('S6,f,370302001001,,,,,"[{""kind"": ""pigeon""}]",\n')[0].replace("line 2", "line 7"),
    ]
    assert "pigeon" in faults('S6,f,370302001001,,,,,"[{""kind"": ""pigeon""}]",\n')[0]


def test_a_quoted_line_break_moves_the_lines_below_it() -> None:
    (found,) = faults('S1,"a\nb\nc",370302001001,,,,,,\nS2,b,370302001001,99,1,,,,\n')
    assert found.startswith("line 5, latitude: '99'")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is missing"),
        (b"station_id,name,division\n", "no rows below"),
        (b"station_id,name,division,colour\nS1,a,370302001001,red\n", "'colour': is not a column"),
        (b"station_id,name,name,division\nS1,a,b,370302001001\n", "'name': stands twice"),
        (b"station_id,name\nS1,a\n", "line 1, division: is missing"),
        (b'station_id,name,division\nS1,"a,370302001001\n', "is not CSV"),
        (b"station_id,name,division\nS1,\xff\xff,370302001001\n", "neither UTF-8 nor GB 18030"),
        (b"x" * (MOST_BYTES + 1), "split it"),
    ],
)
def test_a_file_that_is_none_says_so(raw: bytes, message: str) -> None:
    with pytest.raises(RegisterError, match=message):
        read(raw, StationRow, ALIASES["stations"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_spreadsheets_are_read(encoding: str) -> None:
    text = "编号,姓名,站点编号,纬度,经度,值班时间,在用\nC1,赵协调员,S1,36.64,117.97,周一至周五 8:00至18:00；周六、周日 20:00-06:00,否\n"
    (row,) = read(text.encode(encoding), CoordinatorRow, ALIASES["coordinators"])
    assert (row.values.name, row.values.active, row.values.capacity) == ("赵协调员", False, 1)
    assert row.values.duty == [
        {"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "18:00"},
        {"days": [6, 7], "from": "20:00", "until": "06:00"},
    ]


def test_twice_the_same_number_names_both_lines() -> None:
    rows = read(b"code,name\n370302000000,a\n370303000000,b\n370302000000,c\n", DivisionRow, {})
    assert [str(fault) for fault in repeated(rows, "code")] == [
        "line 4, code: '370302000000': is already in line 2: leave one of them away"
    ]


def test_many_faults_are_counted_not_scrolled() -> None:
    with pytest.raises(RegisterError) as caught:
        stations("S1,a,1,,,,,,\n" * 50)
    assert len(str(caught.value).splitlines()) == 21
    assert str(caught.value).endswith("… and 30 more")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("always", None),
        ("全天", None),
        ("08:00-18:00", [([1, 2, 3, 4, 5, 6, 7], "08:00", "18:00")]),
        ("每天 6:30~22:00", [([1, 2, 3, 4, 5, 6, 7], "06:30", "22:00")]),
        ("1-5 08:00-18:00", [([1, 2, 3, 4, 5], "08:00", "18:00")]),
        ("Sat-Mon 20:00-06:00", [([1, 6, 7], "20:00", "06:00")]),
        ("Sun,Wed 00:00-12:00; tuesday 01:00 - 02:00", [([3, 7], "00:00", "12:00"), ([2], "01:00", "02:00")]),
        ("周日 20:00至06:00", [([7], "20:00", "06:00")]),
    ],
)
def test_duty_hours(text: str, rows: Any) -> None:
    found = duty_rows(text)
    assert (found and [(row["days"], row["from"], row["until"]) for row in found]) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mon 08:00", "has no hours"),
        ("Mon-Tue-Wed 08:00-18:00", "no span of days"),
        ("Moon 08:00-18:00", "'moon' is no day"),
        ("Mon 25:00-26:00", "write e.g."),
        ("Mon 08:00-08:00", "the same time"),
    ],
)
def test_duty_hours_that_are_none(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        duty_rows(text)
