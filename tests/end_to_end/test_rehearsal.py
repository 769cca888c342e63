"""`tongxing simulate --score` as a user starts it: the whole system for one small scene, broken on the way, and scored."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from runtime.settings import PREFIX
from simulators.scoring import run_log
from simulators.scoring.score import judged_part, score
from tests.servers import open_folder

pytestmark = pytest.mark.timeout(600)

#: The tiny scene with ingest killed between the call for help and the exit, and nobody who goes by night but the family.
SCENE = """
include = ["tiny"]

[[steps]]
at = "02:34"
do = "fault"
name = "ingest_kill"

[[steps]]
at = "02:42"
do = "fault"
name = "network_cut"
lasts = "1m"
"""


@pytest.fixture
def folder():
    with open_folder() as made:
        yield made


def simulate(folder, *arguments):
    """Run it to its end; what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    done = subprocess.run(
        [sys.executable, "-m", "runtime.cli", "simulate", *arguments],
        cwd=folder,
        env=kept | {"NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_scene_is_played_scored_and_scored_again(folder):
    (folder / "mine.toml").write_text(SCENE)
    said = simulate(folder, "--score", "--scene=mine.toml", "--speed=90")
    result = json.loads((folder / "build" / "score.json").read_text())
    assert result["recall"] == {"sos": 1.0, "zone_exit": 1.0}
    assert (
        len(result["false_alerts"])
        == result["counts"]["alerts"]["false"] + result["counts"]["alerts"]["false_in_quiet"]
    )
    assert result["messages_lost"] == 0
    assert result["counts"]["readings"]["published"] > 400
    assert result["delay_s"]["sos"]["p50"] < 60
    assert result["publish_to_notification_ms"]["p95"] is not None
    # Somebody was told by a real webhook, and answered by the link in it.
    assert result["timing"]["incidents_called"] >= result["timing"]["incidents_answered"] >= 2
    assert "night exits found" in said
    log = run_log.read(folder / "build" / "score" / "record.json")
    assert any("ingest" in line for line in log.disturbances)
    assert judged_part(score(log)) == judged_part(result)
    page = (folder / "build" / "score" / "index.html").read_text()
    assert "<svg" in page
    (folder / "build" / "score.json").unlink()
    simulate(folder, "rescore")
    assert json.loads((folder / "build" / "score.json").read_text()) == result
