"""Kind `webpush`: a message to a browser, encrypted for it alone (RFC 8030, 8291) and signed by us (VAPID, RFC 8292).

The push service in between sees neither the text nor whose it is. 404 and 410 mean that the browser has unsubscribed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pywebpush

from alerts.channels import webhook
from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, permanent, temporary
from runtime.clock import wall_now

KIND = "webpush"
#: Messages under way at once. Count. Provisional.
LIMIT = 32
#: How long a push service keeps a message for a phone that is off. Seconds. An older alarm is no news; provisional.
TIME_TO_LIVE_S = 3600
#: How long a VAPID token is good. Seconds; RFC 8292 allows a day at most.
TOKEN_LASTS_S = 12 * 3600
#: What a push service does with a message while the phone saves power. Source: RFC 8030 section 5.3.
URGENCY: Mapping[str, str] = {"critical": "high", "urgent": "high", "warning": "normal", "info": "low"}


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, or None."""
    texts = [entry.get(name) for name in ("endpoint", "p256dh", "auth")]
    if not all(isinstance(text, str) and text for text in texts):
        return 'write "endpoint", "p256dh" and "auth" as the browser gave them: sign in and switch notifications on'
    parts = urlsplit(str(entry["endpoint"]))
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        return 'the "endpoint" must be the address that the browser gave'
    return None


def destination(entry: Mapping[str, Any]) -> str:
    """The push service."""
    return f"{KIND}:{urlsplit(str(entry['endpoint'])).hostname}"


def missing(settings: ChannelSettings) -> str | None:
    """What is not configured, or None."""
    return "set TONGXING_ALERTS_VAPID_PRIVATE_KEY" if settings.alerts_vapid_private_key is None else None


def payload(envelope: Envelope) -> bytes:
    """What the service worker shows; `answer` is the address behind its button."""
    return json.dumps(
        {
            "id": str(envelope.notification_id),
            "incident_id": envelope.incident_id,
            "purpose": envelope.purpose,
            "severity": envelope.severity,
            "language": envelope.language,
            "title": envelope.title,
            "body": envelope.body,
            "link": envelope.link,
            "answer": envelope.answer_link,
        },
        ensure_ascii=False,
    ).encode()


class WebPushSender:
    """Encrypts here, posts over one pool of connections."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        limits = httpx.Limits(max_connections=2 * LIMIT, max_keepalive_connections=LIMIT)
        self._client = httpx.AsyncClient(timeout=settings.alerts_send_timeout_s, follow_redirects=False, limits=limits)

    async def send(self, envelope: Envelope) -> Outcome:
        """Send one message."""
        if self._settings.alerts_vapid_private_key is None:
            return permanent("not_configured")
        try:
            body, headers = self._sealed(envelope, self._settings.alerts_vapid_private_key.get_secret_value())
        except (ValueError, TypeError, pywebpush.WebPushException) as error:
            return permanent(f"unusable_{type(error).__name__}")
        try:
            async with self._client.stream(
                "POST", str(envelope.channel["endpoint"]), content=body, headers=headers
            ) as response:
                return webhook.judge(response.status_code, response.headers.get("Retry-After"), at=wall_now())
        except httpx.TimeoutException:
            return temporary("timeout")
        except httpx.HTTPError as error:
            return temporary(type(error).__name__)
        except httpx.InvalidURL:
            return permanent("invalid_url")

    def _sealed(self, envelope: Envelope, private_key: str) -> tuple[bytes, dict[str, str]]:
        entry = envelope.channel
        parts = urlsplit(str(entry["endpoint"]))
        keys = {"p256dh": str(entry["p256dh"]), "auth": str(entry["auth"])}
        pusher = pywebpush.WebPusher({"endpoint": str(entry["endpoint"]), "keys": keys})
        sealed = pusher.encode(payload(envelope), content_encoding="aes128gcm")
        claims = {
            "sub": self._settings.alerts_vapid_contact,
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(wall_now().timestamp()) + TOKEN_LASTS_S,
        }
        signed = pywebpush.Vapid.from_string(private_key=private_key).sign(claims)
        headers = {
            **signed,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TIME_TO_LIVE_S),
            "Urgency": URGENCY.get(envelope.severity, "normal"),
            # A newer message about the same incident takes the place of one that still waits: RFC 8030 section 5.4.
            "Topic": f"incident-{envelope.incident_id}"[:32],
        }
        return sealed["body"], headers

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


CHANNEL = Channel(kind=KIND, limit=LIMIT, problem=problem, destination=destination, open=WebPushSender, missing=missing)
