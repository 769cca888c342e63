"""A bracelet that outlives its broker: it keeps what was not acknowledged, and says it again when it can."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import aiomqtt

from tests.integration.ingest_process import EVERY_S, METRES_PER_DEGREE_NORTH, Bracelet
from tests.integration.ingest_running import device
from tests.registry_rows import HOME_LATITUDE, HOME_LONGITUDE

#: Real seconds until it tries again.
AGAIN_EVERY_S = 0.2


#: Real seconds between two tries of a call for help; docs/wire.md says five, of a clock that is not scaled.
REPEAT_EVERY_S = 2.0


@dataclass
class Walker(Bracelet):
    """As `Bracelet`, whatever happens to the broker."""

    #: When each call for help was last said.
    said_s: dict[str, float] = field(default_factory=dict)

    async def live(self, broker_url: str, readings: int, event_every: int, done: asyncio.Event) -> None:
        """Say one thing after the other until `done`, then repeat the calls for help until they are answered."""
        random, number = Random(self.seed), 0
        said = self._reading(random, number)
        while True:
            try:
                async with device(broker_url, self.device_id, clean_session=False) as client:
                    await client.subscribe(f"tongxing/v1/{self.device_id}/ack", qos=1)
                    listening = asyncio.create_task(self._listen(client))
                    try:
                        while number < readings or not done.is_set():
                            await self._say(client, "location", number, said)
                            self.taken.append(self.began_at_s + EVERY_S * number)
                            number += 1
                            said = self._reading(random, number)
                            if number % event_every == 0:
                                self._pressed(number)
                            await self._repeat(client)
                            at_s = self.began_at_s + EVERY_S * number
                            await self.clock.sleep_until(datetime.fromtimestamp(at_s, UTC))
                        await self._repeat_until_answered(client, within_s=60.0)
                        return
                    finally:
                        listening.cancel()
            except aiomqtt.MqttError:
                await asyncio.sleep(AGAIN_EVERY_S)

    def _reading(self, random: Random, number: int) -> dict[str, Any]:
        # Out to 300 m in a minute and home again, with noise.
        north_m = 300.0 * (1 - abs(number % 24 / 12 - 1)) + random.uniform(-30, 30)
        return {
            "latitude": HOME_LATITUDE + north_m / METRES_PER_DEGREE_NORTH,
            "longitude": HOME_LONGITUDE,
            "accuracy_m": float(random.choice([8, 12, 25, 90])),
            "battery_pct": float(max(0, 90 - number // 40)),
        }

    def _pressed(self, number: int) -> None:
        """The button: remembered before it is said, as a device does that must repeat it."""
        self.seq += 1
        at_s = self.began_at_s + EVERY_S * (number - 1)
        self.pressed[f"e{number}"] = json.dumps({"at": at_s, "seq": self.seq, "id": f"e{number}", "type": "sos"})

    async def _repeat(self, client: aiomqtt.Client) -> None:
        """Calls for help that were not answered, each once in a while."""
        now_s = time.monotonic()
        for event_id in self.pressed.keys() - self.answered:
            if now_s - self.said_s.get(event_id, -REPEAT_EVERY_S) >= REPEAT_EVERY_S:
                self.said_s[event_id] = now_s
                await client.publish(f"tongxing/v1/{self.device_id}/event", self.pressed[event_id], qos=1, timeout=30)

    async def _say(self, client: aiomqtt.Client, level: str, number: int, body: dict[str, Any]) -> str:
        """Its number is used up only by what was acknowledged."""
        told = json.dumps({"at": self.began_at_s + EVERY_S * number, "seq": self.seq + 1} | body)
        await client.publish(f"tongxing/v1/{self.device_id}/{level}", told, qos=1, timeout=30)
        self.seq += 1
        return told
