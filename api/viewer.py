"""Who asks, and for whose things: `Viewer`. Every query of personal data takes one."""

from __future__ import annotations

from dataclasses import dataclass

from api.access import Scope
from api.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A signed-in user with the scope the access table gave for one action."""

    user: User
    scope: Scope

    @property
    def parameters(self) -> dict[str, object]:
        """Values of the placeholders in `queries.visible`."""
        return {"viewer_id": self.user.user_id, "viewer_division": self.user.division}
