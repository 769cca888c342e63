"""Small rules of api: sign-in attempts, redaction, event ids, the policy header, errors, OpenAPI."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st

from api import errors, live
from api.app import create_app
from api.attempts import Attempts
from api.dependencies import May
from api.headers import content_security_policy
from api.redaction import without_positions
from api.routes import console
from api.settings import ApiSettings
from api.streaming import Goodbye, Outlet
from runtime.clock import SystemClock


@pytest.fixture(scope="module")
def app() -> Any:
    return create_app(ApiSettings(database_url="postgresql://nowhere/none"), SystemClock())


def test_the_sixth_attempt_waits_and_the_window_slides() -> None:
    attempts = Attempts(allowed=5, window_s=300)
    assert [attempts.begin("wang", "a", at) for at in (0, 1, 2, 3, 4)] == [0.0] * 5
    assert attempts.begin("wang", "a", 10) == 290
    assert attempts.begin("wang", "a", 299.9) == pytest.approx(0.1)
    assert attempts.begin("wang", "a", 300) == 0
    assert attempts.begin("wang", "a", 300.5) == pytest.approx(0.5)


def test_attempts_are_counted_per_name_and_address_and_wiped_by_success() -> None:
    attempts = Attempts(allowed=1, window_s=300, remembered=3)
    assert attempts.begin("wang", "a", 0) == 0
    assert attempts.begin("wang", "b", 0) == attempts.begin("li", "a", 0) == 0
    assert attempts.begin("wang", "a", 0) > 0
    attempts.succeeded("wang", "a")
    assert attempts.begin("wang", "a", 0) == 0
    assert len(attempts._made) <= 3


@pytest.mark.parametrize(
    "text",
    [
        '{"latitude": 36.805123, "longitude": 118.005}',
        '{"lat":36,"lng":118}',
        "lat=-36.8051&lon=118.0051",
        "{'latitude_deg': '36.805123'}",
        "$GPRMC,36.805123,N,118.00512,E",
        '{"latitude": 91}',
    ],
)
def test_no_position_survives_redaction(text: str) -> None:
    shown = without_positions(text)
    assert not re.search(r"\d\.\d", shown)
    assert not re.search(r"(lat|lon|lng)\w*\W+\d", shown, re.IGNORECASE)


def test_redaction_leaves_what_an_operator_needs() -> None:
    assert without_positions('{"at": 1763749200, "battery_pct": 400}') == '{"at": 1763749200, "battery_pct": 400}'


@given(st.text(max_size=60))
def test_any_last_event_id_is_understood_or_ignored(text: str) -> None:
    found = live.parse_event_id(text)
    assert found is None or (len(found) == 2 and all(0 <= number < 2**63 for number in found))


def test_event_ids() -> None:
    assert live.parse_event_id("12-7") == (12, 7)
    assert [live.parse_event_id(text) for text in (None, "", "12", "12-", "-7", "1-2-3", "9" * 30 + "-1", "²-1")] == [
        None
    ] * 8


async def test_an_outlet_says_goodbye_after_what_is_queued_and_drops_the_slow() -> None:
    outlet = Outlet(queued=2)
    outlet.put(b"1")
    outlet.end(Goodbye.STOPPING)
    outlet.put(b"2")
    assert [await outlet.next(), await outlet.next()] == [b"1", None]
    slow = Outlet(queued=2)
    for text in (b"1", b"2", b"3"):
        slow.put(text)
    assert await slow.next() is None
    assert slow.goodbye is Goodbye.TOO_SLOW


def test_the_policy_allows_this_server_and_a_configured_map_alone() -> None:
    assert "http" not in content_security_policy(None)
    assert "connect-src 'self' https://maps.example;" in content_security_policy("https://maps.example")
    settings = ApiSettings(
        database_url="postgresql://x/y", basemap_style_url="https://maps.example:8443/a/style.json?k=1"
    )
    assert settings.basemap_origin == "https://maps.example:8443"
    with pytest.raises(ValueError, match="basemap_style_url"):
        ApiSettings(database_url="postgresql://x/y", basemap_style_url="https://maps.example; script-src *")


#: A code in a link, or a signature, lets one in here.
LET_IN_OTHERWISE = {
    ("GET", "/api/v1/answers/{code}"),
    ("POST", "/api/v1/answers/{code}"),
    ("POST", "/api/v1/receipts/voice"),
}


def test_every_route_of_the_api_but_signing_in_names_its_action(app: Any) -> None:
    def actions(dependant: Any) -> list[Any]:
        own = [dependant.call.action] if isinstance(dependant.call, May) else []
        return own + [action for inner in dependant.dependencies for action in actions(inner)]

    named = {
        (method, route.path): len(actions(route.dependant))
        for route in all_routes(app.routes)
        if route.path.startswith("/api/v1/")
        for method in route.methods
    }
    assert len(named) > 25
    assert {route for route, count in named.items() if count != 1} == {("POST", "/api/v1/token"), *LET_IN_OTHERWISE}


def all_routes(routes: Any) -> list[APIRoute]:
    """FastAPI keeps included routers as they are; their routes are found below them."""
    return [context for context in iter_route_contexts(routes) if getattr(context, "dependant", None) is not None]


def test_operation_ids_are_unique_and_every_field_is_described(app: Any) -> None:
    document = app.openapi()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    bare = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, value in schema.get("properties", {}).items()
        if not value.get("description") and not name.startswith(("Body_", "HTTPValidation", "ValidationError"))
    ]
    assert bare == []


def test_every_problem_is_documented_as_one(app: Any) -> None:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            for code, answer in answers.items():
                if int(code) >= 400:
                    assert list(answer["content"]) == [errors.PROBLEM_TYPE], f"{method} {path} {code}"
            if path.startswith("/api/v1/") and not {("POST", path), ("GET", path)} & {
                ("POST", "/api/v1/token"),
                *LET_IN_OTHERWISE,
            }:
                assert {"401", "403", "422"} <= set(answers), f"{method} {path}"
            if "{" in path:
                assert "404" in answers, f"{method} {path}"


@pytest.mark.parametrize("path", ["../app.py", "assets/../../secret", "/etc/passwd", "a\x00b", "", "link"])
def test_nothing_outside_the_console_is_served(tmp_path: Any, path: str) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "app.py").write_text("x")
    (dist / "link").symlink_to(tmp_path / "secret")
    assert console._file(dist, path) is None
