"""The other 364 nights: 52 people with bed and bracelet for seven nights, and hardly a phone rings.

Everybody is a stranger each night, with no habit learnt yet, which is the hardest night there is: who rises before six,
drift, cell towers two kilometres off, a Wi-Fi network that has moved. Needs no server; it stands here because it takes
longer than the fast tests may.
"""

from __future__ import annotations

from simulators import city
from tests.simulators.alarms import alarms
from tests.simulators.engine_room import MORNING_S, live

#: 21:45 in Zibo, before the first goes to bed; until six the night lasts.
EVENING_S = MORNING_S - 7 * 3600
HOURS, NIGHTS, PERSONS = 8.25, 7, 52
#: Of the target of 0.05 ordinary false alerts a person and day, a fifth. Nobody's rang when this was written.
MOST = 0.01


def test_hardly_a_phone_rings() -> None:
    rung: dict[tuple[int, int], list[str]] = {}
    for night in range(NIGHTS):
        people = city.build(100 + night, bracelets=70, beds=70)
        both = [person.index for person in people.persons if person.bracelet_id and person.bed_id][:PERSONS]
        assert len(both) == PERSONS
        detections, counts = live(people, hours=HOURS, start_s=EVENING_S + night * 86_400)
        assert counts.total() > 10_000, "the city lives"
        assert any(one.kind == "bed_exit" for one in detections), "they get up, and that is all"
        called = [one for one in alarms(detections) if one.person_id in both]
        for one in called:
            rung.setdefault((night, one.person_id), []).append(f"{one.kind}: {one.reason}")
    assert len(rung) <= MOST * NIGHTS * PERSONS, rung
