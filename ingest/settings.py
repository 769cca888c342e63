"""Settings of ingest."""

from __future__ import annotations

from pydantic import Field

from ingest.flood import MOST_PER_MIN
from ingest.identity.settings import AccessSettings
from ingest.sources.session import Version


class IngestSettings(AccessSettings):
    """Settings of ingest, on top of those of every process."""

    #: Client id of the persistent sessions; a suffix names the lane. One running ingest a name.
    ingest_client_id: str = Field(
        default="tongxing-ingest", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="a name, e.g. tongxing-ingest"
    )
    #: Version of MQTT to speak with the broker; `auto` asks it.
    ingest_mqtt_version: Version = Field(default=Version.AUTO, description="auto, 5 or 3.1.1")
    #: Under load each read is followed by a pause of this length, so that messages come together; 0: never.
    #: Milliseconds; MQTT 5 only. Measured, docs/decisions/0009.
    ingest_read_pacing_ms: float = Field(default=4.0, ge=0, le=100, description="milliseconds from 0 to 100")
    #: A batch is committed when it holds this many messages. Count.
    ingest_batch_messages: int = Field(default=2_000, ge=1, le=20_000, description="a count from 1 to 20000")
    #: ... or when its first message is this old. Milliseconds.
    ingest_batch_age_ms: float = Field(default=10.0, ge=0, le=1_000, description="milliseconds from 0 to 1000")
    #: Health and metrics listener; port 0 switches it off.
    ingest_health_host: str = Field(default="127.0.0.1", description="an address, e.g. 127.0.0.1")
    ingest_health_port: int = Field(default=9101, ge=0, le=65_535, description="a port, or 0 for none")
    #: Readings of one device that are judged in a minute of its time; what is more is only stored. Count.
    ingest_device_per_min: int = Field(default=MOST_PER_MIN, ge=10, le=100_000, description="a count from 10 to 100000")
