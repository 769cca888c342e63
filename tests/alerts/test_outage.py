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


def test_a_city_is_silent_when_most_of_its_counties_are():
    counties = {f"3703{number:02}001001": 10 for number in range(2, 9)}
    first = sorted(counties)
    four = [one for division in first[:4] for one in silent(division, 8)]
    assert areas(find(four, counties)) == [("3703", 32, 70)]
    three = [one for division in first[:3] for one in silent(division, 8)]
    assert [area for area, *_ in areas(find(three, counties))] == ["370302", "370303", "370304"], "three of seven"
    of_four = {division: counties[division] for division in first[:4]}
    assert [area for area, *_ in areas(find(three, of_four))] == ["3703"], "three of four"
    of_three = {division: counties[division] for division in first[:3]}
    two = [one for one in three if one.division != first[2]]
    assert len(find(two, of_three)) == 2, "two of three may have two reasons"


def behind(gateway: str, division: str, count: int) -> list[Silent]:
    return [
        Silent(device_id=f"{gateway}-{division}-{number}", division=division, gateway=gateway)
        for number in range(count)
    ]


def gateways(found: list[Found]) -> list[tuple[str | None, str, int, int]]:
    return [(one.gateway, one.division, one.silent, one.expected) for one in found]


class TestGateway:
    def test_its_devices_are_one_outage_wherever_they_are(self):
        """Two villages, each with many more devices than are silent."""
        in_use = {VILLAGE: 100, NEXT: 100, **ELSEWHERE}
        found = find(behind("gw-1", VILLAGE, 4) + behind("gw-1", NEXT, 3), in_use, {"gw-1": 8})
        assert gateways(found) == [("gw-1", TOWN, 7, 8)]
        assert explained(silent(VILLAGE, 1)[0], found) is None, "a neighbour who does not reach us through it"

    def test_a_handful_and_a_small_share_are_none(self):
        in_use = {VILLAGE: 100, **ELSEWHERE}
        assert find(behind("gw-1", VILLAGE, 4), in_use, {"gw-1": 4}) == []
        assert find(behind("gw-1", VILLAGE, 5), in_use, {"gw-1": 17}) == []
        assert len(find(behind("gw-1", VILLAGE, 5), in_use, {"gw-1": 16})) == 1

    def test_it_is_told_instead_of_its_village(self):
        in_use = {VILLAGE: 10, NEXT: 90, **ELSEWHERE}
        found = find(behind("gw-1", VILLAGE, 8) + silent(VILLAGE, 2), in_use, {"gw-1": 8})
        assert gateways(found) == [("gw-1", VILLAGE, 8, 8)]

    def test_it_is_told_instead_of_its_town_when_hardly_anything_else_is_silent(self):
        in_use = {VILLAGE: 20, **ELSEWHERE}
        nine = behind("gw-1", VILLAGE, 9)
        assert gateways(find(nine + silent(VILLAGE, 1), in_use, {"gw-1": 9})) == [("gw-1", VILLAGE, 9, 9)]
        assert gateways(find(nine + silent(VILLAGE, 2), in_use, {"gw-1": 9})) == [(None, TOWN, 11, 20)]

    def test_a_town_without_power_is_one_outage_and_not_three_gateways(self):
        in_use = {VILLAGE: 15, **ELSEWHERE}
        silences = [one for gateway in "abc" for one in behind(gateway, VILLAGE, 5)]
        assert gateways(find(silences, in_use, dict.fromkeys("abc", 5))) == [(None, TOWN, 15, 15)]

    def test_one_device_belongs_to_one_outage(self):
        in_use = {VILLAGE: 100, NEXT: 6, **ELSEWHERE}
        found = find(behind("gw-1", NEXT, 6), in_use, {"gw-1": 6})
        assert len(found) == 1
        assert explained(behind("gw-1", "370399999999", 1)[0], found) == found[0], "it may be worn anywhere"
        assert explained(behind("gw-2", NEXT, 1)[0], found) is None

    def test_one_that_nobody_registered_counts_its_silent_devices(self):
        assert gateways(find(behind("gw-9", VILLAGE, 6), {VILLAGE: 100, **ELSEWHERE}, {})) == [("gw-9", VILLAGE, 6, 6)]

    def test_villages_far_apart_have_their_county_in_common(self):
        in_use = {VILLAGE: 100, "370302004001": 100, **ELSEWHERE}
        silences = behind("gw-1", VILLAGE, 3) + behind("gw-1", "370302004001", 3)
        assert gateways(find(silences, in_use, {"gw-1": 6})) == [("gw-1", COUNTY, 6, 6)]


def test_who_lives_nowhere_in_particular_is_part_of_no_area():
    assert find(silent("", 50) + silent("3703", 50), {"": 50, "3703": 50}) == []


def test_an_outage_is_over_when_four_of_five_report_again():
    assert recovery(silent=10, heard_again=7) is Recovery.LASTS
    assert recovery(silent=10, heard_again=8) is Recovery.OVER
    assert recovery(silent=0, heard_again=0) is Recovery.OVER
