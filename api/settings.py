"""Settings of the HTTP server. Real-time durations carry their unit in the name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from api.keeping.settings import KeepingSettings


class ApiSettings(KeepingSettings):
    """What `tongxing api` needs beyond the common settings."""

    api_host: str = Field(default="127.0.0.1", description="an address to listen on, e.g. 127.0.0.1")
    api_port: int = Field(default=8000, ge=0, le=65_535, description="a port, e.g. 8000")
    #: Real hours that a bearer token is good for.
    api_token_hours: float = Field(default=12.0, gt=0, le=24 * 31, description="hours, e.g. 12")
    #: Connections to PostgreSQL held at most.
    api_pool_size: int = Field(default=8, ge=2, le=100, description="connections, 2 to 100, e.g. 8")
    #: Proxies whose X-Forwarded-For is believed, comma separated. Empty: nobody's, so that the sign-in limit
    #: cannot be walked around by inventing addresses.
    api_trusted_proxies: str = Field(default="", description="addresses of your proxies, e.g. 10.0.0.2")
    #: Seconds an ending server waits for answers under way.
    api_stop_within_s: int = Field(default=5, ge=1, le=60, description="seconds, e.g. 5")
    #: Push services that browsers may name, comma separated; those of Google, Mozilla, Apple and Microsoft.
    api_push_hosts: str = Field(
        default="fcm.googleapis.com,push.services.mozilla.com,push.apple.com,notify.windows.com",
        description="hosts, comma separated, e.g. fcm.googleapis.com",
    )
    #: The key that messages to browsers are signed with; its public half is what they subscribe with.
    alerts_vapid_private_key: SecretStr | None = Field(
        default=None, description="the key that `tongxing alerts vapid` prints"
    )
    #: The secret that the gateway for calls signs its reports with.
    alerts_voice_secret: SecretStr | None = Field(default=None, min_length=32, description="at least 32 characters")
    #: Message templates laid over those we ship, one folder a language. Unset: ours.
    alerts_templates_dir: Path | None = Field(
        default=None, description="a folder with zh-CN and en in it, e.g. /etc/tongxing/messages"
    )
    #: Where this server is found from outside; codes on sheets lead there. Unset: the address it was asked by.
    alerts_console_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+(/[^\s]*)?$",
        description="the console's address as others reach it, e.g. https://tongxing.example.org",
    )
    #: Sender of CAP messages. Unset: none are issued.
    cap_sender: str | None = Field(
        default=None, pattern=r"^[^\s,<&]{1,200}$", description="an address without spaces, e.g. tongxing@city.example"
    )
    #: Whether CAP messages are meant. Test until every receiver has shown that it understands them.
    cap_status: Literal["Actual", "Exercise", "Test"] = Field(default="Test", description="Actual, Exercise or Test")
    cap_scope: Literal["Public", "Restricted", "Private"] = Field(
        default="Restricted", description="Public, Restricted or Private"
    )
    #: Whom a message is for, where it is not public.
    cap_audience: str = Field(
        default="公安、民政和救助管理机构", min_length=1, max_length=500, description="for whom, e.g. police and rescue"
    )
    cap_sender_name: str = Field(default="", max_length=200, description="the sender's name as people know it")
    cap_contact: str = Field(default="", max_length=200, description="whom to call, e.g. 12349")
    #: MapLibre style of a base map. Unset: no request leaves the machine.
    basemap_style_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s;,'\"]+$",
        description="address of a MapLibre style, e.g. https://maps.example/style.json",
    )

    @property
    def push_hosts(self) -> tuple[str, ...]:
        """The push services, one by one."""
        return tuple(host.strip() for host in self.api_push_hosts.split(",") if host.strip())

    @property
    def basemap_origin(self) -> str | None:
        """Scheme, host and port of the base map, for the content security policy."""
        if self.basemap_style_url is None:
            return None
        parts = urlsplit(self.basemap_style_url)
        return f"{parts.scheme}://{parts.netloc}"
