"""Apprise: more than a hundred services by URL (WeCom, DingTalk, Feishu, Bark, e-mail, SMS gateways).

Apprise blocks, so it runs in threads of its own. It says only yes or no, so every no is temporary until the attempts
are spent. A thread that hangs cannot be ended from outside; it ends with its own socket time-out, and until then it
takes a place here and nowhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import apprise

from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, delivered, permanent, temporary

KIND = "apprise"
#: Messages, and so threads, under way at once. Count. Provisional.
LIMIT = 8

# Apprise logs URLs with tokens and telephone numbers in them; what we need of it is in our own record of attempts.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


@lru_cache(maxsize=10_000)
def _understood(url: str) -> bool:
    return bool(apprise.Apprise.instantiate(url, suppress_exceptions=True))


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, or None."""
    url = entry.get("url")
    if not isinstance(url, str) or not _understood(url):
        return 'Apprise does not understand the "url": write one as its documentation lists them, e.g. wecombot://KEY'
    return None


def destination(entry: Mapping[str, Any]) -> str:
    """Scheme, and a digest of the rest of the authority, which for many services is a token."""
    parts = urlsplit(str(entry["url"]))
    return f"{KIND}:{parts.scheme}:{hashlib.sha256(parts.netloc.encode()).hexdigest()[:12]}"


class AppriseSender:
    """Sends in its own threads."""

    def __init__(self, _: ChannelSettings) -> None:
        self._threads = ThreadPoolExecutor(max_workers=LIMIT, thread_name_prefix="apprise")
        # Loading its plugins takes about a second: now, not when somebody presses SOS.
        self._threads.submit(_understood, "json://127.0.0.1")

    async def send(self, envelope: Envelope) -> Outcome:
        """Send one message."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _send, envelope)

    async def close(self) -> None:
        """Let go of the threads; one that hangs ends with its socket."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _send(envelope: Envelope) -> Outcome:
    service = apprise.Apprise()
    if not service.add(str(envelope.channel["url"])):
        return permanent("url_not_understood")
    body = envelope.body
    answered = service.notify(title=envelope.title, body=body, body_format=apprise.NotifyFormat.TEXT)
    return delivered("accepted") if answered else temporary("refused")


CHANNEL = Channel(kind=KIND, limit=LIMIT, problem=problem, destination=destination, open=AppriseSender)
