"""How long Mosquitto stands still while it reads again who may come in, and how soon a revoked session ends.

python -m tests.benchmarks.broker_access [devices ...]
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable

import aiomqtt

from ingest.identity import keeper
from ingest.identity.credential import SECOND
from ingest.identity.store import Living
from tests.identity_brokers import INGEST, Guarded, device, guarded_mosquitto
from tests.servers import mosquitto_program, open_folder

#: Publishes on either side of a reading: the slowest of them met it.
PUBLISHES = 200


def fleet(count: int, suffix: str) -> list[Living]:
    names = (f"zb-{number:06d}" for number in range(count))
    return [INGEST, *(device(name, "secret", login=name + suffix) for name in names)]


async def slowest_ms(guarded: Guarded, living: list[Living], tell: Callable[[], None]) -> float:
    """The longest that a publish took while the broker read its files again."""
    keeper.write(guarded.target, living)
    tell()
    took = []
    async with guarded.device(living[1].login, "secret") as one:
        for number in range(PUBLISHES):
            if number == PUBLISHES // 4:
                tell()
            began = time.perf_counter()
            await one.publish("tongxing/v1/zb-000000/heartbeat", b"{}", qos=1)
            took.append(time.perf_counter() - began)
    return max(took) * 1000


async def ended_ms(guarded: Guarded, living: list[Living]) -> float:
    """From telling the broker until the revoked session is closed."""
    lost = guarded.device(living[1].login, "secret")
    await lost.__aenter__()
    keeper.write(guarded.target, [living[0], *living[2:]])
    began = time.perf_counter()
    keeper.reload(guarded.target)
    try:
        await anext(aiter(lost.messages))
    except aiomqtt.MqttError:
        return (time.perf_counter() - began) * 1000
    raise RuntimeError("the broker left a revoked session open")


async def main(counts: list[int]) -> None:
    program = mosquitto_program()
    assert program is not None, "apt-get install mosquitto"
    for count in counts:
        with open_folder() as folder:
            async with guarded_mosquitto(program, folder) as guarded:
                first, second = fleet(count, ""), fleet(count, SECOND)
                figures = {
                    "devices": count,
                    "reading_patterns_ms": await slowest_ms(guarded, first, lambda: keeper.reload(guarded.target)),
                    "reading_second_logins_ms": await slowest_ms(
                        guarded, second, lambda: keeper.reload(guarded.target)
                    ),
                }
                keeper.write(guarded.target, first)
                keeper.reload(guarded.target)
                await asyncio.sleep(1)
                figures["revoked_session_ends_ms"] = await ended_ms(guarded, first)
        print(json.dumps({name: round(value, 1) for name, value in figures.items()}), flush=True)


if __name__ == "__main__":
    asyncio.run(main([int(count) for count in sys.argv[1:]] or [1_500, 4_500]))
