"""Credentials without a server: what each may do, digests, logins, Mosquitto's files."""

from __future__ import annotations

import base64
import hashlib
import secrets

import bcrypt
import pytest
from paho.mqtt.client import topic_matches_sub

from ingest import lanes, wire
from ingest.identity import grants, mosquitto
from ingest.identity.credential import Format, Holder, Service, digests, first_login, free_login, new_secret
from ingest.wire import backlog
from ingest.wire.bodies import DECODERS
from runtime.embedded import accounts
from tests.identity_brokers import device, password

DEVICE = "zb-000001"


def may_publish(grant, topic):
    return any(topic_matches_sub(one, topic) for one in grant.publish)


def may_hear(grant, topic):
    return any(topic_matches_sub(one, topic) for one in grant.subscribe)


def test_a_device_writes_all_that_ingest_reads_and_hears_all_that_we_tell():
    assert set(grants.UP) == {*DECODERS, backlog.LEVEL}
    assert set(grants.DOWN) == {"ack", "command"}


@pytest.mark.parametrize("wire_format", [*Format])
def test_no_format_opens_a_topic_of_another_device(wire_format):
    for device_id in ("li_na-phone", "zb-000001", "3G123"):
        grant = grants.of_device(device_id, wire_format)
        for one in grant.publish:
            topic = one.replace("#", "more")
            assert wire.device_of(topic) in {device_id, None}, topic
            assert "+" not in one
        assert all(one.startswith(f"tongxing/v1/{device_id}/") for one in grant.subscribe)


@pytest.mark.parametrize(
    ("wire_format", "topic"),
    [
        (Format.OWNTRACKS, "owntracks/li_na/phone"),
        (Format.TRACCAR, "traccar/li_na-phone/position"),
        (Format.WATCH, "watch/li_na-phone"),
    ],
)
def test_a_format_opens_its_own_topic_and_no_other_formats(wire_format, topic):
    assert may_publish(grants.of_device("li_na-phone", wire_format), topic)
    for other in {*Format} - {wire_format}:
        assert not may_publish(grants.of_device("li_na-phone", other), topic)


def test_ingest_hears_every_lane_and_answers():
    grant = grants.OF_SERVICES[Service.INGEST]
    for lane in lanes.LANES:
        for topic in lane.topics:
            assert any(one == topic or topic_matches_sub(one, topic.replace("+", "x")) for one in grant.subscribe), (
                topic
            )
    assert may_publish(grant, "tongxing/v1/x/ack")
    assert may_publish(grant, "tongxing/v1/x/command")


def test_alerts_and_gateways_hear_nothing_and_say_one_thing():
    assert not grants.OF_SERVICES[Service.ALERTS].subscribe
    assert may_publish(grants.OF_SERVICES[Service.ALERTS], f"tongxing/v1/{DEVICE}/command")
    for service in (Service.ALERTS, Service.TRACCAR, Service.WATCH):
        assert not may_publish(grants.OF_SERVICES[service], f"tongxing/v1/{DEVICE}/event")
        assert not may_hear(grants.OF_SERVICES[service], f"tongxing/v1/{DEVICE}/event")


def test_a_secret_is_kept_in_forms_that_do_not_give_it_back():
    secret = new_secret()
    kept = digests(secret)
    assert len(secret) == 32
    assert bcrypt.checkpw(secret.encode(), kept.bcrypt.encode())
    _, mark, rounds, salt, hashed = kept.pbkdf2_sha512.split("$")
    assert mark == "7"
    derived = hashlib.pbkdf2_hmac("sha512", secret.encode(), base64.b64decode(salt), int(rounds))
    assert base64.b64decode(hashed) == derived
    assert secret not in kept.bcrypt + kept.pbkdf2_sha512
    assert digests(secret) != kept, "each has its salt"
    assert new_secret() != secret


def test_a_rotation_takes_the_other_login_and_the_next_one_goes_back():
    holder = Holder(device_id=DEVICE)
    assert first_login(holder) == DEVICE
    assert free_login(holder, frozenset()) == DEVICE
    assert free_login(holder, frozenset({DEVICE})) == "zb-000001~2"
    assert free_login(holder, frozenset({"zb-000001~2"})) == DEVICE
    assert free_login(holder, frozenset({DEVICE, "zb-000001~2"})) is None
    assert first_login(Holder(service=Service.INGEST)) == "service~ingest"


def test_mosquittos_files_name_everybody_once_and_patterns_spare_lines():
    living = [
        device(DEVICE, "old"),
        device(DEVICE, "new", login="zb-000001~2"),
        device("li_na-phone", "x", wire_format=Format.OWNTRACKS),
        password(Holder(service=Service.WATCH), "gateway"),
    ]
    passwords = mosquitto.passwords(living).splitlines()[1:]
    assert [line.split(":")[0] for line in passwords] == ["zb-000001", "zb-000001~2", "li_na-phone", "service~watch"]
    access = mosquitto.access(living)
    assert "user zb-000001\n" not in access, "the pattern is enough"
    second = access.split("user zb-000001~2\n")[1].split("\n\n")[0].splitlines()
    assert "topic write tongxing/v1/zb-000001/event" in second
    assert not any("~2/" in line for line in second)
    assert "pattern read tongxing/v1/%u/ack" in access
    assert "pattern write tongxing/v1/%u/ack" not in access
    assert "topic write owntracks/li_na/phone" in access


def test_the_embedded_broker_is_open_until_the_first_account():
    owner = secrets.token_urlsafe(8)
    assert "no_auth_user" in accounts.text([], owner, open_to_all=True)
    assert "no_auth_user" not in accounts.text([], owner, open_to_all=False)
    account = accounts.Account(login=DEVICE, bcrypt="$2a$x", publish=["a/+/b", "c/#"], subscribe=[])
    closed = accounts.text([account], owner, open_to_all=False)
    assert "no_auth_user" not in closed
    assert '"a.*.b", "c", "c.>"' in closed
    assert 'subscribe: {deny: [">"]}' in closed, "an empty list would allow everything"
