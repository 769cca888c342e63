"""The eight divisions of Zibo. Codes are the national statistical ones (GB/T 2260); centres are approximate, WGS-84."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """A district or county."""

    #: The first six digits of the 12-digit statistical code.
    code: str
    name: str
    name_en: str
    #: Degrees, WGS-84, of the seat of government to about a kilometre: where a map opens, not where a border runs.
    latitude: float
    longitude: float


ZIBO: tuple[Division, ...] = (
    Division(code="370302", name="淄川区", name_en="Zichuan", latitude=36.644, longitude=117.967),
    Division(code="370303", name="张店区", name_en="Zhangdian", latitude=36.807, longitude=118.018),
    Division(code="370304", name="博山区", name_en="Boshan", latitude=36.495, longitude=117.862),
    Division(code="370305", name="临淄区", name_en="Linzi", latitude=36.827, longitude=118.309),
    Division(code="370306", name="周村区", name_en="Zhoucun", latitude=36.803, longitude=117.870),
    Division(code="370321", name="桓台县", name_en="Huantai", latitude=36.960, longitude=118.098),
    Division(code="370322", name="高青县", name_en="Gaoqing", latitude=37.171, longitude=117.827),
    Division(code="370323", name="沂源县", name_en="Yiyuan", latitude=36.185, longitude=118.171),
)
