"""What the routes do, over real HTTP against a real database; who may is in `test_api_access`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from runtime.clock import ScaledClock, wall_now
from tests.api import world as worlds
from tests.api.world import NOW, PASSWORD, SQUARE, World, client_of


@pytest_asyncio.fixture
async def served(database_url: str) -> AsyncIterator[tuple[World, str]]:
    world = await worlds.seed(database_url)
    async with worlds.running(database_url) as address:
        yield world, address
    await world.close()


async def get(address: str, username: str, path: str, **query: Any) -> Any:
    async with client_of(address, username) as client:
        response = await client.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()


def is_problem(response: httpx.Response, status: int, kind: str) -> str:
    """Assert a problem document and give its detail."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["type"]) == (status, status, f"urn:tongxing:problem:{kind}")
    return str(body["detail"])


async def test_signing_in_and_out(served: tuple[World, str]) -> None:
    _, address = served
    async with client_of(address, None) as client:
        form = {"username": "daughter", "password": PASSWORD, "grant_type": "password"}
        answer = (await client.post("/api/v1/token", data=form)).json()
        assert answer | {"access_token": ""} == {
            "access_token": "",
            "token_type": "bearer",
            "expires_in": 12 * 3600,
            "role": "family",
            "display_name": "Daughter",
            "language": "zh-CN",
        }
        client.headers["Authorization"] = f"Bearer {answer['access_token']}"
        me = await client.get("/api/v1/me")
        assert (me.json()["username"], me.headers["cache-control"]) == ("daughter", "no-store")
        assert (await client.delete("/api/v1/token")).status_code == 204
        is_problem(await client.get("/api/v1/me"), 401, "not_signed_in")


async def test_wrong_passwords_are_refused_alike_and_then_slowed_down(served: tuple[World, str]) -> None:
    world, address = served
    async with client_of(address, None) as client:
        said = set()
        for username in ("daughter", "nobody"):
            for _ in range(5):
                form = {"username": username, "password": "wrong"}
                said.add(is_problem(await client.post("/api/v1/token", data=form), 401, "not_signed_in"))
        assert len(said) == 1
        # Even the right password has to wait now, and so does one guessed for a name that is none.
        for username, password in (("daughter", PASSWORD), ("nobody", "x")):
            refused = await client.post("/api/v1/token", data={"username": username, "password": password})
            is_problem(refused, 429, "too_many_attempts")
            assert 0 < int(refused.headers["retry-after"]) <= 300
        form = {"username": "stranger", "password": PASSWORD}
        assert (await client.post("/api/v1/token", data=form)).status_code == 200
        forged = {"username": "daughter", "password": PASSWORD}
        again = await client.post("/api/v1/token", data=forged, headers={"X-Forwarded-For": "10.1.2.3"})
        assert again.status_code == 429
    stored = await world.run("SELECT token_digest FROM sessions")
    assert all(len(digest) == 32 for [digest] in stored)


async def test_a_zone_is_drawn_corrected_and_removed(served: tuple[World, str]) -> None:
    world, address = served
    path = f"/api/v1/persons/{world.persons['wang']}/zones"
    zone = {
        "name": "garden",
        "geometry": {"type": "Polygon", "coordinates": [SQUARE[:-1]]},
        "schedule": [{"days": [7, 1], "from": "22:00", "until": "06:00"}],
    }
    async with client_of(address, "daughter") as client:
        made = (await client.post(path, json=zone)).json()
        assert made["geometry"]["coordinates"] == [SQUARE]
        assert made["schedule"] == [{"days": [1, 7], "from": "22:00", "until": "06:00"}]
        round_zone = {"name": "park", "geometry": {"type": "Point", "coordinates": [118, 36.8]}, "radius_m": 150}
        changed = await client.put(f"/api/v1/zones/{made['zone_id']}", json=round_zone)
        assert (changed.json()["radius_m"], changed.json()["schedule"]) == (150, None)
        assert (await client.delete(f"/api/v1/zones/{made['zone_id']}")).status_code == 204
        assert [zone["name"] for zone in (await client.get(path)).json()["items"]] == ["home"]


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (
            {"coordinates": [[[118.0, 36.8], [118.01, 36.81], [118.01, 36.8], [118.0, 36.81]]]},
            "zone_self_crossing",
            "longitude 118.005000, latitude 36.805000",
        ),
        ({"coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "zone_too_large", "40 km"),
        ({"coordinates": [[[118.0, 36.8], [118.01, 36.8]]]}, "zone_too_few_corners", "3"),
        ({"type": "LineString"}, "invalid", "body.geometry"),
    ],
)
async def test_a_zone_that_cannot_be_says_where_and_what_to_do(
    change: dict[str, Any], kind: str, says: str, served: tuple[World, str]
) -> None:
    world, address = served
    body = {"name": "x", "geometry": {"type": "Polygon", "coordinates": [SQUARE]} | change}
    async with client_of(address, "daughter") as client:
        for method, path in (
            ("POST", f"/api/v1/persons/{world.persons['wang']}/zones"),
            ("PUT", f"/api/v1/zones/{world.zones['wang']}"),
        ):
            assert says in is_problem(await client.request(method, path, json=body), 422, kind)
    assert await world.run("SELECT count(*) FROM zones") == [(3,)]


