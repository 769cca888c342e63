"""What an outside fix weighs: home evidence, coarse fixes, the bed, repeated fixes; usual places at the edge; long stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from geofence.danger_map import DangerMap
from geofence.doorstep import FORGOTTEN_AFTER, MOST_SPOTS, Spot, learnt
from geofence.policy import DEFAULT
from geofence.reading import BedReport, BedStatus, FixSource, ReadingKind
from tests.geofence.scenes import Story, at, circle, line, person, place, reading

#: Home is a circle of 200 m.
OUT_M = 260.0
DAY_S = 86_400.0
#: 23:00 in Zibo.
NIGHT_S = 3 * 3_600.0


def at_home(*, since_s: float = 0.0, **thresholds: Any) -> Story:
    story = Story(person(**thresholds))
    story.fix(since_s, 0)
    return story


def bed(seconds: float, status: BedStatus) -> Any:
    return reading(seconds, kind=ReadingKind.BED, device_id="bed", bed=BedReport(status=status))


def exits(story: Story) -> list[Any]:
    return [each for each in story.detections if each.kind == "zone_exit"]


def outside_fixes_until_told(story: Story, since_s: float, *, east_m: float = OUT_M, **said: Any) -> int:
    """How many fixes in a row it takes; 9: more than eight."""
    for number in range(1, 9):
        story.fix(since_s + 30 * number, east_m + number, **said)
        if exits(story):
            return number
    return 9


class TestWeight:
    @pytest.mark.parametrize(
        ("said", "needed"),
        [
            ({}, 2),
            ({"accuracy_m": 100.0, "east_m": 320.0}, 2),
            ({"accuracy_m": 100.1, "east_m": 320.0}, 4),
            ({"at_home": False}, 2),
            ({"at_home": True}, 9),
            ({"charging": True}, 9),
            ({"charging": False}, 2),
            # Home Wi-Fi reaches as far as a street; a bracelet that charges half a kilometre off is in a car.
            ({"charging": True, "east_m": 490.0}, 9),
            ({"charging": True, "east_m": 500.1}, 4),
            # A strong fix counts in full whatever is said.
            ({"at_home": True, "speed_mps": 1.1}, 1),
            ({"charging": True, "steps": 30}, 1),
        ],
    )
    def test_how_many_fixes_it_takes(self, said: dict[str, Any], needed: int) -> None:
        assert outside_fixes_until_told(at_home(), 200, **said) == needed

    def test_the_evidence_says_why_it_took_longer(self) -> None:
        story = at_home()
        outside_fixes_until_told(story, 60, accuracy_m=150.0, east_m=320.0)
        (exit_,) = exits(story)
        assert (exit_.reason, exit_.evidence["fixes"], exit_.evidence["doubt"]) == ("two_fixes", 4, "coarse")

    def test_a_strong_fix_is_in_no_doubt(self) -> None:
        story = at_home()
        story.fix(240, OUT_M, at_home=True, speed_mps=1.1)
        assert exits(story)[0].evidence["doubt"] is None

    @pytest.mark.parametrize(
        ("ago_s", "device", "needed"), [(299, "zb-000001", 4), (301, "zb-000001", 2), (60, "zb-b", 2)]
    )
    def test_what_this_device_said_of_home_just_before_counts_a_while(
        self, ago_s: float, device: str, needed: int
    ) -> None:
        story = at_home()
        story.hear(reading(60, at_home=True, device_id=device))
        assert outside_fixes_until_told(story, 60 + ago_s - 30) == needed

    def test_what_it_took_back_counts_no_more(self) -> None:
        story = at_home()
        story.hear(reading(60, at_home=True))
        story.hear(reading(70, at_home=False))
        assert outside_fixes_until_told(story, 70) == 2

    def test_held_fixes_keep_a_suspicion_in_contact(self) -> None:
        story = at_home(since_s=NIGHT_S)
        story.fix(NIGHT_S + 60, OUT_M)
        for minute in range(2, 12):
            story.fix(NIGHT_S + 60 * minute, OUT_M, at_home=True)
        assert (story.safety, exits(story)) == ("suspect", [])
        assert story.wait(NIGHT_S + 660 + 300)[0].reason == "silent_while_suspected"

    @pytest.mark.parametrize(("apart_s", "safety"), [(11.9, "suspect"), (12.0, "outside")])
    def test_a_fix_repeated_at_once_counts_once(self, apart_s: float, safety: str) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        story.fix(60 + apart_s, OUT_M + 1)
        assert story.safety == safety

    @pytest.mark.parametrize(
        ("second", "safety"),
        [
            # Half a minute later the same list of networks, and no step between: the same answer.
            ({}, "suspect"),
            ({"east_m": 4.9}, "suspect"),
            ({"east_m": 5.1}, "outside"),
            # A walk, or no word of steps, satellites, or five minutes: a fix of its own.
            ({"steps": 19}, "suspect"),
            ({"steps": 20}, "outside"),
            ({"steps": None}, "outside"),
            ({"source": FixSource.GNSS}, "outside"),
            ({"after_s": 299.9}, "suspect"),
            ({"after_s": 300.0}, "outside"),
        ],
    )
    def test_one_place_by_wifi_of_a_device_that_rests_counts_once(self, second: dict[str, Any], safety: str) -> None:
        said = {"steps": 0, "source": FixSource.WIFI, "after_s": 30.0, "east_m": 0.0, **second}
        story = at_home()
        story.fix(60, OUT_M, steps=0, source=FixSource.WIFI)
        story.fix(60 + said.pop("after_s"), OUT_M + said.pop("east_m"), **said)
        assert story.safety == safety

    @pytest.mark.parametrize(("apart_m", "needed"), [(119.0, 9), (122.0, 4)])
    def test_a_coarse_place_is_the_same_within_its_radius(self, apart_m: float, needed: int) -> None:
        """Four fixes of half the weight, within five minutes or never."""
        story = at_home()
        for number in range(1, 9):
            east_m = 400.0 + apart_m * (number % 2)
            story.fix(30.0 * number, east_m, steps=0, source=FixSource.WIFI, accuracy_m=120.0)
            if exits(story):
                break
        assert (number if exits(story) else 9) == needed

    def test_who_sits_where_only_wifi_reaches_is_told_in_five_minutes(self) -> None:
        story = at_home(since_s=NIGHT_S)
        for number in range(20):
            story.fix(NIGHT_S + 60 + 30 * number, OUT_M, steps=0, source=FixSource.WIFI)
        (exit_,) = exits(story)
        assert (exit_.reason, exit_.at) == ("two_fixes", at(NIGHT_S + 360))

    def test_another_device_does_not_repeat(self) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        story.fix(61, OUT_M + 1, device_id="zb-b")
        assert story.safety == "outside"


class TestBed:
    def test_lying_in_bed_halves_a_fix(self) -> None:
        story = at_home(since_s=NIGHT_S)
        for minute in (1, 2, 3):
            story.hear(bed(NIGHT_S + 60 * minute, BedStatus.OCCUPIED))
        assert outside_fixes_until_told(story, NIGHT_S + 200) == 4
        assert exits(story)[0].evidence["doubt"] == "bed_occupied"

    @pytest.mark.parametrize(("out_of_bed_s", "needed"), [(930, 1), (840, 2)])
    def test_out_of_bed_for_a_quarter_of_an_hour_at_night_one_fix_is_enough(
        self, out_of_bed_s: float, needed: int
    ) -> None:
        story = left_bed(NIGHT_S)
        left_at = story.state.bed.left_at
        assert left_at is not None
        since_s = (left_at - at(0)).total_seconds() + out_of_bed_s - 30
        assert outside_fixes_until_told(story, since_s) == needed
        exit_ = exits(story)[0]
        assert exit_.reason == ("bed_left_and_outside" if needed == 1 else "two_fixes")
        assert exit_.evidence["bed_left_at"] == (left_at.isoformat() if needed == 1 else None)

    def test_nor_is_one_place_by_wifi(self) -> None:
        """A network that has moved: 304 m off to within two, between two fixes in the room."""
        story = left_bed(NIGHT_S)
        left_at = story.state.bed.left_at
        assert left_at is not None
        since_s = (left_at - at(0)).total_seconds() + 930
        story.fix(since_s, OUT_M, accuracy_m=2.2, source=FixSource.WIFI, steps=33)
        assert story.safety == "suspect"
        story.fix(since_s + 30, 5.0, accuracy_m=27.8)
        assert exits(story) == []

    def test_not_after_getting_up_by_day(self) -> None:
        assert outside_fixes_until_told(left_bed(0.0), NIGHT_S) == 2

    def test_not_by_day(self) -> None:
        story = left_bed(NIGHT_S)
        assert outside_fixes_until_told(story, NIGHT_S + 8 * 3_600) == 2


def left_bed(since_s: float) -> Story:
    """In bed for half an hour, then out of it."""
    story = at_home(since_s=since_s)
    for minute in range(30):
        story.hear(bed(since_s + 60 * minute, BedStatus.OCCUPIED))
    for minute in range(30, 34):
        story.hear(bed(since_s + 60 * minute, BedStatus.EMPTY))
    assert story.state.bed.left_at is not None
    return story


class TestContactWithoutAFix:
    @pytest.mark.parametrize(("night", "told_at_s"), [(False, 960), (True, 360)])
    def test_a_quarter_of_an_hour_by_day_five_minutes_at_night(self, night: bool, told_at_s: float) -> None:
        begin = NIGHT_S if night else 0.0
        story = at_home(since_s=begin)
        story.fix(begin + 60, OUT_M)
        for minute in range(2, 20):
            if not exits(story):
                story.fix(begin + 60 * minute, 0, source=FixSource.CELL, accuracy_m=900.0)
        assert [each.at for each in exits(story)] == [at(begin + told_at_s)]
        assert exits(story)[0].reason == ("silent_while_suspected" if night else "no_fix_while_suspected") or night

    def test_another_device_is_no_contact(self) -> None:
        story = at_home()
        story.fix(60, OUT_M)
        story.hear(reading(200, device_id="zb-b"))
        assert [each.at for each in story.wait(360) if each.kind == "zone_exit"] == [at(360)]


class TestComingBack:
    @pytest.mark.parametrize(("minutes", "safety"), [(9.9, "outside"), (10, "inside")])
    def test_ten_minutes_within_the_edge_are_back(self, minutes: float, safety: str) -> None:
        story = at_home()
        story.fix(60, OUT_M, speed_mps=2.7)
        story.fix(120, 195.0)
        story.fix(240, 196.0)
        story.fix(120 + 60 * minutes, 195.0)
        assert story.safety == safety
        if safety == "inside":
            assert [each.reason for each in story.detections if each.kind == "zone_enter"] == ["stayed_inside"]

    @pytest.mark.parametrize("east_m", [OUT_M, 205.0])
    def test_a_fix_beyond_the_edge_begins_it_anew(self, east_m: float) -> None:
        story = at_home()
        story.fix(60, OUT_M, speed_mps=2.7)
        for seconds, where_m in ((120, 195.0), (300, east_m), (400, 195.0), (730, 195.0)):
            story.fix(seconds, where_m)
        assert story.safety == "outside"


class TestStillOutside:
    def out(self, **thresholds: Any) -> Story:
        story = at_home(**thresholds)
        story.fix(60, OUT_M, speed_mps=2.7)
        return story

    def test_once_after_half_a_day(self) -> None:
        story = self.out()
        story.wait(60 + 12 * 3_600 - 1)
        assert [each.reason for each in exits(story)] == ["one_strong_moving_fix"]
        story.wait(60 + 48 * 3_600)
        assert [each.reason for each in exits(story)] == ["one_strong_moving_fix", "still_outside"]
        assert exits(story)[1].at == at(60 + 12 * 3_600)
        assert exits(story)[1].evidence["suspected_since"] == at(60).isoformat()

    def test_never_when_the_family_does_not_want_it(self) -> None:
        story = self.out(zone_overdue=timedelta(0))
        story.wait(72 * 3_600)
        assert len(exits(story)) == 1

    def test_not_of_somebody_first_seen_outside_nor_of_somebody_back(self) -> None:
        story = Story()
        for minute in range(3):
            story.fix(60 * minute, OUT_M)
        story.wait(72 * 3_600)
        back = self.out()
        back.fix(600, 0)
        back.wait(72 * 3_600)
        assert exits(story) == []
        assert len(exits(back)) == 1


def bench(days: int, *, stay_min: float = 12.0, east_m: float = 240.0, **thresholds: Any) -> Story:
    """So many afternoons on the neighbours' bench, then at home on the next one. Begins at 14:00."""
    story = Story(person(**thresholds))
    begin = -6 * 3_600.0
    for day in range(days):
        since_s = begin + day * DAY_S
        story.fix(since_s, 0)
        for minute in (0.0, stay_min / 2, stay_min):
            story.fix(since_s + 600 + 60 * minute, east_m + minute)
        story.fix(since_s + 3_600, 0)
    story.fix(begin + days * DAY_S, 0)
    story.detections.clear()
    return story


