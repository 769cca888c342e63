"""One readable page about a score: build/score/index.html. It needs nothing but itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from simulators.scenes.spans import ZIBO
from simulators.scoring import drawings, matching
from simulators.scoring.aims import AIMS
from simulators.scoring.run_log import RunLog

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_WORDS = {True: "reached", False: "short", None: "none"}


def page(log: RunLog, score: Mapping[str, Any]) -> str:
    """The page as HTML."""
    return _TEMPLATES.get_template("page.html").render(
        title=log.title or log.scene,
        seed=log.seed,
        start=_local(log.counts_from.isoformat()),
        until=_local(log.until.isoformat()),
        counts=score["counts"],
        timing=score["timing"],
        aims=[
            {
                "name": aim.name,
                "value": aim.shown(aim.read(score)),
                "bound": aim.shown(aim.bound),
                "word": _WORDS[aim.reached(score)],
            }
            for aim in AIMS
        ],
        drawings={name: Markup(drawn) for name, drawn in _drawn(log, score).items()},  # noqa: S704 - drawn here
        missed=[{**one, "at": _local(one["counts_from"])} for one in score["missed"]],
        false_alerts=[{**one, "at": _local(one["at"])} for one in score["false_alerts"]],
        disturbances=log.disturbances,
    )


def _drawn(log: RunLog, score: Mapping[str, Any]) -> dict[str, str]:
    outcomes, alerts = matching.outcomes(log), matching.judged(log)
    told = Counter(one.alert.person for one in alerts)
    found = any(one.delay_s is not None for one in outcomes)
    took_ms = log.publish_to_notification_ms
    return {
        "recall": drawings.recall(score) if outcomes else "",
        "delays": drawings.delays(outcomes) if found else "",
        "hours": drawings.hours(alerts),
        "persons": drawings.persons([told[person.external_id] for person in log.persons]),
        "latency": drawings.latency(took_ms) if took_ms else "",
    }


def _local(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(ZIBO):%Y-%m-%d %H:%M:%S}"