async def test_persons_are_added_changed_found_and_paged(served: tuple[World, str]) -> None:
    world, address = served
    async with client_of(address, "admin") as client:
        made = (await client.post("/api/v1/persons", json={"display_name": "Sun Mei", "external_id": "no-9"})).json()
        assert (made["devices"], made["open_incident_id"]) == ([], None)
        is_problem(
            await client.post("/api/v1/persons", json={"display_name": "S", "external_id": "no-9"}), 409, "conflict"
        )
        path = f"/api/v1/persons/{made['person_id']}"
        changed = (await client.patch(path, json={"birth_year": 1950})).json()
        assert (changed["birth_year"], changed["display_name"]) == (1950, "Sun Mei")
        is_problem(await client.patch(path, json={"external_id": "no-wang"}), 409, "conflict")
        is_problem(await client.patch(path, json={"time_zone": "Mars/Base"}), 422, "invalid")
        is_problem(await client.post("/api/v1/persons", json={"display_name": "a\x00b"}), 422, "invalid")
        assert (await client.delete(path)).status_code == 204
        is_problem(await client.get(path), 404, "not_found")
        wang = f"/api/v1/persons/{world.persons['wang']}"
        assert str(world.incidents["wang"]) in is_problem(await client.delete(wang), 409, "conflict")
    for query in ("of WANG", "no-wang", "zb-wang"):
        found = await get(address, "admin", "/api/v1/persons", query=query)
        assert [person["person_id"] for person in found["items"]] == [world.persons["wang"]]
    assert (await get(address, "admin", "/api/v1/persons", query="%"))["items"] == []
    first = await get(address, "admin", "/api/v1/persons", limit=2)
    rest = await get(address, "admin", "/api/v1/persons", limit=2, after=first["next"])
    assert [person["person_id"] for person in first["items"] + rest["items"]] == sorted(world.persons.values())
    assert rest["next"] is None


