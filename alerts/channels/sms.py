"""Kind `sms`: a text message through a provider's official SDK. Which one: the entry's `provider`, or the configured.

Providers take a template and its parameters instead of a text; ours needs two, `title` and `code`, for example:
`【同行守护】${title}。详情与应答：https://tongxing.example.org/a/${code}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

from alerts.channels import phone, sms_aliyun, sms_tencent
from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, permanent

KIND = "sms"
#: Messages, and so threads, under way at once: the SDKs block. Count. Provisional.
LIMIT = 8

Send = Callable[[ChannelSettings, Envelope], Outcome]
PROVIDERS: Mapping[str, tuple[Callable[[ChannelSettings], str | None], Send]] = MappingProxyType(
    {"aliyun": (sms_aliyun.missing, sms_aliyun.send), "tencent": (sms_tencent.missing, sms_tencent.send)}
)


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, or None."""
    provider = entry.get("provider")
    if wrong := phone.problem(entry):
        return wrong
    if provider is not None and provider not in PROVIDERS:
        return f'"provider" is {provider!r}: write one of {", ".join(PROVIDERS)}, or leave it away'
    return None


def destination(entry: Mapping[str, Any]) -> str:
    """The provider."""
    return f"{KIND}:{entry.get('provider', 'any')}"


def missing(settings: ChannelSettings) -> str | None:
    """What is not configured, or None when one provider is."""
    lacks = [lack(settings) for lack, _ in PROVIDERS.values()]
    return None if None in lacks else " or ".join(text for text in lacks if text)


class SmsSender:
    """Sends in its own threads."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(max_workers=LIMIT, thread_name_prefix="sms")

    async def send(self, envelope: Envelope) -> Outcome:
        """Send one message."""
        chosen = envelope.channel.get("provider")
        for name, (lacks, send) in PROVIDERS.items():
            if chosen in {None, name} and lacks(self._settings) is None:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, send, self._settings, envelope)
        return permanent("not_configured")

    async def close(self) -> None:
        """Let go of the threads; one that hangs ends with its socket."""
        self._threads.shutdown(wait=False, cancel_futures=True)


CHANNEL = Channel(kind=KIND, limit=LIMIT, problem=problem, destination=destination, open=SmsSender, missing=missing)
