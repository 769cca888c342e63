"""Which silences are one outage: areas, shares and both sides of each threshold."""

from __future__ import annotations

from alerts.outage import LEAST_DEVICES, Found, Recovery, Silent, explained, find, recovery


def silent(division: str, count: int, *, first: int = 0) -> list[Silent]:
    return [Silent(device_id=f"{division}-{number}", division=division) for number in range(first, first + count)]


def areas(found: list[Found]) -> list[tuple[str, int, int]]:
    return [(one.division, one.silent, one.expected) for one in found]


VILLAGE, NEXT, TOWN, COUNTY = "370302001002", "370302001003", "370302001", "370302"
ELSEWHERE = {"370302002001": 20, "370302003001": 20, "370302004001": 20}


def test_a_handful_says_nothing_about_an_area():
    in_use = {VILLAGE: 5, **ELSEWHERE}
    assert find(silent(VILLAGE, LEAST_DEVICES - 1), in_use) == []
    assert areas(find(silent(VILLAGE, LEAST_DEVICES), in_use)) == [(TOWN, 5, 5)]


def test_the_share_decides():
    in_use = {VILLAGE: 20, **ELSEWHERE}
    assert find(silent(VILLAGE, 5), in_use) == [], "a quarter"
    assert areas(find(silent(VILLAGE, 6), in_use)) == [(TOWN, 6, 20)]


def test_a_village_within_a_large_town_is_a_village():
    in_use = {VILLAGE: 10, NEXT: 90, **ELSEWHERE}
    assert areas(find(silent(VILLAGE, 9), in_use)) == [(VILLAGE, 9, 10)]


def test_one_big_town_is_not_its_county_and_most_towns_are():
    in_use = {VILLAGE: 60, **ELSEWHERE}
    assert areas(find(silent(VILLAGE, 60), in_use)) == [(TOWN, 60, 60)]
    half = silent(VILLAGE, 60) + silent("370302002001", 20)
    assert [area for area, *_ in areas(find(half, in_use))] == [TOWN, "370302002"], "two of four towns"
    most = half + silent("370302003001", 20)
    assert areas(find(most, in_use)) == [(COUNTY, 100, 120)]


def test_two_counties_are_two_outages_and_one_device_belongs_to_one():
    other = "370303001001"
    found = find(silent(VILLAGE, 8) + silent(other, 8), {VILLAGE: 10, other: 10})
    assert areas(found) == [(COUNTY, 8, 10), ("370303", 8, 10)]
    assert explained(silent(other, 1)[0], found) == found[1]
    assert explained(silent("370304001001", 1)[0], found) is None


def test_who_lives_nowhere_in_particular_is_part_of_no_area():
    assert find(silent("", 50) + silent("3703", 50), {"": 50, "3703": 50}) == []


def test_an_outage_is_over_when_four_of_five_report_again():
    assert recovery(silent=10, heard_again=7) is Recovery.LASTS
    assert recovery(silent=10, heard_again=8) is Recovery.OVER
    assert recovery(silent=0, heard_again=0) is Recovery.OVER
