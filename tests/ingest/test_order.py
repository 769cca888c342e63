"""A backlog in any order, with repeats, of two devices: the same conclusions and the same state as in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence import snapshot
from geofence.ordering import Admission
from ingest.judged import Judged
from ingest.settling import Backlog
from ingest.sources import Envelope
from tests.geofence.scenes import place
from tests.ingest.envelopes import BED, BRACELET, NOW, OTHER, Desk, envelope

#: Home is a circle of 200 m.
OUT_M = 400.0
#: A device and what it says.
Said = tuple[str, dict[str, Any]]
DEVICES = {device.device_id: device for device in (BRACELET, BED, OTHER)}


def fix(seconds: float, east_m: float, **told: Any) -> dict[str, Any]:
    latitude, longitude = place(east_m)
    return {"kind": "location", "at": (NOW + timedelta(seconds=seconds)).timestamp(), "latitude": latitude,
            "longitude": longitude, "accuracy_m": 10.0} | told  # fmt: skip


def bed(seconds: float, status: str) -> dict[str, Any]:
    return {"kind": "bed", "at": (NOW + timedelta(seconds=seconds)).timestamp(), "status": status}


def message(device_id: str, *readings: dict[str, Any]) -> Envelope:
    return envelope(f"tongxing/v1/{device_id}/backlog", json.dumps({"readings": readings}).encode())


def settled(desk: Desk, messages: Sequence[Envelope], now: datetime = NOW) -> list[Judged]:
    """Through the backlog's window and the judge, batch by batch."""
    backlog = Backlog(now=lambda: now, whose=lambda topic: DEVICES[topic.split("/")[2]].person_id, settle_s=0.0)
    for each in messages:
        backlog.put(each)
    batches = []
    while batch := backlog.take():
        batches.append(desk.judge(*batch))
    return batches


def concluded(batches: Sequence[Judged]) -> list[tuple[str, str, datetime]]:
    return [(str(d.detection_id), d.reason, d.at) for each in batches for d in each.detections]


#: Seven minutes: in bed, up, at the door, out, farther out, with a battery that runs down.
SAID = [
    *((BED.device_id, bed(second, "occupied" if second < -250 else "empty")) for second in range(-420, 0, 20)),
    *(
        (BRACELET.device_id, fix(second, 0.0 if second < -180 else OUT_M + second, seq=500 + second, battery_pct=21 + second / 40))
        for second in range(-410, 0, 30)
    ),
    (BRACELET.device_id, {"kind": "event", "id": "s", "type": "sos", "at": (NOW - timedelta(seconds=65)).timestamp()}),
]  # fmt: skip


def whole(said: Sequence[Said], sizes: Sequence[int] = (1,)) -> list[Envelope]:
    """Messages of one device each, of the sizes given in turn."""
    messages, waiting = list[Envelope](), dict[str, list[dict[str, Any]]]()
    for number, (device_id, reading) in enumerate(said):
        waiting.setdefault(device_id, []).append(reading)
        if len(waiting[device_id]) >= sizes[number % len(sizes)]:
            messages.append(message(device_id, *waiting.pop(device_id)))
    return messages + [message(device_id, *readings) for device_id, readings in waiting.items()]


def run(messages: Sequence[Envelope]) -> tuple[list[tuple[str, str, datetime]], bytes, Desk]:
    desk = Desk()
    found = concluded(settled(desk, messages))
    return found, snapshot.freeze(desk.book.state(1)), desk


IN_ORDER = run(whole(sorted(SAID, key=lambda pair: pair[1]["at"])))


def test_in_order_there_is_something_to_compare() -> None:
    kinds = {reason for _, reason, _ in IN_ORDER[0]}
    assert {"two_fixes", "pressed"} <= kinds


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(SAID),
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.lists(st.sampled_from(SAID), max_size=8),
)
def test_shuffled_repeated_and_in_parts_it_is_the_same(said: list[Said], sizes: list[int], repeats: list[Said]) -> None:
    found, state, desk = run(whole([*said, *repeats], sizes))
    assert found == IN_ORDER[0]
    assert state == IN_ORDER[1]
    assert desk.numbers == IN_ORDER[2].numbers


def test_newest_first_is_the_same() -> None:
    found, state, _ = run(whole(sorted(SAID, key=lambda pair: -pair[1]["at"]), sizes=(3, 5)))
    assert (found, state) == IN_ORDER[:2]


def test_numbers_of_a_newest_first_backlog_are_no_restarts_and_no_losses() -> None:
    desk = Desk()
    settled(desk, [message("zb-1", *(fix(-10.0 * n, 0.0, seq=100 - n) for n in range(20)))])
    (numbers,) = desk.numbers.values()
    assert (numbers.last, numbers.gaps) == (100, 0)


def test_a_whole_night_late_moves_nothing_and_is_kept() -> None:
    hours = [fix(-3_600.0 * n, OUT_M, seq=n) for n in range(1, 9)]
    desk = Desk()
    (judged,) = settled(desk, [message("zb-1", *hours)])
    assert [outcome.admission for outcome in judged.outcomes] == [Admission.STALE] * 8
    assert judged.detections == []
    assert len(judged.commit.rows["locations"]) == 8
    assert desk.book.state(1).zone.safety == "unknown"


@pytest.mark.parametrize("ahead_s", [86_400.0, 301.0])
def test_a_clock_that_runs_a_day_ahead_poisons_nothing(ahead_s: float) -> None:
    desk = Desk()
    (judged,) = settled(desk, [message("zb-1", fix(-5, 0.0), fix(ahead_s, OUT_M), fix(-3, 1.0))])
    assert [rejection.reason for rejection in judged.rejections] == ["clock_ahead"]
    assert len(judged.commit.rows["locations"]) == 2
    assert [outcome.admission for outcome in judged.outcomes] == [Admission.LIVE] * 2
    (after,) = settled(desk, [message("zb-1", fix(30, 2.0))], NOW + timedelta(seconds=31))
    assert [outcome.admission for outcome in after.outcomes] == [Admission.LIVE]


def test_a_clock_that_runs_a_day_behind_moves_nothing_and_a_press_on_it_is_told() -> None:
    desk = Desk()
    pressed = {"kind": "event", "id": "s", "type": "sos", "at": (NOW - timedelta(days=1)).timestamp()}
    (judged,) = settled(desk, [message("zb-1", fix(-86_400, OUT_M), pressed)])
    assert [outcome.admission for outcome in judged.outcomes] == [Admission.STALE, Admission.NEWS]
    (told,) = judged.detections
    assert (told.kind, told.evidence["late_s"]) == ("sos", 86_400.0)


def test_others_are_as_if_alone() -> None:
    """Two persons' backlogs in one batch."""
    desk = Desk()
    theirs = [(OTHER.device_id, fix(second, 0.0)) for second in range(-300, 0, 30)]
    found = concluded(settled(desk, whole([*reversed(SAID), *theirs], sizes=(4,))))
    assert found == IN_ORDER[0]
    assert snapshot.freeze(desk.book.state(1)) == IN_ORDER[1]
    alone = Desk()
    settled(alone, whole(theirs, sizes=(4,)))
    assert snapshot.freeze(desk.book.state(2)) == snapshot.freeze(alone.book.state(2))
