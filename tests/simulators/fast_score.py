"""A city judged by the real engine without servers: what is found, how soon, and what rings for nothing.

`python -m tests.simulators.fast_score --bracelets 100 --beds 60 --hours 40 --rates ill` prints one JSON object. It is
the loop in which people, radios and detectors are worked on: `tongxing simulate --score` is the whole system and takes
a hundred times as long. Rings are detections that `alerts` would tell of, each by itself.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections import Counter

from geofence import motion
from geofence.fall_learnt import WEIGHTS
from geofence.fall_weights import score
from simulators import city
from simulators.devices.makeup import Makeup
from simulators.episodes.rates import SETS
from simulators.people import impact
from simulators.people.whereabouts import AT_HOME
from simulators.radio.air import air
from simulators.radio.fixes import Receiver, Source
from tests.simulators.engine_room import Room, danger_map, judge

#: Episodes that end after the run cannot be asked for. Hours looked ahead at most.
AHEAD_MOST_H = 8.0
HOMES, FIXES = 3_000, 60


def judged(options: argparse.Namespace) -> dict[str, object]:
    """One city."""
    built = city.build(options.seed, bracelets=options.bracelets, beds=options.beds)
    room = Room(
        city=built,
        rates=SETS[options.rates],
        made_of=Makeup(bed_report_s=options.bed_report_s),
        dangers=danger_map(built),
    )
    room.live(options.hours)
    seen = judge(room.detections, room.truth.episodes)
    until_s = room.start_s + options.hours * 3600
    missed = [
        one for one in seen.missed if one.counts_from.timestamp() + min(one.within_s, AHEAD_MOST_H * 3600) < until_s
    ]
    days = len(built.persons) * options.hours / 24
    return {
        "person_days": round(days, 1),
        "messages": sum(room.counts.values()),
        "episodes": dict(Counter(one.name for one in room.truth.episodes)),
        "found": {kind: len(delays) for kind, delays in sorted(seen.found.items())},
        "missed": [f"{one.name} of {one.external_id}, {one.counts_from:%d %H:%M}" for one in missed],
        "delay_s_median": {kind: round(statistics.median(delays), 1) for kind, delays in sorted(seen.found.items())},
        "false_per_person_day": round(len(seen.false) / days, 4),
        "false": dict(Counter(f"{one.kind.value} {one.reason}" for one in seen.false)),
    }


def world() -> dict[str, object]:
    """The world's own figures: how far fixes at home err, and how falls and knocks look to the learnt rule."""
    off_m, jumps, beyond = [], 0, 0
    for number in range(HOMES):
        rng = random.Random(number)
        receiver = Receiver(air(rng), rng)
        tried = [receiver.fix(600.0 * turn, AT_HOME) for turn in range(FIXES)]
        night = [one for one in tried if one is not None and one.source is Source.WIFI]
        off_m += [one.off_m for one in night if one.off_m < 400]
        beyond += sum(one.off_m > one.accuracy_m for one in night if one.off_m < 400)
        jumps += sum(
            before.off_m < 150 < one.off_m and after.off_m < 150 and one.accuracy_m <= 200
            for before, one, after in zip(night, night[1:], night[2:], strict=False)
        )
    cuts = statistics.quantiles(off_m, n=100)
    return {
        "wifi_off_m": {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)},
        "wifi_beyond_own_accuracy": round(beyond / len(off_m), 3),
        "jumps_beyond_150_m_per_device_day": round(jumps / (HOMES * FIXES * 600 / 86_400), 3),
        "falls_from_standing_like_a_fall": _share(lambda rng: impact.fall(rng, height_m=0.8, walking=True), 0.5),
        "falls_from_bed_like_a_fall": _share(lambda rng: impact.fall(rng, height_m=0.45, walking=False), 0.2),
        "knocks_like_a_fall": _share(lambda rng: impact.knock(rng, peak_g=rng.uniform(1.8, 6)), 0.5),
    }


def _share(made, least: float) -> float:
    scores = [score(motion.summarise(*made(random.Random(seed)), impact.RATE_HZ), WEIGHTS).score for seed in range(500)]
    return round(sum(one >= least for one in scores) / len(scores), 3)


def main() -> None:
    """Read the options, print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bracelets", type=int, default=100)
    parser.add_argument("--beds", type=int, default=60)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--rates", choices=list(SETS), default="ill")
    parser.add_argument("--bed-report-s", type=float, default=120.0)
    parser.add_argument("--world", action="store_true", help="only the world's own figures")
    options = parser.parse_args()
    print(json.dumps(world() if options.world else judged(options), indent=2))


if __name__ == "__main__":
    main()
