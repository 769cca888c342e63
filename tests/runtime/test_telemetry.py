"""Logs for people and for machines; metrics of the process."""

import io
import json
import sys

import pytest
import structlog

from runtime import telemetry
from runtime.settings import WithoutDatabase


@pytest.fixture
def logged(capsys):
    """Three lines, as configured."""

    def run(**settings):
        telemetry.configure_logging(WithoutDatabase(**settings), service="example")
        log = structlog.get_logger("x")
        log.debug("small")
        log.info("committed", rows=3, place="博山")
        log.warning("odd")
        written = capsys.readouterr()
        assert written.out == ""
        return written.err.splitlines()

    yield run
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_for_machines_is_one_json_object(logged):
    line = json.loads(logged(log_format="json")[0])
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "committed", "rows": 3, "place": "博山", "level": "info", "service": "example"}


def test_a_line_for_people_says_the_same(logged):
    line = logged()[0]
    assert "committed" in line
    assert "rows=3" in line


@pytest.mark.parametrize(("level", "lines"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_lines_below_the_level_are_not_written(logged, level, lines):
    assert len(logged(log_level=level)) == lines


def test_metrics_tell_of_the_process():
    text = io.BytesIO(telemetry.metrics_text()).read().decode()
    assert "\npython_info{" in text
    if sys.platform == "linux":
        assert "\nprocess_cpu_seconds_total " in text
