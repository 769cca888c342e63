"""What really happened, beside what was said: the episodes of a city, and what became of every message.

An `Episode` is something that happened to one person: a night exit that must be found, a bracelet washed under the tap
that must not ring. `TruthLog` writes them, with one line a message where that is wanted, as JSON lines for the score.
Instants are of the scaled clock, aware UTC in `Episode` and unix seconds in the lines of messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec


class Fate(StrEnum):
    """What became of a message at the device."""

    PUBLISHED = "published"
    #: Kept while there is no contact; comes back to the backlog.
    BUFFERED = "buffered"
    #: Out of the buffer, newest first.
    RETURNED = "returned"
    #: Gone: quality of service 0 on a bad line, or a full buffer.
    LOST = "lost"
    #: Said twice by the modem.
    DUPLICATED = "duplicated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """Something that happened to one person."""

    #: Of person, name and start: the same in every run of a seed.
    episode_id: str
    #: Row of `simulators.episodes.table.EPISODES` it was made from.
    name: str
    #: What it is scored as: a kind of `geofence.detection.DetectionKind`, `wandering.pacing`, `wandering.lapping`,
    #: `wandering.random`, `lost`; of what is quiet, its name.
    kind: str
    person_index: int
    #: As in the roster.
    external_id: str
    #: The device that can tell it; None: several, or none.
    device_id: str | None
    #: First and last instant.
    since: datetime
    until: datetime
    #: From here a delay counts: the edge is crossed, the body hits the ground, the button is pressed.
    counts_from: datetime
    #: Where it was at `counts_from`, metres from home.
    east_m: float
    north_m: float
    #: Kinds of detection that count as found; empty: nothing needs to be.
    expects: frozenset[str]
    #: ... when one comes from `since` on and so long after `counts_from`. Seconds.
    within_s: float
    #: Kinds that are explained by it, so no false alert of this person from `since` to `explained_until`.
    explains: frozenset[str]
    explained_until: datetime
    #: An ordinary thing that must ring nobody: what rings in it is a false alert, unless `explains` names it.
    quiet: bool
    #: The family entered it beforehand (an outing, or a stay elsewhere): whoever plays the family should do so.
    announced: bool
    #: What it was made with.
    parameters: dict[str, float | bool | str] = field(default_factory=dict)
    #: Kinds that the emptier battery explains, from `since` until the bracelet was on its charger again.
    drained: frozenset[str] = frozenset()
    charged_at: datetime | None = None

    def brings(self, kind: str, at: datetime, *, give: timedelta = timedelta()) -> bool:
        """Whether a detection of this person, with this event time, belongs to it; `give`: sooner and later too."""
        if kind in self.expects | self.explains and self.since - give <= at <= self.explained_until + give:
            return True
        return kind in self.drained and self.charged_at is not None and self.since <= at <= self.charged_at


class MessageTruth(msgspec.Struct, frozen=True, array_like=True):
    """One message and the truth at its instant; an array in the log, in this order."""

    device_id: str
    #: The device's own numbering.
    seq: int
    #: Unix seconds, true time and not the device's clock.
    at_s: float
    #: Last level of the topic, whatever the format.
    kind: str
    fate: str
    #: Where the person was, metres from home. Of a bed None.
    east_m: float | None
    north_m: float | None
    #: Of a bed: occupied, empty, edge. Of a bracelet None.
    occupancy: str | None


class TruthLog:
    """Collects what happened; with a file, writes it as it comes."""

    def __init__(self, file: Path | None = None, *, messages: bool = False) -> None:
        """Keep episodes; with a `file` write them, and with `messages` a line a message too."""
        self.episodes: list[Episode] = []
        #: Asked before a message's truth is worked out, so that a log without messages costs nothing.
        self.wants_messages = messages and file is not None
        self._encoder = msgspec.json.Encoder()
        self._file: IO[bytes] | None = file.open("wb", buffering=1 << 20) if file else None

    def episode(self, episode: Episode) -> None:
        """Something happens, or will: episodes are told when they are planned."""
        self.episodes.append(episode)
        if self._file is not None:
            self._file.write(self._encoder.encode({"episode": as_row(episode)}) + b"\n")
            self._file.flush()

    def message(self, truth: MessageTruth) -> None:
        """A message was made."""
        if self._file is not None:
            self._file.write(self._encoder.encode(truth) + b"\n")

    def close(self) -> None:
        """Write what is left."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def as_row(episode: Episode) -> dict[str, object]:
    """The episode as JSON has it."""
    row = {name: getattr(episode, name) for name in Episode.__slots__}
    for name in ("expects", "explains", "drained"):
        row[name] = sorted(row[name])
    return row


def from_row(row: dict[str, object]) -> Episode:
    """The inverse of `as_row`."""
    return msgspec.convert(row, Episode)


def read(file: Path) -> tuple[list[Episode], list[MessageTruth]]:
    """Episodes and messages of a log, each in its order."""
    episodes: list[Episode] = []
    messages: list[MessageTruth] = []
    with file.open("rb") as lines:
        for line in lines:
            if line.startswith(b"["):
                messages.append(msgspec.json.decode(line, type=MessageTruth))
            else:
                episodes.append(from_row(msgspec.json.decode(line)["episode"]))
    return episodes, messages


def instant(at_s: float) -> datetime:
    """Unix seconds as an aware instant."""
    return datetime.fromtimestamp(at_s, UTC)
