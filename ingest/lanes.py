"""Which messages share an MQTT session.

Acknowledgements leave in order within a session, so what must not wait gets a session of its own: an SOS never queues
behind telemetry.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One session: its topics, and how urgent they are (0 goes first into a batch)."""

    name: str
    rank: int
    topics: tuple[str, ...]
    #: Last topic levels that another lane takes, or that we wrote ourselves: acknowledged and left alone.
    skips: frozenset[str] = frozenset()

    def takes(self, topic: str, *, retained: bool = False) -> bool:
        """Whether a message is this lane's business.

        A broker repeats retained ones at every subscription. A status that is only repeated is not news: without a time
        of its own it would make a device that died last week look as if it had just been seen.
        """
        level = topic.rpartition("/")[2]
        return level not in self.skips and not (retained and level == "status")


SAFETY = Lane(name="safety", rank=0, topics=("tongxing/v1/+/event",))
#: Everything below our root, so that an unknown topic is quarantined instead of vanishing.
LIVE = Lane(name="live", rank=1, topics=("tongxing/v1/#",), skips=frozenset({"event", "ack", "command"}))
LANES = (SAFETY, LIVE)
