"""Who may use the embedded broker, as a part of its configuration that can be read again while it runs.

It is open to everybody on this machine until somebody closes it, and stays closed then.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.embedded import leftovers

FILE = "accounts.conf"
PID_FILE = "nats.pid"
PROGRAM = "nats-server"
#: The account of whoever runs the servers: may do everything.
OWNER = "owner"
_OWNER_SECRET = "owner.secret"  # noqa: S105 - the name of a file
#: Stands for everybody who names nobody, while the broker is open.
_ANYONE = "anyone"
#: How the gateway hands a device what it subscribed to with quality 1 (NATS' documentation of MQTT permissions).
_DELIVERIES = "$MQTT.sub.>"
_WRITTEN = "# Written by Tongxing; changes are lost.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One login and the MQTT topic filters it may publish to and hear."""

    login: str
    bcrypt: str
    publish: Sequence[str]
    subscribe: Sequence[str]


def owner_secret(folder: Path) -> str:
    """The owner's password; made when it is first asked for, and the same ever after."""
    file = folder / _OWNER_SECRET
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as output:
            output.write(secrets.token_urlsafe(24))
    return file.read_text(encoding="ascii").strip()


def text(accounts: Iterable[Account], secret: str, *, open_to_all: bool) -> str:
    """The part of the configuration; with `open_to_all`, whoever names no login may do everything."""
    given = [_user(account) for account in accounts]
    # Only of MQTT: NATS' own protocol listens too, and nobody has business there.
    owner = f'{{user: {OWNER}, password: "{secret}", allowed_connection_types: ["MQTT"]}}'
    anyone = [] if not open_to_all else [f'{{user: {_ANYONE}, password: "", allowed_connection_types: ["MQTT"]}}']
    users = "\n    ".join([owner, *anyone, *given])
    no_login = f"no_auth_user: {_ANYONE}\n" if open_to_all else ""
    return f"{_WRITTEN}authorization {{\n  users = [\n    {users}\n  ]\n}}\n{no_login}"


def write(folder: Path, accounts: Iterable[Account], *, open_to_all: bool) -> bool:
    """Write the part of the configuration; whether it differs from before."""
    return put(folder / FILE, text(accounts, owner_secret(folder), open_to_all=open_to_all))


def put(file: Path, content: str, *, mode: int = 0o600) -> bool:
    """Replace a file by another one, never half of it; whether it differs from before."""
    with contextlib.suppress(OSError):
        if file.read_text(encoding="utf-8") == content:
            return False
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        # Past the umask: the broker's group must be able to read it.
        os.fchmod(output.fileno(), mode)
        output.write(content)
        output.flush()
        os.fsync(output.fileno())
    fresh.replace(file)
    return True


def reload(folder: Path) -> None:
    """Let the running broker of a folder read it again: sessions whose login stays as it was go on."""
    pid = leftovers.pid_in(folder / PID_FILE)
    if pid is not None and leftovers.runs(pid, PROGRAM):
        os.kill(pid, signal.SIGHUP)


def _user(account: Account) -> str:
    publish = _subjects(account.publish)
    subscribe = _subjects([*account.subscribe]) + ([_DELIVERIES] if account.subscribe else [])
    allow = f"publish: {_allowed(publish)}, subscribe: {_allowed(subscribe)}"
    return (
        f'{{user: "{account.login}", password: "{account.bcrypt}", permissions: {{{allow}}},'
        ' allowed_connection_types: ["MQTT"]}'
    )


def _allowed(subjects: Sequence[str]) -> str:
    if not subjects:
        return '{deny: [">"]}'
    return "{allow: [" + ", ".join(f'"{subject}"' for subject in subjects) + "]}"


def _subjects(filters: Sequence[str]) -> list[str]:
    """Topic filters as NATS has them; `a/#` holds `a` itself."""
    subjects = []
    for one in filters:
        subject = one.replace("/", ".").replace("+", "*")
        if subject.endswith(".#"):
            subjects += [subject.removesuffix(".#"), subject.removesuffix("#") + ">"]
        else:
            subjects.append(subject)
    return subjects
