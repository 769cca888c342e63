"""What people without a login see and do: the police's link, the sheet, the finder's page, CAP, the city's platform."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from alerts.channels import webhook
from alerts.handover.finding import MOST_BY_ONE
from alerts.handover.link import finder_token
from alerts.handover.platform import Platforms
from runtime import database
from runtime.clock import ManualClock, wall_now
from tests.alerts import cap_rules
from tests.alerts.scene import receiving
from tests.api import world as worlds
from tests.api.world import NOW, World, client_of

SECRET = "a-secret-of-at-least-32-characters"
NAME, PHONE, ADDRESS = "王建国", "138 0013 8000", "车站街道 12 号楼"
PROFILE = {
    "called": "王老师",
    "gender": "male",
    "description": "偏瘦，花白短发",
    "gait": "步子小",
    "aids": "拄拐杖",
    "medication": "每晚降压药",
    "speech": f"淄博口音，会重复“{NAME}”",
    "calms": f"提到女儿；女儿电话 {PHONE}",
    "places": [{"name": "老单位", "kind": "work", "latitude": 36.806, "longitude": 118.006, "note": ADDRESS}],
    "key_people": [{"name": "王丽", "relation": "女儿", "phone": PHONE}],
}


class Case:
    """Wang's incident, the family's client, and somebody without a login."""

    def __init__(self, world: World, address: str, clock: ManualClock) -> None:
        self.world, self.address, self.clock = world, address, clock
        self.incident_id, self.person_id = world.incidents["wang"], world.persons["wang"]

    async def api(self, username: str, method: str, path: str, **more: Any) -> httpx.Response:
        async with client_of(self.address, username) as client:
            return await client.request(method, f"/api/v1/{path}", **more)

    async def give(self, kind: str, **more: Any) -> str:
        """The token of a new link."""
        answer = await self.api("daughter", "POST", f"incidents/{self.incident_id}/links", json={"kind": kind} | more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"]).rsplit("/", 1)[1]

    async def look(self, path: str) -> httpx.Response:
        async with client_of(self.address, None) as client:
            return await client.get(path)

    async def report(self, token: str, **fields: str) -> httpx.Response:
        async with client_of(self.address, None) as client:
            return await client.post(f"/f/{token}", data=fields)

    async def resolve(self) -> None:
        answer = await self.api("daughter", "POST", f"incidents/{self.incident_id}/found", json={})
        assert answer.status_code == 200, answer.text

    async def looks(self) -> list[str]:
        rows = await self.world.run("SELECT what FROM access_log WHERE link_id IS NOT NULL ORDER BY access_id")
        return [what for (what,) in rows]

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            tuple(row)
            for row in await self.world.run(
                "SELECT kind, data FROM incident_events WHERE incident_id = %s ORDER BY event_id", self.incident_id
            )
        ]


@pytest_asyncio.fixture(loop_scope="session")
async def case(database_url: str) -> AsyncIterator[Case]:
    world = await worlds.seed(database_url)
    clock = ManualClock(NOW + timedelta(minutes=10))
    await world.run(
        "UPDATE persons SET display_name = %s, approach = %s WHERE person_id = %s",
        NAME,
        f"耳背，请从正面走近，叫他{NAME}；找不到家人打 {PHONE}",
        world.persons["wang"],
    )
    settings = {"cap_sender": "tongxing@zibo.example", "cap_contact": "12349"}
    async with worlds.running(database_url, clock=clock, **settings) as address:
        made = Case(world, address, clock)
        answer = await made.api("daughter", "PUT", f"persons/{made.person_id}/profile", json=PROFILE)
        assert answer.status_code == 200, answer.text
        yield made
    await world.close()


def photo(*, exif: bool = True) -> bytes:
    """A telephone's picture, with the place it was taken written into it."""
    picture = Image.new("RGB", (3000, 2000), "#884422")
    data = Image.Exif()
    data[0x010E] = "taken at 36.805123, 118.005123"
    written = io.BytesIO()
    picture.save(written, "JPEG", exif=data if exif else Image.Exif())
    return written.getvalue()


async def test_the_police_see_what_a_search_needs_and_every_look_is_written_down(case: Case) -> None:
    token = await case.give("police", label="车站派出所", wearing="灰色棉袄")
    page = await case.look(f"/p/{token}")
    assert page.status_code == 200
    for word in (NAME, "每晚降压药", "灰色棉袄", PHONE, ADDRESS, "36.80500, 118.00500", "GCJ-02", "95%"):
        assert word in page.text, word
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    assert await case.looks() == ["police_page"]
    (link,) = (await case.api("daughter", "GET", f"incidents/{case.incident_id}/links")).json()["items"]
    assert (link["label"], link["looks"], link["created_by"]) == ("车站派出所", 1, "Daughter")
    seen = (await case.api("daughter", "GET", f"persons/{case.person_id}/accesses")).json()["items"]
    assert "police_page" in [one["what"] for one in seen]


