"""Families and responders of a rehearsal: they hear their telephones ring and answer by the link in the message.

Whoever answered also closes the case after a while, through the centre's login, and says how it ended: a false alarm
where nothing had happened. Outings that the truth calls announced are entered beforehand, as a daughter would.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog

from runtime.clock import Clock
from simulators import roster
from simulators.rehearsal.answering import Decided, Reaction, decide
from simulators.rehearsal.telephones import Call, Telephones
from simulators.scenes.scene import Scene
from simulators.truth import Episode

log = structlog.get_logger(__name__)

#: Real seconds between tries of one request.
RETRY_EVERY_S = 0.5
TRIES = 10
#: An outing is entered so long around it; a day is the most that can be entered.
AROUND = timedelta(minutes=10)
LONGEST_OUTING = timedelta(hours=24)


@dataclass(slots=True)
class Townspeople:
    """Everybody who can be told."""

    scene: Scene
    clock: Clock
    client: httpx.AsyncClient
    telephones: Telephones
    #: `external_id` by `person_id`, of the register.
    persons: Mapping[int, str]
    #: Address of the api, without a closing slash.
    api: str = ""
    reactions: Counter[Reaction] = field(default_factory=Counter)
    _told: Counter[str] = field(default_factory=Counter)
    _episodes: dict[str, list[Episode]] = field(default_factory=dict)
    _closing: set[int] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _token: str = ""

    async def live(self) -> None:
        """Answer until cancelled."""
        try:
            while True:
                call = await self.telephones.calls.get()
                if call.message.get("purpose") == "alert":
                    self._told_of(call)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def learn(self, episodes: Iterable[Episode]) -> None:
        """What happens, so that they can say how it ended, and enter outings."""
        for episode in episodes:
            self._episodes.setdefault(episode.external_id, []).append(episode)
            if episode.announced:
                self._spawn(self._announce(episode))

    def _told_of(self, call: Call) -> None:
        number = self._told[call.receiver]
        self._told[call.receiver] += 1
        behaviour = self.scene.families if call.receiver.startswith("family/") else self.scene.responders
        now = self.clock.now()
        decided = decide(behaviour, seed=self.scene.seed, receiver=call.receiver, number=number, at=now)
        self.reactions[decided.reaction] += 1
        if decided.reaction.answers and call.message.get("answer_link"):
            self._spawn(self._answer(call, decided, now))

    async def _answer(self, call: Call, decided: Decided, told_at: datetime) -> None:
        await self.clock.sleep_until(told_at + timedelta(seconds=decided.after_s))
        code = str(call.message["answer_link"]).rpartition("/")[2]
        answer = await self._post(f"/api/v1/answers/{code}", {"way": decided.reaction.value})
        incident_id = int(call.message["incident_id"])
        if answer is None or answer.get("told") == "over" or incident_id in self._closing:
            return
        self._closing.add(incident_id)
        await self._close(incident_id, self.clock.now() + timedelta(seconds=decided.takes_s))
        self._closing.discard(incident_id)

    async def _close(self, incident_id: int, at: datetime) -> None:
        incident = await self._request("GET", f"/api/v1/incidents/{incident_id}")
        if incident is None or incident["person_id"] is None:
            return
        episode = self._episode_of(self.persons.get(incident["person_id"], ""), incident)
        # Nobody says "found, safe" while they are still out there.
        await self.clock.sleep_until(max(at, episode.until if episode else at))
        standing = await self._request("GET", f"/api/v1/incidents/{incident_id}")
        if standing is not None and standing["state"] != "resolved":
            outcome = "found" if episode else "false_alarm"
            await self._post(f"/api/v1/incidents/{incident_id}/resolve", {"outcome": outcome, "note": "rehearsal"})

    def _episode_of(self, external_id: str, incident: Mapping[str, Any]) -> Episode | None:
        """What the incident is about; None: nothing had happened."""
        opened_at = datetime.fromisoformat(incident["opened_at"])
        kinds = set(incident["kinds"])
        for episode in self._episodes.get(external_id, []):
            if any(episode.brings(kind, opened_at, give=AROUND) for kind in kinds):
                return episode
        return None

    async def _announce(self, episode: Episode) -> None:
        person_id = next((number for number, name in self.persons.items() if name == episode.external_id), None)
        since = episode.since - AROUND
        until = min(episode.until + AROUND, since + LONGEST_OUTING)
        if person_id is None:
            return
        # On the day itself: what is entered too far ahead is forgotten by people too.
        await self.clock.sleep_until(since - timedelta(hours=2))
        body = {"kind": "outing", "companion": "女儿", "since": since.isoformat(), "until": until.isoformat()}
        await self._post(f"/api/v1/persons/{person_id}/outings", body)

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        return await self._request("POST", path, body)

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """One request as the centre, tried again while the api is away; None: it was refused, or did not come back."""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(RETRY_EVERY_S)
            with contextlib.suppress(httpx.HTTPError):
                if not self._token and not await self._sign_in():
                    continue
                answer = await self.client.request(
                    method, self.api + path, json=body, headers={"Authorization": f"Bearer {self._token}"}
                )
                if answer.is_success:
                    return dict(answer.json())
                if answer.status_code == httpx.codes.UNAUTHORIZED:
                    self._token = ""
                elif not answer.is_server_error:
                    log.debug("refused", path=path, status=answer.status_code)
                    return None
        log.warning("api_does_not_answer", method=method)
        return None

    async def _sign_in(self) -> bool:
        answer = await self.client.post(
            f"{self.api}/api/v1/token", data={"username": roster.ADMIN, "password": roster.PASSWORD}
        )
        if answer.is_success:
            self._token = str(answer.json()["access_token"])
        return answer.is_success

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("townspeople_failed", error=repr(error))
