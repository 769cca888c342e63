"""The weights of `geofence.fall_weights`, as `python -m tests.evaluation.learn_fall DATA` learnt them.

Written by that command; docs/detectors/fall.md says from what, and what it is worth on people left out.
"""

from __future__ import annotations

from geofence.fall_weights import Weight, Weights

WEIGHTS = Weights(
    intercept=-2.5668,
    of=(
        Weight(
            name="peak_g", low=0.1985, high=1.7526, mean=0.9235, sd=0.4394,
            linear=1.0085, square=0.1093,
        ),
        Weight(
            name="over_2g_share", low=0.0, high=0.4324, mean=0.0836, sd=0.1018,
            linear=0.1957, square=-0.2565,
        ),
        Weight(
            name="lowest_before_g", low=0.1072, high=1.0011, mean=0.5992, sd=0.2462,
            linear=-0.1836, square=-0.1588,
        ),
        Weight(
            name="falling_share", low=0.0, high=0.5112, mean=0.092, sd=0.1188,
            linear=-0.018, square=-0.0983,
        ),
        Weight(
            name="core_sd_g", low=-2.4476, high=0.3125, mean=-0.8746, sd=0.7017,
            linear=0.7939, square=0.0795,
        ),
        Weight(
            name="jerk_g_per_s", low=1.7917, high=5.2811, mean=3.8266, sd=0.872,
            linear=1.1433, square=-0.0534,
        ),
        Weight(
            name="impulse_g", low=0.0449, high=1.1574, mean=0.3654, sd=0.259,
            linear=0.3498, square=-0.1812,
        ),
        Weight(
            name="before_sd_g", low=-3.7559, high=0.1146, mean=-2.2036, sd=0.8725,
            linear=-0.2516, square=0.1834,
        ),
        Weight(
            name="before_turn_g", low=-3.4642, high=0.4089, mean=-1.4944, sd=0.8202,
            linear=-0.4325, square=-0.6128,
        ),
        Weight(
            name="after_sd_g", low=-3.7878, high=0.0753, mean=-2.4225, sd=0.8548,
            linear=-0.3041, square=-0.4899,
        ),
        Weight(
            name="after_turn_g", low=-3.5864, high=0.407, mean=-1.6051, sd=1.02,
            linear=-0.6178, square=0.5645,
        ),
        Weight(
            name="after_offset_g", low=0.0036, high=0.8462, mean=0.0856, sd=0.1414,
            linear=-0.4836, square=-0.2694,
        ),
        Weight(
            name="posture_change_deg", low=1.7088, high=153.2668, mean=56.3833, sd=39.1393,
            linear=1.4654, square=-0.1483,
        ),
        Weight(
            name="settle_s", low=0.0, high=4.0, mean=1.7378, sd=1.4149,
            linear=0.5358, square=-0.0576,
        ),
    ),
)  # fmt: skip

#: Digests of the recordings of each person learnt from: the evaluation judges them with weights learnt without them.
LEARNT_FROM = (
    "2716eeb0f1f89287",
    "161f5b3edd22f3c1",
    "efeccaa17fa5c969",
    "8e104f76a0dffac2",
    "0a4f8f75854546ee",
    "86266e7126afe336",
    "4c9323e00e312617",
    "f67bb5bace7b24a1",
    "226ae2de939840b6",
    "280a4ab24f19c00f",
    "a609667ed41472cb",
    "a025cea620f577c9",
    "0480ad8240506527",
)
