"""Which readings need no judge: `Room`, how far a person's next readings may go before anything could change.

After a reading that changed nothing, each detector says what would leave it unchanged again: it *narrows* the room. A
reading inside the room is *quiet*: every `step` would return the state it was given, and nothing to tell, so none is
asked. What a quiet reading leaves behind is hearsay alone: that it was heard (`OrderState.newest`) and, with a fix, the
last believed place (`TrackState.place`).

A room can only be narrowed. What no detector narrows is free; a detector without a `quiet` of its own closes every
facet that concerns it. So a rule that is forgotten here costs time, and one that is too wide is a fault: the property
test `tests/geofence/test_quiet.py` compares every run with one that asks every detector every time.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from enum import IntFlag

import msgspec

from geofence.detection import Place
from geofence.features import SafeArea
from geofence.geometry import Frame
from geofence.reading import BedReport, BedStatus, Fix, FixSource, Reading, ReadingKind

#: No deadline.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
#: Share of a distance that is given away, because a zone and a place are measured in frames of their own. Ratio.
FRAMES_AGREE = 0.99
#: ... which holds up to this latitude; nearer to the poles no fix is quiet. Degrees.
FRAMES_AGREE_UNTIL = 70.0
#: A limit of speed between two fixes asks for no longer a time between them; beyond, the circle shrinks. Seconds: less
#: than the minute after which a bracelet at home speaks again.
LONGEST_GAP_S = 45.0
_NOTHING_SAID = Reading(person_id=0, device_id="", kind=ReadingKind.HEARTBEAT, at=NEVER, received_at=NEVER)
#: Any yes or no of a bracelet.
ANYTHING: tuple[bool | None, ...] = (None, False, True)


class Facet(IntFlag):
    """What a reading carries; a detector is only asked about readings that carry what concerns it."""

    FIX = 1
    BED = 2
    EVENT = 4
    BATTERY = 8
    #: Steps, worn, charging, home: what a bracelet says of itself in any message.
    WEAR = 16


_FIX, _BED, _BATTERY, _WEAR = (int(each) for each in (Facet.FIX, Facet.BED, Facet.BATTERY, Facet.WEAR))


class Room(msgspec.Struct, kw_only=True, gc=False):
    """How far the next readings of one person may go. Narrowed by each detector in turn, then only asked.

    For the detectors, until it is closed: `said` is the reading that changed nothing and `since` its instant; `place`
    is the last believed place, the middle of the circle that `within` narrows; `area` is where that place stands to the
    safe area (None: unknown, or no zone counts). A reading older than `since` is never quiet, nor one of a device that
    was not heard before, nor a safety event, nor a fix from a cell tower or too vague to be believed.
    """

    said: Reading
    since: datetime
    live_max_age: timedelta
    place: Place | None = None
    area: SafeArea | None = None
    until: datetime = NEVER
    #: From `until` to here a reading changes nothing but what settles at once (`Detector.settles_at_once`).
    stands_until: datetime = NEVER
    radius_m: float = 0.0
    accuracy_m: float = 0.0
    speed_mps: float = math.inf
    least_speed_mps: float = math.inf
    stepless: bool = False
    steps: float = math.inf
    battery_pct: tuple[float, float] = (-math.inf, math.inf)
    #: Devices whose charge may be said; None: any.
    charged: tuple[str, ...] | None = None
    worn: tuple[bool | None, ...] = ANYTHING
    charging: tuple[bool | None, ...] = ANYTHING
    at_home: tuple[bool | None, ...] = ANYTHING
    bed: tuple[BedStatus, ...] = tuple(BedStatus)
    heart_rate_bpm: tuple[float, float] | None = None
    breathing_rate_bpm: tuple[float, float] | None = None
    lifeless: bool = False
    movement_pct: float = math.inf
    quality_pct: float = -math.inf
    breathing_depth_pct: tuple[float, float] = (-math.inf, math.inf)
    apnea_s: float = math.inf
    bed_gap: timedelta = timedelta.max
    # What `close` works out once, for `holds`.
    _radius_m2: float = -1.0
    _gap: timedelta = timedelta(0)
    _metres: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def before(self, at: datetime) -> None:
        """Readings before this instant."""
        self.until = min(self.until, at)

    def never(self, facets: int) -> None:
        """No reading that carries one of these."""
        facets = int(facets)
        if facets & _FIX:
            self.radius_m = 0.0
        if facets & _BED:
            self.bed = ()
        if facets & _BATTERY:
            self.battery_pct = (math.inf, -math.inf)
        if facets & _WEAR:
            self.worn = ()

    def within(self, radius_m: float) -> None:
        """Fixes less than this far from `place`. Metres; 0 or less: none."""
        self.radius_m = min(self.radius_m, radius_m)

    def accurate_to(self, accuracy_m: float) -> None:
        """Fixes of at most this radius. Metres."""
        self.accuracy_m = min(self.accuracy_m, accuracy_m)

    def slower_than(self, speed_mps: float) -> None:
        """Fixes whose device says at most this speed. Metres a second; a device that does not say stands still."""
        self.speed_mps = min(self.speed_mps, speed_mps)

    def moves_slower_than(self, speed_mps: float) -> None:
        """Fixes to which `Movement.least_speed_mps` is at most this. Metres a second."""
        self.least_speed_mps = min(self.least_speed_mps, speed_mps)

    def steps_up_to(self, steps: float) -> None:
        """At most so many steps a message; a device that does not say made none."""
        self.steps = min(self.steps, steps)

    def without_steps(self) -> None:
        """Fixes with which the bracelet says that it counted no steps: a zero, not a missing number."""
        self.stepless = True

    def battery_between(self, least_pct: float, most_pct: float) -> None:
        """A charge within these, both included. Per cent; a message that does not say is free."""
        least, most = self.battery_pct
        self.battery_pct = (max(least, least_pct), min(most, most_pct))

    def battery_only_of(self, *device_ids: str) -> None:
        """A charge of one of these devices; a message that does not say is free."""
        known = device_ids if self.charged is None else self.charged
        self.charged = tuple(device_id for device_id in known if device_id in device_ids)

    def worn_only(self, *values: bool | None) -> None:
        """`Reading.worn` is one of these."""
        self.worn = tuple(value for value in self.worn if value in values)

    def charging_only(self, *values: bool | None) -> None:
        """`Reading.charging` is one of these."""
        self.charging = tuple(value for value in self.charging if value in values)

    def at_home_only(self, *values: bool | None) -> None:
        """`Reading.at_home` is one of these."""
        self.at_home = tuple(value for value in self.at_home if value in values)

    def bed_only(self, *statuses: BedStatus) -> None:
        """The bed says one of these."""
        self.bed = tuple(status for status in self.bed if status in statuses)

    def heart_between(self, least_bpm: float, most_bpm: float) -> None:
        """A heart rate within these, both included. Beats a minute; a report without one is not."""
        least, most = self.heart_rate_bpm or (-math.inf, math.inf)
        self.heart_rate_bpm = (max(least, least_bpm), min(most, most_bpm))

    def breathing_between(self, least_bpm: float, most_bpm: float) -> None:
        """A breathing rate within these, both included. Breaths a minute; a report without one is not."""
        least, most = self.breathing_rate_bpm or (-math.inf, math.inf)
        self.breathing_rate_bpm = (max(least, least_bpm), min(most, most_bpm))

    def without_vital_signs(self) -> None:
        """No report with a heart or breathing rate."""
        self.lifeless = True

    def movement_up_to(self, movement_pct: float) -> None:
        """At most this much movement in bed. Per cent; a report that does not say is free."""
        self.movement_pct = min(self.movement_pct, movement_pct)

    def quality_at_least(self, quality_pct: float) -> None:
        """Vital signs at least this trustworthy. Per cent; a report that does not say is not."""
        self.quality_pct = max(self.quality_pct, quality_pct)

    def breathing_depth_between(self, least_pct: float, most_pct: float) -> None:
        """A depth of breathing within these, both included. Per cent; a report that does not say is free."""
        least, most = self.breathing_depth_pct
        self.breathing_depth_pct = (max(least, least_pct), min(most, most_pct))

    def apnea_below(self, apnea_s: float) -> None:
        """The bed's own pause of breath is shorter than this. Seconds; a report that does not say is free."""
        self.apnea_s = min(self.apnea_s, apnea_s)

    def bed_reports_within(self, gap: timedelta) -> None:
        """Bed reports that come at most this long after the last one of the same bed."""
        self.bed_gap = min(self.bed_gap, gap)

    @property
    def empty(self) -> bool:
        """Whether no reading fits in."""
        return self.until <= self.since or (self.radius_m <= 0 and not self.worn and not self.bed)

    def again(self, since: datetime) -> Room:
        """The same from another instant on, for those that settle at once to narrow it anew."""
        return msgspec.structs.replace(self, since=since, until=self.stands_until)

    def close(self) -> Room:
        """Nobody narrows it any more, so what it was narrowed by is let go: half a kilobyte a person."""
        self.said, self.area = _NOTHING_SAID, None
        self._radius_m2 = -1.0
        place, radius_m = self.place, self.radius_m
        if place is not None and radius_m > 0 and abs(place.latitude) <= FRAMES_AGREE_UNTIL:
            # Two fixes in the circle are at most its width apart: so long between them, none was faster.
            radius_m = min(radius_m, self.least_speed_mps * LONGEST_GAP_S / 2) * FRAMES_AGREE
            self._radius_m2 = radius_m * radius_m
            self._gap = timedelta(seconds=min(2 * radius_m / self.least_speed_mps, LONGEST_GAP_S) + 1e-3)
            frame = Frame.at(place.latitude, place.longitude)
            self._metres = (
                place.latitude, place.longitude, frame.metres_per_degree_north, frame.metres_per_degree_east
            )  # fmt: skip
        return self

    @property
    def circle(self) -> tuple[float, float, float, float, float, timedelta]:
        """Of a closed room, in the order given: its middle, how long a degree is there, its size, and a time.

        Degrees north and east; metres a degree, north and east; the radius squared in square metres, less than 0 if no
        fix fits in; what has to lie between two fixes.
        """
        return *self._metres, self._radius_m2, self._gap

    def holds(self, reading: Reading, last_at: datetime, last_fix_at: datetime | None) -> bool:
        """Whether a reading of a known device, newer than its last of that kind, is quiet.

        Args:
            reading: any.
            last_at: of the reading before it, of the same device and kind.
            last_fix_at: of the last believed place, which may be later than `place`; None without one.
        """
        return self.since <= reading.at < self.until and self._fits(reading, last_at, last_fix_at)

    def stands(self, reading: Reading, last_at: datetime, last_fix_at: datetime | None) -> bool:
        """Whether a reading would be quiet, had those that settle at once not to look at it; as `holds`."""
        return max(self.since, self.until) <= reading.at < self.stands_until and self._fits(
            reading, last_at, last_fix_at
        )

    def _fits(self, reading: Reading, last_at: datetime, last_fix_at: datetime | None) -> bool:
        """Whether a reading is quiet but for its instant."""
        at, fix, bed, battery_pct = reading.at, reading.fix, reading.bed, reading.battery_pct
        return (
            reading.event is None
            and reading.received_at - at <= self.live_max_age
            and (
                battery_pct is None
                or (
                    self.battery_pct[0] <= battery_pct <= self.battery_pct[1]
                    and (self.charged is None or reading.device_id in self.charged)
                )
            )
            and (
                (
                    reading.worn in self.worn
                    and reading.charging in self.charging
                    and reading.at_home in self.at_home
                    and (reading.steps or 0) <= self.steps
                )
                if bed is None
                else self._holds_bed(bed) and at - last_at <= self.bed_gap
            )
            and (
                fix is None
                or (
                    last_fix_at is not None
                    and self._holds_fix(fix)
                    and at - last_fix_at > self._gap
                    and (not self.stepless or reading.steps == 0)
                )
            )
        )

    def _holds_fix(self, fix: Fix) -> bool:
        latitude, longitude, metres_north, metres_east = self._metres
        north_m = (fix.latitude - latitude) * metres_north
        east_m = (fix.longitude - longitude) * metres_east
        return (
            north_m * north_m + east_m * east_m < self._radius_m2
            and fix.accuracy_m <= self.accuracy_m
            and (fix.speed_mps or 0.0) <= self.speed_mps
            and fix.source is not FixSource.CELL
        )

    def _holds_bed(self, bed: BedReport) -> bool:
        return (
            bed.status in self.bed
            and not (self.lifeless and (bed.heart_rate_bpm or bed.breathing_rate_bpm))
            and _between(bed.heart_rate_bpm, self.heart_rate_bpm)
            and _between(bed.breathing_rate_bpm, self.breathing_rate_bpm)
            and (bed.movement_pct or 0.0) <= self.movement_pct
            and (bed.breathing_amplitude_pct is None or _between(bed.breathing_amplitude_pct, self.breathing_depth_pct))
            and (bed.apnea_s or 0.0) < self.apnea_s
            and (self.quality_pct == -math.inf or (bed.quality_pct is not None and bed.quality_pct >= self.quality_pct))
        )


def _between(value: float | None, limits: tuple[float, float] | None) -> bool:
    return limits is None or (value is not None and limits[0] <= value <= limits[1])
