"""Which episode was found, and which alert was false. Pure; the rules stand in docs/simulator.md.

Found
    A detection of a kind that the episode expects, of that person, with an event time from the episode's beginning to
    `within_s` after the instant that counts; and somebody was told of the incident that holds it.
Of an episode
    An alert whose detection lies in an episode of that person, and of a kind that the episode expects or explains.
Reminder
    A round of telling that speaks of the same detection as the round before it.
False
    Every other alert about a person. Alerts about the fleet are counted apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from simulators.scoring.run_log import Alert, Detected, RunLog
from simulators.truth import Episode


class Verdict(StrEnum):
    """What an alert was."""

    #: Of what an episode must be found by.
    HIT = "hit"
    #: Of something that an episode brings with it.
    EXPLAINED = "explained"
    #: The same once more, because nobody had answered.
    REMINDER = "reminder"
    #: Of many devices at once, to their operators.
    FLEET = "fleet"
    #: In an ordinary thing that must ring nobody.
    FALSE_IN_QUIET = "false_in_quiet"
    #: In nothing at all.
    FALSE = "false"

    @property
    def is_false(self) -> bool:
        """Whether somebody was told for nothing."""
        return self in {Verdict.FALSE, Verdict.FALSE_IN_QUIET}


class Missed(StrEnum):
    """Why an episode was not found."""

    NOT_DETECTED = "not_detected"
    #: Of a kind that is expected, but after the time for it.
    TOO_LATE = "too_late"
    #: Detected in time, and nobody was told.
    NOBODY_TOLD = "nobody_told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one episode that had to be found."""

    episode: Episode
    #: None: found.
    missed: Missed | None
    #: What found it, or came nearest.
    by: Detected | None
    #: When somebody was told; None: nobody was.
    told_at: datetime | None

    @property
    def delay_s(self) -> float | None:
        """From what counts to the event time of the detection; 0 where it came before. None: missed."""
        if self.missed is not None or self.by is None:
            return None
        return max((self.by.at - self.episode.counts_from).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One alert with what it was."""

    alert: Alert
    verdict: Verdict
    #: The one it belongs to.
    episode: Episode | None


def outcomes(log: RunLog) -> list[Outcome]:
    """Every episode that had to be found and had its time, in their order."""
    detections, told = _by_person(log.detections), _first_told(log.alerts)
    return [
        _outcome(episode, detections[episode.external_id], told)
        for episode in sorted(log.truth(), key=lambda one: (one.counts_from, one.episode_id))
        if episode.expects and log.counts_from <= episode.since and _deadline(episode) <= log.until
    ]


def judged(log: RunLog) -> list[Judged]:
    """Every alert since the score counts, in their order."""
    episodes: dict[str, list[Episode]] = defaultdict(list)
    for episode in log.truth():
        episodes[episode.external_id].append(episode)
    found: list[Judged] = []
    before: dict[int, str] = {}
    for alert in sorted(log.alerts, key=lambda one: (one.told_at, one.incident_id, one.round)):
        if alert.at >= log.counts_from:
            again = before.get(alert.incident_id) == alert.detection_id
            found.append(_judge(alert, episodes[alert.person or ""], again=again))
        before[alert.incident_id] = alert.detection_id
    return found


def _outcome(episode: Episode, detections: Sequence[Detected], told: Mapping[int, datetime]) -> Outcome:
    of_kind = [one for one in detections if one.kind in episode.expects and one.at >= episode.since]
    in_time = [one for one in of_kind if one.at <= _deadline(episode)]
    for one in in_time:
        if one.incident_id is not None and one.incident_id in told:
            return Outcome(episode=episode, missed=None, by=one, told_at=max(told[one.incident_id], one.at))
    if in_time:
        return Outcome(episode=episode, missed=Missed.NOBODY_TOLD, by=in_time[0], told_at=None)
    late = [one for one in of_kind if one.at <= max(episode.explained_until, _deadline(episode)) + timedelta(hours=1)]
    missed = Missed.TOO_LATE if late else Missed.NOT_DETECTED
    return Outcome(episode=episode, missed=missed, by=late[0] if late else None, told_at=None)


def _judge(alert: Alert, episodes: Sequence[Episode], *, again: bool) -> Judged:
    if alert.person is None:
        return Judged(alert=alert, verdict=Verdict.FLEET, episode=None)
    if again:
        return Judged(alert=alert, verdict=Verdict.REMINDER, episode=None)
    for episode in episodes:
        if alert.kind in episode.expects and episode.since <= alert.at <= _deadline(episode):
            return Judged(alert=alert, verdict=Verdict.HIT, episode=episode)
    for episode in episodes:
        if episode.brings(alert.kind, alert.at):
            return Judged(alert=alert, verdict=Verdict.EXPLAINED, episode=episode)
    quiet = next((one for one in episodes if one.quiet and one.since <= alert.at <= one.until), None)
    return Judged(alert=alert, verdict=Verdict.FALSE_IN_QUIET if quiet else Verdict.FALSE, episode=quiet)


def _deadline(episode: Episode) -> datetime:
    return episode.counts_from + timedelta(seconds=episode.within_s)


def _by_person(detections: Iterable[Detected]) -> dict[str, list[Detected]]:
    persons: dict[str, list[Detected]] = defaultdict(list)
    for one in sorted(detections, key=lambda one: (one.at, one.detection_id)):
        persons[one.person].append(one)
    return persons


def _first_told(alerts: Iterable[Alert]) -> dict[int, datetime]:
    told: dict[int, datetime] = {}
    for alert in alerts:
        told[alert.incident_id] = min(alert.told_at, told.get(alert.incident_id, alert.told_at))
    return told
