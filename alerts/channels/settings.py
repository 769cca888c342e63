"""Settings of the channels. Unset means that a channel is off: nothing leaves the machine unless configured."""

from __future__ import annotations

from pydantic import Field, SecretStr

from runtime.settings import Settings


class ChannelSettings(Settings):
    """What the channels need beyond every process's settings."""

    #: How long one message may take, in real seconds. Usual for webhooks; a call takes longer, through its own service.
    alerts_send_timeout_s: float = Field(default=10.0, gt=0, le=120, description="seconds above 0, e.g. 10")
    #: Mail server. `smtp` uses STARTTLS where the server offers it, `smtps` TLS from the start.
    alerts_smtp_url: SecretStr | None = Field(
        default=None, description="a mail server's URL, e.g. smtps://user:password@mail.example.org:465"
    )
    #: Sender of e-mails.
    alerts_mail_from: str | None = Field(default=None, description="an address, e.g. tongxing@example.org")
    #: Key with which messages to browsers are signed (VAPID, RFC 8292); `tongxing alerts vapid` makes one.
    alerts_vapid_private_key: SecretStr | None = Field(
        default=None, description="the key that `tongxing alerts vapid` prints"
    )
    #: Whom a push service may ask about these messages.
    alerts_vapid_contact: str = Field(
        default="mailto:operator@localhost",
        pattern=r"^(mailto:|https://).+",
        description="mailto:… or https://…, e.g. mailto:duty@example.org",
    )
    #: Text messages through Aliyun (dysmsapi).
    alerts_aliyun_access_key_id: str | None = Field(default=None, description="an access key's id")
    alerts_aliyun_access_key_secret: SecretStr | None = Field(default=None, description="that key's secret")
    alerts_aliyun_sign_name: str | None = Field(default=None, description="the approved signature, e.g. 同行守护")
    alerts_aliyun_template_code: str | None = Field(default=None, description="the approved template, e.g. SMS_12345")
    alerts_aliyun_endpoint: str = Field(
        default="https://dysmsapi.aliyuncs.com", pattern=r"^https?://.+", description="the service's address"
    )
    #: Text messages through Tencent Cloud (sms).
    alerts_tencent_secret_id: str | None = Field(default=None, description="a key's id")
    alerts_tencent_secret_key: SecretStr | None = Field(default=None, description="that key's secret")
    alerts_tencent_sdk_app_id: str | None = Field(default=None, description="the application's id, e.g. 1400006666")
    alerts_tencent_sign_name: str | None = Field(default=None, description="the approved signature, e.g. 同行守护")
    alerts_tencent_template_id: str | None = Field(default=None, description="the approved template, e.g. 449739")
    alerts_tencent_region: str = Field(default="ap-guangzhou", description="a region, e.g. ap-guangzhou")
    alerts_tencent_endpoint: str = Field(
        default="https://sms.tencentcloudapi.com", pattern=r"^https?://.+", description="the service's address"
    )
    #: Gateway that places calls (docs/alerts.md, Voice calls), and the secret both sides sign with.
    alerts_voice_url: str | None = Field(
        default=None, pattern=r"^https?://.+", description="a gateway's address, e.g. https://calls.example.org/place"
    )
    alerts_voice_secret: SecretStr | None = Field(default=None, min_length=32, description="at least 32 characters")
