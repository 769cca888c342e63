"""Learning and measuring falls, on made-up wrists: who was learnt from is judged by weights that do not know them."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geofence.fall_learnt import LEARNT_FROM, WEIGHTS
from geofence.fall_weights import Weights
from tests.evaluation import fall, falls, learn_fall
from tests.geofence.test_motion import window

TRIALS = 4


def walking(random: np.random.Generator) -> np.ndarray:
    seconds = np.arange(1_500) / 100
    samples = np.zeros((1_500, 3))
    samples[:, 2] = 1.0 + 0.5 * np.sin(2 * np.pi * 1.8 * seconds)
    samples[400:404] = (0.5, 0.0, 2.4)
    return samples + random.normal(0, 0.05, samples.shape)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(5)
    for subject in ("U01", "U02", "U03", "U30"):
        for trial in range(1, TRIALS + 1):
            for activity in ("D01", "F01"):
                if subject == "U30" and activity == "F01":
                    continue
                made = walking(random) if activity == "D01" else window() + random.normal(0, 0.03, (850, 3))
                path = folder / falls.WRIST / "50Hz" / activity / f"{subject}_R{trial:02}_accel.csv.gz"
                path.parent.mkdir(parents=True, exist_ok=True)
                rows = np.column_stack([np.arange(len(made)) / 100, made * falls.STANDARD_GRAVITY_MPS2])
                with gzip.open(path, "wt", encoding="utf-8") as file:
                    file.write("t,x,y,z\n")
                    np.savetxt(file, rows, delimiter=",")
    return folder


def test_recordings_are_read_as_they_are_named(data: Path) -> None:
    subjects = falls.read(data / falls.WRIST)
    assert [subject.name for subject in subjects] == ["U01", "U02", "U03", "U30"]
    assert [sum(recording.fall for recording in subject.recordings) for subject in subjects] == [4, 4, 4, 0]
    assert {recording.elder for recording in subjects[3].recordings} == {True}
    assert subjects[0].recordings[0].rate_hz == pytest.approx(100.0)
    assert len({subject.digest for subject in subjects}) == 4


def test_it_measures_and_draws(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = fall.evaluate(data)
    assert list(results) == ["fall_wrist"], "there is no waist"
    found = results["fall_wrist"]
    assert (found["sensitivity"], found["specificity"], found["elder_specificity"]) == (1.0, 1.0, 1.0)
    assert found["naive"] == {"sensitivity": 1.0, "specificity": 1.0, "elder_specificity": 1.0}
    assert found["counts"]["judged_by_shipped_weights"] == 4  # type: ignore[index]
    assert (tmp_path / "build/evaluation/fall_roc.png").stat().st_size > 5_000


def test_nothing_there_is_nothing_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert fall.evaluate(tmp_path) == {}


def test_walking_on_is_no_fall_whatever_the_score(data: Path) -> None:
    walker = falls.read(data / falls.WRIST)[0]
    none = tuple(replace(weight, linear=0.0, square=0.0) for weight in WEIGHTS.of)
    always = Weights(intercept=1.0, of=none)
    daily = [not recording.fall for recording in walker.recordings]
    told = fall.engine(walker, always)
    assert all(alarm for alarm, each in zip(told, daily, strict=True) if each)
    still = fall.engine(walker, always, steps=True)
    assert not any(alarm for alarm, each in zip(still, daily, strict=True) if each)


def test_who_was_learnt_from_is_judged_without_themselves(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = falls.read(data / falls.WRIST)
    monkeypatch.setattr(fall, "LEARNT_FROM", tuple(subject.digest for subject in subjects[:3]))
    unseen = fall.weights_without(subjects)
    assert set(unseen) == {subject.digest for subject in subjects[:3]}
    tables = [learn_fall.table(subject) for subject in subjects]
    assert unseen[subjects[0].digest] == learn_fall.learn(tables[1:3])
    assert unseen[subjects[0].digest] != learn_fall.learn(tables[:3])


def test_learning_twice_gives_the_same_module(data: Path) -> None:
    tables = [learn_fall.table(subject) for subject in falls.read(data / falls.WRIST)]
    weights = learn_fall.rounded(learn_fall.learn(tables))
    source = learn_fall.source(weights, ["0123456789abcdef"])
    told: dict[str, object] = {}
    exec(compile(source, "fall_learnt", "exec"), told)
    assert told["WEIGHTS"] == weights
    assert told["LEARNT_FROM"] == ("0123456789abcdef",)


def test_the_operating_point_lets_so_many_daily_activities_pass(data: Path) -> None:
    tables = [learn_fall.table(subject) for subject in falls.read(data / falls.WRIST)]
    weights = learn_fall.learn(tables)
    for one in tables:
        told = learn_fall.logits(weights, one.recorded) >= 0
        assert (told == one.fall.astype(bool)).mean() >= 0.75


def test_what_is_shipped_is_what_the_command_writes() -> None:
    text = learn_fall.LEARNT.read_text(encoding="utf-8")
    assert text == learn_fall.source(WEIGHTS, LEARNT_FROM)
