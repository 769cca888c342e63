"""Measures the wire formats on recorded messages of trackers: how many are read, and that nothing crashes.

`tracker-payloads/payloads.jsonl` has one message a line: protocol, encoding (text, hex, http), payload. Each is offered
to every format; only those of `SUPPORTED` are expected to be read. Which fields are right is held by the messages
written by hand in tests/ingest/test_wire_*.py.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ingest import wire
from ingest.wire.message import Rejection

FOLDER, FILE = "tracker-payloads", "payloads.jsonl"
#: Protocols of the recording that a format of ours reads.
SUPPORTED = ("owntracks", "watch")
_WATCH_ID = re.compile(rb"\[\w{2}\*([\w-]{1,64})\*")


def evaluate(data: Path) -> dict[str, dict[str, object]]:
    """What became of every message; nothing without the folder."""
    file = data / FOLDER / FILE
    if not file.is_file():
        return {}
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    offered, read, crashes = Counter[str](), Counter[str](), 0
    for line in lines:
        protocol = str(line["protocol"])
        offered[protocol] += 1
        for topic, payload in _offers(line):
            try:
                decoded = wire.decode(topic, payload)
            except Exception:  # noqa: BLE001 - counted: this is what is measured
                crashes += 1
                continue
            if topic.startswith(protocol) and not any(isinstance(part, Rejection) for part in decoded):
                read[protocol] += 1
    result = {
        "messages": len(lines),
        "crashes": crashes,
        "supported": {name: {"messages": offered[name], "read": read[name]} for name in SUPPORTED if offered[name]},
        "counts": {"unsupported": dict(sorted((name, n) for name, n in offered.items() if name not in SUPPORTED))},
    }
    return {"decoding": result}


def _offers(line: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The message on a topic of each format."""
    text = line["payload"]
    payload = bytes.fromhex(text) if line["encoding"] == "hex" else text.encode()
    named = _WATCH_ID.search(payload)
    yield "owntracks/user/device", payload
    yield "traccar/1", payload
    yield f"watch/{named[1].decode() if named else '1'}", payload
    for level in ("location", "event"):
        yield f"tongxing/v1/zb-1/{level}", payload
