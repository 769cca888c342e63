"""Scene files: what is shipped can be read, includes lie over each other, and what is wrong is named with its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulators.errors import SimulatorError
from simulators.scenes import problem, reading, spans
from simulators.scenes.positions import Positions
from tests.simulators.maps import ZHANGDIAN, square, written

RUN = '[run]\nstart = 2026-11-24T04:45:00+08:00\nlength = "24h"\n'
START = datetime(2026, 11, 24, 4, 45, tzinfo=spans.ZIBO)


@pytest.fixture
def scene(tmp_path):
    def write(text, name="mine.toml"):
        file = tmp_path / name
        file.write_text(text)
        return str(file)

    return write


@pytest.mark.parametrize("name", reading.names())
def test_every_scene_that_comes_with_tongxing_can_be_read(name):
    scene = reading.load(name)
    assert scene.length_s > 0
    assert scene.title != name
    assert all(scene.start <= scene.at(step) <= scene.until for step in scene.steps)


def test_the_scenes_that_are_promised_are_there():
    assert {
        "ordinary_tuesday",
        "ordinary_week",
        "the_night",
        "storm",
        "street_without_base_station",
        "broker_restarts_at_noon",
        "return_after_two_hours",
        "tiny",
    } <= set(reading.names())


def test_a_file_lies_over_what_it_includes(scene):
    scene(
        '[city]\nseed = 7\nbeds = 3\n[rates]\nset = "ill"\nsos = 0.5\n[[steps]]\nat = "+1m"\ndo = "episode"\nname = "sos"',
        "base.toml",
    )
    read = reading.load(
        scene(
            f'title = "Mine"\ninclude = ["base.toml"]\n[city]\nbeds = 4\n{RUN}[rates]\nlost = 0\n'
            '[[steps]]\nat = "+2m"\ndo = "fault"\nname = "ingest_kill"'
        )
    )
    assert (read.title, read.seed, read.beds) == ("Mine", 7, 4)
    assert (read.rate_set, read.rates) == ("ill", {"sos": 0.5, "lost": 0})
    assert [type(step).__name__ for step in read.steps] == ["EpisodeStep", "FaultStep"]
    assert [step.name for step in read.faults] == ["ingest_kill"]
    assert read.until - read.start == timedelta(days=1)


def test_boundaries_lie_beside_the_file_that_names_them(scene, tmp_path):
    (tmp_path / "maps").mkdir()
    written(tmp_path / "maps", square(ZHANGDIAN))
    scene('[city]\nboundaries = "zibo.geojson"\ndatum = "wgs84"', "maps/base.toml")
    read = reading.load(scene(f'include = ["maps/base.toml"]\n{RUN}'))
    assert set(read.boundaries.areas) == {"370303"}
    assert reading.load(scene(RUN, "plain.toml")).boundaries is None
    nearer = reading.load(scene(f'include = ["maps/base.toml"]\n[city]\ndatum = "gcj02"\n{RUN}', "moved.toml"))
    assert nearer.boundaries.areas["370303"].centroid.x != read.boundaries.areas["370303"].centroid.x


def test_two_files_may_include_the_same_third(scene):
    scene('[[steps]]\nat = "+1m"\ndo = "episode"\nname = "sos"', "third.toml")
    for name in ("one", "two"):
        scene('include = ["third.toml"]', f"{name}.toml")
    assert len(reading.load(scene(f'include = ["one.toml", "two.toml"]\n{RUN}')).steps) == 1


STEP = '[[steps]]\nat = "06:00"\ndo = "episode"\nname = "sos"\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f'{RUN}[city]\nboundaries = "gone.geojson"\ndatum = "wgs84"', 5, "city.boundaries: "),
        (f'{RUN}[city]\nboundaries = "gone.geojson"\ndatum = "wgs84"', 5, "gone.geojson cannot be read as GeoJSON"),
        (f'{RUN}[city]\nseed = 1\nboundaries = "zibo.geojson"', 6, 'Write datum = "gcj02" for maps made in China'),
        (f'{RUN}[city]\ndatum = "gcj02"', 5, "city.datum: a datum of what?"),
        (f'{RUN}[city]\ndatum = "gcj"', 5, 'city.datum is \'gcj\'. Write "wgs84", "gcj02" or "bd09"'),
        (f"{RUN}titel = 1", 4, "run.titel is not known: write one of start, length, speed"),
        (f'titel = "x"\n{RUN}', 1, "titel is not known: did you mean title?"),
        (f'{RUN}[city]\nseed = 1\nbeds = "many"', 6, "city.beds is 'many'. Write beds, most of them theirs."),
        ('[run]\nstart = 2026-11-24T04:45:00\nlength = "1h"', 2, "Write an instant with its zone"),
        ('[run]\n\nstart = 2026-11-24T04:45:00Z\nlength = "soon"', 4, "run.length: 'soon' is no length of time"),
        ("[run]\nstart = 2026-11-24T04:45:00Z", 1, "[run] has no length"),
        (f"{RUN}speed = 0", 4, "run.speed is 0. Write simulated seconds in a real one"),
        (f'{RUN}{STEP}[[steps]]\n# a word\nat = "7"\ndo = "episode"\nname = "sos"', 10, "steps[2].at: '7' is no time"),
        (f'{RUN}{STEP}[[steps]]\nat = "day 1 03:00"\ndo = "episode"\nname = "sos"', 9, "before the start"),
        (f'{RUN}[[steps]]\nat = "day 3 03:00"\ndo = "episode"\nname = "sos"', 5, "46.2 h after the start"),
        (f'{RUN}[[steps]]\nat = "24:00"\ndo = "episode"\nname = "sos"', 5, "no time of day"),
        (f'{RUN}{STEP}[[steps]]\nat = "07:00"\ndo = "dance"', 10, "steps[2].do: write one of episode, outage, fault"),
        (f'{RUN}[[steps]]\nat = "07:00"\nname = "sos"', 4, "steps[1] has no do. Write do = one of episode"),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "episode"', 4, "steps[1] has no name. Write name = an episode"),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "episode"\nname = "night_exi"', 7, "did you mean night_exit?"),
        (f'{RUN}{STEP}whom = "zb-000001"', 8, "steps[1].whom is not known: did you mean who?"),
        (f'{RUN}{STEP}who = "zb-000001"\ntimes = 2', 9, "steps[1].times: 2 persons, and zb-000001? Take who away"),
        (f"{RUN}{STEP}[steps.with]\nloud = 3", 8, "no parameter 'loud'"),
        (
            f'{RUN}[[steps]]\nat = "07:00"\ndo = "episode"\nname = "lost"\nwith = {{ away_m = 1 }}',
            8,
            "write a number from 150",
        ),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "outage"\nlasts = "1h"\ndivision = "Zibo"', 8, "a statistical code"),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "outage"\nlasts = "1h"\nshare = 2', 8, "a share from 0 to 1"),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "outage"', 4, 'Write lasts = a length of time, e.g. "20m"'),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "fault"\nname = "fire"', 7, "there is no fault 'fire'"),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "fault"\nname = "broker_kill"', 7, 'needs lasts, e.g. lasts = "5m"'),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "fault"\nname = "api_kill"\nlasts = "1m"', 7, "api_kill has no lasts"),
        (f'{RUN}[[steps]]\nat = "07:00"\ndo = "fault"\nname = "clock_jump"', 7, 'needs device = "zb-000012"'),
        (f'{RUN}[rates]\nset = "il"', 5, "rates.set: there are no rates 'il': did you mean ill?"),
        (f"{RUN}[rates]\nlots = 1", 5, "there is no episode 'lots'"),
        (f"{RUN}[rates]\nsos = -1", 5, "-1 a day cannot be"),
        (f'{RUN}[rates]\nsos = "often"', 5, "'often' is no number"),
        (f"{RUN}[families]\nanswers = 1.5", 5, "families.answers is 1.5. Write a share from 0 to 1"),
        (f'{RUN}[responders]\ntakes = "long"', 5, "responders.takes: 'long' is no length"),
        (f'include = ["gone"]\n{RUN}', 1, "there is no scene 'gone'"),
        (f'include = [\n "tiny",\n "mine.toml"]\n{RUN}', 3, "mine.toml includes this file in turn"),
        (f"{RUN}{RUN}", 4, "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_to_write(scene, text, line, said):
    file = scene(text)
    with pytest.raises(SimulatorError) as caught:
        reading.load(file)
    assert said in str(caught.value)
    assert file in str(caught.value)
    assert f"line {line}" in str(caught.value)


def test_what_is_wrong_in_an_included_file_is_named_there(scene):
    base = scene("\n\n[city]\nbeads = 3", "base.toml")
    with pytest.raises(SimulatorError, match=r"base\.toml, line 4: city\.beads is not known: did you mean beds"):
        reading.load(scene(f'include = ["{base}"]\n{RUN}'))


def test_a_scene_that_is_not_there_is_explained():
    with pytest.raises(SimulatorError, match=r"no scene 'nothing'.*ordinary_tuesday"):
        reading.load("nothing")


def test_positions_of_every_form_of_toml():
    places = Positions(
        'a.b = 1\n[c]\n"odd key" = [1,\n 2]\n[[s]]\nx = 1\n[[s]]\n[s.with]\ny = { z = [ {\nq = 1 } ] }\n[[s]]\n'
        "[c.d.e]\nf = 1\n"
    )
    lines = {
        ("a", "b"): 1,
        ("c",): 2,
        ("c", "odd key"): 3,
        ("c", "odd key", 1): 4,
        ("s", 0, "x"): 6,
        ("s", 1): 7,
        ("s", 1, "with"): 8,
        ("s", 1, "with", "y"): 9,
        ("s", 1, "with", "y", "z", 0, "q"): 10,
        ("s", 2): 11,
        ("c", "d", "e", "f"): 13,
    }
    assert {place: places.line(place) for place in lines} == lines
    assert places.line(("s", 2, "gone", 3)) == 11
    assert places.line(("gone",)) == 1


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90), ("1h 30m", 5_400), ("7d", 604_800), ("0.5h", 1_800), ("1m30s", 90)]
)
def test_lengths(text, expected):
    assert spans.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "1", "1h and", "-1h", "63d", "h", "1y"])
def test_no_lengths(text):
    with pytest.raises(SimulatorError):
        spans.seconds(text)


@pytest.mark.parametrize(
    ("text", "expected_h"),
    [
        ("04:45", 0),
        ("05:00", 0.25),
        ("02:45", 22),
        ("day 1 05:45", 1),
        ("day 2 02:45", 22),
        ("day 3 04:45", 48),
        ("+90m", 1.5),
    ],
)
def test_times_of_steps(text, expected_h):
    assert spans.after_s(text, START.astimezone(UTC)) == expected_h * 3_600


def test_suggestions():
    assert problem.suggestion("beads", ["beds", "seed"]) == "did you mean beds?"
    assert problem.suggestion("zzz", ["beds", "seed"]) == "write one of beds, seed."
