"""Recorded and made-up walks as readings of a bracelet, judged by the production batch function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from geofence import batch
from geofence.detection import Detection, DetectionKind
from geofence.engine import PersonState
from geofence.geometry import Frame
from geofence.person import Person
from geofence.policy import DEFAULT, Policy
from geofence.reading import Fix, Reading, ReadingKind
from tests.evaluation import geolife
from tests.evaluation.geolife import Track

#: Readings given to the engine at once; order within a person is kept.
_CHUNK = 4_096


def person(person_id: int, policy: Policy = DEFAULT) -> Person:
    """Somebody without a zone: what is measured needs none."""
    return Person(person_id=person_id, time_zone=geolife.TIME_ZONE, policy=policy)


def readings(track: Track, person_id: int) -> list[Reading]:
    """Rows of unix seconds, latitude, longitude as locations that arrive at once."""
    return [_reading(float(at_s), float(latitude), float(longitude), person_id) for at_s, latitude, longitude in track]


def _reading(at_s: float, latitude: float, longitude: float, person_id: int) -> Reading:
    at = datetime.fromtimestamp(at_s, UTC)
    fix = Fix(latitude=latitude, longitude=longitude, accuracy_m=geolife.ACCURACY_M)
    return Reading(person_id=person_id, device_id="recorded", kind=ReadingKind.LOCATION, at=at, received_at=at, fix=fix)


def judged(tracks: Mapping[int, Track], kind: DetectionKind, *, policy: Policy = DEFAULT) -> dict[int, list[Detection]]:
    """What the engine tells of each walker, by its number, in order of time."""
    persons = {number: person(number, policy) for number in tracks}
    states: dict[int, PersonState] = {}
    told: dict[int, list[Detection]] = {number: [] for number in tracks}
    every = [reading for number, track in tracks.items() for reading in readings(track, number)]
    for begin in range(0, len(every), _CHUNK):
        for outcome in batch.judge_all(states, every[begin : begin + _CHUNK], persons):
            for detection in outcome.judgement.detections:
                if detection.kind is kind:
                    told[detection.person_id].append(detection)
    return told


def to_metres(track: Track, frame: Frame) -> Track:
    """Rows of seconds, metres east and north."""
    east = (track[:, 2] - frame.longitude) * frame.metres_per_degree_east
    north = (track[:, 1] - frame.latitude) * frame.metres_per_degree_north
    return np.column_stack([track[:, 0], east, north])


def to_degrees(track: Track, frame: Frame) -> Track:
    """The inverse of `to_metres`."""
    latitude = frame.latitude + track[:, 2] / frame.metres_per_degree_north
    longitude = frame.longitude + track[:, 1] / frame.metres_per_degree_east
    return np.column_stack([track[:, 0], latitude, longitude])


def joined(parts: Sequence[Track]) -> Track:
    """Parts of one walker, one after the other."""
    return np.concatenate([part for part in parts if len(part)]) if parts else np.empty((0, 3))