async def test_devices_are_issued_swapped_and_retired(served: tuple[World, str]) -> None:
    world, address = served
    async with client_of(address, "operator") as client:
        new = {"device_id": "bed-1", "kind": "bed", "person_id": world.persons["wang"]}
        assert (await client.post("/api/v1/devices", json=new)).status_code == 201
        is_problem(await client.post("/api/v1/devices", json=new), 409, "conflict")
        is_problem(await client.post("/api/v1/devices", json=new | {"device_id": "b 2"}), 422, "invalid")
        is_problem(
            await client.post("/api/v1/devices", json=new | {"device_id": "b2", "person_id": 999}), 422, "invalid"
        )
        retired = (await client.patch("/api/v1/devices/bed-1", json={"retired": True})).json()
        assert retired["retired_at"] is not None
        swapped = (await client.patch("/api/v1/devices/bed-1", json={"person_id": None, "retired": False})).json()
        assert (swapped["person_id"], swapped["retired_at"]) == (None, None)
        is_problem(await client.get("/api/v1/devices/none"), 404, "not_found")
    assert (await get(address, "operator", "/api/v1/devices/zb-wang"))["state"]["flood"] is None
    await world.run("UPDATE device_states SET online = false, battery_pct = 80 WHERE device_key = 1")
    await world.run("UPDATE device_states SET worn = false, charging = true WHERE device_key = 2")
    await world.run("DELETE FROM device_states WHERE device_key = 3")
    # One flooded until a minute before it was last heard, one the day before.
    for key, before in ((1, "1 day"), (2, "1 minute")):
        await world.run(
            "INSERT INTO device_floods (device_key, since, until, surplus) SELECT device_key,"
            f" last_seen_at - interval '2 days', last_seen_at - interval '{before}', {key}00 FROM device_states"
            f" WHERE device_key = {key}"
        )
    await world.run("INSERT INTO device_numbering VALUES (1, 4, 2, %s)", NOW)
    for problem, devices in {
        "offline": ["zb-wang"],
        "battery": [],
        "not_worn": ["zb-li"],
        "fault": [],
        "never_seen": ["zb-zhao"],
        "floods": ["zb-li"],
        "any": ["zb-li", "zb-wang", "zb-zhao"],
    }.items():
        found = await get(address, "operator", "/api/v1/devices", problem=problem)
        assert [device["device_id"] for device in found["items"]] == devices, problem
    state = (await get(address, "operator", "/api/v1/devices/zb-wang"))["state"]
    assert (state["battery_pct"], state["online"], state["missing"]) == (80, False, 0)
    assert (state["repeats"], state["restarts"], state["restarted_at"] is not None) == (4, 2, True)
    other = (await get(address, "operator", "/api/v1/devices/zb-li"))["state"]
    assert (other["repeats"], other["restarts"], other["restarted_at"]) == (0, 0, None)
    assert (state["flood"]["surplus"], state["flood"]["since"] < state["flood"]["until"]) == (100, True)


async def test_positions_and_tracks_are_geojson_and_looking_is_written_down(served: tuple[World, str]) -> None:
    world, address = served
    wang = world.persons["wang"]
    everybody = await get(address, "admin", "/api/v1/positions")
    assert {feature["properties"]["person_id"] for feature in everybody["features"]} == set(world.persons.values())
    [mine] = (await get(address, "daughter", "/api/v1/positions"))["features"]
    assert mine == await get(address, "daughter", f"/api/v1/persons/{wang}/position")
    assert mine["geometry"] == {"type": "Point", "coordinates": [118.005, 36.805]}
    assert mine["properties"]["incident_id"] == world.incidents["wang"]
    assert datetime.fromisoformat(mine["properties"]["at"]) == NOW
    day = await get(address, "daughter", f"/api/v1/persons/{wang}/track")
    assert len(day["geometry"]["coordinates"]) == len(day["properties"]["points"]) == 3
    assert [point["at"] for point in day["properties"]["points"]] == sorted(
        point["at"] for point in day["properties"]["points"]
    )
    seen = await get(address, "coordinator", f"/api/v1/persons/{wang}/track")
    # The incident opened at NOW: what came before is not the coordinator's business.
    assert [datetime.fromisoformat(point["at"]) for point in seen["properties"]["points"]] == [
        NOW + timedelta(minutes=5)
    ]
    none = await get(
        address, "daughter", f"/api/v1/persons/{wang}/track", since="2020-01-01T00:00:00Z", until="2020-01-02T00:00:00Z"
    )
    assert none["geometry"] == {"type": "LineString", "coordinates": []}
    accesses = (await get(address, "daughter", f"/api/v1/persons/{wang}/accesses"))["items"]
    assert [(access["user"], access["what"]) for access in accesses] == [
        ("Daughter", "track"),
        ("Coordinator", "track"),
        ("Daughter", "track"),
        ("Daughter", "position"),
        ("Daughter", "positions"),
        ("Admin", "positions"),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "2026-01-01T00:00:00"},
        {"until": "0001-01-01T00:00:00Z"},
        {"until": "9999-12-31T23:59:59Z"},
        {"since": "yesterday"},
    ],
)
async def test_impossible_spans_are_refused(query: dict[str, str], served: tuple[World, str]) -> None:
    world, address = served
    async with client_of(address, "admin") as client:
        answer = await client.get(f"/api/v1/persons/{world.persons['wang']}/track", params=query)
        is_problem(answer, 422, "invalid")


