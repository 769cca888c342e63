"""Traces that a nurse can read: what was heard, when, and what Tongxing made of it. They lie in tests/golden/*.txt.

`python -m tests.geofence.golden_traces` writes what the engine says now behind the arrows. Read the difference before
keeping it: each line is a promise to a family.

A line is a local time, what was heard, an arrow, where the person is believed to be, and what was told or asked::

    02:52:00  60 m beyond the edge, within 12 m      -> suspect | ask for a fix; track every 30 s

Places are metres from home: `at home`, `120 m east 40 m north`, or `60 m beyond the edge` of the first zone, east.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from geofence.danger_map import Danger, DangerMap
from geofence.detection import Command, Detection
from geofence.geometry import Circle
from geofence.person import Person
from geofence.policy import DEFAULT
from geofence.reading import (
    Fix,
    FixSource,
    Reading,
    ReadingKind,
    SafetyEvent,
    SafetyEventType,
)
from geofence.zone import Window, Zone
from tests.geofence import golden_bed, golden_danger, golden_motion, golden_vitals, golden_walk
from tests.geofence.scenes import START, ZIBO, Story, circle, fix, polygon, square

FOLDER = Path(__file__).parents[1] / "golden"
#: Column of the arrows.
ARROW = 74
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
SIGNS = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}


class NotUnderstood(Exception):  # noqa: N818 - said as people say it
    """A line of a trace is not in the format."""


@dataclass
class Trace:
    """One file while it is played."""

    day: date = date(2026, 11, 20)
    zones: dict[str, Zone] = field(default_factory=dict)
    dangers: dict[str, Danger] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    story: Story = field(default_factory=Story)

    def instant(self, clock: str) -> datetime:
        return datetime.combine(self.day, time.fromisoformat(clock), ZIBO).astimezone(UTC)

    def set_up(self) -> None:
        """Zones and thresholds as they are from here on."""
        self.story.person = Person(
            person_id=1,
            time_zone=ZIBO,
            zones=tuple(self.zones.values()),
            policy=replace(DEFAULT, **self.policy),
            dangers=DangerMap(tuple(self.dangers.values())),
        )


def render(text: str) -> str:
    """A trace with what the engine says behind every arrow."""
    trace, lines = Trace(), []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            lines.append(_line(trace, line))
        except (NotUnderstood, ValueError, KeyError) as error:
            raise NotUnderstood(f"line {number}: {line}: {error}") from error
    return "\n".join(lines) + "\n"


def readings_of(text: str) -> tuple[list[Reading], Person] | None:
    """All readings of a trace that a single batch could hold: nothing about the person changes in between."""
    trace, heard = Trace(), list[Reading]()
    zones_seen = False
    for line in text.splitlines():
        timed = re.match(r"\d\d:\d\d", line)
        zones_seen |= bool(timed)
        if line.startswith(("zone", "policy", "danger")) and zones_seen:
            return None
        _line(trace, line, heard.append)
    return heard, trace.story.person


def _line(trace: Trace, line: str, listen: Callable[[Reading], None] = lambda _: None) -> str:
    if not line.strip() or line.startswith("#"):
        return line
    word, _, rest = line.partition(" ")
    if word == "date":
        trace.day = date.fromisoformat(rest)
    elif word == "zone":
        _zone(trace, rest)
    elif word == "danger":
        if not golden_danger.add(trace.dangers, rest, _offset):
            raise NotUnderstood("a danger is `water from A to B`")
        trace.set_up()
    elif word == "policy":
        name, value = rest.split(" = ")
        minutes = value.endswith(" min")
        trace.policy[name] = timedelta(minutes=float(value[:-4])) if minutes else type(getattr(DEFAULT, name))(value)
        trace.set_up()
    elif re.match(r"\d\d:\d\d", word):
        return _heard(trace, line, listen)
    else:
        raise NotUnderstood("expected date, zone, policy, a time or a comment")
    return line


def _zone(trace: Trace, text: str) -> None:
    """`home: circle of 150 m`, `yard: square of 100 m at 200 m east, Mon-Fri 08:00-16:00`, `home: removed`."""
    name, _, rest = text.partition(": ")
    if rest == "removed":
        del trace.zones[name]
        trace.set_up()
        return
    match = re.fullmatch(r"(circle|square) of (\d+) m(?: at ([^,]+))?(?:, (.+))?", rest)
    if not match:
        raise NotUnderstood("a zone is a circle or a square of so many metres")
    east_m, north_m = _offset(match[3]) if match[3] else (0.0, 0.0)
    zone_id = trace.zones[name].zone_id if name in trace.zones else len(trace.zones) + 1
    named: dict[str, Any] = {"zone_id": zone_id, "name": name, "schedule": tuple(_windows(match[4]))}
    size_m = float(match[2])
    if match[1] == "circle":
        trace.zones[name] = circle(size_m, east_m=east_m, north_m=north_m, **named)
    else:
        trace.zones[name] = polygon(square(size_m / 2, east_m, north_m), **named)
    trace.set_up()


def _windows(text: str | None) -> Iterator[Window]:
    if text:
        days, _, hours = text.partition(" ")
        first, _, last = days.partition("-")
        numbers = range(DAYS.index(first) + 1, DAYS.index(last or first) + 2)
        start, end = (time.fromisoformat(part) for part in hours.split("-"))
        yield Window(days=frozenset(numbers), start=start, end=end)


def _offset(text: str) -> tuple[float, float]:
    """`120 m east 40 m north` in metres east and north."""
    east_m = north_m = 0.0
    parts = re.findall(r"([\d.]+) m (east|west|north|south)", text)
    if not parts or re.sub(r"([\d.]+) m (east|west|north|south)", "", text).strip():
        raise NotUnderstood(f"{text!r} is no place")
    for metres, direction in parts:
        east, north = SIGNS[direction]
        east_m, north_m = east_m + east * float(metres), north_m + north * float(metres)
    return east_m, north_m


def _heard(trace: Trace, line: str, listen: Callable[[Reading], None]) -> str:
    said, _, _ = line.partition("->")
    clock, _, what = said.strip().partition(" ")
    at, story = trace.instant(clock), trace.story
    known = len(story.detections), len(story.commands)
    note = ""
    if what.strip() == "nothing is heard":
        story.wait((at - START).total_seconds())
    else:
        for moment, message in _repeated(trace, at, what):
            reading = _reading(trace, moment, [part.strip() for part in message.split(",")])
            listen(reading)
            outcome = story.hear(reading)
            note = "" if outcome.admission == "live" else f" ({outcome.admission})"
    told = [_detection(each) for each in story.detections[known[0] :]]
    told += [_command(each) for each in story.commands[known[1] :]]
    result = f"-> {story.safety}{note}" + (f" | {'; '.join(told)}" if told else "")
    return f"{said.rstrip():<{ARROW}} {result}"


def _repeated(trace: Trace, at: datetime, what: str) -> Iterator[tuple[datetime, str]]:
    """`bed occupied every 2 min until 02:38` is the same message again and again, both ends included."""
    match = re.fullmatch(r"(.+) every (\d+) (min|s) until ([\d:]+)", what.strip())
    if match is None:
        yield at, what
        return
    until = trace.instant(match[4])
    apart = timedelta(seconds=int(match[2]) * (60 if match[3] == "min" else 1))
    while at <= until:
        yield at, match[1]
        at += apart


def _reading(trace: Trace, at: datetime, parts: list[str]) -> Reading:
    """One message, from parts such as `60 m east`, `within 12 m`, `walking`, `battery 18 %`."""
    of_fix: dict[str, Any] = {}
    values: dict[str, Any] = {"person_id": 1, "device_id": "A", "at": at, "received_at": at}
    where: tuple[float, float] | None = None
    for part in parts:
        place = _place(trace, part)
        if place is not None:
            where = place
        elif not _about_the_fix(of_fix, part) and not _about_the_rest(trace, values, part):
            raise NotUnderstood(f"{part!r}")
    own_fix: Fix | None = fix(*where, **of_fix) if where else None
    kind = values.pop("kind", ReadingKind.LOCATION if own_fix else ReadingKind.HEARTBEAT)
    return Reading(kind=kind, fix=own_fix, **values)


def _place(trace: Trace, part: str) -> tuple[float, float] | None:
    if part == "at home":
        return 0.0, 0.0
    if match := re.fullmatch(r"([\d.]+) m (beyond|within) the edge", part):
        shape = next(iter(trace.zones.values())).shape
        assert isinstance(shape, Circle)
        return shape.radius_m + (1 if match[2] == "beyond" else -1) * float(match[1]), 0.0
    return _offset(part) if re.match(r"[\d.]+ m (east|west|north|south)", part) else None


def _about_the_fix(of_fix: dict[str, Any], part: str) -> bool:
    if match := re.fullmatch(r"within ([\d.]+) m", part):
        of_fix["accuracy_m"] = float(match[1])
    elif part in {"by cell tower", "by wifi"}:
        of_fix["source"] = FixSource.CELL if "cell" in part else FixSource.WIFI
    elif part in {"walking", "standing"}:
        of_fix["speed_mps"] = 1.1 if part == "walking" else 0.0
    elif match := re.fullmatch(r"at ([\d.]+) m/s", part):
        of_fix["speed_mps"] = float(match[1])
    else:
        return False
    return True


def _about_the_rest(trace: Trace, values: dict[str, Any], part: str) -> bool:
    if part in {"heartbeat", "charging"}:
        values |= {"charging": True} if part == "charging" else {}
    elif part in {"hears home", "hears no home"}:
        values["at_home"] = part == "hears home"
    elif match := re.fullmatch(r"bracelet (\w+)", part):
        values["device_id"] = match[1]
    elif match := re.fullmatch(r"(\d+) steps", part):
        values["steps"] = int(match[1])
    elif match := re.fullmatch(r"battery ([\d.]+) %", part):
        values["battery_pct"] = float(match[1])
    elif match := re.fullmatch(r"arrives (?:on (\S+) )?at (\d\d:\d\d)", part):
        day = date.fromisoformat(match[1]) if match[1] else trace.day
        values["received_at"] = datetime.combine(day, time.fromisoformat(match[2]), ZIBO).astimezone(UTC)
    elif match := re.fullmatch(r"SOS(?: (\w+))?", part):
        event = SafetyEvent(event_id=match[1] or "1", type=SafetyEventType.SOS)
        values |= {"kind": ReadingKind.EVENT, "event": event}
    else:
        return (
            golden_vitals.about_vitals(values, part)
            or golden_bed.about_bed(values, part)
            or golden_motion.about_motion(values, part)
        )
    return True


def _detection(detection: Detection) -> str:
    reason, evidence = detection.reason.replace("_", " "), detection.evidence
    night = ", night" if evidence["night"] else ""
    match str(detection.kind):
        case "zone_exit":
            return f"EXIT from {evidence['zone_name']} ({reason}, {evidence['distance_m']:.0f} m{golden_danger.ahead(detection)}{night})"
        case "zone_enter":
            return "all clear" if detection.reason == "back_inside" else f"all clear ({reason})"
        case "sos":
            late_s, place = float(evidence["late_s"] or 0), str(evidence["place"]).replace("_", " ")
            return f"SOS (place: {place}{f', {late_s / 60:.0f} min late' if late_s else ''}{night})"
        case "low_battery":
            return f"battery {reason.removeprefix('below ')}"
        case _:
            return (
                golden_vitals.told(detection)
                or golden_bed.told(detection)
                or golden_danger.told(detection)
                or golden_motion.told(detection)
                or golden_walk.told(detection)
                or f"{detection.kind}: {reason}"
            )


def _command(command: Command) -> str:
    if command.type == "locate":
        return "ask for a fix"
    return "stop tracking" if command.reason == "back_inside" else f"track every {command.interval_s} s"


def main() -> int:
    for path in sorted(FOLDER.glob("*.txt")):
        before = path.read_text(encoding="utf-8")
        after = render(before)
        if before != after:
            path.write_text(after, encoding="utf-8")
            print(f"changed: {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
