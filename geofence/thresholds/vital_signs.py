"""Thresholds of heart and breathing rate in bed: `geofence.detectors.heart_rate`, `breathing_rate`, `rest`.

The bounds are clinical: whoever configures may make a limit stricter or a little wider, never switch it off.
NEWS2 is the National Early Warning Score 2 of the Royal College of Physicians (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from geofence.threshold import Bounds

_COUNT_OFF = "a heart or a breath that fails would not be told"
_COUNT_ALL = "ordinary sleep would be an alarm"


@dataclass(frozen=True, kw_only=True)
class VitalSignThresholds:
    """When a heart or breathing rate in bed is told."""

    #: Vital signs of a report below this quality are not read. Per cent. Our judgement; provisional.
    vital_quality_least_pct: Annotated[
        float,
        Bounds(0, 90, "per cent", below="no quality is negative", above="hardly any report would be read"),
    ] = 50.0
    #: A report with more movement is not read. Per cent. Our judgement; provisional.
    vital_movement_most_pct: Annotated[
        float,
        Bounds(5, 100, "per cent", below="breathing itself would count as movement", above="no share is larger"),
    ] = 20.0
    #: Nothing is read so soon after movement. Source: reference practice of bed sensors; provisional.
    vital_after_movement: Annotated[
        timedelta,
        Bounds(0, 300, "seconds", below="no time is negative", above="a restless night would never be read"),
    ] = timedelta(seconds=60)
    #: Nothing is read so soon after getting into bed. Provisional.
    vital_after_lying_down: Annotated[
        timedelta,
        Bounds(0, 900, "seconds", below="no time is negative", above="the worst quarter of an hour would be unread"),
    ] = timedelta(minutes=2)
    #: A report speaks for at most so long before it. One minute is the slowest rate that vital signs are read at;
    #: settled.
    vital_span: Annotated[
        timedelta,
        Bounds(
            0,
            60,
            "seconds",
            below="no time is negative",
            above="two reports far apart would count as one long time",
        ),
    ] = timedelta(seconds=60)
    #: Longer without a report that can be read, and holding begins anew. Provisional.
    vital_gap_most: Annotated[
        timedelta,
        Bounds(
            120,
            900,
            "seconds",
            below="a bed that reports every two minutes would never tell",
            above="two moments of a night would count as one",
        ),
    ] = timedelta(minutes=3)
    #: Back within the limits for so long: over, and told again when it comes again. Provisional.
    vital_over_after: Annotated[
        timedelta,
        Bounds(
            120,
            3600,
            "seconds",
            below="a rate that wavers around a limit would be told again and again",
            above="a second episode of the night would not be told",
        ),
    ] = timedelta(minutes=10)
    #: Outside again after longer than this: a new episode, told again. Provisional.
    vital_forgotten_after: Annotated[
        timedelta,
        Bounds(
            900,
            43200,
            "seconds",
            below="whoever gets up for a moment would be told of again and again",
            above="a second night would not be told",
        ),
    ] = timedelta(hours=2)
    #: Nights before the person's own usual rate is trusted. Count. Reference practice; provisional.
    baseline_nights_least: Annotated[
        int,
        Bounds(3, 14, "count", below="one odd night would be the rule", above="no more nights are remembered"),
    ] = 7
    #: Low: below this, or below the usual rate by the margin, whichever is lower. Beats a minute.
    #: NEWS2 gives its highest score at 40; measured; settled.
    heart_low_bpm: Annotated[float, Bounds(36, 55, "beats a minute", below=_COUNT_OFF, above=_COUNT_ALL)] = 40.0
    #: ... which is this far below the usual. Beats a minute. Measured; provisional.
    heart_below_usual_bpm: Annotated[float, Bounds(5, 25, "beats a minute", below=_COUNT_ALL, above=_COUNT_OFF)] = 15.0
    #: High: above this, or above the usual rate by the margin, whichever is higher. Beats a minute.
    #: NEWS2 scores 2 from 111; measured; settled.
    heart_high_bpm: Annotated[float, Bounds(90, 120, "beats a minute", below=_COUNT_ALL, above=_COUNT_OFF)] = 110.0
    #: ... which is this far above the usual. Beats a minute. Measured; provisional.
    heart_above_usual_bpm: Annotated[float, Bounds(15, 60, "beats a minute", below=_COUNT_ALL, above=_COUNT_OFF)] = 45.0
    #: High while the usual rate is not known. Beats a minute. Measured: one alarm in 46 nights; provisional.
    heart_high_unknown_bpm: Annotated[float, Bounds(90, 130, "beats a minute", below=_COUNT_ALL, above=_COUNT_OFF)] = (
        120.0
    )
    #: So little inside a limit an episode is not over. Beats a minute. ISA-18.2 gives the idea; measured; provisional.
    heart_deadband_bpm: Annotated[
        float, Bounds(0, 10, "beats a minute", below="no width is negative", above="an episode would hardly ever end")
    ] = 5.0
    #: Held for so long. Measured; settled.
    heart_held: Annotated[timedelta, Bounds(60, 600, "seconds", below=_COUNT_ALL, above=_COUNT_OFF)] = timedelta(
        minutes=3
    )
    #: Critically low, whatever is usual: no configuration goes lower. Beats a minute. Reference practice; settled.
    heart_critical_low_bpm: Annotated[float, Bounds(35, 45, "beats a minute", below=_COUNT_OFF, above=_COUNT_ALL)] = (
        35.0
    )
    #: Critically high, whatever is usual: no configuration goes higher. Beats a minute. NEWS2 gives its highest score
    #: from 131; settled.
    heart_critical_high_bpm: Annotated[
        float, Bounds(120, 140, "beats a minute", below=_COUNT_ALL, above=_COUNT_OFF)
    ] = 140.0
    #: Held for so long, and at least two reports. Reference practice; settled.
    heart_critical_held: Annotated[
        timedelta, Bounds(0, 120, "seconds", below="no time is negative", above=_COUNT_OFF)
    ] = timedelta(seconds=30)
    #: Low. Breaths a minute. NEWS2 gives its highest score at 8; settled.
    breathing_low_bpm: Annotated[float, Bounds(8, 12, "breaths a minute", below=_COUNT_OFF, above=_COUNT_ALL)] = 8.0
    #: High: above this, or above the usual rate by the margin, whichever is higher. Breaths a minute. NEWS2 gives its
    #: highest score from 25; provisional.
    breathing_high_bpm: Annotated[float, Bounds(20, 30, "breaths a minute", below=_COUNT_ALL, above=_COUNT_OFF)] = 28.0
    #: ... which is this far above the usual. Breaths a minute. Our judgement; provisional.
    breathing_above_usual_bpm: Annotated[
        float, Bounds(2, 12, "breaths a minute", below=_COUNT_ALL, above=_COUNT_OFF)
    ] = 8.0
    #: High, whatever is usual: no configuration goes higher. Breaths a minute. Our judgement; provisional.
    breathing_high_most_bpm: Annotated[
        float, Bounds(28, 35, "breaths a minute", below=_COUNT_ALL, above=_COUNT_OFF)
    ] = 35.0
    #: Critically low: no configuration goes lower. Breaths a minute. Reference practice; settled.
    breathing_critical_low_bpm: Annotated[
        float, Bounds(5, 8, "breaths a minute", below=_COUNT_OFF, above=_COUNT_ALL)
    ] = 5.0
    #: So little inside a limit an episode is not over. Breaths a minute. ISA-18.2 gives the idea; provisional.
    breathing_deadband_bpm: Annotated[
        float, Bounds(0, 4, "breaths a minute", below="no width is negative", above="an episode would hardly ever end")
    ] = 1.0
    #: Held for so long. Reference practice; settled.
    breathing_held: Annotated[timedelta, Bounds(60, 600, "seconds", below=_COUNT_ALL, above=_COUNT_OFF)] = timedelta(
        minutes=3
    )
    #: Held for so long, and at least two reports. Reference practice; settled.
    breathing_critical_held: Annotated[
        timedelta, Bounds(0, 120, "seconds", below="no time is negative", above=_COUNT_OFF)
    ] = timedelta(seconds=30)
