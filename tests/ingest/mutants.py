"""`python -m tests.ingest.mutants [word]`: break ingest on purpose, as `tests.geofence.mutants` does the engine.

The pipeline between broker and database is not here: its faults show in tests/integration/test_ingest_kill.py and
test_ingest_outage.py and test_ingest_poison.py, which need servers.
"""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

NATIVE, FIELDS = "wire/bodies.py", "wire/fields.py"
JUDGING, ROWS, STATES, BATCHING = "judging.py", "rows.py", "states.py", "batching.py"
LAYING_OUT = "laying_out.py"
MUTANTS = (
    # The wire.
    Mutant(FIELDS, "Latitude = Annotated[float, Meta(ge=-90, le=90)]", "Latitude = Annotated[float, Meta(ge=-90, le=91)]"),
    Mutant(FIELDS, "AccuracyM = Annotated[float, Meta(gt=0,", "AccuracyM = Annotated[float, Meta(ge=0,"),
    Mutant(FIELDS, "Meta(ge=0, le=4_294_967_295)", "Meta(ge=0, le=4_294_967_296)"),
    Mutant(FIELDS, "EARLIEST_S, LATEST_S = 946_684_800,", "EARLIEST_S, LATEST_S = 0,"),
    Mutant(FIELDS, "FixSource.CELL: 1_000.0", "FixSource.CELL: 30.0"),
    Mutant(NATIVE, 'pattern=r"^[\\x21-\\x7e]{1,64}\\Z"', 'pattern=r"^[\\x21-\\x7e]{1,64}$"'),
    Mutant(NATIVE, "Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]", "int"),
    Mutant(NATIVE, "json.loads(payload, parse_int=_whole)", "json.loads(payload)"),
    Mutant(NATIVE, "max_length=64, pattern=STORABLE)]\n    result", "max_length=64)]\n    result"),
    Mutant(NATIVE, "at=None if extras.at is None else _instant(extras.at)", "at=_instant(extras.at or 0)"),
    Mutant(NATIVE, "except (*NO_VALUE, RefusedError):", "except NO_VALUE:"),
    Mutant(NATIVE, "with contextlib.suppress(*NO_VALUE):", "if True:"),
    Mutant(NATIVE, "NO_VALUE = (msgspec.ValidationError, UnicodeError)", "NO_VALUE = (msgspec.ValidationError,)"),
    Mutant(NATIVE, "if name in EVENT_FIELDS}", "}"),
    Mutant(NATIVE, "told.heart_rate_bpm or None", "told.heart_rate_bpm"),
    Mutant(NATIVE, "if position.datum not in _DATUMS:", "if False:"),
    Mutant(FIELDS, "min(value, LARGEST_ACCURACY_M) if value", "value if value"),
    Mutant("wire/owntracks.py", "_KPH = 1 / 3.6", "_KPH = 3.6"),
    Mutant("wire/owntracks.py", "[A-Za-z0-9_]+", "[A-Za-z0-9_-]+"),
    Mutant("wire/traccar.py", "if named != device_id:", "if False:"),
    Mutant("wire/traccar.py", 'and position.get("outdated") is not True', ""),
    Mutant("wire/traccar.py", "        if not calls:\n            raise", "        raise"),
    Mutant("wire/watch.py", "16: SafetyEventType.SOS", "17: SafetyEventType.SOS"),
    Mutant("wire/watch.py", 'if values[2] == "A" else FixSource.CELL', "if values[2] else FixSource.CELL"),
    Mutant("wire/watch.py", "if device_id != levels[1]:", "if False:"),
    Mutant("wire/watch.py", "if problem is not None and not calls:", "if problem is not None:"),
    Mutant(NATIVE, "except (ValueError, RecursionError) as error:", "except ValueError as error:"),
    Mutant("wire/__init__.py", "if len(payload) > MAX_PAYLOAD_BYTES:", "if len(payload) >= MAX_PAYLOAD_BYTES:"),
    # From messages to rows.
    Mutant(JUDGING, "if envelope.skipped:", "if False:"),
    Mutant(JUDGING, "if decoded.kind not in SPOKEN_BY[device.kind]:", "if False:"),
    Mutant(JUDGING, "decoded.event is None and ", ""),
    Mutant(JUDGING, "and said.kind in SPOKEN_BY[device.kind]\n", "\n"),
    Mutant(JUDGING, "and said.at - envelope.received_at <= CLOCK_AHEAD_ALLOWED", ""),
    Mutant(JUDGING, "and not route.is_backlog and _plain(", "and _plain("),
    Mutant(LAYING_OUT, "all(outcome.admission is Admission.LIVE for outcome in judged.outcomes)", "True"),
    Mutant(JUDGING, "> CLOCK_AHEAD_ALLOWED else at", ">= CLOCK_AHEAD_ALLOWED else at"),
    Mutant(JUDGING, "if before[key] is not state or key in due}", "if before[key] is not state}"),
    Mutant(JUDGING, "if state.zone.safety is not before[key].zone.safety:", "if False:"),
    Mutant(JUDGING, "[key for key in deadlines.person_ids if key in known.persons]", "list(deadlines.person_ids)"),
    Mutant(LAYING_OUT, "_by_place(readings, judged.said) if judged.said else readings", "readings"),
    Mutant(LAYING_OUT, "each.report if outcome.admission is Admission.LIVE else None", "each.report"),
    Mutant(LAYING_OUT, "NOVELTY.get(outcome.admission, Novelty.OLD)", "Novelty.NEW"),
    Mutant(LAYING_OUT, "judged.numbers.get(key, known.numbers.get(key))", "known.numbers.get(key)"),
    Mutant(LAYING_OUT, "if heard.reading.fix is not None:", "if heard.report.event is None and heard.reading.fix is not None:"),
    Mutant(LAYING_OUT, "if heard.reading.event is not None:\n            judged.answers", "if outcome.judgement.detections:\n            judged.answers"),
    Mutant(JUDGING, "engine.run_down(states[person_id]", "engine.run_down(known.book.state(0)"),
    Mutant(JUDGING, "states = dict(before)", "states = before"),
    Mutant(ROWS, "new if new is not None else old", "new"),
    Mutant(ROWS, "max(known[_SEEN], row[_SEEN])", "row[_SEEN]"),
    Mutant(ROWS, "known[_MISSING] + row[_MISSING]", "row[_MISSING]"),
    Mutant(ROWS, "envelope.payload[:KEPT_BYTES]", "envelope.payload"),
    Mutant(ROWS, '.encode("utf-8", "replace").decode()', ""),
    Mutant(ROWS, '.replace("\\x00", "\\ufffd")', ""),
    Mutant("sequence.py", "if ahead == 1 and not known.gaps", "if ahead == 1"),
    Mutant("sequence.py", "if known.gaps & bit:", "if bit:"),
    Mutant("sequence.py", "and novelty is not Novelty.OLD", ""),
    Mutant("sequence.py", "Numbers(seq) if novelty is Novelty.NEW else known", "known"),
    Mutant("sequence.py", "(1 << step) - 2", "(1 << step) - 1"),
    Mutant(STATES, "except snapshot.SnapshotError:", "except ZeroDivisionError:"),
    Mutant(STATES, "if at <= until)", "if at < until)"),
    Mutant(STATES, "if due_at is None:\n            self._due.pop(person_id, None)\n            return", "if due_at is None:\n            return"),
    Mutant(STATES, "while self._heap and self._due.get", "while False and self._due.get"),
    Mutant(BATCHING, "if rank == 0 or len(self)", "if len(self)"),
    Mutant(BATCHING, "len(self) >= self._messages:", "len(self) > self._messages:"),
    Mutant(BATCHING, "for waiting in self._ranks:\n            while", "for waiting in reversed(self._ranks):\n            while"),
    Mutant(BATCHING, "batch.append(waiting.popleft())", "batch.append(waiting.pop())"),
    Mutant(BATCHING, "if not self._ranks[0] and len(self) < self._messages:", "if False:"),
    Mutant("lanes.py", 'skips=frozenset({"event", "ack", "command"})', 'skips=frozenset({"event"})'),
    Mutant("lanes.py", 'and not (retained and level == "status")', ""),
)  # fmt: skip
TESTS = ("tests/ingest",)

if __name__ == "__main__":
    sys.exit(run("ingest", MUTANTS, TESTS))
