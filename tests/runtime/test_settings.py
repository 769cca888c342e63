"""Settings: sources and their order, and errors that name the variable and what to write."""

from pathlib import Path

import pytest
from pydantic import Field

from runtime import run_environment, settings
from runtime.embedded.lock import only_here
from runtime.settings import Settings, SettingsError, WithoutDatabase, load

URL = "postgresql://someone@127.0.0.1/db"


class Example(Settings):
    example_port: int = Field(default=1, ge=1, le=65_535, description="a port, e.g. 8000")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "DOTENV", Path(".env"))
    monkeypatch.setattr(settings, "ASK_THE_RUN", True)
    return tmp_path


def test_a_missing_setting_is_named_with_what_to_write():
    with pytest.raises(SettingsError) as caught:
        load(Settings)
    assert str(caught.value) == (
        "TONGXING_DATABASE_URL is not set. Write a PostgreSQL URL, e.g. postgresql://user:password@host/db."
    )


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("TONGXING_EXAMPLE_PORT", "70000", "a port, e.g. 8000"),
        ("TONGXING_EXAMPLE_PORT", "http", "a port, e.g. 8000"),
        ("TONGXING_CLOCK_RATE", "0", "a number above 0"),
        ("TONGXING_CLOCK_START", "2026-11-20T04:45:00", "+08:00"),
        ("TONGXING_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("TONGXING_BROKER_URL", "127.0.0.1:1883", "mqtt://"),
        ("TONGXING_DATABASE_URL", "", "postgresql://"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(monkeypatch, variable, value, hint):
    monkeypatch.setenv("TONGXING_DATABASE_URL", URL)
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load(Example)
    assert str(caught.value).startswith(f"{variable} is {value!r}: ")
    assert hint in str(caught.value).split("Write ")[1]


def test_every_wrong_setting_is_named_at_once(monkeypatch):
    monkeypatch.setenv("TONGXING_EXAMPLE_PORT", "0")
    with pytest.raises(SettingsError) as caught:
        load(Example)
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "TONGXING_DATABASE_URL",
        "TONGXING_EXAMPLE_PORT",
    ]


def test_the_stronger_source_wins(monkeypatch, empty_folder):
    monkeypatch.setenv("TONGXING_DATABASE_URL", URL)
    data_dir = empty_folder / ".tongxing"
    data_dir.mkdir()
    ports = []
    with only_here(data_dir):
        run_environment.write(data_dir, {"TONGXING_EXAMPLE_PORT": "2"})
        ports.append(load(Example).example_port)
        (empty_folder / "config.toml").write_text("example_port = 3\n")
        monkeypatch.setenv("TONGXING_CONFIG", "config.toml")
        ports.append(load(Example).example_port)
        (empty_folder / ".env").write_text("TONGXING_EXAMPLE_PORT=4\nSOMEBODY_ELSES=1\n")
        ports.append(load(Example).example_port)
        monkeypatch.setenv("TONGXING_EXAMPLE_PORT", "5")
        ports.append(load(Example).example_port)
    assert ports == [2, 3, 4, 5]


def test_a_run_that_is_over_has_no_say(empty_folder):
    data_dir = empty_folder / "elsewhere"
    data_dir.mkdir()
    (empty_folder / ".env").write_text(f"TONGXING_DATA_DIR={data_dir}\n")
    with only_here(data_dir):
        run_environment.write(data_dir, {"TONGXING_DATABASE_URL": URL})
        assert load(Settings).database_url == URL
    with pytest.raises(SettingsError):
        load(Settings)


def test_what_a_run_leaves_is_for_its_user_alone(empty_folder):
    assert run_environment.write(empty_folder, {"A": "1"}).stat().st_mode & 0o077 == 0


def test_a_configuration_file_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("TONGXING_CONFIG", "nowhere.toml")
    with pytest.raises(SettingsError, match=r"TONGXING_CONFIG names nowhere\.toml, which is not a file"):
        load(WithoutDatabase)


def test_commands_without_a_database_need_none():
    assert load(WithoutDatabase).database_url == ""


def test_an_instant_is_read_back_as_it_was(monkeypatch):
    monkeypatch.setenv("TONGXING_CLOCK_START", "2026-11-20T04:45:00+08:00")
    start = load(WithoutDatabase).clock_start
    monkeypatch.setenv("TONGXING_CLOCK_START", settings.iso(start))
    assert load(WithoutDatabase).clock_start == start
