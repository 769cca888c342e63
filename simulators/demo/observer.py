"""The demo's view of the running system: signed in over HTTP like anybody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from simulators import roster
from simulators.errors import SimulatorError

#: Seconds for one answer.
ANSWER_WITHIN_S = 5.0
#: Incidents looked at in one go; more than a demo has open.
PAGE = 100


@dataclass(slots=True)
class Observer:
    """Asks the API, as the administrator."""

    client: httpx.AsyncClient
    _headers: dict[str, str] = field(default_factory=dict)

    async def sign_in(self) -> None:
        """Get a token.

        Raises:
            SimulatorError: the login of the roster does not work.
        """
        answer = await self.client.post("/api/v1/token", data={"username": roster.ADMIN, "password": roster.PASSWORD})
        if answer.status_code != httpx.codes.OK:
            raise SimulatorError(
                f"the demo's login {roster.ADMIN} was refused (status {answer.status_code}): the data folder "
                "belongs to something else. Name another with --data-dir, or begin again with --fresh."
            )
        self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def summary(self, since_wall: datetime) -> dict[str, Any]:
        """Figures since a real instant."""
        return await self._get("/api/v1/summary", since_wall=since_wall.isoformat())

    async def incidents(self, state: str = "all") -> list[dict[str, Any]]:
        """The newest incidents."""
        answer = await self._get("/api/v1/incidents", state=state, limit=PAGE)
        return list(answer["items"])

    async def close_leftovers(self) -> int:
        """Resolve what an earlier demo left open, so that nobody is called for it again; returns how many."""
        found = await self.incidents("open") + await self.incidents()
        leftovers = {row["incident_id"]: row for row in found if row["state"] != "resolved"}
        for number in leftovers:
            answer = await self.client.post(
                f"/api/v1/incidents/{number}/resolve",
                json={"outcome": "test", "note": "earlier demonstration"},
                headers=self._headers,
            )
            answer.raise_for_status()
        return len(leftovers)

    async def _get(self, path: str, **query: str | int) -> dict[str, Any]:
        answer = await self.client.get(path, params=query, headers=self._headers)
        answer.raise_for_status()
        content = answer.json()
        assert isinstance(content, dict)
        return content


def observer(port: int) -> Observer:
    """An observer of the API on this machine; its client is the caller's to close."""
    # trust_env off: a proxy in the environment is not the way to ourselves.
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_WITHIN_S, trust_env=False)
    return Observer(client)
