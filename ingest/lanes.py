"""Which messages share an MQTT session.

Acknowledgements leave in order within a session, so what must not wait gets a session of its own: an SOS never queues
behind telemetry, and what is so now never behind what was. A lane's filters name its topics one by one: a filter that
took everything would carry a city's backlog through the live session, only to leave it.
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
    #: What those of our own topics end with that are its business.
    endings: tuple[str, ...] = ()
    #: Filters of an earlier version: the broker keeps a session's subscriptions until they are given up.
    formerly: tuple[str, ...] = ()

    def takes(self, topic: str, retained: bool = False) -> bool:
        """Whether a message is this lane's business; what is not is acknowledged and left alone.

        A broker repeats retained ones at every subscription. A status that is only repeated is not news: without a time
        of its own it would make a device that died last week look as if it had just been seen. Messages that came by a
        subscription of an earlier version are another lane's, too.
        """
        if not topic.startswith(ROOT):
            return True
        return topic.endswith(self.endings) and not (retained and topic.endswith("/status"))


def _lane(name: str, rank: int, *levels: str, formerly: tuple[str, ...] = ()) -> Lane:
    topics = tuple(f"{ROOT}+/{level}" for level in levels)
    return Lane(name=name, rank=rank, topics=topics, endings=tuple(f"/{level}" for level in levels), formerly=formerly)


SAFETY = _lane("safety", 0, "event")
LIVE = _lane("live", 1, "location", "heartbeat", "bed", "status", "answer", formerly=(f"{ROOT}#",))
#: Other makers' formats put a call for help and a position into one message and have no topic for it alone: theirs is
#: as urgent as telemetry. A session of their own keeps within what the embedded broker allows one (runtime.embedded).
FORMATS = Lane(name="formats", rank=1, topics=("owntracks/#", "traccar/#", "watch/#"))
#: What devices return with from an outage: taken when nothing else waits, `ingest.settling`.
BACKLOG = _lane("backlog", 2, "backlog")
LANES = (SAFETY, LIVE, FORMATS, BACKLOG)
