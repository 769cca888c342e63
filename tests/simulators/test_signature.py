from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import signature
from simulators.signature import TOLERANCE_S, Verdict

NOW_S = 1_795_000_000
BODY = '{"title": "老人离家"}'.encode()


def header(body=BODY, secret="s", at=NOW_S):
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def test_the_contract_by_hand():
    assert signature.sign("1", b"{}", "k") == hmac.new(b"k", b"1.{}", "sha256").hexdigest()


@pytest.mark.parametrize(
    ("given_header", "body", "at_s", "verdict"),
    [
        (header(), BODY, NOW_S, Verdict.VALID),
        (header(), BODY, NOW_S + TOLERANCE_S, Verdict.VALID),
        (header(), BODY, NOW_S + TOLERANCE_S + 1, Verdict.STALE),
        (header(), BODY, NOW_S - TOLERANCE_S - 1, Verdict.STALE),
        (header(), BODY + b" ", NOW_S, Verdict.WRONG),
        (header(secret="t"), BODY, NOW_S, Verdict.WRONG),
        (header(at=NOW_S + 1).replace(str(NOW_S + 1), str(NOW_S)), BODY, NOW_S, Verdict.WRONG),
        (header() + ",v1=00", BODY, NOW_S, Verdict.VALID),
        (None, BODY, NOW_S, Verdict.MISSING),
        ("", BODY, NOW_S, Verdict.MALFORMED),
        (f"t={NOW_S}", BODY, NOW_S, Verdict.MALFORMED),
        ("v1=00", BODY, NOW_S, Verdict.MALFORMED),
        ("t=٣,v1=00", BODY, NOW_S, Verdict.MALFORMED),
    ],
)
def test_verdicts(given_header, body, at_s, verdict):
    assert signature.verify(given_header, body, "s", at_s) is verdict


@given(text=st.text(), body=st.binary())
def test_nothing_made_up_is_believed(text, body):
    assert signature.verify(text, body, "s", NOW_S) is not Verdict.VALID
