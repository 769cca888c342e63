"""The parts a request needs, built once a process: `Services`."""

from __future__ import annotations

from dataclasses import dataclass

from api.attempts import Attempts
from api.live import Hub
from api.passwords import Passwords
from api.settings import ApiSettings
from runtime.clock import Clock
from runtime.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What routes work with."""

    settings: ApiSettings
    clock: Clock
    pool: Pool
    hub: Hub
    passwords: Passwords
    attempts: Attempts
