"""An outage of the network: which devices, from when until when, and whether they keep what they cannot say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Instants are unix seconds of the scaled clock. Cells, divisions and devices that are named are concerned."""

    since_s: float
    until_s: float
    #: Base stations, as `Fleet.cell_of` names them.
    cells: frozenset[str] = frozenset()
    #: Prefixes of the persons' twelve digits: 370303 is a district, 370303101 a town.
    divisions: tuple[str, ...] = ()
    device_ids: frozenset[str] = frozenset()
    #: Devices keep what they measure and send it afterwards, newest first; else it is lost.
    buffered: bool = True

    def concerns(self, *, device_id: str, cell: str, division: str) -> bool:
        """Whether a device is cut off by it."""
        return device_id in self.device_ids or cell in self.cells or division.startswith(self.divisions)
