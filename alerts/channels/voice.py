"""Kind `voice`: a call that is read out and answered by pressing a key, placed by a gateway of the city's choice.

We post what to say, signed like a webhook; the gateway posts back what happened (`alerts.receipts`, docs/alerts.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from alerts.channels import phone, webhook
from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, permanent, temporary
from runtime.clock import wall_now

KIND = "voice"
#: Calls being placed at once. Count. Provisional.
LIMIT = 16
#: Which key means what; the text that is read out says so.
KEYS: Mapping[str, str] = {"1": "acknowledge", "2": "respond"}


def destination(_: Mapping[str, Any]) -> str:
    """All calls leave through one gateway."""
    return KIND


def missing(settings: ChannelSettings) -> str | None:
    """What is not configured, or None."""
    if settings.alerts_voice_url is None or settings.alerts_voice_secret is None:
        return "set TONGXING_ALERTS_VOICE_URL and TONGXING_ALERTS_VOICE_SECRET"
    return None


def body(envelope: Envelope) -> bytes:
    """The JSON that is signed and sent. The link is left out of what is read aloud."""
    link = envelope.answer_link or envelope.link
    return json.dumps(
        {
            "call_id": str(envelope.notification_id),
            "to": envelope.channel["phone"],
            "language": envelope.language,
            "title": envelope.title,
            "text": envelope.body.replace(link, "").replace(envelope.link, "").strip(),
            "keys": dict(KEYS) if envelope.answer_link else {},
            "callback": f"{envelope.console_url}/api/v1/receipts/voice",
        },
        ensure_ascii=False,
    ).encode()


class VoiceSender:
    """Posts to the gateway."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(timeout=settings.alerts_send_timeout_s, follow_redirects=False)

    async def send(self, envelope: Envelope) -> Outcome:
        """Ask for one call. Delivered means that the gateway took it; what came of the call is a receipt."""
        url, secret = self._settings.alerts_voice_url, self._settings.alerts_voice_secret
        if url is None or secret is None or not urlsplit(url).hostname:
            return permanent("not_configured")
        raw = body(envelope)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": str(envelope.notification_id),
            "Tongxing-Signature": webhook.signature(secret.get_secret_value(), raw, unix_s=int(wall_now().timestamp())),
        }
        try:
            async with self._client.stream("POST", url, content=raw, headers=headers) as response:
                return webhook.judge(response.status_code, response.headers.get("Retry-After"), at=wall_now())
        except httpx.TimeoutException:
            return temporary("timeout")
        except httpx.HTTPError as error:
            return temporary(type(error).__name__)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


CHANNEL = Channel(
    kind=KIND, limit=LIMIT, problem=phone.problem, destination=destination, open=VoiceSender, missing=missing
)
