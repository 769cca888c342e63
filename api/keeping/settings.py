"""How long each class of data is kept. The reasons stand in docs/privacy.md."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from runtime.settings import Settings


def _days(default: int) -> Any:
    return Field(default=default, ge=0, le=36_500, description="days, or 0 for as long as the database lives")


class KeepingSettings(Settings):
    """Days; 0 keeps for ever. What is older is deleted at night by `tongxing api`."""

    #: Positions as reported.
    keep_positions_days: int = _days(90)
    #: Battery, strap and steps between positions; commands given to devices.
    keep_device_reports_days: int = _days(90)
    #: Heart and breathing rate and what else the bed says.
    keep_vital_signs_days: int = _days(60)
    #: Rejected messages with their first bytes.
    keep_rejected_days: int = _days(30)
    #: What was written to whom, every attempt, every receipt.
    keep_messages_days: int = _days(180)
    #: Incidents after they were resolved; detections and safety events.
    keep_incidents_days: int = _days(1_095)
    #: Who looked at whose whereabouts.
    keep_accesses_days: int = _days(1_095)
    #: Sums of devices by the hour.
    keep_device_hours_days: int = _days(400)
    #: Sums of persons by the day.
    keep_person_days_days: int = _days(1_095)
    #: Local hour of the night in which it is done, in the zone of China.
    keep_run_hour: int = Field(default=3, ge=0, le=23, description="an hour of the day from 0 to 23")
    #: Whether `tongxing api` sums up and deletes by itself; off where another process does, or nobody should.
    keep_by_itself: bool = Field(default=True, description="true or false")
