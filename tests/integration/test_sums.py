"""Sums by the hour and the day are what the readings say, however late, often and interrupted these come in."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.keeping import summing
from api.queries import keeping as queries
from runtime import database
from tests.integration.keeping_scene import (
    DAY,
    HOUR,
    KINDS,
    MINUTE,
    NOW,
    bed_report,
    chance,
    detection,
    incident,
    location,
    message,
    persons,
    put,
    rows,
    run,
    series,
)

ROOT = Path(__file__).parents[2]
ZIBO = ZoneInfo("Asia/Shanghai")


@pytest.fixture(params=KINDS)
def url(request, databases):
    with series(databases, request.param) as made:
        yield made


async def sum_up(url: str, at: datetime = NOW) -> int:
    async with await database.connect(url, autocommit=True) as connection:
        return await summing.bring_up_to_date(connection, at=at)


def by_hand(readings):
    """{(device key, hour): (readings, heard minutes, worn minutes, least battery, steps)} of distinct readings."""
    hours = defaultdict(list)
    for reading in {(each["device_key"], each["at"]): each for each in reversed(readings)}.values():
        hours[reading["device_key"], reading["at"].replace(minute=0, second=0, microsecond=0)].append(reading)
    return {
        key: (
            len(each),
            len({one["at"].minute for one in each}),
            len({one["at"].minute for one in each if one.get("worn")}),
            min((one["battery_pct"] for one in each if one.get("battery_pct") is not None), default=None),
            sum(one["steps"] for one in each if one.get("steps") is not None) or None,
        )
        for key, each in hours.items()
    }


def stored(url):
    return {
        (key, hour): tuple(values)
        for key, hour, *values in rows(
            url,
            "SELECT device_key, hour, readings, count_minutes(minutes), count_minutes(worn_minutes), battery_min_pct,"
            " nullif(steps, 0) FROM device_hours",
        )
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_hours_are_what_the_readings_say_whenever_these_come(url, seed):
    random, people = chance(seed), persons(url, 3)
    every, waiting, arrived = [], [], NOW - 3 * DAY
    for _ in range(400):
        person_id, key, _ = random.choice(people)
        # One in four is hours or days late, and comes with many others.
        back = random.choice([timedelta(0)] * 3 + [timedelta(minutes=random.uniform(30, 4_000))])
        at = arrived - back - timedelta(seconds=random.uniform(0, 60))
        more = {
            "battery_pct": float(random.randint(5, 99)),
            "worn": random.choice([True, False, None]),
            "steps": random.choice([None, 7]),
        }
        waiting.append(location(key, person_id, at, arrived, **more))
        arrived += timedelta(minutes=random.uniform(0, 10))
        if random.random() < 0.05:
            waiting += random.choices(every or waiting, k=5)
            put(url, "locations", waiting)
            every += waiting
            waiting = []
            await sum_up(url, arrived)
    put(url, "locations", waiting)
    await sum_up(url, arrived + MINUTE)
    assert stored(url) == by_hand(every + waiting)
    assert len(stored(url)) > 60


async def test_two_series_of_a_device_make_one_hour(url):
    ((person_id, key, _),) = persons(url, 1)
    hour = NOW - 2 * HOUR
    put(url, "locations", [location(key, person_id, hour + n * MINUTE, battery_pct=50.0) for n in (0, 1, 2, 30)])
    heartbeats = [
        {
            "device_key": key,
            "person_id": person_id,
            "at": hour + n * MINUTE,
            "received_at": hour,
            "battery_pct": 40.0 + n,
            "worn": n == 2,
        }
        for n in (2, 31)
    ]
    put(url, "heartbeats", heartbeats)
    await sum_up(url)
    async with await database.connect(url) as connection:
        (row,) = await queries.device_hours(connection, "zb-k0", since=NOW - DAY, until=NOW)
    assert (row.hour, row.readings, row.heard_minutes) == (hour, 6, 5)
    assert (row.battery_min_pct, row.battery_max_pct, row.worn_minutes) == (42.0, 71.0, 1)
    # Heard in minutes 0, 1, 2, 30 and 31: silent from 3 to 29 and from 32 to 59.
    assert (row.gaps, row.longest_gap_min) == (2, 28)


async def test_a_reading_days_late_sums_up_its_own_hour_alone(url):
    ((person_id, key, _),) = persons(url, 1)
    put(url, "locations", [location(key, person_id, NOW - n * HOUR) for n in range(1, 100)])
    await sum_up(url)
    run(url, "CREATE TABLE before AS SELECT * FROM device_hours")
    put(url, "locations", [location(key, person_id, NOW - 50 * HOUR + MINUTE, NOW)])
    await sum_up(url, NOW + HOUR)
    changed = rows(url, "SELECT hour, readings FROM (SELECT * FROM device_hours EXCEPT SELECT * FROM before) x")
    assert changed == [(NOW - 50 * HOUR, 2)]


async def test_what_is_committed_late_is_not_passed_over(url):
    """The batch in hand of an ingest whose database was away: it arrived before others that are stored already."""
    ((person_id, key, _), (other_id, other, _)) = persons(url, 2)
    put(url, "locations", [location(key, person_id, NOW - HOUR)])
    await sum_up(url)
    put(url, "locations", [location(other, other_id, NOW - HOUR - 10 * MINUTE)])
    await sum_up(url, NOW + MINUTE)
    assert len(stored(url)) == 2


async def test_a_clock_that_ran_ahead_hides_nothing(url):
    ((person_id, key, _),) = persons(url, 1)
    put(url, "locations", [location(key, person_id, NOW - HOUR), location(key, person_id, NOW, NOW + 3 * HOUR)])
    await sum_up(url)
    put(url, "locations", [location(key, person_id, NOW + HOUR)])
    await sum_up(url, NOW + 2 * HOUR)
    assert (key, NOW + HOUR) in stored(url)


async def test_a_clock_that_was_put_back_hides_nothing(url):
    ((person_id, key, _),) = persons(url, 1)
    put(url, "locations", [location(key, person_id, NOW + DAY)])
    await sum_up(url, NOW + DAY)
    put(url, "locations", [location(key, person_id, NOW)])
    await sum_up(url, NOW + MINUTE)
    assert (key, NOW) in stored(url)


def metres(one, other):
    north = (one[0] - other[0]) * 111_195.08
    east = (one[1] - other[1]) * 111_195.08 * math.cos(math.radians((one[0] + other[0]) / 2))
    return math.hypot(north, east)


def way_by_hand(fixes):
    """Metres through (latitude, longitude, accuracy) in order."""
    way, anchor = 0.0, None
    for fix in fixes:
        if anchor is None:
            anchor = fix
        elif (moved := metres(fix, anchor)) > max(summing.LEAST_STEP_M, fix[2] + anchor[2]):
            way, anchor = way + moved, fix
    return way


async def test_a_day_has_its_way_and_its_time_outside(url):
    ((person_id, key, bed),) = persons(url, 1, beds=True)
    midnight = datetime(2026, 11, 21, tzinfo=ZIBO)
    random = chance(4)
    # At rest for the morning, a walk of 1.2 km from 10:00, home again; a fix of 2 km accuracy that says nothing.
    offsets = [(random.gauss(0, 5), random.gauss(0, 5)) for _ in range(600)] + [(30.0 * n, 0.0) for n in range(40)]
    fixes = [(36.81 + north / 111_195, 118.05 + east / 89_000, 8.0) for north, east in offsets]
    # Coarse ones that lie off by no more than they say.
    fixes[30:600:50] = [(36.81 + 50 / 111_195, 118.05, 45.0)] * len(fixes[30:600:50])
    put(url, "locations", [
        location(key, person_id, midnight + n * MINUTE, latitude=fix[0], longitude=fix[1], accuracy_m=fix[2], worn=n >= 60, steps=3)
        for n, fix in enumerate(fixes)
    ] + [location(key, person_id, midnight + 700 * MINUTE, latitude=36.9, accuracy_m=2_000.0)])  # fmt: skip
    put(
        url,
        "bed_reports",
        [
            bed_report(bed, person_id, midnight - 3 * HOUR + n * MINUTE, status="occupied" if n < 500 else "empty")
            for n in range(700)
        ],
    )
    put(url, "detections", [
        detection(person_id, "zone_exit", midnight - HOUR),
        detection(person_id, "zone_enter", midnight + HOUR),
        detection(person_id, "zone_exit", midnight + 10 * HOUR),
        detection(person_id, "zone_exit", midnight + 11 * HOUR),
        detection(person_id, "zone_enter", midnight + 12 * HOUR),
        detection(person_id, "bed_exit", midnight - 2 * HOUR),
        detection(person_id, "bed_exit", midnight + 13 * HOUR),
            # An afternoon days before, and nothing else: of the night after it.
            detection(person_id, "bed_exit", midnight - 3 * DAY + 14 * HOUR),
    ])  # fmt: skip
    case = incident(url, person_id, opened_at=midnight + 10 * HOUR, resolved_at=midnight + 12 * HOUR)
    for round_, state in ((1, "delivered"), (1, "delivered"), (2, "failed")):
        message(url, case, midnight + 11 * HOUR, round_=round_, state=state)
    await sum_up(url)
    async with await database.connect(url) as connection:
        days = {
            row.day: row
            for row in await queries.person_days(
                connection, person_id, since=date(2026, 11, 18), until=date(2026, 11, 30)
            )
        }
    row = days[date(2026, 11, 21)]
    assert row.distance_m == pytest.approx(way_by_hand(fixes), rel=1e-5)
    assert 1_100 < row.distance_m < 1_250
    assert row.outside_minutes == pytest.approx(60 + 120)
    assert (row.heard_hours, row.told_minutes, row.worn_minutes, row.steps) == (12, 640, 580, 1_920)
    assert (row.in_bed_minutes, row.bed_exits, row.alerts) == (500, 1, 2)
    # The evening before: outside for its last hour, in bed in a night that belongs to the next day.
    eve = days[date(2026, 11, 20)]
    assert (eve.outside_minutes, eve.distance_m, eve.in_bed_minutes, eve.bed_exits) == (60, None, None, 0)
    assert (days[date(2026, 11, 18)].bed_exits, days[date(2026, 11, 19)].bed_exits) == (0, 1)
    # The afternoon's bed exit is of the next night; today nothing was heard, and there is a day all the same.
    assert days[date(2026, 11, 22)].bed_exits == 1
    assert days[date(2026, 11, 22)].heard_hours == 0


async def test_who_is_outside_is_so_until_now(url):
    ((person_id, _, _),) = persons(url, 1)
    put(url, "detections", [detection(person_id, "zone_exit", NOW - HOUR)])
    for later in (timedelta(0), 2 * HOUR):
        await sum_up(url, NOW + later)
        (minutes,) = rows(url, "SELECT outside_minutes FROM person_days WHERE day = '2026-11-22'")
        assert minutes == (60 + later / MINUTE,)


async def test_a_late_reading_sums_up_its_day_again_and_no_other(url):
    ((person_id, key, _), _) = persons(url, 2)
    put(url, "locations", [location(key, person_id, NOW - n * DAY) for n in range(10)])
    await sum_up(url)
    before = dict(rows(url, "SELECT (person_id, day)::text, heard_hours FROM person_days"))
    put(url, "locations", [location(key, person_id, NOW - 5 * DAY - 2 * HOUR, NOW)])
    await sum_up(url, NOW + MINUTE)
    after = dict(rows(url, "SELECT (person_id, day)::text, heard_hours FROM person_days"))
    assert {key: (before.get(key), after[key]) for key in after if after[key] != before.get(key)} == {
        f"({person_id},2026-11-17)": (1, 2)
    }


async def test_areas_say_how_many_are_heard_and_none_that_is_too_small(url):
    people = persons(url, 6)
    run(url, f"UPDATE persons SET division = '370304001001' WHERE person_id = {people[5][0]}")
    put(
        url,
        "locations",
        [location(key, person_id, NOW - n * HOUR, worn=n < 9) for person_id, key, _ in people[:3] for n in range(12)],
    )
    await sum_up(url)
    async with await database.connect(url) as connection:
        found = await queries.areas(
            connection, digits=6, since=date(2026, 11, 22), until=date(2026, 11, 23), least_persons=5
        )
    (area,) = found
    assert (area.division, area.persons, area.person_days) == ("370303", 5, 5)
    # 12 hours from midnight in Zibo to noon, of three of five; nine of them worn.
    assert area.coverage == pytest.approx(3 * 12 / (5 * 24))
    assert area.wear_rate == pytest.approx(9 / 12)


KILLED = """
import asyncio, os, signal, sys
from datetime import datetime
from api.keeping import summing
from api.keeping.store import sums
from runtime import database
after, name = int(sys.argv[2]), sys.argv[3]
kept, calls = getattr(sums, name), 0
async def wrapped(*a, **k):
    global calls
    calls += 1
    done = await kept(*a, **k)
    if calls == after:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(sums, name, wrapped)
async def main():
    async with await database.connect(sys.argv[1], autocommit=True) as connection:
        await summing.bring_up_to_date(connection, at=datetime.fromisoformat(sys.argv[4]))
asyncio.run(main())
"""


@pytest.mark.parametrize(("name", "after"), [("touch", 2), ("mark_stale", 1), ("set_mark", 2), ("sum_days", 2)])
async def test_killed_in_the_middle_it_comes_to_the_same(url, name, after):
    ((person_id, key, _),) = persons(url, 1)
    readings = [location(key, person_id, NOW - n * 17 * MINUTE, steps=1) for n in range(1, 200)]
    put(url, "locations", readings)
    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, url, str(after), name, NOW.isoformat()],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert process.returncode == -signal.SIGKILL, process.stderr
    await sum_up(url, NOW + MINUTE)
    assert stored(url) == by_hand(readings)
    assert rows(url, "SELECT sum(steps)::int, count(*) FROM person_days") == [(199, 3)]
    assert rows(url, "SELECT count(*) FROM stale_days") == [(0,)]
