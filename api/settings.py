"""Settings of the HTTP server. Real-time durations carry their unit in the name."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field

from runtime.settings import Settings


class ApiSettings(Settings):
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
    #: MapLibre style of a base map. Unset: no request leaves the machine.
    basemap_style_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s;,'\"]+$",
        description="address of a MapLibre style, e.g. https://maps.example/style.json",
    )

    @property
    def basemap_origin(self) -> str | None:
        """Scheme, host and port of the base map, for the content security policy."""
        if self.basemap_style_url is None:
            return None
        parts = urlsplit(self.basemap_style_url)
        return f"{parts.scheme}://{parts.netloc}"
