"""When ingest listened: what is a gap, what is written, and what a process that was killed leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from geofence.absence import Absence
from ingest.listening import AWAY_LEAST, WAITED_LEAST, Listening

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def after(**further: float) -> datetime:
    return NOON + timedelta(**further)


def listening(*spans: tuple[datetime, datetime], least: timedelta = AWAY_LEAST) -> Listening:
    return Listening(spans, least=least)


def test_the_first_process_was_never_away() -> None:
    book = listening()
    assert book.heard(NOON) is None
    assert book.absences == ()
    assert book.row(NOON, concluding=False) == (NOON, NOON)


def test_a_day_later_it_was() -> None:
    book = listening((NOON, after(hours=1)))
    absence = book.heard(NOON + DAY)
    assert absence == Absence(since=after(hours=1), until=NOON + DAY)
    assert book.absences == (absence,)
    assert book.heard(NOON + DAY + MINUTE) is None, "once"
    assert book.row(NOON + DAY + MINUTE, concluding=False) == (NOON + DAY, NOON + DAY + MINUTE), "a row of its own"


def test_a_restart_carries_the_row_on() -> None:
    book = listening((NOON, after(hours=1)))
    now = after(hours=1) + AWAY_LEAST
    assert book.heard(now) is None
    assert book.row(now, concluding=False) == (NOON, now)


def test_stored_gaps_are_absences_again() -> None:
    book = listening((NOON, after(hours=1)), (after(hours=3), after(hours=4)))
    assert book.absences == (Absence(since=after(hours=1), until=after(hours=3)),)
    book.heard(after(hours=4))
    assert len(book.absences) == 1


def test_time_alone_is_no_absence() -> None:
    """With a clock that runs fast an hour may pass between two looks; nothing was interrupted."""
    book = listening()
    book.heard(NOON)
    assert book.heard(after(hours=1)) is None
    assert book.heard(after(hours=9)) is None


def test_the_broker_away() -> None:
    book = listening()
    book.heard(NOON)
    book.lost()
    book.lost()
    assert not book.unwritten
    assert book.row(after(minutes=5), concluding=True) is None, (
        "nothing is concluded of a time in which nobody listened"
    )
    assert book.heard(after(minutes=10)) == Absence(since=NOON, until=after(minutes=10))


def test_only_the_database_away() -> None:
    """The broker kept everything in order: what it kept is still live when it comes."""
    assert listening((NOON, NOON), least=WAITED_LEAST).heard(NOON + WAITED_LEAST) is None
    assert listening((NOON, NOON), least=WAITED_LEAST).heard(NOON + WAITED_LEAST + MINUTE) is not None
    after_the_broker_too = listening((NOON, NOON), least=WAITED_LEAST)
    after_the_broker_too.heard(after(minutes=5))
    after_the_broker_too.lost()
    assert after_the_broker_too.heard(after(minutes=8)) is not None


def test_a_clock_set_back() -> None:
    book = listening((NOON, after(hours=1)))
    assert book.heard(after(minutes=30)) is None
    assert book.row(after(minutes=30), concluding=True) == (NOON, after(hours=1))


def test_what_is_written_when() -> None:
    """A new row at once, then once a second of real time, and whatever concludes something at once."""
    book = listening()
    book.heard(NOON)
    assert book.unwritten
    book.written()
    assert not book.unwritten
    assert book.row(NOON, concluding=False) is None
    assert book.row(after(seconds=5), concluding=True) == (NOON, after(seconds=5))
    book.lost()
    book.heard(after(hours=2))
    assert book.unwritten, "an absence is written with the first commit after it"
