"""What people read. Words stand in text files, one folder a language; here they are found, checked and filled in."""

from __future__ import annotations

from alerts.messages.compose import Message, alert, all_clear, sentence

__all__ = ["Message", "alert", "all_clear", "sentence"]
