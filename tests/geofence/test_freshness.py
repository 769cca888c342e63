"""How old a conclusion may be to be told: every kind has its limit, or none on purpose."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from geofence import freshness
from geofence.detection import DetectionKind
from geofence.policy import DEFAULT, THRESHOLDS, Policy
from geofence.threshold import Bounds

LIMITED = sorted(set(DetectionKind) - freshness.ALWAYS)


def test_every_kind_has_a_limit_or_none_on_purpose() -> None:
    named = {field.name.removesuffix("_fresh_for") for field in fields(Policy) if field.name.endswith("_fresh_for")}
    assert named == set(LIMITED)


@pytest.mark.parametrize("kind", [*sorted(freshness.ALWAYS), "meteor"])
def test_a_call_for_help_and_what_is_unknown_are_told_however_late(kind: str) -> None:
    assert freshness.fresh_for(kind, DEFAULT) is None


@pytest.mark.parametrize("kind", LIMITED)
def test_the_limit_is_the_persons_own(kind: DetectionKind) -> None:
    name = f"{kind}_fresh_for"
    mine = replace(DEFAULT, **{name: timedelta(minutes=17)})
    assert freshness.fresh_for(kind, mine) == timedelta(minutes=17)
    assert freshness.fresh_for(kind, DEFAULT) == getattr(DEFAULT, name)


def test_no_limit_goes_below_the_age_at_which_nobody_looks() -> None:
    bounds = [limits for name, (_, limits) in THRESHOLDS.items() if name.endswith("_fresh_for")]
    least = [each.least for each in bounds if isinstance(each, Bounds)]
    assert len(least) == len(LIMITED)
    assert min(least) == freshness.LEAST.total_seconds()
