"""What fleet operators read: quarantine and counts."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.schemas.fields import Instant


class Quarantined(BaseModel):
    """A message that was rejected."""

    quarantine_id: int = Field(description="Identifier, 1 or more")
    received_at: Instant = Field(description="When it arrived")
    topic: str = Field(description="MQTT topic")
    device_id: str | None = Field(description="The device it claims to come from; null: unknown")
    reason: str = Field(description="Why, one machine word: docs/wire.md")
    detail: str = Field(description="What exactly")
    payload_size: int = Field(description="Bytes, 0 or more")
    payload_preview: str = Field(description="Its beginning as text, coordinates blotted out for operators")


class QuarantinePage(BaseModel):
    """Rejected messages, newest first."""

    items: list[Quarantined] = Field(description="Rejected messages, newest first")


class ReadingCounts(BaseModel):
    """Readings since an instant."""

    committed: int = Field(description="Stored, 0 or more")
    rejected: int = Field(description="Quarantined, 0 or more")


class NotificationCounts(BaseModel):
    """Notifications since an instant."""

    sent: int = Field(description="Delivered to a channel, 0 or more")
    failed: int = Field(description="Given up, 0 or more")


class Percentiles(BaseModel):
    """Real time from a device's publish to the hand-over to a channel."""

    p50: float | None = Field(description="Milliseconds; null: nothing to measure")
    p99: float | None = Field(description="Milliseconds; null: nothing to measure")


class AlertsPerPersonDay(BaseModel):
    """How often somebody is told about one person; one alert is one round of telling that left here."""

    persons: int = Field(description="Persons with a device in use, 0 or more")
    days: float = Field(description="Length of the span, days of the server's clock")
    alerts: int = Field(description="Alerts in all, 0 or more")
    mean: float = Field(description="A person and day")
    median: float = Field(description="A person and day: half of all persons have no more. Should be 0")
    p90: float = Field(description="A person and day: nine of ten persons have no more")


class Summary(BaseModel):
    """What happened since an instant."""

    readings: ReadingCounts = Field(description="Readings")
    detections: dict[str, int] = Field(description="Detections by kind")
    incidents: dict[str, int] = Field(description="Incidents by kind; one with several kinds counts under each")
    notifications: NotificationCounts = Field(description="Notifications")
    alerts_per_person_day: AlertsPerPersonDay = Field(description="Over the same span")
    publish_to_notification_ms: Percentiles = Field(
        description="First attempts of the ladder's first step whose device said when it published"
    )
