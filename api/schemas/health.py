"""Readiness."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Ready(BaseModel):
    """Everything works."""

    parts: dict[str, str] = Field(description="Each part with ok: database, migrations, live")
    newest_reading_age_s: float | None = Field(
        description="Seconds of the server's clock since the newest reading; null: none yet"
    )
