"""What goes into the database can be stored, bounded, and merged in the order of its coming."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.rows import device_row, in_order, later_position, later_state, merge_into, numbering_rows, quarantine_row
from ingest.sequence import Numbers
from ingest.store import Row
from ingest.wire.message import Rejection, RejectionReason
from tests.ingest.envelopes import BED, BRACELET, NOW, envelope

REJECTION = Rejection(reason=RejectionReason.MALFORMED, detail="no")


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "x\udfffy", "市" * 300, "x" * 70_000])
def test_no_text_of_a_stranger_can_hurt(text: str) -> None:
    rejection = Rejection(reason=RejectionReason.MALFORMED, detail=text)
    row = quarantine_row(envelope(text, b"p"), text, rejection)
    for value in (row[1], row[2], row[4]):
        assert "\x00" not in value
        assert value.encode("utf-8").decode() == value
        assert 0 < len(value) <= 500


def test_the_payload_is_kept_as_it_came_up_to_a_bound() -> None:
    short, long = b"\x00\xff{", bytes(range(256)) * 100
    assert quarantine_row(envelope("t", short), None, REJECTION)[5:] == (short, 3)
    assert quarantine_row(envelope("t", long), None, REJECTION)[5:] == (long[:4_096], 25_600)
    assert quarantine_row(envelope("t", b""), None, REJECTION)[2] is None


def test_merging() -> None:
    later = NOW + timedelta(seconds=5)
    rows = [
        device_row(BED, NOW, online=True),
        device_row(BRACELET, later, online=True, firmware="1", numbers=Numbers(7), missing=2),
        device_row(BRACELET, NOW, online=False, missing=-1),
        device_row(BRACELET, NOW, online=True, firmware="2", numbers=Numbers(8, 5)),
    ]
    merged: dict[int, Row] = {}
    merge_into(merged, rows[:3], later_state)
    merge_into(merged, rows[3:], later_state)
    assert in_order(merged) == [
        (11, later, True, None, None, None, None, "2", 8, (8).to_bytes(8) + b"\x05", 1, None, None, None, None),
        (12, NOW, True, None, None, None, None, None, None, None, 0, None, None, None, None),
    ]


#: Columns of a device's state that a message need not speak of.
OPTIONAL = [3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14]


@pytest.mark.parametrize("column", OPTIONAL)
def test_a_message_that_does_not_speak_of_a_column_leaves_it_as_it_was(column: int) -> None:
    """Values stand for themselves: nothing but where they are is looked at."""
    known = (11, NOW, True, *range(20, 27), 2, *range(27, 31))
    silent = (11, NOW, False, *[None] * 7, 3, *[None] * 4)
    says = (*silent[:column], 0, *silent[column + 1 :])
    kept = (11, NOW, False, *known[3:10], 5, *known[11:])
    assert later_state(known, silent) == kept
    assert later_state(known, says) == (*kept[:column], 0, *kept[column + 1 :])


def test_an_older_position_changes_nothing_and_a_newer_one_may_lack_the_charge() -> None:
    def row(seconds: int, battery: float | None) -> tuple[object, ...]:
        return (1, 11, NOW + timedelta(seconds=seconds), *range(3, 10), battery, "inside")

    assert later_position(row(5, 70.0), row(4, 60.0)) == row(5, 70.0)
    assert later_position(row(5, 70.0), row(5, 60.0)) == row(5, 60.0)
    assert later_position(row(5, 70.0), row(6, None)) == row(6, 70.0)
    assert later_position(row(5, None), row(6, None)) == row(6, None)


def test_repeats_and_restarts_are_one_row_a_device() -> None:
    early, late = datetime(2026, 11, 20, 12, tzinfo=UTC), datetime(2026, 11, 20, 13, tzinfo=UTC)
    assert numbering_rows([2, 1, 2], [(2, late), (2, early), (3, early)]) == [
        (1, 1, 0, None),
        (2, 2, 2, late),
        (3, 0, 1, early),
    ]
    assert numbering_rows([], []) == []
