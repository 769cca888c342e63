"""Mosquitto's password and access files. Pure: text from credentials.

A login that is a device's id needs no line of its own in the access file, for patterns say `%u`: Mosquitto looks such
lists up one by one, and reading 4,500 users' lines again stops it for half a second where patterns take 13 ms
(measured, docs/decisions/0011). Who is not covered by them is written out: services, other formats, second logins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.identity import grants
from ingest.identity.credential import Format
from ingest.identity.grants import Grant
from ingest.identity.store import Living

_WRITTEN = "# Written by Tongxing from the table of credentials; changes are lost.\n"


def passwords(living: Sequence[Living]) -> str:
    """The file of `password_file`."""
    return _WRITTEN + "".join(f"{one.login}:{one.digests.pbkdf2_sha512}\n" for one in living if one.digests is not None)


def access(living: Sequence[Living]) -> str:
    """The file of `acl_file`."""
    blocks = [_lines("pattern", grants.native("%u"))]
    seen: set[str] = set()
    for one in living:
        if one.login not in seen and not _by_pattern(one):
            seen.add(one.login)
            blocks.append([f"user {one.login}", *_lines("topic", grants.of(one.holder, one.format))])
    return _WRITTEN + "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _by_pattern(one: Living) -> bool:
    return one.login == one.holder.device_id and one.format is Format.NATIVE


def _lines(word: str, grant: Grant) -> list[str]:
    return [*_each(word, "write", grant.publish), *_each(word, "read", grant.subscribe)]


def _each(word: str, what: str, filters: Iterable[str]) -> list[str]:
    return [f"{word} {what} {one}" for one in filters]