class TestDoorstep:
    def told(self, story: Story, days: int, *, hour: float = 0.5, east_m: float = 240.0, **said: Any) -> int:
        return outside_fixes_until_told(story, -6 * 3_600 + days * DAY_S + hour * 3_600, east_m=east_m, **said)

    @pytest.mark.parametrize(("days", "needed"), [(2, 2), (3, 9)])
    def test_three_days_make_it_a_usual_place(self, days: int, needed: int) -> None:
        assert self.told(bench(days), days) == needed

    @pytest.mark.parametrize(
        ("case", "needed"),
        [
            ({}, 9),
            ({"speed_mps": 0.8}, 9),
            # Elsewhere: 61 m and more from the bench. Further off than 100 m beyond the edge. At night.
            ({"east_m": 301.0}, 2),
            ({"hour": 9.0}, 2),
        ],
    )
    def test_only_there_and_only_by_day(self, case: dict[str, Any], needed: int) -> None:
        assert self.told(bench(3), 3, **case) == needed

    def test_never_beyond_the_band(self) -> None:
        assert self.told(bench(5, east_m=305.0), 5, east_m=305.0) == 2
        assert bench(5, east_m=305.0).state.zone.spots == ()
        # 30 m from the bench, and 20 m too far from the edge.
        assert self.told(bench(5, east_m=280.0), 5, east_m=320.0) == 2

    def test_never_near_a_danger(self) -> None:
        story = bench(3)
        near, far = line((330.0, -500.0), (330.0, 500.0)), line((360.0, -500.0), (360.0, 500.0))
        story.person = replace(story.person, dangers=DangerMap((far,)))
        assert self.told(story, 3) == 9
        story = bench(3)
        story.person = replace(story.person, dangers=DangerMap((near,)))
        assert self.told(story, 3) in {1, 2}

    def test_passing_by_makes_no_habit(self) -> None:
        assert self.told(bench(5, stay_min=9.9), 5) == 2

    def test_it_is_forgotten_after_thirty_days(self) -> None:
        assert self.told(bench(3), 2 + FORGOTTEN_AFTER) == 9
        assert self.told(bench(3), 3 + FORGOTTEN_AFTER) == 2

    def test_it_can_be_turned_off(self) -> None:
        assert self.told(bench(5, zone_doorstep_m=0.0), 5) == 2

    def test_a_fix_there_clears_a_suspicion(self) -> None:
        story = bench(3)
        begin = -6 * 3_600 + 3 * DAY_S + 600
        story.fix(begin, -260.0)
        assert story.safety == "suspect"
        story.fix(begin + 60, 241.0)
        assert story.safety == "inside"

    def test_the_oldest_of_many_places_is_forgotten(self) -> None:
        where = [place(1_000.0 * number) for number in range(MOST_SPOTS + 1)]
        spots = tuple(Spot(latitude=a, longitude=b, days=3, last_day=at(0).date().toordinal()) for a, b in where[:-1])
        story = bench(1)
        story.fix(-6 * 3_600 + DAY_S + 60, 240.0)
        stay = story.state.zone.stay
        assert stay is not None
        later = replace(stay, until=stay.since + timedelta(minutes=10))
        kept = learnt(spots, later, story.person)
        assert (len(kept), kept[-1].days) == (MOST_SPOTS, 1)
        assert kept[0] == spots[1]
        assert learnt(kept, later, story.person) == kept


def test_a_zone_drawn_around_somebody_outside_keeps_the_usual_places() -> None:
    story = bench(3)
    since_s = -6 * 3_600 + 3 * DAY_S + 600
    story.fix(since_s, 400.0, speed_mps=1.0)
    spots = story.state.zone.spots
    story.person = person(circle(500.0))
    story.fix(since_s + 60, 400.0)
    assert (story.safety, story.state.zone.spots) == ("inside", spots)
    assert DEFAULT.zone_doorstep_visits == 3
