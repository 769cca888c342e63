"""What an accelerometer on the wrist feels when its wearer falls, or only knocks the hand: a small physical model.

A fall: still or walking; the body tips and the wrist falls nearly freely for the time that the height takes; it meets
the ground, which stops it over a few centimetres; the arm rings like a damped spring; then the body lies, turned, and
breathes. A knock: a blow of some milliseconds on a hand that goes on with what it did. Constants come from mechanics
and from textbooks of the human body, not from recordings that detectors are judged by.
"""

from __future__ import annotations

import math
import random

import numpy as np
from numpy.typing import NDArray

from geofence import motion

Floats = NDArray[np.float64]
Samples = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]

#: Samples a second, and what a window holds before and after the blow. Hz, seconds.
RATE_HZ, BEFORE_S, AFTER_S = 50, 4.0, 6.0
GRAVITY_MPS2 = 9.81
#: The ground and the arm give way by so much. Metres: soft tissue on a floor 0.03, an arm that bends up to 0.18.
GIVES_M = (0.03, 0.18)
#: Not all of the way is free: a knee, the other arm, a wall, a chair. Share of the speed that is left.
FREE_SHARE = (0.5, 1.0)
#: How far the arm turns from before to after. Degrees: whoever catches the fall with it turns it little.
TURNS_DEG = (30.0, 150.0)
#: How much those who lie there move the arm: the median and the spread of its logarithm. g.
STIRS_G, STIRS_SPREAD = 0.045, 0.8
#: How the arm rings. Hertz, and the share of critical damping.
RINGS_HZ, DAMPING = (5.0, 9.0), (0.15, 0.3)
#: A sensor of such a bracelet ends here. g.
RANGE_G = 16.0
NOISE_G = 0.012
#: A knocked hand is laid down so soon. Seconds.
LAID_AFTER_S = 0.4
#: The rule of devices that decide by themselves.
OWN_PEAK_G, OWN_STILL_G, OWN_POSTURE_DEG = 3.5, 0.4, 45.0


def fall(rng: random.Random, *, height_m: float, walking: bool) -> Samples:
    """A window around a fall whose strongest instant lies BEFORE_S after its beginning."""
    noise = np.random.default_rng(rng.getrandbits(63))
    times = np.arange(round((BEFORE_S + AFTER_S) * RATE_HZ)) / RATE_HZ - BEFORE_S
    upright = _direction(noise)
    lying = _turned(upright, math.radians(rng.uniform(*TURNS_DEG)), noise)
    falls_s = math.sqrt(2 * height_m / GRAVITY_MPS2) * rng.uniform(0.95, 1.2)
    speed_mps = math.sqrt(2 * GRAVITY_MPS2 * height_m) * rng.uniform(*FREE_SHARE)
    felt = np.outer(_weight(times, falls_s, left=rng.uniform(0.15, 0.4)), np.ones(3))
    felt *= _turning(times, upright, lying, falls_s)
    felt += _walk(times, noise, until_s=-falls_s) if walking else _fidget(times, noise, until_s=-falls_s)
    felt += _blow(times, rng, lying, speed_mps)
    felt += _breath(times, lying)
    stirs_g = min(STIRS_G * math.exp(rng.gauss(0, STIRS_SPREAD)), 0.4)
    felt += stirs_g / 0.2 * _busy(times, noise) * (times > rng.uniform(0.5, 1.5))[:, None]
    felt += noise.normal(0.0, NOISE_G, felt.shape)
    return _samples(felt)


def knock(rng: random.Random, *, peak_g: float) -> Samples:
    """A window around a hand that hits a table and goes on cooking, eating, washing."""
    noise = np.random.default_rng(rng.getrandbits(63))
    times = np.arange(round((BEFORE_S + AFTER_S) * RATE_HZ)) / RATE_HZ - BEFORE_S
    held = _direction(noise)
    # One in three puts the hand down then: they sit down, or lean on the table.
    rests = rng.random() < 1 / 3
    laid = _turned(held, math.radians(rng.uniform(10.0, 60.0) if rests else 0.0), noise)
    felt = (
        _turning(times, held, laid, 0.3)
        + _busy(times, noise) * np.where(rests & (times > LAID_AFTER_S), 0.3, 1.0)[:, None]
    )
    width_s = rng.uniform(0.02, 0.045)
    felt += np.outer((peak_g - 1.0) * np.exp(-((times / width_s) ** 2)), held)
    felt += noise.normal(0.0, NOISE_G, felt.shape)
    return _samples(felt)


def peak_g(samples: Samples) -> float:
    """The strongest instant. g."""
    return max(math.sqrt(x * x + y * y + z * z) for x, y, z in zip(*samples, strict=True))


