"""Every story in tests/golden/ comes out as it is written, single and as one batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from geofence import batch
from geofence.engine import PersonState
from tests.geofence.golden_traces import FOLDER, NotUnderstood, readings_of, render
from tests.geofence.scenes import judged

STORIES = sorted(FOLDER.glob("*.txt"))


def test_there_are_stories() -> None:
    assert len(STORIES) >= 12
    assert all(path.read_text(encoding="utf-8").startswith("# ") for path in STORIES)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_it_comes_out_as_written(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert render(text) == text


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_it_comes_out_the_same_in_one_batch(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if (found := readings_of(text)) is None:
        return
    readings, person = found
    states: dict[int, PersonState] = {}
    outcomes = batch.judge_all(states, readings, {1: person})
    told = [detection for outcome in outcomes for detection in outcome.judgement.detections]
    assert told == judged(person, readings).detections
    assert {1: judged(person, readings).state} == states


@pytest.mark.parametrize(
    "line", ["25:00 at home", "nonsense", "08:00 far away", "zone home: triangle", "08:00 60 m up"]
)
def test_what_is_not_understood_is_said(line: str) -> None:
    with pytest.raises(NotUnderstood, match="line 2"):
        render(f"zone home: circle of 150 m\n{line}\n")
