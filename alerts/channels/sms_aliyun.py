"""Text messages through Aliyun's SDK (dysmsapi 2017-05-25), an extra: `pip install tongxing[sms-aliyun]`."""

from __future__ import annotations

import importlib
import json
import re
from typing import Any
from urllib.parse import urlsplit

from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, delivered, permanent, temporary

#: Codes after which trying again makes sense. Source: Aliyun's list of error codes for SendSms.
TEMPORARY = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "isv.BUSINESS_LIMIT_CONTROL", "Throttling"})


def missing(settings: ChannelSettings) -> str | None:
    """What is not configured, or None."""
    wanted = (
        settings.alerts_aliyun_access_key_id,
        settings.alerts_aliyun_access_key_secret,
        settings.alerts_aliyun_sign_name,
        settings.alerts_aliyun_template_code,
    )
    names = "ACCESS_KEY_ID,ACCESS_KEY_SECRET,SIGN_NAME,TEMPLATE_CODE"
    return None if all(wanted) else f"set TONGXING_ALERTS_ALIYUN_{{{names}}}"


def send(settings: ChannelSettings, envelope: Envelope) -> Outcome:
    """Send one message. Blocks."""
    try:
        client, request = _client(settings), _request(settings, envelope)
    except ImportError:
        return permanent("sdk_not_installed")
    try:
        answer = client.send_sms(request)
    except Exception as error:  # noqa: BLE001 - the SDK raises classes of three packages, all with a code or none
        return _judge(str(getattr(error, "code", None) or type(error).__name__))
    return _judge(str(answer.body.code))


def _client(settings: ChannelSettings) -> Any:
    openapi = importlib.import_module("alibabacloud_tea_openapi.models")
    dysms = importlib.import_module("alibabacloud_dysmsapi20170525.client")
    parts = urlsplit(settings.alerts_aliyun_endpoint)
    secret = settings.alerts_aliyun_access_key_secret
    timeout_ms = int(settings.alerts_send_timeout_s * 1000)
    return dysms.Client(
        openapi.Config(
            access_key_id=settings.alerts_aliyun_access_key_id,
            access_key_secret=secret.get_secret_value() if secret else None,
            endpoint=parts.netloc,
            protocol=parts.scheme,
            connect_timeout=timeout_ms,
            read_timeout=timeout_ms,
        )
    )


def _request(settings: ChannelSettings, envelope: Envelope) -> Any:
    models = importlib.import_module("alibabacloud_dysmsapi20170525.models")
    return models.SendSmsRequest(
        phone_numbers=str(envelope.channel["phone"]).removeprefix("+"),
        sign_name=settings.alerts_aliyun_sign_name,
        template_code=settings.alerts_aliyun_template_code,
        template_param=json.dumps({"title": envelope.title, "code": envelope.answer_code}, ensure_ascii=False),
        # Comes back in the provider's delivery reports.
        out_id=str(envelope.notification_id),
    )


def _judge(code: str) -> Outcome:
    if code == "OK":
        return delivered("accepted")
    word = re.sub(r"[^A-Za-z0-9_.-]", "", code)[:60] or "refused"
    network = "." not in code and code not in TEMPORARY
    return temporary(word) if code in TEMPORARY or network or code.startswith("Throttling") else permanent(word)
