"""Everything the engine remembers of one person: the order of readings, the track, and each detector's state.

A field bears the name of its detector in `geofence.detectors.DETECTORS`. A detector may read the others' conclusions
of a moment ago through `Observation.before`; it writes its own field alone.
"""

from __future__ import annotations

import msgspec

from geofence.detectors.apnea import ApneaState
from geofence.detectors.bed import BedState
from geofence.detectors.bed_sensor import SensorState
from geofence.detectors.bedside_fall import BedsideState
from geofence.detectors.danger import DangerState
from geofence.detectors.fall import FallState
from geofence.detectors.in_vehicle import VehicleState
from geofence.detectors.low_battery import BatteryState
from geofence.detectors.off_route import RouteState
from geofence.detectors.rest import RestState
from geofence.detectors.restless import RestlessState
from geofence.detectors.silence import SilenceState
from geofence.detectors.strap import StrapState
from geofence.detectors.turning import TurnState
from geofence.detectors.wandering import WanderingState
from geofence.detectors.zone import ZoneState
from geofence.ordering import OrderState
from geofence.track import TrackState
from geofence.vital_sign import VitalState


class PersonState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything the engine remembers of one person. Each field has a default: the state of somebody not heard of."""

    order: OrderState = OrderState()
    track: TrackState = TrackState()
    zone: ZoneState = ZoneState()
    danger: DangerState = DangerState()
    battery: BatteryState = BatteryState()
    bed: BedState = BedState()
    strap: StrapState = StrapState()
    fall: FallState = FallState()
    bedside: BedsideState = BedsideState()
    restless: RestlessState = RestlessState()
    bed_sensor: SensorState = SensorState()
    turning: TurnState = TurnState()
    rest: RestState = RestState()
    heart_rate: VitalState = VitalState()
    breathing_rate: VitalState = VitalState()
    apnea: ApneaState = ApneaState()
    silence: SilenceState = SilenceState()
    vehicle: VehicleState = VehicleState()
    wandering: WanderingState = WanderingState()
    off_route: RouteState = RouteState()


FRESH = PersonState()