async def test_only_a_digest_of_a_token_is_stored(case: Case) -> None:
    token = await case.give("sheet")
    stored = str(await case.world.run("SELECT * FROM handover_links")) + str(await case.events())
    assert token not in stored
    assert finder_token(token) not in stored


async def test_a_link_expires_on_the_minute(case: Case) -> None:
    token = await case.give("police", hours=0.5)
    case.clock.advance(timedelta(minutes=29, seconds=59))
    assert NAME in (await case.look(f"/p/{token}")).text
    case.clock.advance(timedelta(seconds=1))
    closed = await case.look(f"/p/{token}")
    assert closed.status_code == 410
    assert "链接已过期" in closed.text
    assert NAME not in closed.text
    assert (await case.look(f"/p/{token}/photo")).status_code == 410
    # A look at a link that is over is a look as well.
    assert await case.looks() == ["police_page"] * 3


async def test_a_link_that_is_taken_back_opens_nothing_and_its_code_neither(case: Case) -> None:
    token = await case.give("sheet")
    assert (await case.look(f"/s/{token}")).status_code == 200
    items = (await case.api("daughter", "GET", f"incidents/{case.incident_id}/links")).json()["items"]
    sheet = next(one["link_id"] for one in items if one["kind"] == "sheet")
    assert (await case.api("stranger", "DELETE", f"links/{sheet}")).status_code == 404
    assert (await case.api("coordinator", "DELETE", f"links/{sheet}")).status_code == 403
    assert (await case.api("daughter", "DELETE", f"links/{sheet}")).status_code == 204
    for path in (f"/s/{token}", f"/f/{finder_token(token)}"):
        closed = await case.look(path)
        assert (closed.status_code, "链接已被收回" in closed.text, NAME in closed.text) == (410, True, False)
    assert (await case.report(finder_token(token), note="x")).status_code == 410
    assert "link_revoked" in [kind for kind, _ in await case.events()]


async def test_a_link_of_one_kind_opens_no_other_page(case: Case) -> None:
    police, sheet = await case.give("police"), await case.give("sheet")
    for path in (f"/s/{police}", f"/f/{police}", f"/p/{sheet}", f"/p/{finder_token(sheet)}", "/p/nothing"):
        closed = await case.look(path)
        assert (closed.status_code, NAME in closed.text) == (404, False), path


async def test_everything_closes_when_the_person_is_found(case: Case) -> None:
    police, sheet = await case.give("police"), await case.give("sheet")
    await case.resolve()
    for path in (f"/p/{police}", f"/s/{sheet}", f"/f/{finder_token(sheet)}"):
        closed = await case.look(path)
        assert (closed.status_code, "谢谢您" in closed.text) == (200, True)
        assert not re.search(rf"{NAME}|王老师|36\.80|{PHONE}", closed.text)
    answer = await case.api("daughter", "POST", f"incidents/{case.incident_id}/links", json={"kind": "police"})
    assert answer.status_code == 409


async def test_the_finders_page_leaks_nothing(case: Case) -> None:
    await case.api("daughter", "PUT", f"persons/{case.person_id}/photo", content=photo())
    token = finder_token(await case.give("sheet", with_name=True))
    page = await case.look(f"/f/{token}")
    assert page.status_code == 200
    for secret in (
        NAME,
        "Name of",
        PHONE,
        PHONE.replace(" ", ""),
        ADDRESS,
        "王丽",
        "36.80",
        "118.00",
        "降压药",
        "zb-wang",
    ):
        assert secret not in page.text, secret
    assert "<img" not in page.text
    # What helps is still there.
    assert "请从正面走近" in page.text
    assert "淄博口音" in page.text
    # There is no such address: the console's page answers, or says that it is not built.
    assert "image" not in (await case.look(f"/f/{token}/photo")).headers["content-type"]
    assert await case.looks() == ["finder_page"]


async def test_a_sheet_without_the_name_has_it_nowhere(case: Case) -> None:
    for with_name in (False, True):
        page = await case.look(f"/s/{await case.give('sheet', with_name=with_name)}")
        assert (NAME in page.text) is with_name
        assert ("王老师" in page.text) is not with_name
        assert ADDRESS not in page.text
        assert "降压药" not in page.text
        assert "<svg" in page.text