async def test_an_incident_from_open_to_resolved(served: tuple[World, str]) -> None:
    world, address = served
    path = f"/api/v1/incidents/{world.incidents['wang']}"
    detail = await get(address, "daughter", path)
    assert detail["approach"] == "Approach wang from the front"
    assert set(detail["sentence"]) == {"zh-CN", "en"}
    assert "home" in detail["sentence"]["en"]
    [detection] = detail["detections"]
    assert detection["place"]["latitude"] == 36.8123
    assert detection["sentence"] == detail["sentence"]
    [notification] = detail["notifications"]
    assert (notification["receiver"], notification["channel"]) == ("Coordinator", "webhook")
    assert "secret" not in str(detail)
    assert [step["state"] for step in detail["steps"]] == ["fired"]
    async with client_of(address, "daughter") as daughter, client_of(address, "coordinator") as coordinator:
        done = (await daughter.post(f"{path}/acknowledge")).json()
        assert (done["state"], done["acknowledged_by"]) == ("acknowledged", "Daughter")
        refused = await coordinator.post(f"{path}/acknowledge")
        assert "acknowledged" in is_problem(refused, 409, "conflict")
        assert refused.json()["state"] == "acknowledged"
        assert (await coordinator.post(f"{path}/respond")).json()["responding_by"] == "Coordinator"
        assert (await coordinator.post(f"{path}/notes", json={"text": "at the canal"})).status_code == 200
        is_problem(await coordinator.post(f"{path}/resolve", json={"outcome": "lost"}), 422, "invalid")
        ended = (await coordinator.post(f"{path}/resolve", json={"outcome": "found", "note": "safe"})).json()
        assert (ended["state"], ended["outcome"], ended["resolved_by"]) == ("resolved", "found", "Coordinator")
        is_problem(await coordinator.get(path), 404, "not_found")
        is_problem(await coordinator.post(f"{path}/resolve", json={"outcome": "found"}), 404, "not_found")
        is_problem(await daughter.post(f"{path}/resolve", json={"outcome": "found"}), 409, "conflict")
        kinds = [event["kind"] for event in (await daughter.get(path)).json()["timeline"]]
        positions = (await coordinator.get("/api/v1/positions")).json()["features"]
    assert {"opened", "acknowledged", "responding", "note", "resolved"} <= set(kinds)
    assert positions == []


async def test_incidents_are_filtered_and_paged(served: tuple[World, str]) -> None:
    world, address = served
    for state, names in {"open": ["li", "wang"], "resolved": ["zhao"], "all": ["zhao", "li", "wang"]}.items():
        pages, before = [], 2**62
        for _ in range(4):
            page = await get(address, "admin", "/api/v1/incidents", state=state, limit=1, before=before)
            pages += [item["person_name"] for item in page["items"]]
            if page["next"] is None:
                break
            before = page["next"]
        assert pages == [f"Name of {name}" for name in names]
    one = await get(address, "admin", "/api/v1/incidents", person_id=world.persons["li"])
    assert [item["incident_id"] for item in one["items"]] == [world.incidents["li"]]


async def test_the_quarantine_shows_operators_no_position(served: tuple[World, str]) -> None:
    _, address = served
    [shown] = (await get(address, "operator", "/api/v1/quarantine", reason="invalid_field"))["items"]
    assert shown["payload_preview"] == '{"latitude": *, "longitude": *, "battery_pct": 400}'
    [whole] = (await get(address, "admin", "/api/v1/quarantine"))["items"]
    assert "36.805123" in whole["payload_preview"]
    assert (await get(address, "operator", "/api/v1/quarantine", reason="malformed"))["items"] == []


