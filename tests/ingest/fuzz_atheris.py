"""`python -m tests.ingest.fuzz_atheris`: Atheris searches for payloads that reach new lines of the decoders. Any Python error is a crash.

Optional: pip install atheris, which has wheels for Linux.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris
import cbor2

with atheris.instrument_imports(include=["ingest.wire", "ingest.judging", "geofence.motion", "geofence.datum"]):
    from tests.ingest.fuzz import FRAMES, OBJECTS, Trial, say
    from tests.ingest.test_wire_watch import ID

COUNT = 100_000
TOPICS = [*(topic for topic, _ in OBJECTS), f"watch/{ID}"]


def main() -> None:
    """Run; the library ends the process."""
    trial, left = Trial(), iter(range(COUNT - 1, -1, -1))

    def one(data: bytes) -> None:
        topic = TOPICS[data[0] % len(TOPICS)] if data else TOPICS[0]
        trial.one(topic, data[1:])
        if next(left, None) == 0:
            say(trial, COUNT)

    with tempfile.TemporaryDirectory() as folder:
        for number, (topic, told) in enumerate(OBJECTS):
            begin = bytes([TOPICS.index(topic)])
            (Path(folder) / f"{number}.json").write_bytes(begin + json.dumps(told).encode())
            (Path(folder) / f"{number}.cbor").write_bytes(begin + cbor2.dumps(told))
        (Path(folder) / "frames").write_bytes(bytes([len(TOPICS) - 1]) + "".join(FRAMES).encode())
        _search(one, folder)


def _search(one: Callable[[bytes], None], corpus: str) -> None:
    atheris.Setup([sys.argv[0], f"-runs={COUNT}", "-max_len=4096", "-rss_limit_mb=0", "-verbosity=0", corpus], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
