"""What can go wrong in ingest. Bad messages are theirs: they are quarantined, not raised."""

from __future__ import annotations


class IngestError(Exception):
    """Ingest cannot go on; the message says what to do."""
