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

    def takes(self, topic: str) -> bool:
        """Whether a message is this lane's business."""
        return topic.rpartition("/")[2] not in self.skips


SAFETY = Lane(name="safety", rank=0, topics=("tongxing/v1/+/event",))
#: Everything below our root, so that an unknown topic is quarantined instead of vanishing.
LIVE = Lane(name="live", rank=1, topics=("tongxing/v1/#",), skips=frozenset({"event", "ack", "command"}))
LANES = (SAFETY, LIVE)
