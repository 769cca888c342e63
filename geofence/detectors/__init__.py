"""The detectors, in the order in which they judge a reading."""

from __future__ import annotations

from geofence.detector import Detector, Facet
from geofence.detectors import (
    apnea,
    bed,
    bed_sensor,
    bedside_fall,
    breathing_rate,
    danger,
    fall,
    heart_rate,
    in_vehicle,
    low_battery,
    rest,
    restless,
    silence,
    sos,
    strap,
    turning,
    wandering,
    zone,
)

DETECTORS: tuple[Detector, ...] = (
    Detector(
        name="zone",
        step=zone.step,
        due=zone.due,
        tick=zone.tick,
        quiet=zone.quiet,
        concerns=Facet.FIX | Facet.WEAR,
    ),
    Detector(name="danger", step=danger.step, quiet=danger.quiet, concerns=Facet.FIX),
    Detector(name="", step=sos.step, concerns=Facet.EVENT, hears_old_news=True),
    Detector(name="bed", step=bed.step, due=bed.due, tick=bed.tick, quiet=bed.quiet, concerns=Facet.BED | Facet.WEAR),
    Detector(
        name="strap",
        step=strap.step,
        due=strap.due,
        tick=strap.tick,
        quiet=strap.quiet,
        concerns=Facet.EVENT | Facet.WEAR | Facet.FIX,
        hears_old_news=True,
    ),
    Detector(
        name="fall",
        step=fall.step,
        due=fall.due,
        tick=fall.tick,
        quiet=fall.quiet,
        concerns=Facet.EVENT | Facet.WEAR | Facet.FIX | Facet.BED,
        hears_old_news=True,
    ),
    Detector(
        name="bedside",
        step=bedside_fall.step,
        due=bedside_fall.due,
        tick=bedside_fall.tick,
        quiet=bedside_fall.quiet,
        concerns=Facet.EVENT | Facet.WEAR | Facet.FIX | Facet.BED,
        hears_old_news=True,
    ),
    Detector(name="restless", step=restless.step, quiet=restless.quiet, concerns=Facet.BED),
    Detector(
        name="bed_sensor",
        step=bed_sensor.step,
        due=bed_sensor.due,
        tick=bed_sensor.tick,
        quiet=bed_sensor.quiet,
        concerns=Facet.BED,
    ),
    Detector(
        name="turning", step=turning.step, due=turning.due, tick=turning.tick, quiet=turning.quiet, concerns=Facet.BED
    ),
    Detector(name="rest", step=rest.step, quiet=rest.quiet, concerns=Facet.BED),
    Detector(name="heart_rate", step=heart_rate.step, quiet=heart_rate.quiet, concerns=Facet.BED),
    Detector(name="breathing_rate", step=breathing_rate.step, quiet=breathing_rate.quiet, concerns=Facet.BED),
    Detector(name="apnea", step=apnea.step, quiet=apnea.quiet, concerns=Facet.BED),
    Detector(name="battery", step=low_battery.step, quiet=low_battery.quiet, concerns=Facet.BATTERY),
    Detector(
        name="silence",
        step=silence.step,
        due=silence.due,
        tick=silence.tick,
        quiet=silence.quiet,
        concerns=Facet.FIX | Facet.EVENT | Facet.BATTERY | Facet.WEAR,
    ),
    Detector(name="vehicle", step=in_vehicle.step, quiet=in_vehicle.quiet, concerns=Facet.FIX),
    Detector(name="wandering", step=wandering.step, quiet=wandering.quiet, concerns=Facet.FIX | Facet.WEAR),
)
