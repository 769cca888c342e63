"""The sessions of a city: one for each device, under its own name, or a few that carry everybody for load."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

import structlog

from simulators.broker import Address
from simulators.counts import Counts
from simulators.message import ROOT
from simulators.mqtt.packets import Will
from simulators.session import Ear, Session

log = structlog.get_logger(__name__)

#: Who logs in as whom: the user name and password of a device, or None: as the address says.
Credentials = Callable[[str], tuple[str, str] | None]
#: Sessions that connect at once. Count: a broker on a small machine answers a few hundred a second.
CONNECTING_AT_ONCE = 40
#: `tongxing / v1 / device / what`
_DEVICE_LEVEL, _WHAT_LEVEL = 2, 3


def _as_the_address(_: str) -> None:
    return None


def sessions(
    where: Address,
    counts: Counts,
    *,
    device_ids: Iterable[str],
    command: Callable[[str, Mapping[str, object]], None],
    ack: Callable[[str, str], None],
    credentials: Credentials = _as_the_address,
) -> dict[str, Session]:
    """One session a device, not connected yet, listening to its own commands and acknowledgements.

    Args:
        where: the broker.
        counts: of the whole city.
        device_ids: whose.
        command: is told what comes down to a device.
        ack: is told of the safety events that are safe.
        credentials: who logs in as whom.
    """
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    heard = partial(_heard, command, ack)
    return {
        device_id: Session(
            _as(where, credentials(device_id)),
            device_id,
            counts,
            ear=Ear(topics=(f"{ROOT}/{device_id}/command", f"{ROOT}/{device_id}/ack"), heard=heard),
            will=Will(topic=f"{ROOT}/{device_id}/status", payload=b'{"online":false}'),
            gate=gate,
        )
        for device_id in device_ids
    }


def lane_of(device_id: str, count: int) -> int:
    """Which of a few shared sessions carries a device: always the same one, so its messages keep their order."""
    return zlib.crc32(device_id.encode()) % count


def _as(where: Address, credential: tuple[str, str] | None) -> Address:
    return where if credential is None else replace(where, username=credential[0], password=credential[1])


def _heard(
    command: Callable[[str, Mapping[str, object]], None], ack: Callable[[str, str], None], topic: str, payload: bytes
) -> None:
    levels = topic.split("/")
    try:
        body = json.loads(payload)
    except ValueError:
        body = None
    if not isinstance(body, dict) or len(levels) <= _WHAT_LEVEL:
        log.warning("not_an_object", topic=topic)
    elif levels[_WHAT_LEVEL] == "ack":
        ack(levels[_DEVICE_LEVEL], str(body.get("id", "")))
    else:
        command(levels[_DEVICE_LEVEL], body)
