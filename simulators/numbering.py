"""A device's memory of what it sent last: sequence numbers, its own clock, and instants that never repeat."""

from __future__ import annotations

from simulators.message import Kind, Message, Wire

#: What old firmware does not ask an answer for.
UNANSWERED = frozenset({Kind.HEARTBEAT, Kind.BED})


class Numbering:
    """Makes the messages of one device."""

    def __init__(
        self,
        device_id: str,
        *,
        wire: Wire = Wire.NATIVE,
        qos: int = 1,
        offset_s: float = 0.0,
        drift: float = 0.0,
    ) -> None:
        """The clock shows so much more than is true, and runs faster by `drift`, a ratio, from its first message.

        `qos` is of heartbeats and beds' reports; the rest always wants an answer.
        """
        self.device_id = device_id
        self._wire = wire
        self._qos = qos
        self._offset_s, self._drift = offset_s, drift
        self._began_s: float | None = None
        self._next_seq = 0
        self._last_at_s: dict[Kind, float] = {}

    def message(self, kind: Kind, at_s: float, **fields: object) -> Message:
        """The next message; fields of None are left out.

        Two readings of a kind at the same instant would count as one, so the later one moves on by a millisecond.
        """
        if self._began_s is None:
            self._began_s = at_s
        shown_s = round(at_s + self._offset_s + self._drift * (at_s - self._began_s), 3)
        last_s = self._last_at_s.get(kind)
        if last_s is not None and shown_s <= last_s:
            shown_s = round(last_s + 0.001, 3)
        self._last_at_s[kind] = shown_s
        body: dict[str, object] = {"at": shown_s, "seq": self._next_seq}
        body.update({name: value for name, value in fields.items() if value is not None})
        self._next_seq += 1
        qos = self._qos if kind in UNANSWERED else 1
        return Message(device_id=self.device_id, kind=kind, body=body, wire=self._wire, qos=qos)

    def jump(self, by_s: float) -> None:
        """The clock shows so much more from now on."""
        self._offset_s += by_s
        if by_s < 0:
            self._last_at_s.clear()

    def again(self, message: Message) -> Message:
        """The same safety event once more: same id and instant, its own number."""
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        return Message(
            device_id=message.device_id,
            kind=message.kind,
            body={**message.body, "seq": seq},
            repeated=True,
            wire=message.wire,
        )
