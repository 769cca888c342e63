from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts import retry
from alerts.channels import webhook
from alerts.outcome import permanent, temporary
from alerts.retry import after_failure, backoff

AT = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("attempt", "outcome", "has_next", "verb", "reason", "delay"),
    [
        (1, temporary("http_500"), True, "again", "backoff", 0.5 * SECOND),
        (2, temporary("http_500"), True, "again", "backoff", 1 * SECOND),
        (3, temporary("http_500"), True, "next_channel", "attempts_spent", 0 * SECOND),
        (3, temporary("http_500"), False, "again", "backoff", 2 * SECOND),
        (7, temporary("http_500"), False, "again", "backoff", 15 * SECOND),
        (8, temporary("http_500"), False, "give_up", "attempts_spent", 0 * SECOND),
        (1, permanent("http_410"), True, "next_channel", "permanent", 0 * SECOND),
        (1, permanent("http_410"), False, "give_up", "permanent", 0 * SECOND),
        (1, temporary("http_429", retry_after=15 * SECOND), True, "again", "asked_to_wait", 15 * SECOND),
        (1, temporary("http_429", retry_after=16 * SECOND), True, "next_channel", "asked_to_wait_too_long", 0 * SECOND),
        (1, temporary("http_429", retry_after=16 * SECOND), False, "again", "asked_to_wait", 16 * SECOND),
        (1, temporary("http_429", retry_after=9999 * SECOND), False, "again", "asked_to_wait", 300 * SECOND),
    ],
)
def test_what_follows_a_failure(attempt, outcome, has_next, verb, reason, delay):  # noqa: PLR0917 - a row of the table
    decision = after_failure(attempt, outcome, has_next=has_next, jitter=0.5)
    assert (decision.verb, decision.reason, decision.delay) == (verb, reason, delay)


def test_the_wait_doubles_up_to_its_cap_and_jitter_spreads_it():
    assert [backoff(attempt, jitter=1.0).total_seconds() for attempt in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff(10_000, jitter=1.0) == retry.BACKOFF_CAP
    assert backoff(5, jitter=0.0) == timedelta()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "delivered"),
        (204, "delivered"),
        (302, "permanent"),
        (400, "permanent"),
        (401, "permanent"),
        (404, "permanent"),
        (408, "temporary"),
        (410, "permanent"),
        (425, "temporary"),
        (429, "temporary"),
        (500, "temporary"),
        (503, "temporary"),
    ],
)
def test_what_an_answer_means(status, verdict):
    assert webhook.judge(status, None, at=AT).verdict == verdict


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("7", 7),
        ("Fri, 20 Nov 2026 18:40:30 GMT", 30),
        ("Fri, 20 Nov 2026 18:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("9" * 30, None),
    ],
)
def test_retry_after_in_both_spellings(header, wait_s):
    expected = None if wait_s is None else timedelta(seconds=wait_s)
    assert webhook.judge(429, header, at=AT).retry_after == expected


def test_a_signature_is_bound_to_body_secret_and_time():
    header = webhook.signature("secret", b"{}", unix_s=int(AT.timestamp()))
    assert webhook.verify("secret", b"{}", header, at=AT) is None
    assert webhook.verify("secret", b"{ }", header, at=AT) == "wrong_digest"
    assert webhook.verify("other", b"{}", header, at=AT) == "wrong_digest"
    assert webhook.verify("secret", b"{}", header, at=AT + timedelta(minutes=6)) == "too_old"
    assert webhook.verify("secret", b"{}", "v1=00", at=AT) == "malformed"
    assert webhook.verify("secret", b"{}", f"t={int(AT.timestamp())},v1=ü", at=AT) == "wrong_digest"


def test_the_signature_is_the_documented_one():
    """Computed with: printf '1700000000.{}' | openssl dgst -sha256 -hmac secret."""
    assert webhook.signature("secret", b"{}", unix_s=1_700_000_000) == (
        "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
    )


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"url": "https://example.org/x", "secret": "s"}, None),
        ({"url": "https://example.org/x"}, None),
        ({}, 'write "url"'),
        ({"url": "ftp://example.org"}, "must begin with http"),
        ({"url": "https://"}, "must begin with http"),
        ({"url": "https://example.org:port/"}, "not an address"),
        ({"url": "https://example.org", "secret": 7}, "must be a text"),
    ],
)
def test_what_is_wrong_with_an_entry(entry, says):
    found = webhook.problem(entry)
    assert found is None if says is None else says in (found or "")
