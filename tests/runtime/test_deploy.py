"""The deployment's files agree with the code: settings exist, commands exist, the broker's settings are the safe ones."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

from runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
MOSQUITTO = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")


def settings_of(service):
    module = importlib.import_module(f"{service}.settings")
    return next(
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Settings) and kind.__module__ == module.__name__
    )


@pytest.mark.parametrize("service", ["ingest", "alerts", "api"])
def test_every_variable_of_a_service_is_one_of_its_settings(service):
    known = {f"{PREFIX}{name.upper()}" for name in settings_of(service).model_fields}
    assert set(COMPOSE["services"][service]["environment"]) <= known
    assert COMPOSE["services"][service]["command"] == [service]


def test_nothing_is_open_to_other_machines():
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:1883:1883", "127.0.0.1:8000:8000"]
    assert re.findall(r"^listener .*", MOSQUITTO, re.MULTILINE) == ["listener 1883 127.0.0.1"]


def test_every_volume_named_is_declared():
    named = {
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])


def test_the_broker_keeps_what_it_acknowledged():
    settings = dict(re.findall(r"^(\w+) (\S+)$", MOSQUITTO, re.MULTILINE))
    assert settings["persistence"] == "true"
    assert settings["autosave_interval"] == "1"
    assert settings["autosave_on_changes"] == "false"
    assert settings["max_queued_messages"] == "0"
    assert int(settings["max_inflight_messages"]) >= 2_000


def test_the_lines_that_the_container_replaces_are_there():
    script = (ROOT / "deploy" / "mosquitto" / "run.sh").read_text(encoding="utf-8")
    devices = (ROOT / "deploy" / "mosquitto" / "devices.conf").read_text(encoding="utf-8")
    patterns = re.findall(r'"s\|([^|]*)\|', script) + re.findall(r"'/([^/]*)/,\$d'", script)
    assert len(patterns) == 6, patterns
    for pattern in patterns:
        assert re.search(pattern, MOSQUITTO + devices, re.MULTILINE), pattern


def test_nobody_comes_in_without_a_login_where_devices_do():
    devices = (ROOT / "deploy" / "mosquitto" / "devices.conf").read_text(encoding="utf-8")
    settings = re.findall(r"^#?(\w+) (\S+)$", devices, re.MULTILINE)
    assert ("allow_anonymous", "false") in settings
    assert [value for name, value in settings if name == "use_username_as_clientid"] == ["true"] * 2
    assert [value for name, value in settings if name == "require_certificate"] == ["true"]
    assert "per_listener_settings" not in dict(settings), "it would undo allow_anonymous for the other listener"
