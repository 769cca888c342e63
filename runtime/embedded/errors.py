"""What can go wrong with the embedded servers; every message says what to do."""

from __future__ import annotations

from pathlib import Path


class EmbeddedError(Exception):
    """An embedded server could not be started."""


class AlreadyRunning(EmbeddedError):  # noqa: N818 - a fact about the folder, named as people say it
    """Another process runs the servers of this data folder."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        self.folder = folder
        self.pid = pid
        holder = f"process {pid}" if pid else "another process"
        super().__init__(
            f"{holder} already runs the servers in {folder}. Stop it, or name another folder in TONGXING_DATA_DIR."
        )


class PortTaken(EmbeddedError):  # noqa: N818 - likewise
    """A port that was asked for is in use."""

    def __init__(self, port: int, what: str) -> None:
        self.port = port
        super().__init__(
            f"port {port}, asked for by the {what}, is in use on 127.0.0.1. "
            "Stop what listens there, or ask for another."
        )
