"""What can go wrong while pretending."""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulator could not do its work; the message says what to do."""


class BusyError(SimulatorError):
    """Something else happens to that person then."""
