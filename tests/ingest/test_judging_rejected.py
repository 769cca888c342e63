"""What a batch sets aside, with its reason, and what it does to the messages beside it."""

from __future__ import annotations

import pytest

from geofence.reading import ReadingKind
from ingest.registry import SPOKEN_BY
from ingest.wire.message import RejectionReason
from tests.ingest.envelopes import BED, BRACELET, NOW, Desk, all_rows, envelope, location, message


class TestRejected:
    @pytest.mark.parametrize(
        ("envelope_", "reason"),
        [
            (envelope("tongxing/v1/nobody/location", b"{}"), "unknown_device"),
            (message("weather"), "unknown_topic"),
            (message("bed", status="empty"), "wrong_kind"),
            (envelope("traccar/zb-1/position", b'{"device": {"uniqueId": "zb-2"}}'), "wrong_device"),
            (location(0, latitude=91), "invalid_field"),
            (location(0, datum="mars"), "datum_unsupported"),
            (envelope("owntracks/li/phone", b'{"_type": "encrypted"}'), "unsupported"),
            (location(301, delay_s=-301), "clock_ahead"),
            (envelope("tongxing/v1/zb-1/location", b"x" * 70_000), "too_large"),
            (envelope("tongxing/v1/zb-1/location", b"{"), "malformed"),
        ],
    )
    def test_with_its_reason(self, envelope_, reason: str) -> None:
        if reason == "clock_ahead":
            envelope_ = envelope(envelope_.topic, envelope_.payload, NOW)
        if reason == "unknown_device":
            envelope_ = envelope(envelope_.topic, location(0).payload)
        judged = Desk().judge(envelope_, location(10))
        (row,) = judged.commit.quarantine
        assert row[3] == reason == judged.rejections[0].reason
        assert len(row[5]) <= 4_096
        assert row[6] == len(envelope_.payload)
        assert len(judged.commit.rows["locations"]) == 1

    def test_every_reason_but_ours_is_tested_above(self) -> None:
        assert len(RejectionReason) == 11

    @pytest.mark.parametrize("device", [BRACELET, BED])
    @pytest.mark.parametrize("kind", ReadingKind)
    def test_who_may_say_what(self, device, kind: ReadingKind) -> None:
        told = {
            "location": {"latitude": 36.8, "longitude": 118.0},
            "heartbeat": {},
            "bed": {"status": "empty"},
            "event": {"id": "1", "type": "sos"},
        }[kind]
        judged = Desk().judge(message(kind, device=device, **told))
        assert bool(judged.rejections) is (kind not in SPOKEN_BY[device.kind])

    def test_what_is_skipped_leaves_no_trace(self) -> None:
        judged = Desk().judge(envelope("tongxing/v1/zb-1/event", b"{", skipped=True))
        assert list(all_rows(judged)) == []
