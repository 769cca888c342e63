"""Templates: what may stand in them, how evidence is read out, and the folder that lies over ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import messages
from alerts.errors import TemplateError
from alerts.messages import Background, catalogue
from alerts.messages.catalogue import FOLDER, LANGUAGES, load
from alerts.messages.placeholders import LETTER, SENTENCE, check, fill, is_evidence
from alerts.messages.words import said

AT = datetime(2026, 11, 20, 18, 52, tzinfo=UTC)
ENGLISH = load(FOLDER)["en"].phrases
CHINESE = load(FOLDER)["zh-CN"].phrases


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("danger_m", 299.6, "300 m"),
        ("way_km", 2.34, "2.3 km"),
        ("silent_s", 40, "40 s"),
        ("silent_s", 119, "119 s"),
        ("silent_s", 120, "2 min"),
        ("silent_s", 7_199, "120 min"),
        ("silent_s", 7_200, "2 h"),
        ("waited_min", 3, "3 min"),
        ("heart_rate_bpm", 128.4, "128"),
        ("impact_g", 3.14159, "3.1"),
        ("mean_speed_mps", 1.25, "1.2"),
        ("outing_until", "2026-11-20T18:30:00+00:00", "18:30"),
        ("left_at", "2026-11-19T18:30:00+00:00", "19/11 18:30"),
        ("danger_kind", "water", "water"),
        ("danger_kind", "volcano", "volcano"),
        ("danger_m", None, None),
        ("danger_m", True, None),
        ("danger_m", float("nan"), None),
        ("left_at", "yesterday", None),
        ("companion", "", None),
    ],
)
def test_evidence_is_read_out_by_its_unit(key, value, expected):
    assert said(key, value, ENGLISH, at=AT, zone=UTC) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("danger_m", True),
        ("outing_until", True),
        ("danger_kind", True),
        ("zone_id", False),
        ("name.__class__", False),
        ("m", True),
        ("_m", False),
        ("Danger_m", False),
    ],
)
def test_what_names_evidence(field, expected):
    assert is_evidence(field) is expected


def test_a_part_in_brackets_is_left_out_when_something_in_it_is_not_known():
    template = "Left[, {danger_m} from {danger_kind}][ at {time}]{night}."
    assert fill(template, {"time": "02:52", "danger_m": "300 m", "night": ""}, unknown="?") == "Left at 02:52."
    known = {"time": "02:52", "danger_m": "300 m", "danger_kind": "water", "night": ", at night"}
    assert fill(template, known, unknown="?") == "Left, 300 m from water at 02:52, at night."
    assert fill("{danger_m} away", {}, unknown="?") == "? away"
    assert fill("{{{time}}}", {"time": "{name}"}, unknown="?") == "{{name}}", "a value is never a template"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{danger_m", "a brace itself twice"),
        ("[{time}", "a square bracket stands alone"),
        ("{time}]", "a square bracket stands alone"),
        ("{zone_id}", "or an evidence key with its unit"),
        ("{time!r}", "is not a field"),
        ("{time:>9}", "is not a field"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(text, says):
    with pytest.raises(TemplateError, match=says):
        check("file:1", text, SENTENCE)


def test_a_letter_knows_no_evidence():
    with pytest.raises(TemplateError, match="write one of count, link, list"):
        check("file:1", "{danger_m}", LETTER)


def test_a_message_tells_how_it_began_and_why_it_is_so_bad():
    told = messages.alert(
        "zone_exit",
        "two_fixes",
        {"zone_name": "家", "distance_m": 60, "accuracy_m": 12, "fixes": 2},
        "en",
        name="Zhang",
        at=AT,
        time_zone="UTC",
        place_at=None,
        link="https://x/1",
        background=Background(
            before=[("bed_exit", AT - timedelta(minutes=12)), ("no_return", AT - timedelta(minutes=1))],
            severity="critical",
            because=("night", "water"),
        ),
    )
    assert "(before: 18:40 left the bed, 18:51 not back in bed)" in told.body
    assert "critical, because: night, water near." in told.body


def test_without_any_circumstance_a_message_gives_no_reason_for_one():
    plain = messages.alert(
        "sos", "pressed", {}, "en", name="Zhang", at=AT, time_zone="UTC", place_at=None, link="https://x/1",
        background=Background(severity="critical"),
    )  # fmt: skip
    assert "because" not in plain.body
    assert "(before" not in plain.body


def test_a_reason_without_words_of_its_own_uses_those_of_its_kind():
    ours = load(FOLDER)["en"]
    assert ours.template("silence", "a_reason_of_tomorrow") == ours.templates["silence.any"]
    assert ours.template("silence", "no_contact") == ours.templates["silence.no_contact"]
    assert ours.template("meteor", "seen") == ours.templates["other.any"]


@pytest.mark.parametrize("desk", [False, True])
def test_a_digest_names_persons_to_their_family_alone(desk):
    counts = {"张大爷": {"low_battery": 2}, "李奶奶": {"low_battery": 1, "wandering": 1}}
    told = messages.digest(counts, "zh-CN", desk=desk, at=AT, time_zone="Asia/Shanghai", link="https://x/1")
    assert len(told.title) <= 70
    assert "4条" in told.title
    assert ("张大爷" in told.body) is not desk
    assert ("手环电量低3次、徘徊1次" in told.body) is desk


def overlay(folder: Path, file: str, text: str) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


SOS = "title: {name} 求助！\nsentence: {time}求助。\nadvice: 去看看。\n"


def test_a_folder_lies_over_ours_file_by_file_and_phrases_line_by_line(tmp_path):
    overlay(tmp_path, "zh-CN/sos.pressed.txt", SOS)
    overlay(tmp_path, "zh-CN/phrases.txt", "night: ，深夜\n")
    found = load(FOLDER, overlay=tmp_path)
    assert found["zh-CN"].template("sos", "pressed").title == "{name} 求助！"
    assert found["zh-CN"].phrases["night"] == "，深夜"
    assert found["zh-CN"].phrases["metres"] == CHINESE["metres"]
    assert found["en"].template("sos", "pressed") == load(FOLDER)["en"].template("sos", "pressed")


def test_a_folder_may_have_words_for_a_reason_of_its_own_in_every_language(tmp_path):
    for language in LANGUAGES:
        overlay(tmp_path, f"{language}/fall.stairs.txt", SOS)
    assert load(FOLDER, overlay=tmp_path)["en"].template("fall", "stairs").advice == "去看看。"


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("zh-CN/sos.presed.txt", SOS, "presed.txt is missing"),
        ("zh-CN/unknown.thing.txt", SOS, "is no message of ours"),
        ("fr/sos.pressed.txt", SOS, "lies in no language's folder"),
        ("zh-CN/sos.pressed.txt", "title: {nmae}\n", r"{nmae} is not a field"),
        ("zh-CN/phrases.txt", "nihgt: x\n", "'nihgt' is not known here"),
    ],
)
def test_a_folder_that_is_wrong_is_refused_at_the_start(tmp_path, file, text, says):
    with pytest.raises(TemplateError, match=says):
        load(FOLDER, overlay=overlay(tmp_path, file, text))


def test_no_folder_at_all_is_refused(tmp_path):
    with pytest.raises(TemplateError, match="is not a folder"):
        load(FOLDER, overlay=tmp_path / "gone")


def test_what_is_installed_is_used_by_everybody(tmp_path):
    try:
        messages.install(overlay(tmp_path, "zh-CN/sos.pressed.txt", SOS))
        assert messages.sentence("sos", "pressed", {}, "zh-CN", at=AT, time_zone="UTC") == "18:52求助。"
    finally:
        messages.install(None)
    assert catalogue.catalogue() == load(FOLDER)
