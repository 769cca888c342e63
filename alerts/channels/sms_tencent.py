"""Text messages through Tencent Cloud's SDK (sms 2021-01-11), an extra: `pip install tongxing[sms-tencent]`."""

from __future__ import annotations

import importlib
import math
import re
from typing import Any
from urllib.parse import urlsplit

from alerts.channels.settings import ChannelSettings
from alerts.envelope import Envelope
from alerts.outcome import Outcome, delivered, permanent, temporary

#: Beginnings of codes after which trying again makes sense. Source: Tencent Cloud's list of common and SMS error codes.
TEMPORARY = ("InternalError", "RequestLimitExceeded", "LimitExceeded", "ClientNetworkError", "FailedOperation.Timeout")


def missing(settings: ChannelSettings) -> str | None:
    """What is not configured, or None."""
    wanted = (
        settings.alerts_tencent_secret_id,
        settings.alerts_tencent_secret_key,
        settings.alerts_tencent_sdk_app_id,
        settings.alerts_tencent_sign_name,
        settings.alerts_tencent_template_id,
    )
    names = "SECRET_ID,SECRET_KEY,SDK_APP_ID,SIGN_NAME,TEMPLATE_ID"
    return None if all(wanted) else f"set TONGXING_ALERTS_TENCENT_{{{names}}}"


def send(settings: ChannelSettings, envelope: Envelope) -> Outcome:
    """Send one message. Blocks."""
    try:
        client, request = _client(settings), _request(settings, envelope)
    except ImportError:
        return permanent("sdk_not_installed")
    try:
        answer = client.SendSms(request)
    except Exception as error:  # noqa: BLE001 - the SDK's one class has a code; below it requests raises its own
        return _judge(str(getattr(error, "code", None) or "ClientNetworkError"))
    status = answer.SendStatusSet[0] if answer.SendStatusSet else None
    return _judge(str(status.Code) if status else "InternalError")


def _client(settings: ChannelSettings) -> Any:
    credential = importlib.import_module("tencentcloud.common.credential")
    http = importlib.import_module("tencentcloud.common.profile.http_profile")
    profile = importlib.import_module("tencentcloud.common.profile.client_profile")
    sms = importlib.import_module("tencentcloud.sms.v20210111.sms_client")
    parts = urlsplit(settings.alerts_tencent_endpoint)
    secret = settings.alerts_tencent_secret_key
    timeout_s = math.ceil(settings.alerts_send_timeout_s)
    return sms.SmsClient(
        credential.Credential(settings.alerts_tencent_secret_id, secret.get_secret_value() if secret else ""),
        settings.alerts_tencent_region,
        profile.ClientProfile(
            httpProfile=http.HttpProfile(protocol=parts.scheme, endpoint=parts.netloc, reqTimeout=timeout_s)
        ),
    )


def _request(settings: ChannelSettings, envelope: Envelope) -> Any:
    request = importlib.import_module("tencentcloud.sms.v20210111.models").SendSmsRequest()
    request.SmsSdkAppId = settings.alerts_tencent_sdk_app_id
    request.SignName = settings.alerts_tencent_sign_name
    request.TemplateId = settings.alerts_tencent_template_id
    request.PhoneNumberSet = [str(envelope.channel["phone"])]
    # Tencent's parameters have numbers instead of names: {1} is the title, {2} the code of the link.
    request.TemplateParamSet = [envelope.title, envelope.answer_code]
    # Comes back in the provider's delivery reports.
    request.SessionContext = str(envelope.notification_id)
    return request


def _judge(code: str) -> Outcome:
    if code == "Ok":
        return delivered("accepted")
    word = re.sub(r"[^A-Za-z0-9_.-]", "", code)[:60] or "refused"
    return temporary(word) if code.startswith(TEMPORARY) else permanent(word)
