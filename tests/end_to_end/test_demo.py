"""`tongxing demo` from the first line to the last figure, with a receiver outside it that believes nothing."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from runtime.embedded import ports
from tests import servers
from tests.end_to_end.running_demo import ENDED_WITHIN_S, RunningDemo, command, demo, environment
from tests.end_to_end.webhook_receiver import Receiver, fault_of, receiver

#: Real seconds the city lives. The man is a suspect for some minutes of his own, which run at this rate.
SECONDS, RATE = 45, 20
SCENES = {"sos", "low_battery", "zone_exit"}
#: At five in the morning a battery wakes nobody: it is told after seven.
RING = {"sos", "zone_exit"}
#: Receivers of one round at most: a contact, two coordinators, the centre.
ONE_ROUND = 4

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One demo that has ended, and the attempt to start a second one beside it."""

    demo: RunningDemo
    receiver: Receiver
    second: subprocess.CompletedProcess[str]
    exit_code: int

    @property
    def figures(self):
        return json.loads("".join(self.demo.out))


@pytest.fixture(scope="module")
def run(_embedded: None) -> Iterator[Run]:
    with servers.open_folder() as folder, receiver(secrets.token_hex(16)) as listening:
        arguments = ("--headless", "--json", f"--seconds={SECONDS}", f"--rate={RATE}")
        webhook = (f"--webhook={listening.url}", f"--webhook-secret={listening.secret}")
        with demo(folder, *arguments, *webhook) as running:
            running.until_alive()
            second = subprocess.run(
                command(folder, f"--port={ports.any_free()}", "--headless", "--seconds=1"),
                capture_output=True,
                text=True,
                timeout=90,
                env=environment(),
                check=False,
            )
            exit_code = running.until_ended(SECONDS + ENDED_WITHIN_S)
        yield Run(demo=running, receiver=listening, second=second, exit_code=exit_code)


def test_it_ends_well_and_prints_one_object(run: Run):
    assert run.exit_code == 0, "".join(run.demo.err)
    assert len(run.demo.out) == 1
    assert set(run.figures) >= {"readings", "detections", "incidents", "notifications", "publish_to_notification_ms"}


def test_nothing_is_lost(run: Run):
    readings = run.figures["readings"]
    assert readings["lost"] == 0
    assert readings["rejected"] == 0
    assert readings["acknowledged"] == readings["published"] > 1_000
    # The receiver turned the first message away once, and still nobody went untold.
    assert run.figures["notifications"]["failed"] == 0


def test_every_scene_opens_its_incident_and_rings(run: Run):
    assert set(run.figures["incidents"]) >= SCENES, "".join(run.demo.err)
    assert run.receiver.kinds() >= RING


def test_every_signature_holds_for_somebody_who_knows_only_the_document(run: Run):
    assert run.receiver.deliveries
    assert [one.wrong for one in run.receiver.deliveries if one.wrong] == []


def test_a_key_comes_again_only_when_it_was_turned_away(run: Run):
    by_key = defaultdict(list)
    for one in run.receiver.deliveries:
        by_key[one.key].append(one)
    for key, deliveries in by_key.items():
        assert key == deliveries[0].message["notification_id"]
        assert len({one.body for one in deliveries}) == 1, "a repeated key must mean the same message"
        assert all(one.answered == 503 for one in deliveries[:-1]), "delivered, and sent again"
        assert deliveries[-1].answered == 204
    assert len(by_key) == len(run.receiver.deliveries) - 1
    # Alerts go on until the very end: a round that leaves after the figures are told is not in them.
    assert 0 <= len(by_key) - run.figures["notifications"]["sent"] <= ONE_ROUND


def test_the_messages_carry_no_position(run: Run):
    for one in run.receiver.deliveries:
        assert b"latitude" not in one.body
        assert b"coordinates" not in one.body


def test_a_second_one_on_the_same_folder_is_refused(run: Run):
    assert run.second.returncode != 0
    assert "Traceback" not in run.second.stderr
    assert str(run.demo.folder) in run.second.stderr, run.second.stderr


def test_no_process_is_left(run: Run):
    # Database, broker, api, alerts, ingest and the city at least.
    assert len(run.demo.seen) >= 6
    assert run.demo.orphans() == set()


@pytest.mark.parametrize("early", [True, False], ids=["while starting", "alive"])
@pytest.mark.usefixtures("_embedded")
def test_ctrl_c_ends_everything(early: bool):
    with servers.open_folder() as folder, demo(folder) as running:
        if early:
            running.until(lambda: any("starting api" in line for line in running.said), within_s=240, what="half way")
        else:
            running.until_alive()
        running.process.send_signal(signal.SIGINT)
        assert running.until_ended() == 0, "".join(running.said)
        assert "Traceback" not in "".join(running.said)
        assert running.orphans() == set()


def test_the_receiver_bites():
    body, secret = b'{"a": 1}', "s"
    # echo -n '1700000000.{"a": 1}' | openssl dgst -sha256 -hmac s
    good = "t=1700000000,v1=d371521f419bfc56f9cd301ae357ca9708db5be4f11a7b1785ef90a31516a13b"
    assert fault_of(good, body, secret, 1_700_000_000) is None
    assert fault_of(good, body, secret, 1_700_000_301) == "too old"
    assert fault_of(good, body + b" ", secret, 1_700_000_000) == "wrong digest"
    assert fault_of(good, body, "t", 1_700_000_000) == "wrong digest"
    assert fault_of(None, body, secret, 1_700_000_000) is not None
