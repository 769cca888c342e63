"""The rules by which a rehearsal is scored, on both sides of each edge."""

from __future__ import annotations

import random

import pytest

from simulators.scoring import matching, run_log
from simulators.scoring.matching import Missed, Verdict
from simulators.scoring.score import judged_part, percentile, score
from tests.simulators.run_logs import alert, detected, episode, incident, log, minute


def missed(**parts):
    [outcome] = matching.outcomes(log(**parts))
    return outcome.missed


def verdicts(**parts):
    return [one.verdict for one in matching.judged(log(**parts))]


def test_found_is_detected_in_time_and_told():
    [outcome] = matching.outcomes(log(episodes=[episode()], detections=[detected(65)], alerts=[alert(65)]))
    assert outcome.missed is None
    assert outcome.delay_s == 180
    assert outcome.told_at == minute(65.1)


@pytest.mark.parametrize(
    ("at", "expected"),
    [(59.9, Missed.NOT_DETECTED), (60, None), (72, None), (72.1, Missed.TOO_LATE), (191, Missed.NOT_DETECTED)],
)
def test_in_time_is_from_its_beginning_to_its_limit_after_what_counts(at, expected):
    assert missed(episodes=[episode()], detections=[detected(at)], alerts=[alert(at)]) is expected


def test_what_comes_before_what_counts_is_not_negative():
    [outcome] = matching.outcomes(log(episodes=[episode()], detections=[detected(60.5)], alerts=[alert(60.5)]))
    assert outcome.delay_s == 0


@pytest.mark.parametrize("change", [{"kind": "wandering"}, {"person": "zibo-2"}])
def test_another_kind_or_another_person_is_no_find(change):
    assert missed(episodes=[episode()], detections=[detected(65, **change)], alerts=[alert(65)]) is Missed.NOT_DETECTED


@pytest.mark.parametrize(("incident_id", "told"), [(None, 1), (2, 1)])
def test_what_nobody_was_told_of_is_missed(incident_id, told):
    parts = {"detections": [detected(65, incident=incident_id)], "alerts": [alert(65, incident=told)]}
    assert missed(episodes=[episode()], **parts) is Missed.NOBODY_TOLD


def test_what_joins_a_case_that_somebody_was_told_of_is_found():
    joined = [detected(61, "sos"), detected(65, decision="joined")]
    assert missed(episodes=[episode()], detections=joined, alerts=[alert(61, "sos")]) is None


def test_what_begins_before_the_score_or_is_not_over_in_time_does_not_count():
    assert matching.outcomes(log(episodes=[episode()], counts_from=minute(61))) == []
    assert matching.outcomes(log(episodes=[episode()], until=minute(71))) == []
    assert len(matching.outcomes(log(episodes=[episode()], until=minute(72)))) == 1
    assert matching.outcomes(log(episodes=[episode(expects=frozenset(), quiet=True)])) == []


@pytest.mark.parametrize(
    ("at", "kind", "expected"),
    [
        (65, "zone_exit", Verdict.HIT),
        (59, "zone_exit", Verdict.FALSE),
        # After its time, but still of it.
        (129, "zone_exit", Verdict.EXPLAINED),
        (131, "zone_exit", Verdict.FALSE),
        (65, "danger_approach", Verdict.EXPLAINED),
        (131, "danger_approach", Verdict.FALSE),
        (65, "heart_rate", Verdict.FALSE),
    ],
)
def test_an_alert_belongs_to_an_episode_by_time_and_kind(at, kind, expected):
    assert verdicts(episodes=[episode()], alerts=[alert(at, kind)]) == [expected]


def test_an_alert_about_somebody_else_is_false():
    assert verdicts(episodes=[episode()], alerts=[alert(65, person="zibo-2")]) == [Verdict.FALSE]


QUIET = {"quiet": True, "expects": frozenset(), "explains": frozenset({"zone_exit"})}


def test_in_what_must_ring_nobody_an_alert_is_false_unless_it_is_explained():
    outing = episode("outing", **QUIET)
    assert verdicts(episodes=[outing], alerts=[alert(65, "fall")]) == [Verdict.FALSE_IN_QUIET]
    assert verdicts(episodes=[outing], alerts=[alert(65)]) == [Verdict.EXPLAINED]
    assert verdicts(episodes=[outing], alerts=[alert(101, "fall")]) == [Verdict.FALSE]


