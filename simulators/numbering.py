"""A device's memory of what it sent last: sequence numbers, and instants that never repeat."""

from __future__ import annotations

from simulators.message import Kind, Message


class Numbering:
    """Makes the messages of one device."""

    def __init__(self, device_id: str) -> None:
        self.device_id = device_id
        self._next_seq = 0
        self._last_at_s: dict[Kind, float] = {}

    def message(self, kind: Kind, at_s: float, **fields: object) -> Message:
        """The next message; fields of None are left out.

        Two readings of a kind at the same instant would count as one, so the later one moves on by a millisecond.
        """
        at_s = max(round(at_s, 3), round(self._last_at_s.get(kind, 0.0) + 0.001, 3))
        self._last_at_s[kind] = at_s
        body: dict[str, object] = {"at": at_s, "seq": self._next_seq}
        body.update((name, value) for name, value in fields.items() if value is not None)
        self._next_seq += 1
        return Message(device_id=self.device_id, kind=kind, body=body)

    def again(self, message: Message) -> Message:
        """The same safety event once more: same id and instant, its own number."""
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        return Message(
            device_id=message.device_id,
            kind=message.kind,
            body={**message.body, "seq": seq},
            repeated=True,
        )
