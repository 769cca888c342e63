"""Everything the engine remembers of one person: the order of readings, the track, and each detector's state.

A field bears the name of its detector in `geofence.detectors.DETECTORS`. A detector may read the others' conclusions
of a moment ago through `Observation.before`; it writes its own field alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from geofence.detectors.bed import BedState
from geofence.detectors.low_battery import BatteryState
from geofence.detectors.zone import ZoneState
from geofence.ordering import OrderState
from geofence.track import TrackState


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonState:
    """Everything the engine remembers of one person."""

    order: OrderState = field(default_factory=OrderState)
    track: TrackState = field(default_factory=TrackState)
    zone: ZoneState = field(default_factory=ZoneState)
    battery: BatteryState = field(default_factory=BatteryState)
    bed: BedState = field(default_factory=BedState)


FRESH = PersonState()
