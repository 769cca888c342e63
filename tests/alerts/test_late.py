"""Alert or history: both sides of the age beyond which a kind calls nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from alerts import kinds
from alerts.detected import Detected
from alerts.handling import over
from geofence import freshness
from geofence.policy import DEFAULT, THRESHOLDS
from geofence.threshold import Bounds

NOW = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def detected(kind: str, age: timedelta, reason: str = "") -> Detected:
    return Detected(
        detection_id=UUID(int=1),
        device_id="zb-1",
        kind=kind,
        reason=reason,
        at=NOW - age,
        place_at=None,
        evidence={},
    )


@pytest.mark.parametrize("kind", ["zone_exit", "wandering", "apnea", "heart_rate", "low_battery", "bed_exit"])
def test_both_sides_of_the_limit(kind: str) -> None:
    limit = freshness.fresh_for(kind, DEFAULT)
    assert limit is not None
    assert not over(detected(kind, limit), NOW, DEFAULT)
    assert over(detected(kind, limit + SECOND), NOW, DEFAULT)


def test_the_limit_is_the_persons_own() -> None:
    mine = replace(DEFAULT, wandering_fresh_for=timedelta(minutes=15))
    age = timedelta(minutes=16)
    assert over(detected("wandering", age), NOW, mine)
    assert not over(detected("wandering", age), NOW, DEFAULT)


@pytest.mark.parametrize("kind", ["sos", "fall", "bedside_fall", "silence", "zone_enter", "meteor"])
def test_some_are_told_however_late(kind: str) -> None:
    assert not over(detected(kind, timedelta(days=30)), NOW, DEFAULT)


def test_nothing_outlives_what_ends_it_by_itself() -> None:
    """A reason may be over sooner than its kind."""
    assert over(detected("apnea", timedelta(hours=5), "single_pause"), NOW, DEFAULT)
    assert not over(detected("apnea", timedelta(hours=5), "long_pause"), NOW, DEFAULT)
    assert over(detected("strap_removed", timedelta(hours=12) + SECOND), NOW, DEFAULT)


def test_a_policy_cannot_promise_more_than_the_table_keeps() -> None:
    for kind, row in kinds.KINDS.items():
        if row.lapses_after is not None and (entry := THRESHOLDS.get(f"{kind}_fresh_for")) is not None:
            limits = entry[1]
            assert isinstance(limits, Bounds)
            assert limits.most <= row.lapses_after.total_seconds(), kind
