"""The detectors, in the order in which they judge a reading."""

from __future__ import annotations

from types import ModuleType

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
    off_route,
    rest,
    restless,
    silence,
    sos,
    strap,
    turning,
    wandering,
    zone,
)


def _detector(
    name: str, module: ModuleType, concerns: Facet, *, hears_old_news: bool = False, settles_at_once: bool = False
) -> Detector:
    """A module of this folder as a detector: `due`, `tick`, `excuse` and `quiet` are there or not."""
    return Detector(
        name=name,
        step=module.step,
        due=getattr(module, "due", None),
        tick=getattr(module, "tick", None),
        excuse=getattr(module, "excuse", None),
        quiet=getattr(module, "quiet", None),
        concerns=concerns,
        hears_old_news=hears_old_news,
        settles_at_once=settles_at_once,
    )


DETECTORS: tuple[Detector, ...] = (
    _detector("zone", zone, Facet.FIX | Facet.WEAR),
    _detector("danger", danger, Facet.FIX),
    _detector("", sos, Facet.EVENT, hears_old_news=True),
    _detector("bed", bed, Facet.BED | Facet.WEAR),
    _detector("strap", strap, Facet.EVENT | Facet.WEAR | Facet.FIX, hears_old_news=True),
    _detector("fall", fall, Facet.EVENT | Facet.WEAR | Facet.FIX | Facet.BED, hears_old_news=True),
    _detector("bedside", bedside_fall, Facet.EVENT | Facet.WEAR | Facet.FIX | Facet.BED, hears_old_news=True),
    _detector("restless", restless, Facet.BED),
    _detector("bed_sensor", bed_sensor, Facet.BED),
    _detector("turning", turning, Facet.BED),
    _detector("rest", rest, Facet.BED),
    _detector("heart_rate", heart_rate, Facet.BED),
    _detector("breathing_rate", breathing_rate, Facet.BED),
    _detector("apnea", apnea, Facet.BED),
    _detector("battery", low_battery, Facet.BATTERY, settles_at_once=True),
    _detector("silence", silence, Facet.FIX | Facet.EVENT | Facet.BATTERY | Facet.WEAR, settles_at_once=True),
    _detector("vehicle", in_vehicle, Facet.FIX),
    _detector("wandering", wandering, Facet.FIX | Facet.WEAR),
    _detector("off_route", off_route, Facet.FIX),
)
