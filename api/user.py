"""Who is signed in: `User`. Passwords and tokens are not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.access import Role

Language = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One login."""

    user_id: int
    username: str
    display_name: str
    role: Role
    language: Language
    #: Prefix of the 12-digit statistical code a responder works in; '' is none.
    division: str
