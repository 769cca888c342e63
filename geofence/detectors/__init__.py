"""The detectors, in the order in which they judge a reading."""

from __future__ import annotations

from geofence.detector import Detector, Facet
from geofence.detectors import bed, low_battery, sos, zone

DETECTORS: tuple[Detector, ...] = (
    Detector(name="zone", step=zone.step, due=zone.due, tick=zone.tick, concerns=Facet.FIX),
    Detector(name="", step=sos.step, concerns=Facet.EVENT, hears_old_news=True),
    Detector(name="bed", step=bed.step, due=bed.due, tick=bed.tick, quiet=bed.quiet, concerns=Facet.BED | Facet.WEAR),
    Detector(name="battery", step=low_battery.step, concerns=Facet.BATTERY),
)
