"""Links open and close; finders may tell so much; CAP messages are ones, refer to each other and say no name."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from alerts.handover import cap, finding, wording
from alerts.handover.cap import Bulletin, Issuer, MessageType, Reference
from alerts.handover.finding import Counts, Report, Said, TooManyReports
from alerts.handover.link import Link, LinkError, LinkKind, Standing, checked_window, finder_token, standing
from alerts.handover.wording import Subject
from alerts.scale import Severity
from alerts.search import Fix, plan
from geofence.geometry import distance_m
from runtime import identifiers
from tests.alerts import cap_rules

AT = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
LINK = Link(
    link_id=1,
    incident_id=1,
    person_id=1,
    kind=LinkKind.POLICE,
    label="",
    with_name=False,
    wearing="",
    since=AT,
    until=AT + HOUR,
    revoked_at=None,
    resolved=False,
    opened_at=AT,
)


@pytest.mark.parametrize(
    ("found", "at", "expected"),
    [
        (None, AT, Standing.UNKNOWN),
        (LINK, AT - timedelta(seconds=1), Standing.NOT_YET),
        (LINK, AT, Standing.OPEN),
        (LINK, AT + HOUR - timedelta(seconds=1), Standing.OPEN),
        (LINK, AT + HOUR, Standing.EXPIRED),
        (replace(LINK, revoked_at=AT), AT, Standing.REVOKED),
        (replace(LINK, resolved=True), AT, Standing.RESOLVED),
        # Revoked is said first: it was meant so.
        (replace(LINK, resolved=True, revoked_at=AT), AT + 2 * HOUR, Standing.REVOKED),
    ],
)
def test_when_a_link_opens(found: Link | None, at: datetime, expected: Standing) -> None:
    assert standing(found, at=at) is expected


@pytest.mark.parametrize("length", [timedelta(minutes=14), timedelta(hours=72, seconds=1), -HOUR])
def test_a_window_that_is_none_is_refused(length: timedelta) -> None:
    with pytest.raises(LinkError, match="15 minutes to 72 hours"):
        checked_window(since=AT, until=AT + length)
    checked_window(since=AT, until=AT + 72 * HOUR)
    checked_window(since=AT, until=AT + timedelta(minutes=15))


def test_the_code_on_a_sheet_is_the_same_each_time_and_does_not_lead_back() -> None:
    token = identifiers.token()
    assert finder_token(token) == finder_token(token)
    assert finder_token(token) != finder_token(identifiers.token())
    assert len(finder_token(token)) == 32
    assert token not in finder_token(token)


@pytest.mark.parametrize(("by_one", "by_all"), [(5, 5), (0, 60)])
def test_one_report_too_many_is_refused(by_one: int, by_all: int) -> None:
    with pytest.raises(TooManyReports, match="110"):
        finding.check_rate(Counts(by_one=by_one, by_all=by_all))
    finding.check_rate(Counts(by_one=4, by_all=59))


def test_how_a_report_says_where() -> None:
    assert Report(place="桥边", latitude=36.8, longitude=118.0).said is Said.DEVICE
    assert Report(place="桥边").said is Said.WORDS
    assert Report(note="x").said is Said.NOWHERE


ISSUER = Issuer(
    sender="tongxing@zibo.example",
    status="Test",
    scope="Restricted",
    restriction="公安和民政部门",
    sender_name="淄博 12349",
    contact="12349",
)
SUBJECT = Subject(
    age=81,
    gender="male",
    looks=("身高170厘米", "灰色棉袄 & 布鞋", "拄拐杖"),
    approach="耳背，请从正面走近。",
    area="张店区",
    last_seen_at=AT,
    time_zone="Asia/Shanghai",
)
WALKING = Fix(at=AT, latitude=36.81, longitude=118.05, accuracy_m=12.0, speed_mps=0.9, heading_deg=90.0)
BULLETIN = Bulletin(
    identifier="tongxing@zibo.example-7-1",
    message_type=MessageType.ALERT,
    sent=AT + HOUR,
    time_zone="Asia/Shanghai",
    references=(),
    severity=Severity.CRITICAL,
    onset=AT,
    words=wording.searching(SUBJECT),
    division="370303001001",
    plan=plan(WALKING, at=AT + HOUR),
)
FIRST = Reference(sender=ISSUER.sender, identifier="tongxing@zibo.example-7-1", sent=AT + HOUR)
SECOND = replace(FIRST, identifier="tongxing@zibo.example-7-2")
CANCEL = replace(
    BULLETIN,
    message_type=MessageType.CANCEL,
    references=(FIRST, SECOND),
    plan=None,
    words=wording.over(SUBJECT),
)


@pytest.mark.parametrize(
    ("bulletin", "issuer"),
    [
        (BULLETIN, ISSUER),
        (BULLETIN, replace(ISSUER, status="Actual", scope="Public", contact="", sender_name="")),
        (BULLETIN, replace(ISSUER, scope="Private", restriction="desk@zibo.example")),
        (replace(BULLETIN, message_type=MessageType.UPDATE, references=(FIRST,)), ISSUER),
        (replace(BULLETIN, plan=None, division="", time_zone="UTC"), ISSUER),
        (
            replace(BULLETIN, words=wording.searching(replace(SUBJECT, age=None, gender="", looks=(), approach=""))),
            ISSUER,
        ),
        (CANCEL, ISSUER),
    ],
)
def test_our_messages_are_cap(bulletin: Bulletin, issuer: Issuer) -> None:
    assert cap_rules.faults(cap.document(bulletin, issuer)) == []


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (("<status>Test</status>", "<status>Real</status>"), "status says 'Real'"),
        (("+08:00", "Z"), "sent says"),
        (("<scope>Restricted</scope>", "<scope>Public</scope>"), "restriction goes with"),
        (("<msgType>Alert</msgType>", "<msgType>Update</msgType>"), "references go with"),
        (("<urgency>Immediate</urgency>", ""), "urgency stands 0 times"),
        (("tongxing@zibo.example-7-1", "tongxing 7"), "identifier says"),
        (("<language>zh-CN</language>", "<event>x</event><language>zh-CN</language>"), "not in the standard's order"),
        (("<category>", "<colour>"), None),
        (("36.", "136."), "latitude stands first"),
    ],
)
def test_the_rules_bite(spoil: tuple[str, str], fault: str | None) -> None:
    xml = cap.document(BULLETIN, ISSUER).replace(*spoil)
    if fault is None:
        xml = xml.replace("</category>", "</colour>")
        fault = "info holds colour"
    assert any(fault in one for one in cap_rules.faults(xml))


def test_an_update_refers_to_all_before_it_and_times_carry_their_offset() -> None:
    root = ET.fromstring(cap.document(CANCEL, ISSUER))
    assert cap_rules.text(root, "references").split() == [
        f"{ISSUER.sender},{one.identifier},2026-11-21T03:40:00+08:00" for one in (FIRST, SECOND)
    ]
    in_utc = cap.document(replace(BULLETIN, time_zone="UTC"), ISSUER)
    assert "<sent>2026-11-20T19:40:00-00:00</sent>" in in_utc


def test_the_chain() -> None:
    assert cap.next_type((), over=False) is MessageType.ALERT
    assert cap.next_type((FIRST,), over=False) is MessageType.UPDATE
    assert cap.next_type((FIRST,), over=True) is MessageType.CANCEL
    assert cap.next_type((), over=True) is None


def test_the_circle_holds_the_polygon_and_both_stand_latitude_first() -> None:
    (latitude, longitude), radius_km = _circle(cap.circle(BULLETIN.plan))  # type: ignore[arg-type]
    corners = [tuple(map(float, corner.split(","))) for corner in cap.polygon(BULLETIN.plan).split()]  # type: ignore[arg-type]
    away = [distance_m(latitude, longitude, *corner) for corner in corners]
    assert max(away) <= radius_km * 1000 * 1.001
    assert max(away) >= radius_km * 1000 * 0.99
    assert (latitude, longitude) == (36.81, 118.05)
    assert corners[0] == corners[-1]


def _circle(text: str) -> Any:
    point, radius_km = text.split()
    return tuple(map(float, point.split(","))), float(radius_km)


def test_a_cancel_says_nothing_of_whom_or_where() -> None:
    xml = cap.document(CANCEL, ISSUER)
    assert not re.search(r"polygon|circle|81|棉袄|拐杖", xml)
    assert "<responseType>AllClear</responseType>" in xml
    assert "谢谢" in xml


def test_what_is_told_of_the_person() -> None:
    chinese, english = wording.searching(SUBJECT)
    assert chinese.headline == "寻找一位男性老人，81岁左右，患有认知障碍，可能迷路"
    assert chinese.description == "最后一次定位：11月21日02:40。身高170厘米；灰色棉袄 & 布鞋；拄拐杖。"
    assert chinese.instruction.endswith("拨打110。耳背，请从正面走近。")
    assert english.headline == "Looking for an elderly man, about 81, living with dementia and possibly lost"
    assert "&amp; 布鞋" in cap.document(BULLETIN, ISSUER)
