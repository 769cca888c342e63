"""Which messages share an MQTT session.

Acknowledgements leave in order within a session, so what must not wait gets a session of its own: an SOS never queues
behind telemetry.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What all topics of our own format begin with.
ROOT = "tongxing/v1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One session: its topics, and how urgent they are (0 goes first into a batch)."""

    name: str
    rank: int
    topics: tuple[str, ...]
    #: Last levels of our own topics that another lane takes, or that we wrote ourselves: acknowledged and left alone.
    skips: frozenset[str] = frozenset()

    def takes(self, topic: str, *, retained: bool = False) -> bool:
        """Whether a message is this lane's business.

        A broker repeats retained ones at every subscription. A status that is only repeated is not news: without a time
        of its own it would make a device that died last week look as if it had just been seen.
        """
        if not topic.startswith(ROOT):
            return True
        level = topic.rpartition("/")[2]
        return level not in self.skips and not (retained and level == "status")


SAFETY = Lane(name="safety", rank=0, topics=(f"{ROOT}+/event",))
#: Everything below our root, so that an unknown topic is quarantined instead of vanishing.
LIVE = Lane(name="live", rank=1, topics=(f"{ROOT}#",), skips=frozenset({"event", "ack", "command"}))
#: Other makers' formats put a call for help and a position into one message and have no topic for it alone: theirs is
#: as urgent as telemetry. A session of their own keeps within what the embedded broker allows one (runtime.embedded).
FORMATS = Lane(name="formats", rank=1, topics=("owntracks/#", "traccar/#", "watch/#"))
LANES = (SAFETY, LIVE, FORMATS)
