"""Which simulated morning a demo begins on: devices' time must not run backwards from one run to the next.

The data folder remembers the latest simulated instant of its last run; the next begins at the 04:45 that follows.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

NAME = "clock.json"
#: China has one time zone without summer time.
SHANGHAI = timezone(timedelta(hours=8))
#: Before dawn: everybody is in bed, and in an hour the city is up.
BEGINS = time(4, 45)


def next_start(data_dir: Path, now: datetime) -> datetime:
    """Where the next run's clock starts; a folder without memory starts on today's date."""
    reached = _reached(data_dir)
    if reached is None:
        return datetime.combine(now.astimezone(SHANGHAI).date(), BEGINS, SHANGHAI)
    return morning_after(reached)


def morning_after(reached: datetime) -> datetime:
    """The first 04:45 in Zibo after an instant."""
    local = reached.astimezone(SHANGHAI)
    morning = datetime.combine(local.date(), BEGINS, SHANGHAI)
    return morning if morning > local else morning + timedelta(days=1)


def remember(data_dir: Path, reached: datetime) -> None:
    """Keep the simulated instant a run has reached; written in one piece, whatever happens."""
    partial = data_dir / f"{NAME}.partial"
    partial.write_text(json.dumps({"reached": reached.astimezone(UTC).isoformat()}) + "\n", encoding="ascii")
    partial.replace(data_dir / NAME)


def _reached(data_dir: Path) -> datetime | None:
    try:
        stored = json.loads((data_dir / NAME).read_text(encoding="ascii"))
        reached = datetime.fromisoformat(stored["reached"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return reached if reached.tzinfo else None
