"""One batch from envelopes to rows: complete, in order, judged again at will."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geofence import engine, snapshot
from ingest.recall.queries import Hearsay
from ingest.store import COLUMNS
from tests.geofence.scenes import HOME
from tests.ingest.envelopes import BED, BRACELET, NOW, OTHER, Desk, envelope, location, message
from tests.ingest.test_states import book_of

#: Home is a circle of 200 m.
OUT_M = 300.0


def device_state(judged, device=BRACELET) -> dict[str, object]:
    names = (
        "device_key", "last_seen_at", "online", "battery_pct", "charging", "worn", "bed_status", "firmware", "last_seq",
        "seq_gaps", "missing", "location_at", "heartbeat_at", "bed_at", "gateway",
    )  # fmt: skip
    rows = [dict(zip(names, row, strict=True)) for row in judged.commit.device_states]
    return next(row for row in rows if row["device_key"] == device.device_key)


def position(judged) -> dict[str, object]:
    names = (
        "person_id", "device_key", "at", "received_at", "latitude", "longitude", "accuracy_m", "source", "speed_mps",
        "heading_deg", "battery_pct", "safety",
    )  # fmt: skip
    (row,) = judged.commit.positions
    return dict(zip(names, row, strict=True))


class TestRows:
    """Every field of a message stands in its column."""

    def row(self, table: str, judged) -> dict[str, object]:
        (row,) = judged.commit.rows[table]
        assert all(not rows for name, rows in judged.commit.rows.items() if name != table)
        return dict(zip(COLUMNS[table], row, strict=True))

    def test_location(self) -> None:
        told = {
            "latitude": 36.8, "longitude": 118.1, "accuracy_m": 14.0, "source": "wifi", "altitude_m": 33.0,
            "speed_mps": 1.5, "heading_deg": 270.0, "battery_pct": 44.0, "charging": False, "worn": True, "steps": 12,
            "seq": 9, "at_home": False,
        }  # fmt: skip
        row = self.row("locations", Desk().judge(message("location", delay_s=3, **told)))
        expected = {"device_key": 11, "at": NOW, "person_id": 1, "received_at": NOW + timedelta(seconds=3)}
        assert row == expected | told

    def test_heartbeat(self) -> None:
        told = {
            "battery_pct": 44.0,
            "charging": True,
            "worn": False,
            "steps": 7,
            "signal_dbm": -88.0,
            "seq": 3,
            "at_home": True,
        }
        row = self.row("heartbeats", Desk().judge(message("heartbeat", firmware="1.2", **told)))
        assert row == {"device_key": 11, "at": NOW, "person_id": 1, "received_at": NOW} | told

    def test_bed(self) -> None:
        told = {
            "status": "edge", "heart_rate_bpm": 61.0, "breathing_rate_bpm": 14.5, "movement_pct": 3.0,
            "quality_pct": 90.0, "seq": 5, "breathing_amplitude_pct": 85.0, "apnea_s": 0.0,
        }  # fmt: skip
        row = self.row("bed_reports", Desk().judge(message("bed", device=BED, **told)))
        assert row == {"device_key": 12, "at": NOW, "person_id": 1, "received_at": NOW} | told

    def test_no_reading_of_a_bed_is_none(self) -> None:
        told = {"status": "occupied", "heart_rate_bpm": 0, "breathing_rate_bpm": 0}
        row = self.row("bed_reports", Desk().judge(message("bed", device=BED, **told)))
        assert (row["heart_rate_bpm"], row["breathing_rate_bpm"]) == (None, None)

    def test_event(self) -> None:
        told = {"latitude": 36.8, "longitude": 118.1, "accuracy_m": 14.0, "source": "gnss", "impact_g": 4.5,
                "battery_pct": 30.0, "seq": 8, "type": "impact"}  # fmt: skip
        row = self.row("safety_events", Desk().judge(message("event", id="e1", **told)))
        assert (
            row
            == {"device_key": 11, "event_id": "e1", "at": NOW, "person_id": 1, "received_at": NOW, "motion": None}
            | told
        )

    def test_event_without_a_place(self) -> None:
        row = self.row("safety_events", Desk().judge(message("event", id=17, type="sos")))
        assert [row[name] for name in ("event_id", "latitude", "longitude", "accuracy_m", "source")] == [
            "17", None, None, None, None,
        ]  # fmt: skip

    def test_answer(self) -> None:
        judged = Desk().judge(message("answer", id="c1", result="refused", detail="no sky"))
        assert judged.commit.answers == [(NOW, "refused", "no sky", "c1", "zb-1")]

    def test_detection(self) -> None:
        judged = Desk().judge(message("event", id="e1", type="sos", published_at=NOW.timestamp() - 1))
        (row,) = judged.commit.detections
        assert row[1:8] == (1, "zb-1", "sos", "pressed", NOW, NOW, None)
        assert row[13:] == (NOW - timedelta(seconds=1), NOW)


class TestClocks:
    @pytest.mark.parametrize(("ahead_s", "fine"), [(300.0, True), (300.001, False)])
    def test_telemetry_may_be_five_minutes_ahead(self, ahead_s: float, fine: bool) -> None:
        early = envelope("tongxing/v1/zb-1/heartbeat", message("heartbeat", seconds=ahead_s).payload, NOW)
        assert bool(Desk().judge(early).heard) is fine

    @pytest.mark.parametrize("at", [NOW.timestamp() + 301, NOW.timestamp() + 86_400, None, "soon", -5, ...])
    def test_an_event_that_cannot_know_when_happened_when_it_came(self, at) -> None:
        judged = Desk().judge(message("event", id="e1", type="sos", at=at))
        assert judged.heard[0].reading.at == NOW
        assert judged.detections[0].at == NOW

    def test_a_status_from_the_future_was_sent_when_it_came(self) -> None:
        judged = Desk().judge(message("status", online=True, at=4_000_000_000))
        assert device_state(judged)["last_seen_at"] == NOW

    def test_a_will_without_a_time_was_sent_when_it_came(self) -> None:
        judged = Desk().judge(message("status", online=False, at=...))
        assert (device_state(judged)["last_seen_at"], device_state(judged)["online"]) == (NOW, False)


class TestDeviceStates:
    def test_the_last_word_on_each_column(self) -> None:
        desk = Desk()
        judged = desk.judge(
            message("heartbeat", seconds=0, battery_pct=50, worn=True, firmware="1.0", seq=1),
            message("heartbeat", seconds=60, battery_pct=49, charging=False, seq=2),
            location(90, battery_pct=48, seq=4),
            message("heartbeat", device=OTHER, seconds=10, battery_pct=9),
        )
        assert len(judged.commit.device_states) == 2
        assert device_state(judged) == {
            "device_key": 11, "last_seen_at": NOW + timedelta(seconds=90), "online": True, "battery_pct": 48.0,
            "charging": False, "worn": True, "bed_status": None, "firmware": "1.0", "last_seq": 4,
            "seq_gaps": (4).to_bytes(8) + b"\x02", "missing": 1, "location_at": NOW + timedelta(seconds=90),
            "heartbeat_at": NOW + timedelta(seconds=60), "bed_at": None, "gateway": None,
        }  # fmt: skip

    def test_through_what_it_reaches_us(self) -> None:
        judged = Desk().judge(message("status", seconds=5, online=True, gateway="gw-7"), location(6))
        assert device_state(judged)["gateway"] == "gw-7"
        judged = Desk().judge(message("status", seconds=5, online=True, gateway=""))
        assert device_state(judged)["gateway"] is None

    def test_a_device_that_left_after_its_last_word_is_gone(self) -> None:
        judged = Desk().judge(location(0), message("status", seconds=5, online=False))
        assert device_state(judged)["online"] is False
        judged = Desk().judge(message("status", seconds=5, online=False), location(6))
        assert device_state(judged)["online"] is True

    @pytest.mark.parametrize("how", ["late", "stale", "duplicate", "news"])
    def test_history_says_nothing_about_now(self, how: str) -> None:
        desk = Desk()
        desk.judge(message("heartbeat", seconds=0, battery_pct=80))
        old = {
            "late": message("heartbeat", seconds=-30, battery_pct=5, delay_s=40),
            "stale": message("heartbeat", seconds=-900, battery_pct=5, delay_s=940),
            "duplicate": message("heartbeat", seconds=0, battery_pct=5),
            "news": message("event", id="e", type="sos", seconds=-900, battery_pct=5, delay_s=940),
        }[how]
        judged = desk.judge(old)
        assert judged.outcomes[0].admission == how
        assert device_state(judged)["battery_pct"] is None
        assert device_state(judged)["online"] is True

    def test_numbers_of_every_kind_of_message_are_one_numbering(self) -> None:
        desk = Desk()
        judged = desk.judge(
            message("status", online=True, seq=0),
            location(1, seq=1),
            message("answer", id="c", result="done", seconds=2, seq=2),
            message("heartbeat", seconds=3, seq=3),
            message("event", id="e", type="sos", seconds=4, seq=4),
        )
        assert (device_state(judged)["last_seq"], device_state(judged)["missing"]) == (4, 0)

    def test_a_safety_event_that_overtakes_is_no_loss(self) -> None:
        desk = Desk()
        desk.judge(location(0, seq=1))
        assert device_state(desk.judge(message("event", id="e", type="sos", seconds=9, seq=4)))["missing"] == 2
        assert device_state(desk.judge(location(3, seq=2), location(6, seq=3)))["missing"] == -2

    def test_what_the_broker_sends_again_finds_no_loss_and_hides_none(self) -> None:
        desk = Desk()
        sent = [location(second, seq=seq) for second, seq in enumerate((1, 2, 5, 6))]
        assert device_state(desk.judge(*sent))["missing"] == 2
        assert device_state(desk.judge(*sent))["missing"] == 0

    def test_beds_tell_their_status(self) -> None:
        judged = Desk().judge(message("bed", device=BED, status="empty"))
        assert device_state(judged, BED)["bed_status"] == "empty"


class TestStates:
    def test_only_what_changed_is_written(self) -> None:
        desk = Desk()
        judged = desk.judge(location(0), message("heartbeat", device=OTHER))
        assert {row[0] for row in judged.commit.engine_states} == {1, 2}
        judged = desk.judge(location(0), message("event", id="e", type="sos", device=OTHER, seconds=5))
        assert [row[0] for row in judged.commit.engine_states] == [2]

    def test_when_and_where_somebody_was_heard_is_written_beside_the_state(self) -> None:
        """What changes nothing else is not worth a state of its own: it is told again when the process starts."""
        desk = Desk()
        for seconds in (0, 60, 120):
            desk.judge(location(seconds), message("heartbeat", seconds=seconds + 1))
        judged = desk.judge(location(180, 5.0), message("heartbeat", seconds=181), location(179))
        assert judged.commit.engine_states == []
        row = device_state(judged)
        assert (row["location_at"], row["heartbeat_at"], row["bed_at"]) == (
            NOW + timedelta(seconds=180), NOW + timedelta(seconds=181), None,
        )  # fmt: skip
        assert position(judged)["at"] == NOW + timedelta(seconds=180)

    def test_a_restart_tells_again_what_was_heard(self) -> None:
        desk, states, heard, places = Desk(), {}, {}, {}
        for minute in range(12):
            judged = desk.judge(
                location(60 * minute, float(minute)),
                *([message("heartbeat", seconds=60 * minute + 5)] if minute % 3 else ()),
            )
            states |= {row[0]: row for row in judged.commit.engine_states}
            row = device_state(judged)
            known = heard.get("zb-1", (None, None, None))
            heard["zb-1"] = tuple(
                new or old
                for new, old in zip((row["location_at"], row["heartbeat_at"], row["bed_at"]), known, strict=True)
            )
            where = position(judged)
            places[1] = (1, where["latitude"], where["longitude"], where["accuracy_m"], where["at"])
        hearsay = Hearsay(heard=[(1, "zb-1", *heard["zb-1"])], places=list(places.values()))
        assert book_of(*states.values(), hearsay=hearsay).state(1) == desk.book.state(1)
        assert book_of(*states.values()).state(1) != desk.book.state(1)

    def test_what_is_written_is_the_state_with_its_deadline(self) -> None:
        desk = Desk()
        judged = desk.judge(location(0), location(60, OUT_M))
        (row,) = judged.commit.engine_states
        assert row == (1, snapshot.freeze(judged.states[1]), NOW + timedelta(seconds=360))
        assert engine.due(judged.states[1], desk.persons[1]) == NOW + timedelta(seconds=360)

    def test_judging_again_what_was_not_committed_gives_the_same(self) -> None:
        desk = Desk()
        desk.judge(location(0))
        batch = (
            location(60, OUT_M),
            location(100, OUT_M, battery_pct=9),
            message("event", id="e", type="sos", seconds=9),
        )
        first = desk.judge(*batch, adopt=False)
        second = desk.judge(*batch, adopt=False)
        assert first.detections == second.detections
        for written in ("rows", "positions", "safeties", "device_states", "engine_states", "commands"):
            assert getattr(first.commit, written) == getattr(second.commit, written)

    def test_judging_again_what_was_committed_concludes_nothing(self) -> None:
        desk = Desk()
        batch = (
            location(0),
            location(60, OUT_M),
            location(100, OUT_M),
            message("event", id="e", type="sos", seconds=9),
        )
        assert len(desk.judge(*batch).detections) == 2
        again = desk.judge(*batch)
        assert (again.detections, again.commit.commands, again.commit.engine_states) == ([], [], [])
        assert again.answers == [("zb-1", "e")]
        assert sum(len(rows) for rows in again.commit.rows.values()) == 4


class TestPositions:
    def test_the_newest_believed_fix_with_where_it_stands(self) -> None:
        judged = Desk().judge(location(0), location(60, OUT_M, battery_pct=60), location(30, 5.0))
        found = position(judged)
        assert (found["at"], found["safety"], found["battery_pct"]) == (NOW + timedelta(seconds=60), "suspect", 60.0)
        assert found["longitude"] == pytest.approx(HOME.longitude + OUT_M / HOME.metres_per_degree_east)

    def test_a_cell_tower_is_nobodys_place(self) -> None:
        desk = Desk()
        desk.judge(location(0))
        assert desk.judge(location(60, 2_000.0, source="cell")).commit.positions == []

    def test_a_fix_of_the_same_instant_that_is_not_believed_is_not_shown(self) -> None:
        judged = Desk().judge(
            location(0, 5.0), message("event", id="e", type="sos", latitude=36.9, longitude=118.2, source="cell")
        )
        assert position(judged)["longitude"] == pytest.approx(HOME.longitude + 5.0 / HOME.metres_per_degree_east)

    def test_an_sos_brings_its_place(self) -> None:
        latitude, longitude = HOME.latitude, HOME.longitude + 0.001
        judged = Desk().judge(
            message("event", id="e", type="sos", latitude=latitude, longitude=longitude, accuracy_m=9)
        )
        assert (position(judged)["longitude"], position(judged)["safety"]) == (longitude, "inside")

    @pytest.mark.parametrize("by", ["timer", "heartbeat"])
    def test_a_silence_changes_where_somebody_is_believed_to_be(self, by: str) -> None:
        desk = Desk()
        desk.judge(location(0), location(60, OUT_M))
        if by == "timer":
            judged = desk.judge(due_at=NOW + timedelta(seconds=360))
        else:
            judged = desk.judge(message("heartbeat", seconds=400))
        assert [d.reason for d in judged.detections] == ["silent_while_suspected"]
        assert judged.commit.safeties == [("outside", 1)]

    def test_a_return_in_the_same_batch_has_the_last_word(self) -> None:
        desk = Desk()
        desk.judge(location(0), location(60, OUT_M))
        judged = desk.judge(location(400), due_at=NOW + timedelta(seconds=370))
        assert [d.kind for d in judged.detections] == ["zone_exit", "zone_enter"]
        assert judged.commit.safeties == [("inside", 1)]
        assert position(judged)["safety"] == "inside"


class TestDeadlines:
    def test_silence_is_a_detection_with_its_state(self) -> None:
        desk = Desk()
        desk.judge(location(0), location(60, OUT_M))
        judged = desk.judge(due_at=NOW + timedelta(minutes=20))
        (row,) = judged.commit.detections
        assert (row[1], row[4], row[5], row[13:]) == (
            1, "silent_while_suspected", NOW + timedelta(seconds=360), (None, None),
        )  # fmt: skip
        assert [row[0] for row in judged.commit.engine_states] == [1]
        assert desk.book.next_due() == engine.due(desk.book.state(1), desk.persons[1]) != NOW + timedelta(seconds=360)

    def test_nobody_else_is_touched(self) -> None:
        desk = Desk()
        desk.judge(location(0), location(60, OUT_M), message("heartbeat", device=OTHER))
        assert set(desk.judge(due_at=NOW + timedelta(minutes=20)).states) == {1}

    def test_a_deadline_that_another_policy_moved_is_moved(self) -> None:
        desk = Desk()
        desk.judge(location(0), location(60, OUT_M))
        desk.change(1, suspect_silence=timedelta(minutes=30))
        judged = desk.judge(due_at=NOW + timedelta(seconds=370))
        assert judged.detections == []
        moved = engine.due(desk.book.state(1), desk.persons[1])
        assert moved is not None
        assert judged.commit.engine_states[0][2] == desk.book.next_due() == moved > NOW + timedelta(seconds=370)

    def test_somebody_who_is_gone_is_left_out(self) -> None:
        desk = Desk()
        desk.judge(location(0), location(60, OUT_M))
        del desk.persons[1]
        judged = desk.judge(due_at=NOW + timedelta(seconds=370))
        assert (judged.detections, judged.states) == ([], {})
