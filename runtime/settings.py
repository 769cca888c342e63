"""Typed settings from the environment, a `.env` file and a TOML file; an error names the variable.

Every package declares its own settings class on top of `Settings` and reads it with `load`. Sources, strongest
first: the environment (`TONGXING_…`), `.env` in the working directory, the TOML file that `TONGXING_CONFIG`
names, the run that lives in the data folder (`runtime.run_environment`), the default in the class.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from runtime import run_environment

PREFIX = "TONGXING_"
#: Read from the working directory; None switches it off.
DOTENV: Path | None = Path(".env")
#: Whether a run that lives in the data folder is asked.
ASK_THE_RUN = True


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and says what to write."""


class Settings(BaseSettings):
    """What every process needs. Units stand in the names; each field says what it is for."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, str_strip_whitespace=True)

    #: PostgreSQL connection string, for example postgresql://tongxing@127.0.0.1:5432/tongxing
    database_url: str = Field(min_length=1, description="a PostgreSQL URL, e.g. postgresql://user:password@host/db")
    #: MQTT broker, mqtt://[user:password@]host:port; mqtts:// with TLS
    broker_url: str = Field(
        default="mqtt://127.0.0.1:1883",
        pattern=r"^mqtts?://[^/]+$",
        description="an MQTT broker's URL, e.g. mqtt://user:password@host:1883",
    )
    #: With mqtts://, whose certificates are believed. Unset: whom the system believes.
    broker_ca_file: Path | None = Field(default=None, description="a file, e.g. /etc/tongxing/certificates/ca.pem")
    #: Where the embedded database and broker keep their files.
    data_dir: Path = Field(default=Path(".tongxing"), description="a folder, e.g. /var/lib/tongxing")
    #: Scaled clock of a simulated run: the instant it starts from. Unset: the real clock.
    clock_start: AwareDatetime | None = Field(default=None, description="an instant, e.g. 2026-11-20T04:45:00+08:00")
    #: Simulated seconds that pass in a real second.
    clock_rate: float = Field(default=1.0, gt=0, le=10_000, description="a number above 0, e.g. 10")
    #: Real instant at which `clock_start` held; one value for all processes of a run.
    clock_anchor: AwareDatetime | None = Field(default=None, description="an instant, e.g. 2026-11-21T10:00:00Z")
    #: File by which a simulated run slows its clock down (`runtime.pace`); only such a run sets it.
    clock_pace: Path | None = Field(default=None, description="nothing: only `tongxing simulate --score` sets it")
    #: Least severe log line that is written.
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    #: `console` for people, `json` for machines.
    log_format: Literal["console", "json"] = Field(default="console", description="console or json")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours takes DOTENV
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not used
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the TOML file named by TONGXING_CONFIG behind environment and `.env`."""
        config = os.environ.get(f"{PREFIX}CONFIG")
        if config and not Path(config).is_file():
            raise SettingsError(f"{PREFIX}CONFIG names {config}, which is not a file. Write the path of a TOML file.")
        toml = (TomlConfigSettingsSource(settings_cls, toml_file=config),) if config else ()
        dotenv = DotEnvSettingsSource(settings_cls, env_file=DOTENV)
        run = (_RunSource(settings_cls),) if ASK_THE_RUN else ()
        return (init_settings, env_settings, dotenv, *toml, *run)


class _RunSource(EnvSettingsSource):
    """The variables that a living run left in the data folder, which the stronger sources name."""

    def __call__(self) -> dict[str, Any]:
        folder = self.current_state.get("data_dir") or self.settings_cls.model_fields["data_dir"].default
        left = run_environment.read(Path(folder))
        self.env_vars = {name.lower(): value for name, value in left.items()}
        return super().__call__()


class WithoutDatabase(Settings):
    """Settings of commands that need no database, or bring their own."""

    database_url: str = Field(default="", description="a PostgreSQL URL, e.g. postgresql://user:password@host/db")


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """Read settings of one class.

    Raises:
        SettingsError: a variable is missing or has a wrong value.
    """
    try:
        return kind()
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(kind, detail) for detail in error.errors())) from None


def _explain(kind: type[BaseSettings], detail: object) -> str:
    """One line for one wrong setting: its variable, what is wrong, what to write."""
    assert isinstance(detail, dict)
    name = str(detail["loc"][0]) if detail["loc"] else "?"
    field = kind.model_fields.get(name)
    expected = (field.description if field else None) or "see docs/operations.md"
    variable = f"{PREFIX}{name.upper()}"
    if detail["type"] == "missing":
        return f"{variable} is not set. Write {expected}."
    return f"{variable} is {detail['input']!r}: {detail['msg']}. Write {expected}."


def iso(instant: datetime) -> str:
    """An instant as the settings read it back."""
    return instant.isoformat()
