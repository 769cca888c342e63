"""Messages as bytes: the native JSON, OwnTracks, and frames of elder watches (docs/wire.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from simulators.message import Kind, Message, Wire

_encode = msgspec.json.Encoder().encode
#: Bits of a watch's state: alarms, and the one that stays for as long as it is on no wrist.
SOS_BIT, STRAP_BIT, FALL_BIT, OFF_BIT = 1 << 16, 1 << 20, 1 << 21, 1 << 3
_BITS = {"sos": SOS_BIT, "strap_removed": STRAP_BIT, "impact": FALL_BIT}
MPS_IN_KPH = 3.6


def topic(message: Message) -> str:
    """Where a message is published."""
    if message.wire is Wire.NATIVE:
        return message.topic
    if message.wire is Wire.OWNTRACKS:
        return "owntracks/" + message.device_id.replace("-", "/", 1)
    return f"watch/{message.device_id}"


def speaks(wire: Wire, body: Mapping[str, object], kind: Kind) -> bool:
    """Whether a format has a way to say it."""
    if wire is Wire.NATIVE:
        return True
    if wire is Wire.OWNTRACKS:
        return kind is Kind.LOCATION
    if kind is Kind.EVENT:
        return body.get("type") in _BITS
    return kind in {Kind.LOCATION, Kind.HEARTBEAT}


def payload(message: Message, published_at_s: float) -> bytes:
    """What is published; `published_at_s` is real time, for measuring."""
    if message.wire is Wire.NATIVE:
        return _encode({**message.body, "published_at": published_at_s})
    body: dict[str, Any] = message.body
    if message.wire is Wire.OWNTRACKS:
        return _encode(_owntracks(body))
    return _watch(message.device_id, message.kind, body)


def _owntracks(body: Mapping[str, Any]) -> dict[str, object]:
    told = {
        "_type": "location",
        "tst": round(body["at"]),
        "lat": body["latitude"],
        "lon": body["longitude"],
        "acc": round(body["accuracy_m"]),
        "batt": round(body["battery_pct"]),
        "bs": 2 if body.get("charging") else 1,
    }
    if "speed_mps" in body:
        told["vel"] = round(body["speed_mps"] * MPS_IN_KPH)
    if "heading_deg" in body:
        told["cog"] = round(body["heading_deg"]) % 360
    return told


def _watch(device_id: str, kind: Kind, body: Mapping[str, Any]) -> bytes:
    if kind is Kind.HEARTBEAT:
        content = f"LK,{body.get('steps', 0)},0,{round(body['battery_pct'])}"
    else:
        content = _position(kind, body)
    return f"[3G*{device_id}*{len(content):04X}*{content}]".encode()


def _position(kind: Kind, body: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(round(body["at"]), UTC)
    # Without satellites a watch repeats the last place and says V.
    valid = "A" if body.get("source") == "gnss" else "V"
    state = _BITS.get(str(body.get("type", "")), 0)
    state |= OFF_BIT if state == STRAP_BIT or body.get("worn") is False else 0
    fields = [
        "AL" if kind is Kind.EVENT else "UD",
        at.strftime("%d%m%y"),
        at.strftime("%H%M%S"),
        valid,
        f"{body.get('latitude', 0.0):.6f}",
        "N",
        f"{body.get('longitude', 0.0):.6f}",
        "E",
        f"{body.get('speed_mps', 0.0) * MPS_IN_KPH:.2f}",
        f"{body.get('heading_deg', 0.0):.1f}",
        "0",
        "7",
        "60",
        f"{round(body['battery_pct'])}",
        "0",
        "0",
        f"{state:08X}",
        "0",
        "0",
    ]
    return ",".join(fields)
