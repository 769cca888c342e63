"""Where the broker's files are, for those who write them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from runtime.settings import Settings


class AccessSettings(Settings):
    """How credentials reach the broker."""

    #: Folder of the files that tell the broker whom to let in. Unset: somebody else's business.
    broker_access_dir: Path | None = Field(default=None, description="a folder, e.g. /var/lib/tongxing/broker")
    #: Whose files: Mosquitto's, or those of the embedded broker.
    broker_access_format: Literal["mosquitto", "nats"] = Field(default="mosquitto", description="mosquitto or nats")
    #: Process that reads them again on SIGHUP. Unset with Mosquitto: a watcher beside it does (docs/operations.md).
    broker_pid_file: Path | None = Field(default=None, description="a file, e.g. /run/mosquitto/mosquitto.pid")
