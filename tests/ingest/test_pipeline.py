"""When deadlines may be judged: only when no reading that would move them can still be on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from ingest import patience, pipeline
from ingest.batching import Batcher
from ingest.judged import Judged
from ingest.pipeline import Pipeline
from ingest.work import Work
from runtime.clock import ManualClock
from tests.geofence.scenes import at, person
from tests.ingest.crowds import Crowd
from tests.ingest.envelopes import envelope
from tests.ingest.test_quiet_fixes import floods
from tests.ingest.test_states import book_of, row, suspect


class Waiting:
    """A pipeline with somebody suspected whose deadline is at 360 s."""

    def __init__(self, now: datetime, *, caught_up: bool = True, quiet: bool = True) -> None:
        self.batcher = Batcher(messages=10, age_s=0.0)
        registry = SimpleNamespace(persons={1: person()}, devices={})
        self.pipeline = Pipeline(
            "", cast("Any", registry), self.batcher, cast("Any", None), ManualClock(now), caught_up=lambda: caught_up
        )
        self.pipeline._book = book_of(row(1, suspect(60), at(360)), row(2, suspect(900), at(1_200)))
        self.registry = registry
        if quiet:
            self.batcher._last_put_s -= patience.QUIET_S

    @property
    def due(self) -> list[int] | None:
        deadlines = self.pipeline._patience.passed(self.pipeline._book)
        return None if deadlines is None else list(deadlines.person_ids)


@pytest.mark.parametrize(("seconds", "due"), [(359.9, None), (360.0, [1]), (1_199.0, [1])])
def test_a_deadline_is_judged_when_it_has_come(seconds: float, due: list[int] | None) -> None:
    assert Waiting(at(seconds)).due == due


def test_not_while_the_broker_may_still_send_what_it_kept() -> None:
    """After a restart everybody suspected would else have been silent, because we were."""
    assert Waiting(at(400), caught_up=False).due is None


def test_not_while_readings_wait() -> None:
    waiting = Waiting(at(400))
    waiting.batcher.put(1, envelope("t", b""))
    assert waiting.due is None


def test_not_in_the_middle_of_a_backlog() -> None:
    waiting = Waiting(at(4_000), quiet=False)
    waiting.pipeline._patience.newest_at = at(300)
    assert waiting.due is None


def test_between_readings_that_come_as_they_happen() -> None:
    """With hundreds of devices there is never a quiet moment."""
    waiting = Waiting(at(400), quiet=False)
    waiting.pipeline._patience.newest_at = at(400) - timedelta(seconds=patience.NEARLY_LIVE_S - 1)
    assert waiting.due == [1]
    waiting.pipeline._patience.newest_at = at(400) - timedelta(seconds=patience.NEARLY_LIVE_S)
    assert waiting.due is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.errors.UndefinedColumn("no such column"), True),
        (psycopg.errors.InsufficientPrivilege("not yours"), True),
        (psycopg.errors.NumericValueOutOfRange("too large"), False),
        (psycopg.ProgrammingError("cannot adapt"), False),
        (ZeroDivisionError(), False),
    ],
)
def test_whose_fault_it_is(error: Exception, expected: bool) -> None:
    """Tables that are not ours to write are no message's fault: nothing may be acknowledged."""
    assert pipeline._ours(error) is expected


def test_a_pipeline_without_a_database_says_so() -> None:
    assert "database" in (Waiting(at(0)).pipeline.problem or "")


async def test_what_could_not_be_judged_ahead_was_never_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd(1, 100)
    batches = crowd.calm(8)
    registry = SimpleNamespace(persons=crowd.persons, devices=crowd.devices, version=1)
    ahead = Pipeline(
        "", cast("Any", registry), Batcher(messages=10, age_s=0.0), cast("Any", None), ManualClock(crowd.now),
        caught_up=lambda: True,
    )  # fmt: skip
    ahead._connection, judge, quiet = cast("Any", "of no use"), pipeline.judge_in_turns, list[int]()

    async def nothing(*_: object) -> bool:
        """Everything is at hand."""
        return False

    def failing(batch: Any, known: Any, judged: Judged, **further: Any) -> Iterator[None]:
        yield from judge(batch, known, judged, **further)
        quiet.append(len(judged.quiet or ()))
        raise ZeroDivisionError

    monkeypatch.setattr(ahead._recall, "_read", nothing)
    works = [Work(batch=batch.envelopes, deadlines=None, began_s=0.0) for batch in batches]
    for work in works[:-1]:
        assert await ahead._judged_ahead(work) is not None
    numbers, flood = dict(ahead._numbers), floods(ahead._book.flood)
    states = {n: ahead._book.state(n) for n in crowd.persons}
    with monkeypatch.context() as planted:
        planted.setattr(pipeline, "judge_in_turns", failing)
        assert await ahead._judged_ahead(works[-1]) is None
    assert quiet[0] > 30
    assert dict(ahead._numbers) == numbers
    assert floods(ahead._book.flood) == flood
    assert {n: ahead._book.state(n) for n in crowd.persons} == states
    assert await ahead._judged_ahead(works[-1]) is not None
    assert dict(ahead._numbers) != numbers
