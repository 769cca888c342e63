"""What can break in a rehearsal: the table of faults. `simulators.rehearsal.breaking` does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """By the name a scene calls it."""

    BROKER_KILL = "broker_kill"
    DATABASE_STOP = "database_stop"
    DATABASE_STALL = "database_stall"
    INGEST_KILL = "ingest_kill"
    ALERTS_KILL = "alerts_kill"
    API_KILL = "api_kill"
    NETWORK_CUT = "network_cut"
    CLOCK_JUMP = "clock_jump"
    SLOW_WEBHOOK = "slow_webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One row."""

    meaning: str
    #: Whether it lasts; else it is over at once.
    lasts: bool = False
    #: Whether it needs `device` and `by`.
    of_device: bool = False
    #: Whether it breaks servers and services, which only a run that started them may do; else the city does it itself.
    of_servers: bool = True


FAULTS: Mapping[Fault, FaultKind] = MappingProxyType(
    {
        Fault.BROKER_KILL: FaultKind(meaning="kill -9 of the broker, started again when it is over", lasts=True),
        Fault.DATABASE_STOP: FaultKind(meaning="kill -9 of PostgreSQL, started again when it is over", lasts=True),
        Fault.DATABASE_STALL: FaultKind(meaning="PostgreSQL stands still (SIGSTOP), then goes on", lasts=True),
        Fault.INGEST_KILL: FaultKind(meaning="kill -9 of ingest, which is started again at once"),
        Fault.ALERTS_KILL: FaultKind(meaning="kill -9 of alerts, which is started again at once"),
        Fault.API_KILL: FaultKind(meaning="kill -9 of the api, which is started again at once"),
        Fault.NETWORK_CUT: FaultKind(meaning="no device reaches the broker", lasts=True, of_servers=False),
        Fault.CLOCK_JUMP: FaultKind(meaning="a device's clock jumps", of_device=True, of_servers=False),
        Fault.SLOW_WEBHOOK: FaultKind(meaning="everybody's telephone takes 5 real seconds to answer", lasts=True),
    }
)
