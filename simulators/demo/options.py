"""What the person who started the demo asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulators import city, simulation

#: Simulated seconds in a real one: slow enough to follow someone on the map, fast enough to see the morning come.
RATE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of one demo."""

    data_dir: Path
    #: No page to look at is announced; for scripts.
    headless: bool = False
    #: Real seconds after the city came alive; None: until stopped.
    seconds: float | None = None
    json: bool = False
    #: None: 8000, or the next free one.
    port: int | None = None
    rate: float = RATE
    seed: int = simulation.SEED
    bracelets: int = city.BRACELETS
    beds: int = city.BEDS
    sessions: int = simulation.SESSIONS
    #: Begin with an empty data folder.
    fresh: bool = False
    #: (url, secret) of a webhook receiver of one's own; None: the demo brings a telephone.
    webhook: tuple[str, str] | None = None