def test_the_same_once_more_is_a_reminder_and_something_new_is_not():
    again = alert(65, round=2, told_at=minute(80))
    assert verdicts(episodes=[episode()], alerts=[again, alert(65)]) == [Verdict.HIT, Verdict.REMINDER]
    anew = alert(140, "fall", round=2, told_at=minute(140))
    assert verdicts(episodes=[episode()], alerts=[alert(65), anew]) == [Verdict.HIT, Verdict.FALSE]
    other = alert(65, incident=2, told_at=minute(80))
    assert verdicts(alerts=[alert(65), other]) == [Verdict.FALSE, Verdict.FALSE]


def test_the_fleet_is_counted_apart():
    assert verdicts(alerts=[alert(65, "outage", person=None)]) == [Verdict.FLEET]
    result = score(log(alerts=[alert(65, "outage", person=None)], incidents=[incident(person=None)]))
    assert result["false_alerts_per_person_day"] == 0
    assert result["counts"]["fleet_incidents"] == 1


def whole():
    return log(
        episodes=[
            episode(),
            episode("lost", since=300, until=360),
            episode("pacing", since=600, until=640, kind="wandering.pacing"),
            episode("lapping", since=800, until=840, kind="wandering.lapping"),
        ],
        detections=[detected(65), detected(605, incident=2), detected(1_000, "fall", incident=3)],
        alerts=[
            alert(65),
            alert(65, round=2, told_at=minute(90)),
            alert(605, incident=2),
            alert(1_000, "fall", incident=3, person="zibo-2"),
        ],
        incidents=[
            incident(answered_at=minute(95)),
            incident(2, 605, answered_at=minute(606)),
            incident(3, 1_000, kind="fall", person="zibo-2"),
            incident(4, 1_100, kind="bed_exit"),
        ],
        publish_to_notification_ms=[float(number) for number in range(1, 101)],
    )


def test_the_score_has_the_names_and_the_figures():
    result = score(whole())
    assert result["recall"] == {"wandering": 0.5, "wandering.lapping": 0.0, "wandering.pacing": 1.0, "zone_exit": 0.5}
    assert result["delay_s"]["zone_exit"] == {"p50": 180.0, "p95": 180.0}
    assert result["delay_s"]["wandering.lapping"] == {"p50": None, "p95": None}
    assert result["false_alerts_per_person_day"] == pytest.approx(1 / 3, abs=1e-5)
    assert result["median_alerts_per_person_day"] == 1
    assert result["messages_lost"] == 1
    assert result["publish_to_notification_ms"] == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert result["counts"]["person_days"] == 3
    assert result["counts"]["episodes"]["wandering"] == 2
    assert result["counts"]["alerts"] == {
        "hit": 2, "explained": 0, "reminder": 1, "fleet": 0, "false_in_quiet": 0, "false": 1,
    }  # fmt: skip
    assert result["timing"]["first_human_answer_s"] == {"p50": 60.0, "p95": 1_800.0}
    assert (result["timing"]["incidents_called"], result["timing"]["incidents_answered"]) == (3, 2)


def test_misses_and_false_alerts_are_listed_with_their_reasons_and_no_names():
    result = score(whole())
    assert [(one["episode"], one["why"]) for one in result["missed"]] == [
        ("lost", "not_detected"),
        ("lapping", "not_detected"),
    ]
    assert result["false_alerts"] == [
        {
            "person": "zibo-2",
            "kind": "fall",
            "reason": "left",
            "at": minute(1_000).isoformat(),
            "incident": 3,
            "why": "nothing had happened",
        }
    ]


def test_the_same_record_gives_the_same_score_in_any_order(tmp_path):
    first = score(whole())
    file = tmp_path / "log.json"
    run_log.write(whole(), file)
    read = run_log.read(file)
    for name in ("episodes", "detections", "alerts", "incidents"):
        random.Random(3).shuffle(getattr(read, name))
    assert score(read) == first


def test_the_judged_part_leaves_out_the_machine():
    assert {"publish_to_notification_ms", "timing"} == set(score(whole())) - set(judged_part(score(whole())))


def test_an_empty_record_has_a_score():
    result = score(log(persons=[]))
    assert (result["recall"], result["false_alerts_per_person_day"]) == ({}, 0)


@pytest.mark.parametrize(("share", "expected"), [(50, 2), (95, 4), (1, 1), (100, 4)])
def test_percentiles_are_of_the_nearest_rank(share, expected):
    assert percentile([4, 1, 3, 2], share) == expected
    assert percentile([], share) is None
