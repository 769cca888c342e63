"""Pages for people without a login, written by the server: for the police, to be printed, for a finder."""

from __future__ import annotations
