"""People who are told: what they do follows from the scene and the seed, and they answer by their link."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from runtime.clock import ManualClock, wall_now
from simulators import city, roster, signature
from simulators.rehearsal import townspeople
from simulators.rehearsal.answering import Reaction, decide
from simulators.rehearsal.telephones import Call, Telephones, addressed
from simulators.rehearsal.townspeople import Townspeople
from simulators.scenes.scene import Behaviour, Scene
from tests.simulators.run_logs import episode, minute

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 18, tzinfo=UTC)
BEHAVIOUR = Behaviour(answers=0.8, answers_at_night=0.3, goes=0.5, answers_after_s=60.0, takes_s=600.0)


def reactions(at, behaviour=BEHAVIOUR):
    decided = [decide(behaviour, seed=1, receiver="family/a/1", number=number, at=at) for number in range(2_000)]
    return Counter(one.reaction for one in decided), decided


def test_shares_are_as_the_scene_says_by_day_and_by_night():
    day, decided = reactions(NOON)
    night, _ = reactions(NIGHT)
    assert day[Reaction.ASLEEP] == 0
    assert (day[Reaction.GOES] + day[Reaction.ACKNOWLEDGES]) / 2_000 == pytest.approx(0.8, abs=0.03)
    assert day[Reaction.GOES] / 1_600 == pytest.approx(0.5, abs=0.04)
    assert night[Reaction.ASLEEP] / 2_000 == pytest.approx(0.5, abs=0.04)
    assert night[Reaction.IGNORES] / 2_000 == pytest.approx(0.2, abs=0.03)
    after = sorted(one.after_s for one in decided)
    assert after[1_000] == pytest.approx(60, rel=0.1)
    assert after[500] == pytest.approx(30, rel=0.15)


@pytest.mark.parametrize(("hour", "night"), [(5.99, True), (6, False), (21.99, False), (22, True)])
def test_night_is_from_ten_to_six_in_zibo(hour, night):
    at = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=hour - 8)
    told, _ = reactions(at, Behaviour(answers=1.0, answers_at_night=0.0))
    assert told[Reaction.ASLEEP] == (2_000 if night else 0)


def test_the_same_seed_gives_the_same_people():
    same = [decide(BEHAVIOUR, seed=1, receiver="family/a/1", number=3, at=NOON) for _ in range(2)]
    assert same[0] == same[1]
    others = {decide(BEHAVIOUR, seed=1, receiver=f"family/{one}/1", number=3, at=NOON).after_s for one in "abcdefgh"}
    assert len(others) == 8


def test_everybody_has_a_telephone_of_their_own():
    made = addressed(roster.roster(city.build(1, bracelets=3, beds=1)), url="http://127.0.0.1:1", secret="s" * 32)
    urls = [
        receiver["channels"][0]["url"]
        for receiver in [*(one for person in made["persons"] for one in person["receivers"]), *made["receivers"]]
    ]
    assert len(set(urls)) == len(urls)
    assert any("/family/zibo-000001/1" in url for url in urls)
    assert any("/desk/centre/" in url for url in urls)


async def test_a_telephone_believes_signatures_only_and_rings_once():
    telephones = Telephones(secret="s" * 32)
    body = json.dumps({"notification_id": "n1", "purpose": "alert"}).encode()
    stamp = str(int(wall_now().timestamp()))
    signed = {signature.HEADER: f"t={stamp},v1={signature.sign(stamp, body, 's' * 32)}"}
    with telephones.listening() as url:
        async with httpx.AsyncClient(trust_env=False) as client:
            answers = [
                (await client.post(f"{url}/family/a/1", content=body, headers=headers)).status_code
                for headers in (signed, signed, {}, {signature.HEADER: "t=1,v1=00"})
            ]
    assert answers == [200, 200, 401, 401]
    await asyncio.sleep(0)
    assert telephones.calls.qsize() == 1
    assert (await telephones.calls.get()).receiver == "family/a/1"
    assert (telephones.believed, telephones.refused) == (2, 2)


class Centre:
    """The API as far as townspeople use it."""

    def __init__(self, opened_at=None, kinds=("zone_exit",)):
        self.asked = []
        self.state = "open"
        self.opened_at = opened_at or minute(63)
        self.kinds = list(kinds)
        self.away = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/v1/token":
            return httpx.Response(200, json={"access_token": "t"})
        if request.headers["Authorization"] != "Bearer t":
            return httpx.Response(401)
        if self.away:
            self.away -= 1
            return httpx.Response(503)
        body = json.loads(request.content) if request.content else None
        if request.method == "POST":
            self.asked.append((path, body))
        if path.startswith("/api/v1/answers/"):
            return httpx.Response(200, json={"told": "done"})
        return httpx.Response(
            200,
            json={
                "person_id": 7,
                "state": self.state,
                "opened_at": self.opened_at.isoformat(),
                "kinds": self.kinds,
            },
        )


def call(**changes):
    message = {"purpose": "alert", "incident_id": 5, "answer_link": "http://x/a/code", "notification_id": "n"}
    return Call(receiver="family/zibo-1/1", message=message | changes)


async def lived(centre, *calls, episodes=(), hours=4, behaviour=None):
    """Let townspeople live for some hours after minute 64."""
    clock = ManualClock(minute(64))
    ready = behaviour or Behaviour(answers=1.0, answers_at_night=1.0, goes=1.0, answers_after_s=60.0, takes_s=600.0)
    scene = Scene(name="mine", start=minute(0), length_s=0.0, families=ready)
    async with httpx.AsyncClient(transport=httpx.MockTransport(centre), base_url="http://x") as client:
        telephones = Telephones(secret="s")
        people = Townspeople(scene=scene, clock=clock, client=client, telephones=telephones, persons={7: "zibo-1"})
        people.learn(episodes)
        living = asyncio.ensure_future(people.live())
        for one in calls:
            telephones.calls.put_nowait(one)
        for _ in range(hours * 60):
            for _ in range(20):
                await asyncio.sleep(0)
            clock.advance(timedelta(minutes=1))
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
    return people


async def test_who_goes_answers_by_the_link_and_closes_the_case_when_it_is_over():
    centre = Centre()
    await lived(centre, call(), episodes=[episode(until=180)])
    assert centre.asked == [
        ("/api/v1/answers/code", {"way": "respond"}),
        ("/api/v1/incidents/5/resolve", {"outcome": "found", "note": "rehearsal"}),
    ]


async def test_nobody_says_found_while_they_are_still_out():
    centre = Centre()
    await lived(centre, call(), episodes=[episode(until=180)], hours=1)
    assert [path for path, _ in centre.asked] == ["/api/v1/answers/code"]


@pytest.mark.parametrize(
    "about", [[], [episode(since=800, until=900)], [episode(expects=frozenset({"sos"}), explains=frozenset())]]
)
async def test_where_nothing_of_the_kind_had_happened_it_was_a_false_alarm(about):
    centre = Centre()
    await lived(centre, call(), episodes=about)
    assert centre.asked[-1] == ("/api/v1/incidents/5/resolve", {"outcome": "false_alarm", "note": "rehearsal"})


async def test_a_case_is_closed_once_and_not_when_it_is_over_already():
    centre = Centre()
    await lived(centre, call(), call(notification_id="m"))
    assert sum("resolve" in path for path, _ in centre.asked) == 1
    over = Centre()
    over.state = "resolved"
    await lived(over, call())
    assert not any("resolve" in path for path, _ in over.asked)


async def test_an_api_that_is_away_for_a_moment_is_asked_again(monkeypatch):
    monkeypatch.setattr(townspeople, "RETRY_EVERY_S", 0.0)
    centre = Centre()
    centre.away = 3
    await lived(centre, call())
    assert [path for path, _ in centre.asked] == ["/api/v1/answers/code", "/api/v1/incidents/5/resolve"]


@pytest.mark.parametrize("silent", [{"purpose": "all_clear"}, {"answer_link": None}])
async def test_what_cannot_be_answered_is_not(silent):
    centre = Centre()
    await lived(centre, call(**silent))
    assert centre.asked == []


async def test_who_ignores_does_nothing():
    centre = Centre()
    people = await lived(centre, call(), behaviour=Behaviour(answers=0.0, answers_at_night=0.0))
    assert centre.asked == []
    assert people.reactions == {Reaction.IGNORES: 1}


async def test_an_announced_outing_is_entered_beforehand_and_another_is_not():
    centre = Centre()
    outing = episode("outing", since=300, until=480, announced=True, quiet=True, expects=frozenset())
    await lived(centre, episodes=[outing, episode("lost", since=300)], hours=8)
    [(path, body)] = centre.asked
    assert path == "/api/v1/persons/7/outings"
    assert datetime.fromisoformat(body["since"]) == minute(290)
    assert datetime.fromisoformat(body["until"]) == minute(490)
