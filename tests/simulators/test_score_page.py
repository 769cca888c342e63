"""The page and the terminal's lines: every aim with its verdict, nothing from outside, the same for the same score."""

from __future__ import annotations

import re

from simulators.scoring import aims
from simulators.scoring.page import page
from simulators.scoring.score import score
from tests.simulators.run_logs import log
from tests.simulators.test_scoring import whole


def test_the_page_needs_nothing_from_anywhere_and_says_what_is_short():
    text = page(whole(), score(whole()))
    assert not re.search(r'(src|href)="(?!#)|@import|url\((?!#)', text)
    assert text.count("<svg") == 5
    assert '<td class="short">short</td>' in text
    assert "Missed: 2" in text
    assert "False alerts: 1" in text
    assert "1 of 2" in text
    assert "no medical claim" in text


def test_the_same_score_draws_the_same_page():
    assert page(whole(), score(whole())) == page(whole(), score(whole()))


def test_an_empty_score_has_a_page():
    text = page(log(), score(log()))
    assert "Nothing had to be found." in text
    assert "Missed: 0" in text


def test_a_title_cannot_smuggle_anything_in():
    assert "<script>" not in page(log(title="<script>"), score(log()))


def test_the_lines_name_every_aim_and_its_verdict():
    lines = aims.lines(score(whole()))
    assert len(lines) == len(aims.AIMS)
    told = {line.split("  ")[0]: line.split()[-1] for line in lines}
    assert told["night exits found"] == "SHORT"
    assert told["falls found"] == "measure"
    assert told["alerts a person and day, median"] == "reached"
    assert told["from a device's publish to a notification, p95"] == "reached"


def test_an_aim_is_reached_on_its_bound_and_not_beyond():
    at_most = next(aim for aim in aims.AIMS if not aim.at_least)
    assert at_most.reached({"false_alerts_per_person_day": at_most.bound}) is True
    assert at_most.reached({"false_alerts_per_person_day": at_most.bound + 1e-6}) is False
    at_least = aims.AIMS[2]
    assert at_least.reached({"recall": {"fall": at_least.bound}}) is True
    assert at_least.reached({"recall": {"fall": at_least.bound - 1e-6}}) is False
    assert at_least.reached({"recall": {}}) is None
