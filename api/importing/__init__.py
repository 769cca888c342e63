"""The registers of who responds, from CSV files: divisions, stations, coordinators. A whole file or nothing of it."""

from __future__ import annotations

from api.importing.csv_rows import Fault, RegisterError
from api.importing.loading import Loaded, Register, load

__all__ = ["Fault", "Loaded", "Register", "RegisterError", "load"]
