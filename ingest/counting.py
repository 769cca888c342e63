"""A committed batch in the metrics, by the batch and not by the reading."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import structlog

from geofence.ordering import Admission
from geofence.reading import ReadingKind
from ingest import metrics
from ingest.judged import Judged
from ingest.sources import Envelope

log = structlog.get_logger(__name__)


def count(batch: Sequence[Envelope], judged: Judged) -> None:
    """Count what a batch held and what came of it; call it when it is committed."""
    wall_s, waited_s = time.time(), list[float]()
    for heard in judged.heard:
        if heard.report.published_s is not None:
            waited_s.append(wall_s - heard.report.published_s)
    if (quiet := judged.quiet) is not None:
        waited_s += (wall_s - quiet.published_s[~np.isnan(quiet.published_s)]).tolist()
    for what, number in _came(judged).items():
        metrics.READINGS.labels(*what).inc(number)
    metrics.PUBLISH_TO_COMMIT_S.observe_all(waited_s)
    for rejection in judged.rejections:
        metrics.REJECTED.labels(rejection.reason).inc()
    for ignored in judged.ignored:
        metrics.IGNORED.labels(ignored.what).inc(ignored.count)
    for detection in judged.detections:
        metrics.DETECTIONS.labels(detection.kind, detection.reason).inc()
        log.info("detection", kind=detection.kind, reason=detection.reason, person_id=detection.person_id)
    for stage, took_s in judged.took_s.items():
        metrics.STAGE_S.labels(stage).inc(took_s)
    if batch:
        metrics.BATCH.observe(len(batch))


def _came(judged: Judged) -> Counter[tuple[ReadingKind, Admission]]:
    """Readings by what they are and what became of them."""
    came = Counter(
        (heard.reading.kind, outcome.admission) for heard, outcome in zip(judged.heard, judged.outcomes, strict=True)
    )
    if (quiet := judged.quiet) is not None:
        old = int(np.count_nonzero(quiet.old))
        came.update({(ReadingKind.LOCATION, Admission.LIVE): len(quiet) - old})
        came.update({(ReadingKind.LOCATION, Admission.STALE): old})
    return +came
