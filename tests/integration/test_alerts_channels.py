"""Each channel against a real server of its kind: a mail server, a push service, the providers' SDKs, a broker."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiomqtt
import http_ece
import py_vapid
import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alerts import channels
from alerts.channels import CHANNELS, voice, webhook
from alerts.envelope import Envelope
from alerts.outcome import Outcome, Verdict
from alerts.settings import AlertsSettings
from runtime.embedded.ports import any_free

pytestmark = [
    # The providers' SDKs use what Python is about to drop, and leave sockets to the collector.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

AT = datetime(2026, 11, 20, 18, 53, tzinfo=UTC)
CODE = "A" * 35
SECRET = "a-secret-of-at-least-32-characters"


def envelope(**channel: Any) -> Envelope:
    link = "https://tongxing.example/incidents/7"
    return Envelope(
        notification_id=uuid.UUID(int=7),
        attempt=1,
        incident_id=7,
        purpose="alert",
        receiver_id=3,
        channel=channel,
        destination="-",
        language="zh-CN",
        title="张大爷 02:53 离开“家”，在外 63 米",
        body=f"张大爷:离开“家”。请马上联系。https://tongxing.example/a/{CODE}",
        link=link,
        answer_link=f"https://tongxing.example/a/{CODE}",
        answer_code=CODE,
        console_url="https://tongxing.example",
        created_at=AT,
        severity="critical",
        kind="zone_exit",
        person_name="张大爷",
        opened_at=AT,
        detection_kind="zone_exit",
        detection_reason="two_fixes",
        detection_at=AT,
        evidence={},
    )


async def send(kind: str, message: Envelope, **settings: Any) -> Outcome:
    sender = CHANNELS[kind].open(AlertsSettings(database_url="-", alerts_send_timeout_s=5, **settings))
    try:
        return await sender.send(message)
    finally:
        await sender.close()


@dataclass
class Service:
    """A web server that answers as it is told and remembers what it was sent."""

    status: int = 200
    answer: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""
    requests: list[tuple[web.BaseRequest, bytes]] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.requests.append((request, await request.read()))
        # Without a charset, as Tencent's own does: its SDK looks for an error in no other answer.
        headers = {"Content-Type": "application/json"} | self.headers
        return web.Response(body=json.dumps(self.answer or {}).encode(), status=self.status, headers=headers)


@contextlib.asynccontextmanager
async def service(**answers: Any) -> AsyncIterator[Service]:
    made = Service(**answers)
    runner = web.ServerRunner(web.Server(made.handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield made
    await runner.cleanup()


class Mailbox:
    """A mail server's handler."""

    def __init__(self, refusal: str = "") -> None:
        self.letters: list[tuple[list[str], str]] = []
        self._refusal = refusal

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802 - the library's name
        if self._refusal:
            return self._refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - the library's name
        self.letters.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


async def mail(refusal: str = "") -> tuple[Outcome, Mailbox]:
    mailbox = Mailbox(refusal)
    port = any_free()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        outcome = await send(
            "email",
            envelope(kind="email", to="daughter@example.org"),
            alerts_smtp_url=f"smtp://127.0.0.1:{port}",
            alerts_mail_from="tongxing@example.org",
        )
    finally:
        controller.stop()
    return outcome, mailbox


class TestMail:
    async def test_a_letter_with_the_words_and_the_link(self) -> None:
        outcome, mailbox = await mail()
        assert outcome.verdict is Verdict.DELIVERED
        ((to, text),) = mailbox.letters
        assert to == ["daughter@example.org"]
        assert f"Message-ID: <{uuid.UUID(int=7)}@example.org>" in text
        assert "Auto-Submitted: auto-generated" in text

    @pytest.mark.parametrize(
        ("refusal", "verdict"),
        [("550 no such mailbox", Verdict.PERMANENT), ("450 try again later", Verdict.TEMPORARY)],
    )
    async def test_a_refusal(self, refusal: str, verdict: Verdict) -> None:
        outcome, _ = await mail(refusal)
        assert (outcome.verdict, outcome.detail) == (verdict, f"smtp_{refusal[:3]}")

    async def test_no_server(self) -> None:
        message = envelope(kind="email", to="daughter@example.org")
        outcome = await send(
            "email", message, alerts_smtp_url="smtp://127.0.0.1:9", alerts_mail_from="tongxing@example.org"
        )
        assert outcome.verdict is Verdict.TEMPORARY


