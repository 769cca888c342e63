"""The evaluation of decoding, on a recording that is made up."""

from __future__ import annotations

import json
from pathlib import Path

from tests.evaluation import decoding
from tests.ingest.test_wire_owntracks import LOCATION
from tests.ingest.test_wire_watch import frame, position


def test_it_counts_what_is_read_and_what_is_not(tmp_path: Path) -> None:
    (tmp_path / decoding.FOLDER).mkdir()
    lines = [
        {"protocol": "watch", "encoding": "text", "payload": frame(position())},
        {"protocol": "watch", "encoding": "hex", "payload": "7d5b"},
        {"protocol": "owntracks", "encoding": "text", "payload": json.dumps(LOCATION)},
        {"protocol": "abacus", "encoding": "hex", "payload": "00ff"},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / decoding.FOLDER / decoding.FILE).write_text(text, encoding="utf-8")
    assert decoding.evaluate(tmp_path)["decoding"] == {
        "messages": 4,
        "crashes": 0,
        "supported": {"owntracks": {"messages": 1, "read": 1}, "watch": {"messages": 2, "read": 1}},
        "counts": {"unsupported": {"abacus": 1}},
    }


def test_without_a_recording_it_says_nothing(tmp_path: Path) -> None:
    assert decoding.evaluate(tmp_path) == {}
