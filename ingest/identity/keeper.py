"""Keeps the broker's files as the table of credentials says, while ingest runs.

The files are a function of the table and nothing else, so whatever was missed is made good by the next look. A change
reaches the broker within about a second; sessions whose login stays as it was go on.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg
import structlog

from ingest import metrics
from ingest.identity import grants, mosquitto, store
from ingest.identity.settings import AccessSettings
from ingest.identity.store import Living
from runtime import database
from runtime.embedded import accounts, leftovers

log = structlog.get_logger(__name__)

PASSWORDS, ACCESS = "passwords", "access"
#: Read by the broker's group.
_MODE = 0o640
#: Changes that come together are written together: 1,500 new credentials are one reading of the files. Seconds.
TOGETHER_S = 0.3
#: Looks without any news, in case some got lost. Seconds.
LOOK_EVERY_S = 60.0


class AccessNotWritten(Exception):  # noqa: N818 - said as people say it
    """The broker's files could not be written; the message names the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which files of which broker."""

    folder: Path
    format: Literal["mosquitto", "nats"]
    pid_file: Path | None

    @classmethod
    def of(cls, settings: AccessSettings) -> Target | None:
        """From settings; None: the broker's files are somebody else's business."""
        folder = settings.broker_access_dir
        if folder is None:
            return None
        return cls(folder=folder, format=settings.broker_access_format, pid_file=settings.broker_pid_file)


async def apply(connection: database.Connection, target: Target) -> bool:
    """Write what differs and let the broker read it; whether anything did.

    Raises:
        AccessNotWritten: the folder cannot be written.
    """
    living = await store.opening(connection)
    issued = await store.any_issued(connection)
    try:
        changed = await asyncio.to_thread(write, target, living, any_issued=issued)
    except OSError as error:
        raise AccessNotWritten(
            f"the broker's files in {target.folder} cannot be written ({error.strerror}): make the folder and let this"
            " user write in it, or set TONGXING_BROKER_ACCESS_DIR"
        ) from error
    if changed:
        reload(target)
        log.info("broker_access_written", logins=len(living), folder=str(target.folder))
    return changed


def write(target: Target, living: Sequence[Living], *, any_issued: bool = True) -> bool:
    """Write the files of these credentials; whether they differ from before.

    Args:
        target: where.
        living: whom to let in.
        any_issued: whether there ever was one. The embedded broker is open until then; revoking the last credential
            must not let its holder back in without one.
    """
    if target.format == "nats":
        given = [_account(one) for one in living if one.digests is not None]
        return accounts.write(target.folder, given, open_to_all=not any_issued)
    # Both, before the broker is told: a login without its rights, or rights without a login, open nothing.
    files = {ACCESS: mosquitto.access(living), PASSWORDS: mosquitto.passwords(living)}
    changed = [accounts.put(target.folder / name, content, mode=_MODE) for name, content in files.items()]
    return any(changed)


def _account(one: Living) -> accounts.Account:
    assert one.digests is not None
    grant = grants.of(one.holder, one.format)
    return accounts.Account(
        login=one.login, bcrypt=one.digests.bcrypt, publish=grant.publish, subscribe=grant.subscribe
    )


def reload(target: Target) -> None:
    """Let the broker read its files again; one that we may not signal is told by its own watcher."""
    if target.format == "nats":
        accounts.reload(target.folder)
        return
    pid = None if target.pid_file is None else leftovers.pid_in(target.pid_file)
    if pid is None:
        return
    try:
        os.kill(pid, signal.SIGHUP)
    except OSError as error:
        log.warning("broker_not_told", pid=pid, error=str(error), setting="TONGXING_BROKER_PID_FILE")


class Keeper:
    """Follows the table until cancelled."""

    def __init__(self, database_url: str, target: Target) -> None:
        self._url, self._target = database_url, target
        self._news = asyncio.Event()
        #: What is wrong, or None.
        self.problem: str | None = None

    async def run(self) -> None:
        """Write the files at the start, on every change, and when an overlap or a certificate ends."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                wait_s = await self._look()
                try:
                    await asyncio.wait_for(self._news.wait(), wait_s)
                except TimeoutError:
                    continue
                await asyncio.sleep(TOGETHER_S)
        finally:
            listening.cancel()

    async def _look(self) -> float:
        """Apply the table; seconds until the next look."""
        self._news.clear()
        try:
            async with await database.connect_when_up(self._url, autocommit=True) as connection:
                await apply(connection, self._target)
                until = await store.next_change(connection)
        except (AccessNotWritten, psycopg.OperationalError) as error:
            self._say(str(error).strip())
            return LOOK_EVERY_S / 10
        self._say(None)
        return LOOK_EVERY_S if until is None else min(LOOK_EVERY_S, max(0.05, until.total_seconds() + 0.05))

    def _say(self, problem: str | None) -> None:
        if problem is not None and problem != self.problem:
            log.error("broker_access_not_written", problem=problem)
        self.problem = problem
        metrics.ACCESS_FAILING.set(problem is not None)

    async def _listen(self) -> None:
        async for _ in database.notifications(self._url, "credentials"):
            self._news.set()
