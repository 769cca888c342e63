"""What Mosquitto says of messages that it dropped."""

from __future__ import annotations

import pytest

from ingest import metrics
from ingest.dropped import Dropped
from runtime.broker_address import Address


@pytest.mark.parametrize(("said", "shown"), [([b"0", b"0"], 0.0), ([b"3", b"3"], 3.0), ([b"", b"x", b"2"], 2.0)])
def test_what_the_broker_says(said: list[bytes], shown: float, capsys: pytest.CaptureFixture[str]) -> None:
    metrics.BROKER_DROPPED.set(0)
    watched = Dropped(Address(host="127.0.0.1", port=1), "t")
    for payload in said:
        watched.heard(payload)
    assert metrics.BROKER_DROPPED._value.get() == shown
    assert capsys.readouterr().out.count("broker_dropped_messages") == (1 if shown else 0)
    assert (watched.note or "").startswith(f"dropped {shown:.0f} messages") is bool(shown)
    assert (watched.note is None) is not bool(shown)
