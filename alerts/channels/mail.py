"""Kind `email`: a plain e-mail over SMTP, without tracking and without attachments."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from alerts.channels.channel import Channel
from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, delivered, permanent, temporary
from runtime.clock import wall_now

KIND = "email"
#: Messages under way at once. Count. Mail servers dislike many sessions of one sender; provisional.
LIMIT = 8
#: SMTP answers from here on are permanent. Source: RFC 5321 section 4.2.1.
PERMANENT_FROM = 500


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, or None."""
    to = entry.get("to")
    if not isinstance(to, str) or parseaddr(to)[1] != to or "@" not in to or not to.isascii():
        return 'write "to": "name@example.org"'
    return None


def destination(_: Mapping[str, Any]) -> str:
    """All mail leaves through one server."""
    return KIND


def missing(settings: ChannelSettings) -> str | None:
    """What is not configured, or None."""
    if settings.alerts_smtp_url is None or settings.alerts_mail_from is None:
        return "set TONGXING_ALERTS_SMTP_URL and TONGXING_ALERTS_MAIL_FROM"
    return None


def compose(envelope: Envelope, sender: str) -> EmailMessage:
    """The message; its Message-ID is the notification's, so that a repeat can be told from a second one."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, str(envelope.channel["to"]), envelope.title
    message["Date"] = format_datetime(wall_now())
    message["Message-ID"] = f"<{envelope.notification_id}@{sender.rpartition('@')[2]}>"
    # RFC 3834: no holiday replies to this, please.
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = envelope.language
    message.set_content(envelope.body)
    return message


class MailSender:
    """One session a message."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._missing = missing(settings)

    async def send(self, envelope: Envelope) -> Outcome:
        """Send one message."""
        if self._missing or self._settings.alerts_smtp_url is None or self._settings.alerts_mail_from is None:
            return permanent("not_configured")
        server = urlsplit(self._settings.alerts_smtp_url.get_secret_value())
        try:
            await aiosmtplib.send(
                compose(envelope, self._settings.alerts_mail_from),
                hostname=server.hostname,
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                timeout=self._settings.alerts_send_timeout_s,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _judge(refused.recipients[0].code)
        except aiosmtplib.SMTPResponseException as answer:
            return _judge(answer.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return temporary(type(error).__name__)
        return delivered("accepted")

    async def close(self) -> None:
        """Nothing is kept open."""


def _judge(code: int) -> Outcome:
    return permanent(f"smtp_{code}") if code >= PERMANENT_FROM else temporary(f"smtp_{code}")


CHANNEL = Channel(kind=KIND, limit=LIMIT, problem=problem, destination=destination, open=MailSender, missing=missing)