def by_three_stages(samples: Samples) -> bool:
    """What old firmware and watches decide by themselves: a blow, then stillness, and lying otherwise than before.

    3.5 g, a spread under 0.4 g, 45 degrees: the best rule of three stages on a wrist, 0.87 of falls and 0.87 of daily
    activities right (detection reference).
    """
    told = motion.summarise(*samples, RATE_HZ)
    return told.peak_g > OWN_PEAK_G and told.after_sd_g < OWN_STILL_G and told.posture_change_deg >= OWN_POSTURE_DEG


def _weight(times: Floats, falls_s: float, *, left: float) -> Floats:
    """How much of gravity is felt: all, then little while falling, then all again. `left` is felt in the fall."""
    tips = 1.0 / (1.0 + np.exp((times + falls_s) / 0.04))
    lands = 1.0 / (1.0 + np.exp(-times / 0.01))
    weight: Floats = left + (1.0 - left) * np.maximum(tips, lands)
    return weight


def _turning(times: Floats, upright: Floats, lying: Floats, falls_s: float) -> Floats:
    """The direction of gravity in the sensor's frame: turns while falling, and a little on landing."""
    share = np.clip((times + falls_s) / (falls_s + 0.3), 0.0, 1.0)[:, None]
    mixed = (1.0 - share) * upright + share * lying
    turned: Floats = mixed / np.linalg.norm(mixed, axis=1)[:, None]
    return turned


def _blow(times: Floats, rng: random.Random, towards: Floats, speed_mps: float) -> Floats:
    """Stopped over some centimetres, a half sine; then the arm rings."""
    gives_m = rng.uniform(*GIVES_M)
    strongest_g = min(speed_mps**2 / (2 * gives_m) / GRAVITY_MPS2 * math.pi / 2, RANGE_G)
    stops_s = math.pi * gives_m / speed_mps
    pulse = np.where(np.abs(times) < stops_s, np.cos(np.pi / 2 * times / stops_s), 0.0) * strongest_g
    ringing_hz, damping = rng.uniform(*RINGS_HZ), rng.uniform(*DAMPING)
    after = np.maximum(times, 0.0)
    rings = np.where(times > 0, 0.35 * strongest_g * np.exp(-math.tau * ringing_hz * damping * after), 0.0)
    felt: Floats = np.outer(pulse + rings * np.sin(math.tau * ringing_hz * after), towards)
    return felt


def _walk(times: Floats, noise: np.random.Generator, *, until_s: float) -> Floats:
    """An arm that swings with two steps a second, until the fall."""
    steps_hz, phase = noise.uniform(0.75, 0.95), noise.uniform(0, math.tau)
    swing = np.sin(math.tau * steps_hz * times + phase)[:, None] * noise.normal(0, 0.12, 3)
    heel = 0.18 * np.maximum(np.sin(math.tau * 2 * steps_hz * times + phase), 0.0)[:, None] * _direction(noise)
    felt: Floats = (swing + heel) * (times < until_s)[:, None]
    return felt


def _fidget(times: Floats, noise: np.random.Generator, *, until_s: float) -> Floats:
    """Somebody who sits up in bed."""
    felt: Floats = 0.4 * _busy(times, noise) * (times < until_s)[:, None]
    return felt


def _busy(times: Floats, noise: np.random.Generator) -> Floats:
    """A hand at work: slow turns and short movements."""
    felt = np.zeros((len(times), 3))
    for hertz in noise.uniform(0.3, 2.2, 5):
        felt += np.sin(math.tau * hertz * times + noise.uniform(0, math.tau))[:, None] * noise.normal(0, 0.13, 3)
    return felt


def _breath(times: Floats, lying: Floats) -> Floats:
    """The little that a body at rest moves."""
    felt: Floats = np.outer(np.where(times > 1.0, 0.01 * np.sin(math.tau * 0.27 * times), 0.0), lying)
    return felt


def _direction(noise: np.random.Generator) -> Floats:
    vector = noise.normal(0, 1, 3)
    direction: Floats = vector / np.linalg.norm(vector)
    return direction


def _turned(vector: Floats, by_rad: float, noise: np.random.Generator) -> Floats:
    """The vector turned by so much around any axis."""
    aside = np.cross(vector, _direction(noise))
    aside /= np.linalg.norm(aside)
    turned: Floats = math.cos(by_rad) * vector + math.sin(by_rad) * aside
    return turned


def _samples(felt: Floats) -> Samples:
    clipped = np.round(np.clip(felt, -RANGE_G, RANGE_G), 3)
    return tuple(clipped[:, 0].tolist()), tuple(clipped[:, 1].tolist()), tuple(clipped[:, 2].tolist())
