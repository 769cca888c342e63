"""What is handed to others: links for the police, sheets, finders' reports, CAP, the city's platform."""

from __future__ import annotations