async def test_the_summary_counts_since_a_real_instant_on_a_scaled_clock(database_url: str) -> None:
    world = await worlds.seed(database_url)
    anchor = wall_now() - timedelta(minutes=10)
    clock = ScaledClock(start=NOW, rate=10, anchor=anchor)
    for after_ms in (20, 60):
        await world.tell("wang", "daughter", after_ms=after_ms)
    await world.run("UPDATE notifications SET state = 'failed' WHERE receiver_id = %s", world.receivers["daughter"])
    await world.run("UPDATE incidents SET kinds = '{zone_exit,sos}' WHERE incident_id = %s", world.incidents["wang"])
    async with worlds.running(database_url, clock=clock) as address:
        # Readings came at NOW - 60, - 5 and + 5 minutes, which is - 6, - 0.5 and + 0.5 real minutes around the anchor.
        found = {}
        for name, wall in {
            "all": anchor - timedelta(minutes=7),
            "two": anchor - timedelta(minutes=1),
            "last": anchor + timedelta(seconds=1),
        }.items():
            found[name] = await get(address, "operator", "/api/v1/summary", since_wall=wall.isoformat())
    assert [found[name]["readings"]["committed"] for name in ("all", "two", "last")] == [9, 6, 3]
    assert [found[name]["readings"]["rejected"] for name in ("all", "last")] == [1, 0]
    assert found["all"]["detections"] == {"zone_exit": 3}
    assert found["all"]["incidents"] == {"sos": 1, "zone_exit": 3}
    assert found["last"]["incidents"] == {}
    assert found["all"]["notifications"] == {"sent": 2, "failed": 2}
    # Four first attempts: 20, 40, 40 and 60 ms.
    assert found["all"]["publish_to_notification_ms"]["p50"] == pytest.approx(40)
    assert 59 < found["all"]["publish_to_notification_ms"]["p99"] <= 60
    await world.close()


async def test_info_says_the_clock_and_the_districts(served: tuple[World, str]) -> None:
    _, address = served
    info = await get(address, "operator", "/api/v1/info")
    assert datetime.fromisoformat(info["now"]) == NOW + timedelta(minutes=10)
    assert (info["clock_rate"], info["basemap_style_url"]) == (1.0, None)
    assert len({division["code"] for division in info["divisions"]}) == 8


async def test_health_and_metrics(served: tuple[World, str]) -> None:
    world, address = served
    async with client_of(address, None) as client:
        assert (await client.get("/health/live")).text == "ok\n"
        ready = (await client.get("/health/ready")).json()
        assert ready == {
            "parts": {"database": "ok", "migrations": "ok", "live": "ok"},
            "newest_reading_age_s": 600.0,
        }
        await world.run("DELETE FROM schema_migrations WHERE name LIKE '0001%%'")
        assert "0001_registry" in is_problem(await client.get("/health/ready"), 503, "not_ready")
        await client.get(f"/api/v1/persons/{world.persons['wang']}")
        metrics = (await client.get("/metrics")).text
    assert 'method="GET",route="read_person",status="401"' in metrics
    assert "tongxing_live_clients" in metrics


async def test_the_console_and_its_headers(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_app, "__kwdefaults__", {"console_dist": tmp_path})
    async with (
        worlds.running(database_url, basemap_style_url="https://maps.example/style.json") as address,
        client_of(address, None) as client,
    ):
        assert "make console" in (await client.get("/")).text
        (tmp_path / "assets").mkdir()
        (tmp_path / "index.html").write_text("<title>console</title>")
        (tmp_path / "assets" / "index-4f2a.js").write_text("1")
        for path in ("/", "/incidents/7"):
            page = await client.get(path)
            assert ("console" in page.text, page.headers["cache-control"]) == (True, "no-cache")
        asset = await client.get("/assets/index-4f2a.js")
        assert "immutable" in asset.headers["cache-control"]
        assert "javascript" in asset.headers["content-type"]
        for path in ("/assets/gone.js", "/api/v1/nothing", "/api"):
            is_problem(await client.get(path), 404, "not_found")
        assert (await client.post("/")).headers["content-type"] == "application/problem+json"
        policy = asset.headers["content-security-policy"]
        assert "connect-src 'self' https://maps.example;" in policy
        assert "worker-src 'self' blob:" in policy
        assert "frame-ancestors 'none'" in policy
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert asset.headers["referrer-policy"] == "no-referrer"
