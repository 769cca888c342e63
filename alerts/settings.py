"""Settings of `tongxing alerts`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from alerts.channels.settings import ChannelSettings


class AlertsSettings(ChannelSettings):
    """What alerts needs beyond every process's settings."""

    #: Message templates laid over those we ship, one folder a language. Unset: ours.
    alerts_templates_dir: Path | None = Field(
        default=None, description="a folder with zh-CN and en in it, e.g. /etc/tongxing/messages"
    )
    #: Where incidents are opened; messages carry a link below it instead of a position.
    alerts_console_url: str = Field(
        default="http://127.0.0.1:8000",
        pattern=r"^https?://[^\s/]+(/[^\s]*)?$",
        description="the console's address as receivers reach it, e.g. https://tongxing.example.org",
    )
    #: Address and port of health and metrics; port 0 switches them off.
    alerts_health_host: str = Field(
        default="127.0.0.1", min_length=1, description="an address to listen on, e.g. 127.0.0.1"
    )
    alerts_health_port: int = Field(default=9102, ge=0, le=65535, description="a port, e.g. 9102")
