"""Signed webhooks: JSON over HTTP POST, HMAC-SHA256 in `Tongxing-Signature`. How to verify one: `verify`.

Delivered is any 2xx. 408, 425, 429, 5xx and everything below HTTP is temporary; other answers are permanent.
Redirects are not followed: they would carry a person's name to an address nobody configured.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, delivered, permanent, temporary
from runtime.clock import wall_now

KIND = "webhook"
#: Messages under way at once. Count. Provisional.
LIMIT = 64
#: Answers after which trying again makes sense, beside all 5xx: RFC 9110 section 15.5.9, RFC 8470, RFC 6585.
TEMPORARY_STATUS = frozenset({408, 425, 429})
#: A signature older than this should be refused by a receiver, against replay. Source: usual for signed webhooks.
SIGNATURE_MAX_AGE = timedelta(minutes=5)


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, or None."""
    url = entry.get("url")
    if not isinstance(url, str):
        return 'write "url": "https://…"'
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return 'the "url" is not an address: write "https://host/path"'
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return 'the "url" must begin with http:// or https:// and name a host'
    secret = entry.get("secret")
    if secret is not None and not isinstance(secret, str):
        return '"secret" must be a text'
    return None


def destination(entry: Mapping[str, Any]) -> str:
    """Scheme, host and port."""
    parts = urlsplit(str(entry["url"]))
    return f"{parts.scheme}://{parts.hostname}:{parts.port or ''}"


def signature(secret: str, raw: bytes, *, unix_s: int) -> str:
    """The header's value: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">`."""
    digest = hmac.new(secret.encode(), f"{unix_s}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={unix_s},v1={digest}"


def verify(secret: str, raw: bytes, header: str, *, at: datetime) -> str | None:
    """What is wrong with a signature received at `at`, as one machine word; None when it is good."""
    fields = dict(part.partition("=")[::2] for part in header.split(","))
    stamp = fields.get("t", "")
    if not (stamp.isascii() and stamp.isdecimal()) or "v1" not in fields:
        return "malformed"
    expected = signature(secret, raw, unix_s=int(stamp)).encode()
    if not hmac.compare_digest(expected, f"t={stamp},v1={fields['v1']}".encode()):
        return "wrong_digest"
    age_s = abs(at.timestamp() - int(stamp))
    return "too_old" if age_s > SIGNATURE_MAX_AGE.total_seconds() else None


def body(envelope: Envelope) -> bytes:
    """The JSON that is signed and sent."""
    detection = {
        "kind": envelope.detection_kind,
        "reason": envelope.detection_reason,
        "at": _iso(envelope.detection_at),
        "evidence": dict(envelope.evidence),
    }
    document = {
        "incident_id": envelope.incident_id,
        "notification_id": str(envelope.notification_id),
        "purpose": envelope.purpose,
        "kind": envelope.kind,
        "severity": envelope.severity,
        "title": envelope.title,
        "body": envelope.body,
        "language": envelope.language,
        "link": envelope.link,
        "answer_link": envelope.answer_link,
        "person": {"display_name": envelope.person_name},
        "opened_at": _iso(envelope.opened_at),
        "detection": detection if envelope.detection_kind else None,
    }
    return json.dumps(document, ensure_ascii=False).encode()


class WebhookSender:
    """Posts over one pool of connections."""

    def __init__(self, settings: ChannelSettings) -> None:
        limits = httpx.Limits(max_connections=2 * LIMIT, max_keepalive_connections=LIMIT)
        self._client = httpx.AsyncClient(timeout=settings.alerts_send_timeout_s, follow_redirects=False, limits=limits)

    async def send(self, envelope: Envelope) -> Outcome:
        """Post one message. The answer's body is not read: it may be endless."""
        raw = body(envelope)
        url = str(envelope.channel["url"])
        try:
            async with self._client.stream("POST", url, content=raw, headers=_headers(envelope, raw)) as response:
                return judge(response.status_code, response.headers.get("Retry-After"), at=wall_now())
        except httpx.TimeoutException:
            return temporary("timeout")
        except httpx.HTTPError as error:
            return temporary(type(error).__name__)
        except httpx.InvalidURL:
            return permanent("invalid_url")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def judge(status: int, retry_after: str | None, *, at: datetime) -> Outcome:
    """What an answer means."""
    detail = f"http_{status}"
    if httpx.codes.is_success(status):
        return delivered(detail)
    if status in TEMPORARY_STATUS or httpx.codes.is_server_error(status):
        return temporary(detail, retry_after=_wait(retry_after, at=at))
    return permanent(detail)


def _wait(retry_after: str | None, *, at: datetime) -> timedelta | None:
    """Retry-After as a wait: seconds, or a date (RFC 9110 section 10.2.3)."""
    if retry_after is None:
        return None
    try:
        if retry_after.strip().isdecimal():
            return timedelta(seconds=int(retry_after))
        return max(parsedate_to_datetime(retry_after) - at, timedelta())
    except (ValueError, TypeError, OverflowError):
        return None


def _headers(envelope: Envelope, raw: bytes) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Tongxing",
        "Idempotency-Key": str(envelope.notification_id),
    }
    if secret := envelope.channel.get("secret"):
        headers["Tongxing-Signature"] = signature(str(secret), raw, unix_s=int(wall_now().timestamp()))
    return headers


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


CHANNEL = Channel(kind=KIND, limit=LIMIT, problem=problem, destination=destination, open=WebhookSender)
