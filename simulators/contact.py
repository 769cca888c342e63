"""A relative who is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A relative who is called; priority 1 first."""

    display_name: str
    priority: int
    language: str
