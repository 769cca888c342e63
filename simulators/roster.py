"""The city as a roster file for `tongxing register`: users, persons, devices, zones, receivers."""

from __future__ import annotations

from simulators import divisions
from simulators.city import CAST_DISTRICT, City
from simulators.person import Person

#: Of the demo's four logins. They exist on a machine's own loopback address, for invented people.
PASSWORD = "tongxing-demo"  # noqa: S105 - printed on the screen at every start
FAMILY, RESPONDER, OPERATOR, ADMIN = "family", "responder", "operator", "admin"
#: Persons the family login sees besides the scenes' people.
MORE_RELATIVES = 2

Channel = dict[str, object]


def roster(city: City, *, webhook: tuple[str, str] | None = None) -> dict[str, object]:
    """The roster; `webhook` (url, secret) is put first on everybody who can be called."""
    channels: list[Channel] = [{"kind": "log"}]
    if webhook is not None:
        channels.insert(0, {"kind": "webhook", "url": webhook[0], "secret": webhook[1]})
    watched = watched_by_family(city)
    return {
        "users": users(),
        "persons": [_person(person, channels, person.index in watched) for person in city.persons],
        "receivers": _desks(city, channels),
    }


def users() -> list[dict[str, object]]:
    """One login a role."""
    rows = (
        (FAMILY, "演示家属", "family", ""),
        (RESPONDER, "演示网格员", "responder", CAST_DISTRICT),
        (OPERATOR, "设备运维", "operator", ""),
        (ADMIN, "12349 中心", "admin", ""),
    )
    return [
        {
            "username": username,
            "password": PASSWORD,
            "display_name": display_name,
            "role": role,
            "division": division,
            "language": "zh-CN",
        }
        for username, display_name, role, division in rows
    ]


def watched_by_family(city: City) -> frozenset[int]:
    """Indexes of the persons the family login may see: everybody who may play in a scene, and a few more."""
    cast = {index for indexes in city.cast.values() for index in indexes}
    more = [person.index for person in city.persons if person.bracelet_id and person.index not in cast][
        1 : 1 + MORE_RELATIVES
    ]
    return frozenset({*cast, *more})


def _person(person: Person, channels: list[Channel], watched: bool) -> dict[str, object]:
    devices = [
        {"device_id": device_id, "kind": kind, "model": f"simulated {kind}"}
        for device_id, kind in ((person.bracelet_id, "bracelet"), (person.bed_id, "bed"))
        if device_id
    ]
    return {
        "external_id": person.external_id,
        "display_name": person.display_name,
        "birth_year": person.birth_year,
        "time_zone": "Asia/Shanghai",
        "division": person.division,
        "approach": person.approach,
        "devices": devices,
        "zones": [
            {
                "name": zone.name,
                "geometry": zone.geometry(),
                "radius_m": zone.radius_m,
                "schedule": zone.schedule(),
            }
            for zone in person.zones
        ],
        "guardians": [FAMILY] if watched else [],
        "receivers": [
            {
                "display_name": contact.display_name,
                "priority": contact.priority,
                "language": contact.language,
                "channels": channels,
                "username": FAMILY if watched and contact.priority == 1 else None,
            }
            for contact in person.contacts
        ],
    }


def _desks(city: City, channels: list[Channel]) -> list[dict[str, object]]:
    desks = []
    for town in city.towns:
        responder = RESPONDER if town.district_code == CAST_DISTRICT else None
        desks += [
            _desk("coordinator", town.code, f"{town.name}网格员 1", channels, responder),
            _desk("coordinator", town.code, f"{town.name}网格员 2", channels),
            _desk("station", town.code, f"{town.name}站", channels),
        ]
    desks += [_desk("county", district.code, f"{district.name}民政值班", channels) for district in divisions.DISTRICTS]
    desks.append(_desk("centre", divisions.CITY_CODE, "12349 中心", channels, ADMIN))
    return desks


def _desk(
    relation: str, division: str, display_name: str, channels: list[Channel], username: str | None = None
) -> dict[str, object]:
    return {
        "relation": relation,
        "division": division,
        "display_name": display_name,
        "language": "zh-CN",
        "channels": channels,
        "username": username,
    }
