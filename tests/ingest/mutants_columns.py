"""`python -m tests.ingest.mutants_columns [word ...]`: judge and write in columns what is otherwise one by one, wrongly.

Faults in what is read, judged, remembered, laid out and put off of many fixes at once (docs/decisions/0019).
"""

from __future__ import annotations

import sys

from tests.geofence.mutants import Mutant, run

TESTS = [f"tests/ingest/{name}" for name in (
    "test_wire_columns.py", "test_pipeline.py", "test_deferring_columns.py", "test_quiet_fixes.py", "test_deferring.py",
)]  # fmt: skip

FIXES, QUIET_ROWS, NEWEST, SEATS = "quiet_fixes.py", "quiet_rows.py", "newest.py", "seats.py"
WIRE, LATEST, WAITING = "wire/columns.py", "deferring/latest.py", "deferring/waiting.py"
MUTANTS = (
    # Who is judged in columns.
    Mutant(FIXES, "known.seats is None or len(envelopes) < LEAST", "known.seats is None"),
    Mutant(FIXES, "    if len(places) < LEAST:\n        return None\n", ""),
    Mutant(FIXES, "    if len(places) < LEAST:\n", "    if len(places) <= LEAST:\n"),
    Mutant(FIXES, "        yield\n", "        if begin < 0:\n            yield\n"),
    Mutant(FIXES, "    seated &= ~np.array([envelope.skipped for envelope in envelopes], dtype=np.bool_)\n", ""),
    Mutant(FIXES, "others = set(due)", "others = set[int]()"),
    Mutant(FIXES, "others.add(device.person_id)", "pass"),
    Mutant(FIXES, "alone: BoolArray = seated & (spoke[whose] == 1)", "alone: BoolArray = seated & (spoke[whose] <= 2)"),
    Mutant(FIXES, "alone: BoolArray = seated & (spoke[whose] == 1)", "alone: BoolArray = spoke[whose] == 1"),
    Mutant(FIXES, "        alone &= ~np.isin(persons, list(others))\n", "        pass\n"),
    Mutant("judging.py", "read_fixes(envelopes, known, deadlines.person_ids if deadlines else ())", "read_fixes(envelopes, known, ())"),
    Mutant("judging.py", "if place not in done]", "]"),
    Mutant("judging.py", "judged.left = [envelope for", "[envelope for"),
    # What is judged of it.
    Mutant(FIXES, "    quiet &= fixes.at_us - fixes.received_us <= clock_ahead // timedelta(microseconds=1)\n", ""),
    Mutant(FIXES, "fixes.at_us - fixes.received_us <= clock_ahead", "fixes.received_us - fixes.at_us <= clock_ahead"),
    Mutant(FIXES, "    quiet[quiet] = known.book.flood.admits_all(known.seats.in_flood(seats[quiet]), fixes.at_us[quiet])\n", ""),
    Mutant(FIXES, "quiet[quiet] = known.book.flood.admits_all(known.seats.in_flood(seats[quiet]), fixes.at_us[quiet])", "quiet &= known.book.flood.admits_all(known.seats.in_flood(seats), fixes.at_us)"),
    Mutant(FIXES, "    known.book.memory.hear_fixes(seats, fixes)\n", ""),
    Mutant(FIXES, "altitude_m=told.altitude_m[quiet]", "altitude_m=told.heading_deg[quiet]"),
    Mutant(FIXES, "published_s=told.published_s[quiet]", "published_s=told.published_s[quiet] * np.nan"),
    Mutant(FIXES, "places = places[[body is not None for body in bodies]]", "places = places[: sum(body is not None for body in bodies)]"),
    Mutant("counting.py", "~np.isnan(quiet.published_s)", "np.isnan(quiet.published_s)"),
    Mutant("counting.py", "came[what] = came.get(what, 0) + len(quiet)", "came[what] = len(quiet)"),
    Mutant("patience.py", "quiet_at if newest_at is None else max(quiet_at, newest_at)", "newest_at or quiet_at"),
    Mutant("patience.py", "quiet_at if newest_at is None else max(quiet_at, newest_at)", "quiet_at"),
    Mutant("patience.py", "at_us.max()", "at_us.min()"),
    Mutant("pipeline.py", "            self._numbers.undo()\n", ""),
    Mutant("pipeline.py", "            self._book.undo()\n", ""),
    # Seats.
    Mutant(SEATS, "if devices is not self._devices:", "if False:"),
    Mutant(SEATS, "if route.is_location else NOBODY", "if route.is_location or True else NOBODY"),
    # What a location says.
    Mutant(WIRE, "len(payload) > MAX_PAYLOAD_BYTES", "len(payload) >= MAX_PAYLOAD_BYTES"),
    Mutant(WIRE, "body if body.datum == _WGS84 else None", "body"),
    Mutant(WIRE, "np.where(np.isnan(accuracy_m), _ASSUMED_M[source], accuracy_m)", "accuracy_m"),
    Mutant(WIRE, "_ASSUMED_M[source]", "_ASSUMED_M[0]"),
    Mutant(WIRE, "np.where(np.isnan(seq), UNNUMBERED, seq)", "np.nan_to_num(seq)"),
    # Its rows.
    Mutant(QUIET_ROWS, "if anew:", "if False:"),
    Mutant(QUIET_ROWS, "Novelty.NEW)", "Novelty.UNSURE)"),
    Mutant(QUIET_ROWS, 'rows["heading_deg"] = quiet.heading_deg', 'rows["heading_deg"] = np.nan'),
    Mutant(QUIET_ROWS, "known.numbers.last_of(known.seats.in_numbers(quiet.seats))", "quiet.seq"),
    Mutant(QUIET_ROWS, "np.where(missing, 0, values).astype(np.int64), missing=missing", "np.where(missing, 0, values).astype(np.int64)"),
    Mutant(QUIET_ROWS, "missing=quiet.seq == UNNUMBERED", "missing=quiet.seq == 0"),
    Mutant(QUIET_ROWS, "        answer_column(fixes.charging),\n        answer_column(fixes.worn),\n", "        answer_column(fixes.worn),\n        answer_column(fixes.charging),\n"),
    Mutant(QUIET_ROWS, "spoke[person_id] == 1 and ", ""),
    Mutant(QUIET_ROWS, "before is None or state[_LAST] == before.last + 1", "True"),
    Mutant(QUIET_ROWS, "before is None or state[_LAST] == before.last + 1", "before is None or state[_LAST] >= before.last"),
    Mutant(QUIET_ROWS, "before is None or state[_LAST] == before.last + 1", "before is not None and state[_LAST] == before.last + 1"),
    Mutant(QUIET_ROWS, "missing, *device[11:])", "0, *device[11:])"),
    Mutant(QUIET_ROWS, "numbers.last, numbers.gaps_stored(), missing", "numbers.last, None, missing"),
    Mutant(QUIET_ROWS, "    spoke.update(said.device.person_id for said in judged.said)\n", ""),
    Mutant(QUIET_ROWS, "UNNUMBERED if seq is None else seq", "seq or UNNUMBERED"),
    Mutant("laying_out.py", "apart = ~quiet.followed", "apart = quiet.followed & False"),
    Mutant("laying_out.py", "        commit.positions.append(position)\n", ""),
    Mutant("laying_out.py", "quiet.seats[~apart]", "quiet.seats[apart]"),
    Mutant("laying_out.py", "    commit.fixes = location_columns(quiet)\n", ""),
    # The newest word of a device.
    Mutant(NEWEST, 'np.where(np.isnan(rows["battery_pct"]), known["battery_pct"], rows["battery_pct"])', 'rows["battery_pct"]'),
    Mutant(NEWEST, "np.where(rows[name] == 0, known[name], rows[name])", "rows[name]"),
    Mutant(NEWEST, "np.where(rows[name] == 0,", "np.where(rows[name] == 1,"),
    Mutant(NEWEST, 'for name in ("charging", "worn"):', 'for name in ("charging",):'),
    Mutant(NEWEST, 'np.where(rows["last_seq"] == UNNUMBERED, known["last_seq"], rows["last_seq"])', 'rows["last_seq"]'),
    Mutant(NEWEST, 'missing=rows["last_seq"] == UNNUMBERED', 'missing=rows["last_seq"] == 0'),
    Mutant(NEWEST, "missing=np.isnan(values)", "missing=None"),
    Mutant(NEWEST, '        answer_column(rows["charging"]),\n        answer_column(rows["worn"]),\n', '        answer_column(rows["worn"]),\n        answer_column(rows["charging"]),\n'),
    Mutant(NEWEST, "last_seq if numbered else None, None, 0, at,", 'last_seq if numbered else None, b"", 0, at,'),
    # What waits in columns.
    Mutant(WAITING, "return self._oldest_s <= before_s", "return self._oldest_s < before_s"),
    Mutant(WAITING, "np.flatnonzero(self._since_s <= before_s)", "np.flatnonzero(self._since_s < before_s)"),
    Mutant(WAITING, 'seats[np.argsort(self._since_s[seats], kind="stable")[:most]]', "seats[:most]"),
    Mutant(WAITING, "[:most]]", "]"),
    Mutant(WAITING, "seats |= {self._by_device[key] for key in device_keys if key in self._by_device}", "pass"),
    Mutant(WAITING, "{self._by_person[key] for key in person_ids if key in self._by_person}", "set[int]()"),
    Mutant(WAITING, "person_id in self._by_person or device_key in self._by_device", "device_key in self._by_device"),
    Mutant(WAITING, "person_id in self._by_person or device_key in self._by_device", "person_id in self._by_person"),
    Mutant(WAITING, "merged[waits] = later(self._rows[seats[waits]], rows[waits])", "pass"),
    Mutant(WAITING, "        waits[unless] = False\n", ""),
    Mutant(WAITING, "[int(self._batch[waits].min())]", "[int(self._batch[waits].max())]"),
    Mutant(WAITING, "fresh = self._since_s[seats] == _NEVER_S", "fresh = np.ones(len(seats), np.bool_)"),
    Mutant(WAITING, "        self._rows[seats] = rows\n", "        self._rows[seats[fresh]] = rows[fresh]\n"),
    Mutant(WAITING, "self._batch[seats] = now_s, batch", "_ = now_s, batch"),
    Mutant(WAITING, "min(self._oldest_s, now_s) if len(seats) else self._oldest_s", "now_s if len(seats) else self._oldest_s"),
    Mutant(WAITING, "min(self._oldest_s, now_s) if len(seats) else self._oldest_s", "min(self._oldest_s, now_s)"),
    Mutant(WAITING, "        self._since_s[seats] = _NEVER_S\n", ""),
    Mutant(WAITING, "del self._by_person[person_id], self._by_device[device_key]", "del self._by_device[device_key]"),
    Mutant(WAITING, "del self._by_person[person_id], self._by_device[device_key]", "del self._by_person[person_id]"),
    Mutant(WAITING, "        self._oldest_s = float(self._since_s.min())\n", ""),
    # What a batch does with it.
    Mutant(LATEST, "            or self._columns.is_overdue(before_s)\n", ""),
    Mutant(LATEST, "+ 2 * len(self._columns)", ""),
    Mutant(LATEST, "len(batch.device_states) + 2 * len(batch.seats) <= FEW", "len(batch.device_states) <= FEW"),
    Mutant(LATEST, "_merged(position_rows(waited), batch.positions, later_position)", "batch.positions"),
    Mutant(LATEST, "_merged(device_rows(waited), batch.device_states, later_state)", "batch.device_states"),
    Mutant(LATEST, '| set(waited["person_id"].tolist())', ""),
    Mutant(LATEST, '| set(waited["device_key"].tolist())', ""),
    Mutant(LATEST, "np.union1d(self._columns.overdue(before_s, most), self._columns.of(concerned, ()))", "self._columns.overdue(before_s, most)"),
    Mutant(LATEST, "apart = self._columns.elsewhere(batch.seats, rows)", "apart = np.zeros(len(rows), np.bool_)"),
    Mutant(LATEST, '(self._positions.waiting, "person_id"), ', ""),
    Mutant(LATEST, '(self._devices.waiting, "device_key")', ""),
    Mutant(LATEST, "newest=rows[~apart],", "newest=rows,"),
    Mutant(LATEST, "written = np.setdiff1d(overdue, merged)", "written = overdue"),
    Mutant(LATEST, "rows = self._columns.merged(batch.seats, batch.newest)", "rows = batch.newest"),
    Mutant(LATEST, ' | np.isin(rows["person_id"], list(concerned))', ""),
    Mutant(LATEST, "others = written[~np.isin(written, batch.seats)]", "others = written"),
    Mutant(LATEST, "device_states=[*devices.now, *device_rows(columns.now[strange])]", "device_states=devices.now"),
    Mutant(LATEST, "newest=columns.now[~strange]", "newest=columns.now"),
    Mutant(LATEST, "bool(positions.later or devices.later or len(columns.later))", "bool(positions.later or devices.later)"),
    Mutant(LATEST, "bool(positions.written or devices.written or len(settled))", "bool(positions.written or devices.written)"),
    Mutant(LATEST, "        waiting += self._columns.oldest_batch(settled)\n", ""),
    Mutant(LATEST, "self._columns.oldest_batch(settled)", "self._columns.oldest_batch(columns.written)"),
    Mutant(LATEST, 'persons_written=[*positions.written, *before["person_id"].tolist()]', "persons_written=[*positions.written]"),
    Mutant(LATEST, 'devices_written=[*devices.written, *before["device_key"].tolist()]', "devices_written=[*devices.written]"),
    Mutant(LATEST, "newest=columns.later.tobytes(),", ""),
    Mutant(LATEST, "self._columns.written(plan.columns.settled)", "self._columns.written(plan.columns.written)"),
    Mutant(LATEST, "table.put_off([*put_off, *more], 0, 0.0)", "table.put_off(put_off, 0, 0.0)"),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(run("ingest", MUTANTS, TESTS))
