"""What a searcher needs to know of a person, and the photo."""

from __future__ import annotations