class TestWebPush:
    """A browser's side by the libraries' own decryption."""

    def keys(self) -> tuple[ec.EllipticCurvePrivateKey, bytes, str]:
        private = ec.generate_private_key(ec.SECP256R1())
        public = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return private, b"0123456789abcdef", base64.urlsafe_b64encode(public).decode().rstrip("=")

    def vapid(self) -> str:
        made = py_vapid.Vapid02()
        made.generate_keys()
        number = made.private_key.private_numbers().private_value
        return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")

    async def test_only_the_browser_can_read_it(self) -> None:
        private, auth, p256dh = self.keys()
        key = self.vapid()
        async with service(status=201) as push:
            entry = {"endpoint": f"{push.url}/push/abc", "p256dh": p256dh}
            message = envelope(kind="webpush", auth=base64.urlsafe_b64encode(auth).decode(), **entry)
            outcome = await send("webpush", message, alerts_vapid_private_key=key)
        assert outcome.verdict is Verdict.DELIVERED
        ((request, body),) = push.requests
        assert "张大爷".encode() not in body
        told = json.loads(http_ece.decrypt(body, private_key=private, auth_secret=auth, version="aes128gcm"))
        assert (told["title"], told["answer"]) == (message.title, message.answer_link)
        assert request.headers["urgency"] == "high"
        assert request.headers["ttl"] == "3600"
        token = request.headers["authorization"].removeprefix("vapid ")
        assert py_vapid.Vapid02.verify(f"vapid {token}")

    @pytest.mark.parametrize(
        ("status", "verdict"), [(410, Verdict.PERMANENT), (404, Verdict.PERMANENT), (503, Verdict.TEMPORARY)]
    )
    async def test_what_the_service_answers(self, status: int, verdict: Verdict) -> None:
        _, auth, p256dh = self.keys()
        async with service(status=status) as push:
            entry = {"endpoint": push.url, "p256dh": p256dh, "auth": base64.urlsafe_b64encode(auth).decode()}
            outcome = await send("webpush", envelope(kind="webpush", **entry), alerts_vapid_private_key=self.vapid())
        assert outcome.verdict is verdict

    async def test_a_key_that_is_none(self) -> None:
        entry = {"endpoint": "https://push.example", "p256dh": "AAAA", "auth": "AAAA"}
        outcome = await send("webpush", envelope(kind="webpush", **entry), alerts_vapid_private_key=self.vapid())
        assert outcome.verdict is Verdict.PERMANENT


ALIYUN = {
    "alerts_aliyun_access_key_id": "id",
    "alerts_aliyun_access_key_secret": "secret",
    "alerts_aliyun_sign_name": "同行守护",
    "alerts_aliyun_template_code": "SMS_1",
}
TENCENT = {
    "alerts_tencent_secret_id": "id",
    "alerts_tencent_secret_key": "secret",
    "alerts_tencent_sdk_app_id": "1400006666",
    "alerts_tencent_sign_name": "同行守护",
    "alerts_tencent_template_id": "449739",
}


