"""How often a sign-in may fail: per username and address, in real time. Pure; the time is an argument."""

from __future__ import annotations

from collections import OrderedDict, deque

#: Failures within the window before the next attempt has to wait. OWASP's authentication guidance names 5 to 10.
ALLOWED = 5
#: Length of the window. Seconds.
WINDOW_S = 300.0
#: Pairs remembered at most; the oldest is forgotten first. An attacker with more addresses than this pays argon2 each.
REMEMBERED = 20_000


class Attempts:
    """Counts attempts; a success wipes the slate.

    An attempt counts before its password is looked at: many at once cannot slip through while the first is verified.
    """

    def __init__(self, *, allowed: int = ALLOWED, window_s: float = WINDOW_S, remembered: int = REMEMBERED) -> None:
        self._allowed = allowed
        self._window_s = window_s
        self._remembered = remembered
        self._made: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def begin(self, username: str, address: str, at_s: float) -> float:
        """Count an attempt and return 0, or return the seconds to wait without counting it."""
        key = (username, address)
        made = self._made.setdefault(key, deque())
        self._made.move_to_end(key)
        while made and made[0] <= at_s - self._window_s:
            made.popleft()
        if len(made) >= self._allowed:
            return made[0] + self._window_s - at_s
        made.append(at_s)
        while len(self._made) > self._remembered:
            self._made.popitem(last=False)
        return 0.0

    def succeeded(self, username: str, address: str) -> None:
        """The password was right: forget the failures."""
        self._made.pop((username, address), None)
