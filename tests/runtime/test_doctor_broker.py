"""What the doctor says of a broker that lets strangers in, without one."""

from __future__ import annotations

import pytest

from runtime import doctor, probe
from runtime.broker_address import address


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("mqtt://127.0.0.1", doctor.Verdict.NOTE),
        ("mqtt://localhost", doctor.Verdict.NOTE),
        ("mqtt://[::1]", doctor.Verdict.NOTE),
        ("mqtt://10.0.0.7", doctor.Verdict.WRONG),
        ("mqtt://broker.example", doctor.Verdict.WRONG),
    ],
)
async def test_an_open_broker_is_a_choice_here_and_a_danger_elsewhere(monkeypatch, url, verdict):
    async def lets_everybody_in(*_, **__):
        return None

    monkeypatch.setattr(probe, "mqtt", lets_everybody_in)
    finding = await doctor.check_broker_is_closed(address(url))
    assert (finding.verdict, "credentials" in finding.says) == (verdict, True)


async def test_a_broker_that_asks_for_a_login_is_fine_anywhere(monkeypatch):
    async def refuses(*_, **__):
        return "the user name or password is wrong"

    monkeypatch.setattr(probe, "mqtt", refuses)
    assert (await doctor.check_broker_is_closed(address("mqtt://10.0.0.7"))).verdict is doctor.Verdict.OK
