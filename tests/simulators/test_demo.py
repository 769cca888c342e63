from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

import pytest

from runtime.cli import CommandError
from runtime.embedded import AlreadyRunning, lock
from simulators.demo import calendar_file, commands, result, run
from simulators.demo.calendar_file import SHANGHAI
from simulators.demo.screen import Screen
from simulators.errors import SimulatorError

NOW = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
STATS = {"published": 100, "acknowledged": 99}


def summary(committed=97, rejected=1):
    return {
        "readings": {"committed": committed, "rejected": rejected},
        "detections": {"sos": 1},
        "incidents": {"sos": 1},
        "notifications": {"sent": 3, "failed": 0},
        "publish_to_notification_ms": {"p50": 40.0, "p99": 90.0},
    }


def test_the_first_run_begins_before_dawn_today_in_zibo(tmp_path):
    assert calendar_file.next_start(tmp_path, NOW) == datetime(2026, 11, 22, 4, 45, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("reached", "start"),
    [
        (datetime(2026, 11, 22, 4, 45, tzinfo=SHANGHAI), datetime(2026, 11, 23, 4, 45, tzinfo=SHANGHAI)),
        (datetime(2026, 11, 22, 4, 44, 59, tzinfo=SHANGHAI), datetime(2026, 11, 22, 4, 45, tzinfo=SHANGHAI)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=SHANGHAI), datetime(2027, 1, 1, 4, 45, tzinfo=SHANGHAI)),
    ],
)
def test_the_next_run_begins_on_the_morning_after(tmp_path, reached, start):
    calendar_file.remember(tmp_path, reached)
    assert calendar_file.next_start(tmp_path, NOW) == start


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"reached": 3}', '{"reached": "2026-11-22T00:00:00"}'])
def test_a_spoilt_memory_is_none(tmp_path, content):
    (tmp_path / calendar_file.NAME).write_text(content)
    assert calendar_file.next_start(tmp_path, NOW).date() == NOW.astimezone(SHANGHAI).date()


def test_device_time_never_runs_backwards(tmp_path):
    reached = NOW
    for _ in range(50):
        start = calendar_file.next_start(tmp_path, NOW)
        calendar_file.remember(tmp_path, start)
        assert calendar_file.next_start(tmp_path, NOW) > start
        reached = start + timedelta(hours=7)
        calendar_file.remember(tmp_path, reached)


def test_lost_is_what_was_acknowledged_and_neither_stored_nor_refused():
    assert result.result(STATS, summary())["readings"] == {
        "published": 100,
        "acknowledged": 99,
        "committed": 97,
        "rejected": 1,
        "lost": 1,
    }
    assert result.result(STATS, summary(committed=120))["readings"]["lost"] == 0


def test_the_figures_have_the_names_that_scripts_rely_on():
    figures = result.result(STATS, summary())
    assert set(figures) == {"readings", "detections", "incidents", "notifications", "publish_to_notification_ms"}
    assert figures["publish_to_notification_ms"] == {"p50": 40.0, "p99": 90.0}
    told = " ".join(result.lines(figures))
    assert "1 lost" in told
    assert "p99 90 ms" in told


def test_settled_when_everything_is_stored_and_nothing_moves():
    assert not result.settled(None, summary(committed=98), 99)
    assert not result.settled(summary(committed=97), summary(committed=98), 99)
    assert not result.settled(summary(committed=97), summary(committed=97), 99)
    assert result.settled(summary(committed=98), summary(committed=98), 99)


def incident(number, state):
    return {
        "incident_id": number,
        "state": state,
        "severity": "critical",
        "opened_at": "2026-11-20T20:50:00Z",
        "sentence": {"en": "Left."},
    }


def test_the_screen_tells_each_happening_once(capsys):
    screen = Screen(quiet_output=False)
    screen.already_told([incident(1, "resolved")])
    screen.incidents([incident(2, "open"), incident(1, "resolved")])
    screen.incidents([incident(2, "open")])
    screen.incidents([incident(2, "acknowledged")])
    received = {"valid": 2, "repeated": 0, "messages": [{"message": {"title": "a"}}, {"message": {"title": "b"}}]}
    screen.phone(received)
    screen.phone(received)
    assert capsys.readouterr().out.splitlines() == [
        "⚠ 04:50 incident 2 opened, critical: Left.",
        "  incident 2: open → acknowledged",
        "☎ a",
        "☎ b",
    ]


def test_with_json_standard_output_is_left_alone(capsys):
    Screen(quiet_output=True).say("hello")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


def test_fresh_empties_a_folder_of_ours_only(tmp_path):
    run.clear(tmp_path / "gone")
    stranger = tmp_path / "photos"
    stranger.mkdir()
    (stranger / "mother.jpg").touch()
    with pytest.raises(SimulatorError, match="photos"):
        run.clear(stranger)
    assert (stranger / "mother.jpg").exists()
    ours = tmp_path / "data"
    (ours / "postgres").mkdir(parents=True)
    (ours / "lock").touch()
    (ours / "clock.json").touch()
    run.clear(ours)
    assert [entry.name for entry in ours.iterdir()] == ["lock"]


def test_fresh_refuses_a_folder_in_use(tmp_path):
    with lock.only_here(tmp_path), pytest.raises(AlreadyRunning):
        run.clear(tmp_path)


def test_the_telephone_keeps_its_secret(tmp_path):
    file = tmp_path / "phone.secret"
    secret = run.kept_secret(file)
    assert len(secret) >= 32
    assert run.kept_secret(file) == secret
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "arguments", [["--rate", "0"], ["--seconds", "-1"], ["--webhook", "http://x"], ["--bracelets", "0"]]
)
def test_options_that_cannot_be_are_explained(arguments, tmp_path):
    top = argparse.ArgumentParser()
    commands.register(top.add_subparsers())
    with pytest.raises(CommandError, match=arguments[0]):
        commands._options(top.parse_args(["demo", *arguments]), tmp_path)