async def test_a_finder_reports_and_everybody_involved_is_told(case: Case) -> None:
    await case.world.run(
        "INSERT INTO receivers (relation, person_id, display_name, channels) VALUES ('family', %s, '女儿', %s)",
        case.person_id,
        '[{"kind": "bracelet", "device_id": "zb-wang"}, {"kind": "log"}]',
    )
    await case.world.run("UPDATE receivers SET channels = %s WHERE relation = 'coordinator'", '[{"kind": "log"}]')
    token = finder_token(await case.give("sheet"))
    answer = await case.report(
        token,
        place="孝妇河桥边",
        note="坐在长椅上",
        callback="13900001111",
        latitude="36.81",
        longitude="118.01",
        accuracy_m="15",
    )
    assert answer.status_code == 200
    assert "谢谢您" in answer.text
    said = {"number": 1, "said": "device", "place": "孝妇河桥边", "note": "坐在长椅上"}
    assert (await case.events())[-1] == ("finder_report", said)
    told = await case.world.run(
        "SELECT r.display_name, n.title, n.body FROM notifications n JOIN receivers r USING (receiver_id)"
        " WHERE n.purpose = 'sighting' AND n.channel ->> 'kind' = 'log' ORDER BY 1"
    )
    assert [name for name, _, _ in told] == ["Coordinator", "女儿"]
    assert all(NAME in title and len(title) <= 70 for _, title, _ in told)
    assert not any(re.search(r"13900001111|36\.81|孝妇河", body) for _, _, body in told)
    (report,) = (await case.api("coordinator", "GET", f"incidents/{case.incident_id}/reports")).json()["items"]
    assert (report["callback"], report["latitude"], report["accuracy_m"]) == ("13900001111", 36.81, 15)
    assert (await case.api("stranger", "GET", f"incidents/{case.incident_id}/reports")).status_code == 404


async def test_a_report_without_a_place_or_a_word_asks_again_and_keeps_what_was_written(case: Case) -> None:
    token = finder_token(await case.give("sheet"))
    answer = await case.report(token, callback="139", latitude="nan?", longitude="x")
    assert answer.status_code == 422
    assert "请写下地点" in answer.text
    assert 'value="139"' in answer.text
    far = await case.report(token, note="<script>alert(1)</script>", latitude="200", longitude="5")
    assert far.status_code == 200
    assert (await case.world.run("SELECT latitude, note FROM finder_reports")) == [(None, "<script>alert(1)</script>")]


async def test_one_sender_cannot_flood(case: Case) -> None:
    token = finder_token(await case.give("sheet"))
    answers = [(await case.report(token, note=f"{number}")).status_code for number in range(MOST_BY_ONE + 2)]
    assert answers == [200] * MOST_BY_ONE + [429] * 2
    assert (await case.world.run("SELECT count(*) FROM finder_reports")) == [(MOST_BY_ONE,)]
    # Real time, not the scaled clock: a simulated day does not open the gate.
    case.clock.advance(timedelta(hours=1))
    assert (await case.report(token, note="again")).status_code == 429


async def test_a_photo_is_made_smaller_and_forgets_where_it_was_taken(case: Case) -> None:
    path = f"persons/{case.person_id}/photo"
    assert (await case.api("daughter", "GET", path)).status_code == 404
    kept = await case.api("daughter", "PUT", path, content=photo())
    assert (kept.json()["width_px"], kept.json()["height_px"]) == (1200, 800)
    shown = await case.api("coordinator", "GET", f"incidents/{case.incident_id}/photo")
    assert shown.headers["content-type"] == "image/jpeg"
    assert not Image.open(io.BytesIO(shown.content)).getexif()
    assert b"36.805" not in shown.content
    token = await case.give("sheet")
    assert (await case.look(f"/s/{token}/photo")).content == shown.content
    for bad in (b"GIF89a not a photo", b"", photo()[:2000]):
        assert (await case.api("daughter", "PUT", path, content=bad)).status_code == 422
    assert (await case.api("daughter", "PUT", path, content=b"x" * 10_000_001)).status_code == 422
    assert (await case.api("daughter", "DELETE", path)).status_code == 204
    assert (await case.look(f"/s/{token}/photo")).status_code == 404


async def test_a_responder_reads_the_brief_and_not_the_profile(case: Case) -> None:
    brief = (await case.api("coordinator", "GET", f"incidents/{case.incident_id}/brief")).json()
    assert (brief["called"], brief["age"], brief["gait"]) == ("王老师", 81, "步子小")
    assert not {"medication", "places", "key_people", "routine"} & brief.keys()
    assert (await case.api("coordinator", "GET", f"persons/{case.person_id}/profile")).status_code == 403
    assert (await case.api("stranger", "GET", f"incidents/{case.incident_id}/brief")).status_code == 404


