"""Two records side by side: the same but for real time, or each difference in a line."""

from __future__ import annotations

import argparse

import pytest

from simulators import commands
from simulators.scoring import run_log
from simulators.scoring.comparing import differences
from simulators.scoring.run_log import Paced, Traffic
from tests.simulators.run_logs import alert, detected, episode, incident, log


def whole(*, at=65.0, **changes):
    fields = {
        "episodes": [episode()],
        "detections": [detected(at)],
        "alerts": [alert(at)],
        "incidents": [incident()],
        "publish_to_notification_ms": [50.0],
    }
    return log(**(fields | changes))


def test_what_real_time_decides_makes_no_difference():
    other = whole(
        publish_to_notification_ms=[90.0],
        paced=Paced(asked=60, reached=12.0, real_s=99),
        traffic=Traffic(published=110, acknowledged=110, stored=109),
        incidents=[incident(answered_at=episode().until)],
        alerts=[alert(65.0, told_at=episode().until)],
    )
    assert differences(whole(), other) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"at": 65.1}, ["night_exit-60.0: found after 180.0 s by zone_exit left, and found after 186.0 s by zone_exit"]),
        ({"alerts": []}, ["night_exit-60.0: found after 180.0 s by zone_exit left, and nobody_told by", "alerts zibo-1"]),
        (
            {"detections": [detected(65.0), detected(300.0, "silence", incident=2)], "alerts": [
                alert(65.0), alert(300.0, "silence", incident=2, reason="lasts")]},
            ["alerts zibo-1 silence lasts false: 0 and 1", "counts.alerts.false: 0 and 1"],
        ),
        ({"traffic": Traffic(published=9, acknowledged=9, stored=7)}, ["messages_lost: 1 and 2"]),
        ({"episodes": []}, ["episode night_exit-60.0 is not the same in both"]),
        ({"episodes": [episode(until=101.0)]}, ["episode night_exit-60.0 is not the same in both"]),
        ({"seed": 2}, ["seed: 1 and 2"]),
    ],
)  # fmt: skip
def test_what_differs_is_said_in_a_line(changes, expected):
    found = differences(whole(), whole(**changes))
    assert [line[: len(said)] for line, said in zip(found, expected, strict=False)] == expected
    assert len(found) >= len(expected)


def test_the_command_ends_as_diff_does(tmp_path, capsys):
    run_log.write(whole(), tmp_path / "a.json")
    run_log.write(whole(at=66.0), tmp_path / "b.json")
    (tmp_path / "c.json").write_text("{}")

    def compare(*names):
        parser = argparse.ArgumentParser()
        commands.register(parser.add_subparsers())
        parsed = parser.parse_args(["simulate", "compare", *(str(tmp_path / name) for name in names)])
        return parsed.run(parsed), capsys.readouterr().out

    assert compare("a.json", "a.json") == (0, "the same, but for what real time decides\n")
    code, said = compare("a.json", "b.json")
    assert code == 1
    assert "found after 240.0 s" in said
    with pytest.raises(Exception, match=r"c\.json is no record of a rehearsal"):
        compare("a.json", "c.json")
