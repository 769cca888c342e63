"""What people read. Words stand in text files, one folder a language; here they are found, checked and filled in."""

from __future__ import annotations

from alerts.messages.catalogue import install
from alerts.messages.compose import Background, Message, alert, all_clear, digest, sentence

__all__ = ["Background", "Message", "alert", "all_clear", "digest", "install", "sentence"]
