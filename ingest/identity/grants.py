"""What each login may publish and hear, as MQTT topic filters. Pure: a table, and nothing else decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.identity.credential import Format, Holder, Service
from ingest.lanes import ROOT

#: Last levels that a device writes, and those that it hears; tests hold them to what ingest reads (docs/wire.md).
UP = ("location", "heartbeat", "bed", "event", "status", "answer", "backlog")
DOWN = ("ack", "command")

#: Everything that devices write, of every format.
_ALL = (f"{ROOT}#", "owntracks/#", "traccar/#", "watch/#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Topic filters a login may publish to and hear. What is not in them is refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


#: Services. Ingest sends quarantined messages again, so it may write what devices write; `doctor/` is the doctor's.
OF_SERVICES: Mapping[Service, Grant] = {
    Service.INGEST: Grant(publish=(*_ALL, "doctor/#"), subscribe=(*_ALL, "doctor/#", "$SYS/#")),
    Service.ALERTS: Grant(publish=(f"{ROOT}+/command",), subscribe=()),
    Service.SIMULATOR: Grant(
        publish=(*_ALL, "tongxing/simulator/#", "doctor/#"), subscribe=(*_ALL, "tongxing/simulator/#", "doctor/#")
    ),
    Service.TRACCAR: Grant(publish=("traccar/+", "traccar/+/position"), subscribe=()),
    Service.WATCH: Grant(publish=("watch/+",), subscribe=()),
}


def of(holder: Holder, wire_format: Format) -> Grant:
    """What a holder may do."""
    if holder.service is not None:
        return OF_SERVICES[holder.service]
    assert holder.device_id is not None
    return of_device(holder.device_id, wire_format)


def of_device(device_id: str, wire_format: Format) -> Grant:
    """A device's own topics: those of our format, and of another maker's where it speaks that."""
    own = native(device_id)
    return Grant(publish=own.publish + _foreign(device_id, wire_format), subscribe=own.subscribe)


def native(name: str) -> Grant:
    """Topics of our format below one name; `%u` makes Mosquitto's pattern of it."""
    return Grant(
        publish=tuple(f"{ROOT}{name}/{level}" for level in UP),
        subscribe=tuple(f"{ROOT}{name}/{level}" for level in DOWN),
    )


def _foreign(device_id: str, wire_format: Format) -> tuple[str, ...]:
    match wire_format:
        case Format.OWNTRACKS:
            user, _, device = device_id.partition("-")
            return (f"owntracks/{user}/{device}", f"owntracks/{user}/{device}/#") if device else ()
        case Format.TRACCAR:
            return (f"traccar/{device_id}", f"traccar/{device_id}/position")
        case Format.WATCH:
            return (f"watch/{device_id}",)
        case Format.NATIVE:
            return ()
