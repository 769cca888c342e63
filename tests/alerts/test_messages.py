from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import messages
from alerts.errors import TemplateError
from alerts.lifecycle import Outcome
from alerts.messages.catalogue import FOLDER, LANGUAGES, SUBJECTS, load

AT = datetime(2026, 11, 20, 18, 52, tzinfo=UTC)
ZONE = "Asia/Shanghai"
EXIT = {
    "distance_m": 60.4,
    "accuracy_m": 12.0,
    "fixes": 2,
    "suspected_since": "2026-11-20T18:51:20Z",
    "speed_mps": 0.9,
    "zone_name": "家",
    "local_time": "02:52",
    "night": True,
}


def test_a_night_exit_in_chinese():
    found = messages.sentence("zone_exit", "two_fixes", EXIT, "zh-CN", at=AT, time_zone=ZONE)
    assert found == (
        "02:52已离开“家”，在边界外约60米；连续2次定位一致（误差约12米），02:51起出现离开迹象，"
        "正以每秒约0.9米的速度移动，现在是夜间。"
    )


def test_a_day_exit_in_english_far_away_standing():
    evidence = EXIT | {"distance_m": 1240.0, "night": False, "speed_mps": 0.1}
    found = messages.sentence("zone_exit", "two_fixes", evidence, "en", at=AT, time_zone="UTC", zone_name="Home")
    assert found == (
        'Left "Home" and was 1.2 km beyond its edge at 18:52; 2 fixes in a row agree (accuracy 12 m),'
        " first seen outside at 18:51."
    )


@pytest.mark.parametrize(
    ("evidence", "says"),
    [
        ({"place": "own_fix", "late_s": 59}, "at 18:52; the bracelet sent its position with it."),
        (
            {"place": "last_good", "place_age_s": 720, "late_s": 60},
            "(the signal arrived about 1 min late); the last reliable position is about 12 min old.",
        ),
        ({"place": "unknown", "late_s": 7200}, "about 120 min late); there is no reliable position yet."),
    ],
)
def test_an_sos_says_where_and_how_late(evidence, says):
    assert says in messages.sentence("sos", "pressed", evidence, "en", at=AT, time_zone="UTC", place_at=AT)


def test_another_day_is_named():
    evidence = {"outside_since": "2026-11-19T10:00:00Z", "distance_m": -12}
    found = messages.sentence("zone_enter", "back_inside", evidence, "zh-CN", at=AT, time_zone=ZONE)
    assert "此前自11月19日18:00起在区外" in found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_alert_fits_its_title_and_is_one_paragraph(language, subject):
    kind, _, reason = subject.partition(".")
    evidence = EXIT | {"zone_name": "淄川区昆仑镇磁村小学东侧的老院子", "battery_pct": 19.6, "threshold_pct": 20}
    found = messages.alert(
        kind, reason, evidence, language, name="Alexandra Wilhelmina\nvon Humboldt", at=AT, time_zone=ZONE,
        place_at=None, link="https://x/incidents/1",
    )  # fmt: skip
    assert 10 < len(found.title) <= 70
    assert not found.title.endswith("…"), "the words themselves fit; only names are cut"
    assert "\n" not in found.title + found.body
    assert "Alexandra Wilhelmina von Humboldt" in found.body
    assert "https://x/incidents/1" in found.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_all_clear(language, outcome):
    found = messages.all_clear(
        outcome, language, name="张大爷", opened_at=AT - timedelta(days=1), at=AT, time_zone=ZONE, link="https://x/1"
    )
    assert len(found.title) <= 70
    assert "张大爷" in found.title
    assert "https://x/1" in found.body


words = st.sampled_from(["", "家", "{zone}", "own_fix", "2026-11-20", "2026-11-20T18:51:20Z", "NaN"])
anything = st.none() | st.booleans() | st.integers() | st.floats() | words


@given(
    st.dictionaries(
        st.sampled_from(
            [*EXIT, "late_s", "place", "place_age_s", "battery_pct", "outside_since", "danger_m", "silent_s"]
        ),
        anything,
    ),
    st.sampled_from(SUBJECTS),
    st.sampled_from(LANGUAGES),
)
def test_no_evidence_keeps_a_message_from_going_out(evidence, subject, language):
    kind, _, reason = subject.partition(".")
    assert messages.sentence(kind, reason, evidence, language, at=AT, time_zone=ZONE)


def test_what_we_have_no_words_for_is_told_all_the_same():
    found = messages.sentence("meteor", "seen", {}, "en", at=AT, time_zone="Not/AZone")
    assert found == "Something was noticed at 18:52 (meteor)."
    assert messages.sentence("meteor", "seen", {}, "fr", at=AT, time_zone=ZONE).startswith("02:52")


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("en/sos.pressed.txt", None, "is missing: write it"),
        ("en/sos.pressed.txt", "title: {name}\nsentence: x\n", "lacks the line advice"),
        ("en/sos.pressed.txt", "title: {nmae}\nsentence: x\nadvice: y\n", r"{nmae} is not a field of this line"),
        ("en/sos.pressed.txt", "title: {name.__class__}\nsentence: x\nadvice: y\n", "is not a field"),
        ("en/sos.pressed.txt", "title: {}\nsentence: x\nadvice: y\n", "is not a field"),
        ("en/sos.pressed.txt", "title: {name:>999999}\nsentence: x\nadvice: y\n", "is not a field"),
        ("en/sos.pressed.txt", "title: {name\nsentence: x\nadvice: y\n", "a brace itself twice"),
        ("en/sos.pressed.txt", "titel: {name}\nsentence: x\nadvice: y\n", "'titel' is not known here"),
        ("zh-CN/all_clear.found.txt", "title: {name}\nbody: {zone}\n", r"{zone} is not a field"),
        ("zh-CN/phrases.txt", "night: x\n", "lacks the line"),
    ],
)
def test_a_bad_template_is_refused_at_start_with_its_place(tmp_path, file, text, says):
    folder = tmp_path / "messages"
    shutil.copytree(FOLDER, folder)
    assert load(folder).keys() == set(LANGUAGES)
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match=says) as refused:
        load(folder)
    assert file.rpartition("/")[2] in str(refused.value)
