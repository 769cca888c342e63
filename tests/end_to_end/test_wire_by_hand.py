"""docs/wire.md followed to the letter with Debian's mosquitto_pub and mosquitto_sub, against a living city."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from runtime import probe
from runtime.settings import PREFIX
from simulators.roster import PASSWORD
from tests.conftest import missing
from tests.end_to_end.running_demo import RunningDemo, environment

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "wire.md"
BRACELET = "zb-000001"
#: The one line a reader changes: "the demo's terminal shows the broker's port".
USUAL_PORT = "PORT=1883"

pytestmark = pytest.mark.timeout(600)


def blocks() -> list[str]:
    """The commands of "Try it", in order."""
    _, _, section = DOCUMENT.read_text(encoding="utf-8").partition("## Try it\n")
    return re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def typed(town: RunningDemo, chosen: list[str]) -> str:
    """What a reader types, one block after the other into one shell."""
    script = "\n".join(chosen)
    assert script.count(USUAL_PORT) == 1
    return script.replace(USUAL_PORT, f"PORT={town.broker_port}")


def run(town: RunningDemo, chosen: list[str]) -> subprocess.CompletedProcess[str]:
    if shutil.which("mosquitto_pub") is None or shutil.which("mosquitto_sub") is None:
        missing("mosquitto_pub or mosquitto_sub", "apt-get install mosquitto-clients")
    # A reader sits in the folder of the checkout, with its .venv and the demo's .tongxing; both lie elsewhere here.
    shell = environment() | {f"{PREFIX}DATA_DIR": str(town.folder)}
    shell["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{shell['PATH']}"
    return subprocess.run(
        ["sh", "-e", "-c", typed(town, chosen)],
        capture_output=True,
        text=True,
        timeout=240,
        env=shell,
        cwd=town.folder,
        check=False,
    )


@pytest.fixture(scope="module")
def answered(town: RunningDemo) -> subprocess.CompletedProcess[str]:
    return run(town, blocks()[:3])


@pytest.fixture(scope="module")
def asked(town: RunningDemo):
    """The API, as the centre."""
    with httpx.Client(base_url=f"{town.address}/api/v1", trust_env=False) as client:
        answer = client.post("/token", data={"username": "admin", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield lambda path, **query: client.get(path, params=query).raise_for_status().json()


def within(seconds: float, look):
    """The first thing worth having that `look` answers."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)
    return found


def test_the_document_shows_both_tools():
    assert len(blocks()) == 4
    assert all(name in "".join(blocks()) for name in ("mosquitto_pub", "mosquitto_sub", "tongxing clock"))


def test_the_sos_is_answered(answered):
    assert answered.returncode == 0, answered.stderr
    acknowledgement = json.loads(answered.stdout)
    assert acknowledgement["id"] == "first-try"
    assert isinstance(acknowledgement["at"], int | float)


def test_it_opens_an_incident(answered, asked):
    person_id = asked(f"/devices/{BRACELET}")["person_id"]
    mine = within(20, lambda: asked("/incidents", state="open", person_id=person_id)["items"])
    assert ["sos" in incident["kinds"] for incident in mine] == [True]


def test_the_fix_is_news_not_history(answered, asked):
    """Both clocks agree: by the wall's time it would have happened hours ago, or not yet."""
    track = asked(f"/persons/{asked(f'/devices/{BRACELET}')['person_id']}/track")
    times = {tuple(place): point["at"] for place, point in zip(*ways(track), strict=True)}
    age = datetime.fromisoformat(asked("/info")["now"]) - datetime.fromisoformat(times[118.05, 36.81])
    assert timedelta() <= age < timedelta(minutes=10), "the wire's limit for what is news"


def ways(track):
    return track["geometry"]["coordinates"], track["properties"]["points"]


def test_nothing_of_it_was_refused(answered, asked):
    assert asked("/quarantine")["items"] == []


def test_the_credential_opens_the_broker(asked, town):
    """And closes it to everybody else."""
    setting_up, _, _, credentials = blocks()
    issued = run(town, [setting_up, credentials])
    assert issued.returncode == 0, issued.stderr
    [credential] = asked(f"/devices/{BRACELET}/credentials")["items"]
    assert (credential["login"], credential["issued_by"]) == (BRACELET, None)
    assert asyncio.run(probe.mqtt("127.0.0.1", town.broker_port)) is not None
