"""Where the demo speaks: standard output for people, standard error when that is kept for JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators import roster
from simulators.demo.calendar_file import SHANGHAI


@dataclass(slots=True)
class Screen:
    """Prints lines, and remembers which happenings it has told."""

    quiet_output: bool
    _told: dict[int, str] = field(default_factory=dict)
    _messages: int = 0

    def say(self, line: str = "") -> None:
        """One line."""
        stream = sys.stderr if self.quiet_output else sys.stdout
        print(line, file=stream, flush=True)

    def welcome(self, *, url: str, broker_url: str, headless: bool) -> None:
        """Where to look and how to get in."""
        self.say()
        self.say("Tongxing is running, with people who do not exist.")
        if not headless:
            self.say(f"  open     {url}")
        self.say(f"  broker   {broker_url}")
        for user in roster.users():
            self.say(f"  sign in  {user['username']:<10} {user['password']}   ({user['role']})")
        self.say()
        self.say(
            "In a few seconds a woman at the early market presses SOS, a bracelet runs flat, and a man of about 81"
        )
        self.say("gets out of bed and leaves the house. Ctrl-C ends it.")
        self.say()

    def incidents(self, rows: list[dict[str, Any]]) -> None:
        """What is new or has changed, oldest first; `rows` are the API's incidents."""
        for row in sorted(rows, key=lambda row: int(row["incident_id"])):
            number, state = int(row["incident_id"]), str(row["state"])
            before = self._told.get(number)
            self._told[number] = state
            if before is None and state != "resolved":
                clock = datetime.fromisoformat(row["opened_at"]).astimezone(SHANGHAI)
                self.say(f"⚠ {clock:%H:%M} incident {number} opened, {row['severity']}: {row['sentence']['en']}")
            elif before is not None and before != state:
                self.say(f"  incident {number}: {before} → {state}")

    def already_told(self, rows: list[dict[str, Any]]) -> None:
        """These are of an earlier run."""
        self._told.update((int(row["incident_id"]), str(row["state"])) for row in rows)

    def phone(self, received: Mapping[str, Any]) -> None:
        """Messages that arrived on the family's telephone since the last look; `received` as its GET answers."""
        messages = received["messages"]
        fresh = int(received["valid"]) - int(received["repeated"]) - self._messages
        for row in messages[len(messages) - fresh :] if fresh > 0 else []:
            self.say(f"☎ {row['message'].get('title', '(no title)')}")
        self._messages += max(fresh, 0)