async def test_cap_alert_update_cancel(case: Case) -> None:
    path = f"incidents/{case.incident_id}/cap"
    for expected in ("Alert", "Update"):
        answer = await case.api("admin", "POST", path)
        assert (answer.status_code, answer.json()["message_type"]) == (201, expected)
        case.clock.advance(timedelta(minutes=20))
    await case.resolve()
    assert (await case.api("admin", "POST", path)).json()["message_type"] == "Cancel"
    # Nothing follows a Cancel.
    assert (await case.api("admin", "POST", path)).status_code == 409
    messages = [await case.api("admin", "GET", f"{path}/{number}") for number in (1, 2, 3)]
    assert [message.headers["content-type"] for message in messages] == ["application/cap+xml"] * 3
    assert [cap_rules.faults(message.text.partition("\n")[2]) for message in messages] == [[], [], []]
    alert, update, cancel = (message.text for message in messages)
    assert "<polygon>" in alert
    assert "<circle>" in update
    assert "<status>Test</status>" in alert
    assert update.count(f"tongxing@zibo.example,tongxing@zibo.example-{case.incident_id}-1,") == 1
    assert cancel.count(f"tongxing@zibo.example,tongxing@zibo.example-{case.incident_id}-") == 2
    assert "polygon" not in cancel
    assert not any(re.search(rf"{NAME}|{PHONE}|{ADDRESS}", text) for text in (alert, update, cancel))


async def test_nothing_is_cancelled_that_was_never_issued(case: Case) -> None:
    await case.resolve()
    assert (await case.api("admin", "POST", f"incidents/{case.incident_id}/cap")).status_code == 409


@pytest.mark.parametrize("with_position", [False, True])
async def test_the_citys_platform_hears_in_order_signed_and_without_a_position(
    case: Case, database_url: str, with_position: bool
) -> None:
    refusals = ["503 Busy"]

    async def answer(_: Any) -> str:
        return refusals.pop() if refusals else "204 No Content"

    pool = await database.open_pool(database_url, max_size=4)
    platforms = Platforms(pool=pool, timeout_s=5)
    async with receiving(answer) as desk:
        body = {
            "name": "城运中心",
            "url": desk.url,
            "secret": SECRET,
            "division": "3703",
            "with_position": with_position,
        }
        made = await case.api("admin", "POST", "platform-hooks", json=body)
        assert made.status_code == 201, made.text
        assert SECRET not in made.text
        await case.world.open_incident("zhao")
        await case.api("admin", "POST", f"incidents/{case.world.incidents['zhao']}/acknowledge")
        await case.api("admin", "POST", f"incidents/{case.world.incidents['zhao']}/notes", json={"text": "x"})
        await case.api("admin", "POST", f"incidents/{case.world.incidents['zhao']}/resolve", json={"outcome": "found"})
        assert await platforms.work() == 1
        # The first was refused: the later ones wait for it.
        assert await platforms.work() == 0
        await case.world.run("UPDATE platform_events SET next_attempt_wall = now()")
        while await platforms.work():
            pass
        events = [request.json for request in desk.requests]
        assert [event["event"] for event in events] == [
            "incident.opened",
            "incident.opened",
            "incident.updated",
            "incident.resolved",
        ]
        assert events[0]["event_id"] == events[1]["event_id"]
        assert events[1]["incident"]["external_id"] == "no-zhao"
        for request in desk.requests:
            assert webhook.verify(SECRET, request.raw, request.headers["tongxing-signature"], at=wall_now()) is None
            assert "Name of zhao" not in request.raw.decode()
        assert [("position" in event) for event in events] == [with_position] * 4
        if with_position:
            # The incident was over by the time these left: no position any more.
            assert [event["position"] for event in events] == [None] * 4
    (hook,) = (await case.api("admin", "GET", "platform-hooks")).json()["items"]
    assert (hook["pending"], hook["failed"], hook["delivered_wall"] is not None) == (0, 0, True)
    assert (await case.api("admin", "DELETE", f"platform-hooks/{hook['hook_id']}")).status_code == 204
    await case.world.open_incident("zhao")
    assert (await case.world.run("SELECT count(*) FROM platform_events WHERE state = 'pending'")) == [(0,)]
    await platforms.close()
    await pool.close()


async def test_a_platform_that_wants_it_gets_the_position_while_it_matters(case: Case, database_url: str) -> None:
    pool = await database.open_pool(database_url, max_size=4)
    platforms = Platforms(pool=pool, timeout_s=5)
    async with receiving() as desk:
        body = {"name": "x", "url": desk.url, "secret": SECRET, "with_position": True}
        await case.api("admin", "POST", "platform-hooks", json=body)
        await case.api("daughter", "POST", f"incidents/{case.incident_id}/acknowledge")
        assert await platforms.work() == 1
        position = json.loads(desk.requests[0].raw)["position"]
        assert (position["latitude"], position["longitude"]) == (36.805, 118.005)
        assert (await case.world.run("SELECT with_position FROM platform_events")) == [(True,)]
    await platforms.close()
    await pool.close()
