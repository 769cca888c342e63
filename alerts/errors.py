"""What alerts cannot do. Each message says what to do next."""

from __future__ import annotations


class AlertsError(Exception):
    """Something in alerts could not be done."""


class IncidentNotFound(AlertsError):  # noqa: N818 - reads as the answer it is
    """There is no such incident."""

    def __init__(self, incident_id: int) -> None:
        super().__init__(f"there is no incident {incident_id}")
        self.incident_id = incident_id


class LadderError(AlertsError):
    """A ladder would loop, or reach nobody."""


class TemplateError(AlertsError):
    """A message template is missing or names a field that does not exist."""


class ChannelError(AlertsError):
    """A receiver's channel is written wrong."""
