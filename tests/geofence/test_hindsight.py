"""A suspicion and what is heard late of the time before it: still outside is told at once, over is history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from geofence import snapshot
from geofence.ordering import Admission
from geofence.reading import FixSource
from tests.geofence.scenes import Story, at, person

#: The person is inside until 0, out of reach until 600, and then at once outside.
SAID_AT_S = 600.0
OUT_M = 300.0


def back(east_m: float = OUT_M, **thresholds: Any) -> Story:
    """Somebody whose bracelet is back and says where it is now."""
    story = Story(person(**thresholds))
    for second in (-120, -60, 0):
        story.fix(second, 0.0)
    story.fix(SAID_AT_S, east_m)
    return story


def late(story: Story, seconds: float, east_m: float, **further: Any) -> Admission:
    """A fix that its bracelet kept, heard two seconds after it was back."""
    return story.fix(seconds, east_m, late_s=SAID_AT_S + 2 - seconds, **further).admission


def exits(story: Story) -> list[tuple[str, str]]:
    return [(each.kind, each.reason) for each in story.detections if each.kind == "zone_exit"]


def test_still_outside_is_told_at_once() -> None:
    story = back()
    assert story.safety == "suspect"
    assert late(story, 500, OUT_M) is Admission.LATE
    assert exits(story) == []
    story.wait(SAID_AT_S + 6.9)
    assert exits(story) == []
    story.wait(SAID_AT_S + 7)
    assert exits(story) == [("zone_exit", "two_fixes")]
    (exit_,) = story.detections
    assert exit_.at == at(SAID_AT_S + 7)
    assert exit_.evidence["suspected_since"] == at(500).isoformat()
    assert exit_.evidence["fixes"] == 2
    assert story.safety == "outside"


def test_told_once() -> None:
    story = back()
    late(story, 500, OUT_M)
    story.wait(SAID_AT_S + 7)
    late(story, 550, OUT_M)
    story.fix(SAID_AT_S + 60, OUT_M + 20)
    story.wait(SAID_AT_S + 3_000)
    assert len(exits(story)) == 1


def test_with_the_next_live_reading_at_the_latest() -> None:
    story = back()
    late(story, 500, OUT_M)
    story.fix(SAID_AT_S + 30, OUT_M)
    assert exits(story) == [("zone_exit", "two_fixes")]


def test_an_exit_that_is_over_is_history() -> None:
    story = back(0.0)
    for second in (200, 300, 400):
        assert late(story, second, OUT_M) is Admission.LATE
    story.wait(SAID_AT_S + 20)
    assert story.told == []
    assert story.safety == "inside"


@pytest.mark.parametrize("order", [(400, 500, 560), (560, 500, 400), (500, 560, 400)])
def test_the_newest_late_fix_has_the_last_word(order: tuple[int, ...]) -> None:
    """Outside and home again and then the first fix outside anew: that alone suspects, in whatever order it is heard."""
    where = {400: OUT_M, 500: OUT_M, 560: 0.0}
    story = back()
    for second in order:
        late(story, second, where[second])
    story.wait(SAID_AT_S + 60)
    assert exits(story) == []
    assert story.safety == "suspect"


@pytest.mark.parametrize("order", [(400, 500, 560), (560, 500, 400)])
def test_any_order_is_the_same_state(order: tuple[int, ...]) -> None:
    where = {400: 0.0, 500: OUT_M, 560: OUT_M}
    one, other = back(), back()
    for second in sorted(where):
        late(one, second, where[second])
    for second in order:
        late(other, second, where[second])
    assert snapshot.freeze(one.state) == snapshot.freeze(other.state)
    assert one.wait(SAID_AT_S + 7) == other.wait(SAID_AT_S + 7) != []


@pytest.mark.parametrize(
    ("seconds", "east_m", "further"),
    [
        (0.0, OUT_M, {}),
        (-30.0, OUT_M, {}),
        (500.0, 205.0, {}),
        (500.0, OUT_M, {"at_home": True}),
        (500.0, OUT_M, {"charging": True}),
        (500.0, OUT_M + 200, {"accuracy_m": 120.0}),
        (500.0, OUT_M, {"accuracy_m": 5_000.0}),
        (SAID_AT_S - 1, OUT_M, {}),
    ],
    ids=["as last known", "before", "at the edge", "at home", "charging", "coarse", "useless", "the same moment"],
)
def test_what_says_nothing_of_the_time_before(seconds: float, east_m: float, further: dict[str, Any]) -> None:
    story = back()
    late(story, seconds, east_m, **further)
    story.wait(SAID_AT_S + 60)
    assert exits(story) == []


@pytest.mark.parametrize(
    ("east_m", "further"),
    [
        # By a tower, too vague, or with a circle that cuts the edge: neither outside nor back.
        (0.0, {"source": FixSource.CELL}),
        (0.0, {"accuracy_m": 201.0}),
        (205.0, {"accuracy_m": 30.0}),
    ],
)
def test_what_says_nothing_does_not_take_back_what_was_said(east_m: float, further: dict[str, Any]) -> None:
    story = back()
    late(story, 500, OUT_M)
    late(story, 550, east_m, **further)
    story.wait(SAID_AT_S + 8)
    assert exits(story) == [("zone_exit", "two_fixes")]


def test_older_than_live_is_history() -> None:
    story = back()
    assert late(story, 1.0, OUT_M) is Admission.STALE
    story.wait(SAID_AT_S + 60)
    assert exits(story) == []


def test_who_wants_three_fixes_needs_three() -> None:
    story = back(zone_confirming_fixes=3)
    late(story, 500, OUT_M)
    story.wait(SAID_AT_S + 60)
    assert exits(story) == []


def test_a_suspicion_that_ended_forgets_it() -> None:
    story = back()
    story.fix(SAID_AT_S + 10, 0.0)
    late(story, 500, OUT_M)
    story.wait(SAID_AT_S + 60)
    assert exits(story) == []
    assert story.state.zone.late is None


def test_a_late_word_during_our_own_absence_ends() -> None:
    """It was received while we could not store: its deadline lies in the absence, and is judged all the same."""
    story = back()
    story.away(SAID_AT_S - 10, SAID_AT_S + 900)
    late(story, 500, OUT_M)
    story.wait(SAID_AT_S + 1_000)
    assert exits(story) == [("zone_exit", "two_fixes")]


def test_somebody_of_whom_nothing_was_known_is_not_suspected() -> None:
    story = Story(person())
    story.fix(SAID_AT_S, OUT_M)
    late(story, 500, OUT_M)
    story.wait(SAID_AT_S + timedelta(minutes=1).total_seconds())
    assert exits(story) == []
