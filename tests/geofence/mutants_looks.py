"""`python -m tests.geofence.mutants_looks [word ...]`: faults in who is asked about a reading that leaves a room standing.

A look (`engine.look`), the room after it (`opening.again`), and the deadlines that a timer has noticed.
"""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

TESTS = ["tests/geofence/test_looks.py"]
ENGINE, OPENING, MEMORY, QUIET = "engine.py", "opening.py", "memory.py", "quiet.py"
MUTANTS = (
    # What stands.
    Mutant(QUIET, "max(self.since, self.until) <= reading.at", "self.since <= reading.at"),
    Mutant(QUIET, "max(self.since, self.until) <= reading.at", "self.until <= reading.at"),
    Mutant(QUIET, "max(self.since, self.until) <= reading.at", "max(self.since, self.until) < reading.at"),
    Mutant(QUIET, "reading.at < self.stands_until and", "reading.at <= self.stands_until and"),
    Mutant(QUIET, "reading.at < self.stands_until and", "True and"),
    Mutant(QUIET, "since=since, until=self.stands_until)", "since=since)"),
    Mutant(QUIET, "since=since, until=self.stands_until)", "until=self.stands_until)"),
    Mutant(QUIET, "        self._radius_m2 = -1.0\n", ""),
    # The room: until when for whom.
    Mutant(OPENING, "if due_at is not None and not at_once:", "if due_at is not None and at_once:"),
    Mutant(OPENING, "if due_at is not None and not at_once:", "if False:"),
    Mutant(OPENING, "if due_at is not None and not at_once:", "if due_at is not None:"),
    Mutant(OPENING, "if due_at is not None and at_once:", "if False:"),
    Mutant(OPENING, "    room_.stands_until = room_.until\n", ""),
    Mutant(OPENING, "        if not detector.settles_at_once:\n            _narrow", "        if True:\n            _narrow"),
    Mutant(OPENING, "        if detector.settles_at_once:\n            _narrow", "        if False:\n            _narrow"),
    Mutant(OPENING, "_closed(known.again(since), state", "_closed(known, state"),
    # Who is asked.
    Mutant(ENGINE, "area, None, absences, ASKED_AT_ONCE)", "area, None, absences)"),
    Mutant(ENGINE, "area, None, absences, ASKED_AT_ONCE)", "area, None, absences, ((),) * 32)"),
    Mutant(ENGINE, "return judge(looked_at, reading", "return judge(state, reading"),
    Mutant(ENGINE, "if each.concerns & carried and each.settles_at_once)", "if each.settles_at_once)"),
    Mutant(ENGINE, "if judgement is not NOTHING or not (looked_at", "if not (looked_at"),
    Mutant(ENGINE, "or not (looked_at is state or settled(state, looked_at)):", "or False:"),
    Mutant(ENGINE, "or not (looked_at is state or settled(state, looked_at)):", "or looked_at is not state:"),
    Mutant(ENGINE, "run_down(state, person, reading.at, absences, waits)", "run_down(state, person, reading.at, (), waits)"),
    Mutant(ENGINE, "known = changes(before, after) if changed is None else changed", "known = [False] * len(NAMES)"),
    # What is held afterwards.
    Mutant(MEMORY, "stands = held.room if _stands(held, held.room, reading) else None", "stands = held.room"),
    Mutant(MEMORY, "stands = held.room if _stands(held, held.room, reading) else None", "stands = None"),
    Mutant(MEMORY, "return last_at is not None and room", "last_at = last_at or reading.at\n    return room"),
    Mutant(MEMORY, "            if stands:\n", "            if False:\n"),
    Mutant(MEMORY, "opening.again(stands, after, person, reading.at, dues)", "stands"),
    Mutant(MEMORY, "settled = judgement is NOTHING and engine.settled(state, after)", "settled = engine.settled(state, after)"),
    Mutant(MEMORY, "settled = judgement is NOTHING and engine.settled(state, after)", "settled = judgement is NOTHING"),
    Mutant(MEMORY, "held.room is not None and held.person is person:\n                since", "held.room is not None:\n                since"),
    Mutant(MEMORY, "since = max(at for", "since = min(at for"),
    Mutant(MEMORY, "room = opening.again(held.room, after, person, since, dues)", "pass"),
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(run("geofence", MUTANTS, TESTS))