class TestSms:
    """The providers' own SDKs, pointed at a server of ours."""

    async def test_aliyun_gets_title_and_code(self) -> None:
        async with service(answer={"Code": "OK", "Message": "OK", "RequestId": "1", "BizId": "2"}) as provider:
            message = envelope(kind="sms", phone="+8613800000000")
            outcome = await send("sms", message, alerts_aliyun_endpoint=provider.url, **ALIYUN)
        assert (outcome.verdict, outcome.detail) == (Verdict.DELIVERED, "accepted")
        ((request, body),) = provider.requests
        told = {**request.query, **dict(part.split("=", 1) for part in body.decode().split("&") if "=" in part)}
        assert told["PhoneNumbers"] == "8613800000000"
        assert told["TemplateCode"] == "SMS_1"
        assert json.loads(told["TemplateParam"]) == {"title": message.title, "code": CODE}
        assert told["OutId"] == str(message.notification_id)

    @pytest.mark.parametrize(
        ("code", "verdict"),
        [("isv.MOBILE_NUMBER_ILLEGAL", Verdict.PERMANENT), ("isv.BUSINESS_LIMIT_CONTROL", Verdict.TEMPORARY)],
    )
    async def test_aliyun_refuses(self, code: str, verdict: Verdict) -> None:
        async with service(answer={"Code": code, "Message": "no", "RequestId": "1"}) as provider:
            message = envelope(kind="sms", phone="+8613800000000")
            outcome = await send("sms", message, alerts_aliyun_endpoint=provider.url, **ALIYUN)
        assert (outcome.verdict, outcome.detail) == (verdict, code)

    async def test_tencent_gets_title_and_code(self) -> None:
        status = {"SerialNo": "1", "PhoneNumber": "+8613800000000", "Fee": 1, "Code": "Ok", "Message": "ok"}
        async with service(answer={"Response": {"SendStatusSet": [status], "RequestId": "1"}}) as provider:
            message = envelope(kind="sms", phone="+8613800000000", provider="tencent")
            outcome = await send("sms", message, alerts_tencent_endpoint=provider.url, **TENCENT, **ALIYUN)
        assert outcome.verdict is Verdict.DELIVERED
        ((_, body),) = provider.requests
        told = json.loads(body)
        assert told["PhoneNumberSet"] == ["+8613800000000"]
        assert told["TemplateParamSet"] == [message.title, CODE]

    @pytest.mark.parametrize(
        ("code", "verdict"),
        [
            ("FailedOperation.SignatureIncorrectOrUnapproved", Verdict.PERMANENT),
            ("RequestLimitExceeded", Verdict.TEMPORARY),
        ],
    )
    async def test_tencent_refuses(self, code: str, verdict: Verdict) -> None:
        async with service(
            answer={"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "1"}}
        ) as provider:
            message = envelope(kind="sms", phone="+8613800000000")
            outcome = await send("sms", message, alerts_tencent_endpoint=provider.url, **TENCENT)
        assert (outcome.verdict, outcome.detail) == (verdict, code)

    async def test_nobody_at_the_providers_address(self) -> None:
        message = envelope(kind="sms", phone="+8613800000000")
        for settings in (
            {"alerts_aliyun_endpoint": "http://127.0.0.1:9", **ALIYUN},
            {"alerts_tencent_endpoint": "http://127.0.0.1:9", **TENCENT},
        ):
            assert (await send("sms", message, **settings)).verdict is Verdict.TEMPORARY


class TestVoice:
    async def test_the_gateway_gets_what_to_say_signed(self) -> None:
        async with service(status=202) as gateway:
            message = envelope(kind="voice", phone="+8613800000000")
            outcome = await send("voice", message, alerts_voice_url=gateway.url, alerts_voice_secret=SECRET)
        assert outcome.verdict is Verdict.DELIVERED
        ((request, body),) = gateway.requests
        assert webhook.verify(SECRET, body, request.headers["tongxing-signature"], at=datetime.now(UTC)) is None
        told = json.loads(body)
        assert told["to"] == "+8613800000000"
        assert told["keys"] == dict(voice.KEYS)
        assert "http" not in told["text"], "nobody listens to an address"
        assert told["callback"] == "https://tongxing.example/api/v1/receipts/voice"


class TestBracelet:
    @pytest.mark.parametrize("purpose", ["alert", "all_clear"])
    async def test_it_rings_and_stops(self, broker_url: str, purpose: str) -> None:
        host, _, port = broker_url.removeprefix("mqtt://").partition(":")
        async with aiomqtt.Client(host, port=int(port)) as device, asyncio.timeout(60):
            await device.subscribe("tongxing/v1/zb-000001/command", qos=1)
            message = replace(envelope(kind="bracelet", device_id="zb-000001", how="vibrate"), purpose=purpose)
            outcome = await send("bracelet", message, broker_url=broker_url)
            heard = await anext(aiter(device.messages))
        assert outcome.verdict is Verdict.DELIVERED
        told = json.loads(bytes(heard.payload))
        assert told["type"] == "vibrate"
        assert told["duration_s"] == (60 if purpose == "alert" else 0)
        assert told["id"] == str(message.notification_id)

    async def test_no_broker(self) -> None:
        message = envelope(kind="bracelet", device_id="zb-000001")
        outcome = await send("bracelet", message, broker_url="mqtt://127.0.0.1:9")
        assert outcome.verdict is Verdict.TEMPORARY


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "email", "to": "daughter@example.org"},
        {"kind": "webpush", "endpoint": "https://push.example/1", "p256dh": "a", "auth": "b"},
        {"kind": "sms", "phone": "+8613800000000"},
        {"kind": "voice", "phone": "+8613800000000"},
    ],
)
async def test_what_is_not_configured_is_said_and_passed_over(entry: dict[str, str]) -> None:
    assert channels.problem(entry) is None
    missing = CHANNELS[entry["kind"]].missing(AlertsSettings(database_url="-"))
    assert missing is not None
    assert "TONGXING_ALERTS_" in missing
    outcome = await send(entry["kind"], envelope(**entry))
    assert (outcome.verdict, outcome.detail) == (Verdict.PERMANENT, "not_configured")


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "email", "to": "nobody"},
        {"kind": "email", "to": "a@b\nBcc: c@d"},
        {"kind": "webpush", "endpoint": "https://push.example/1"},
        {"kind": "webpush", "endpoint": "file:///etc/passwd", "p256dh": "a", "auth": "b"},
        {"kind": "sms", "phone": "13800000000"},
        {"kind": "sms", "phone": "+8613800000000", "provider": "pigeon"},
        {"kind": "voice", "phone": "+86 138 0000 0000"},
        {"kind": "bracelet", "device_id": "a/b"},
        {"kind": "bracelet", "device_id": "zb-1", "how": "sing"},
    ],
)
def test_what_is_written_wrong_is_said_with_what_to_write(entry: dict[str, str]) -> None:
    problem = channels.problem(entry)
    assert problem is not None
    assert "write" in problem or "must be" in problem or "sign in" in problem
