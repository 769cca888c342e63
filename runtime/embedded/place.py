"""Where the database's files lie and who owns them. PostgreSQL refuses to run as root.

As an ordinary user everything lies in the data folder. As root, PostgreSQL runs as `nobody`; where that user cannot
reach the data folder or the installed programs (a clone below /root), they lie in /var/lib/tongxing instead, and the
data folder remembers where.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import structlog

from runtime.child import Account
from runtime.embedded.errors import EmbeddedError

log = structlog.get_logger(__name__)

#: Reachable for everybody, ours to write as root.
SHARED = Path("/var/lib/tongxing")
#: In the data folder: names the folder outside that holds its cluster.
POINTER = "database-is-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What PostgreSQL needs to know of this machine."""

    #: Folder of its own, owned by the account, holding the cluster.
    folder: Path
    #: Folder of `initdb` and `postgres`.
    programs: Path
    #: Who runs it; None is ourselves.
    account: Account | None


def find(data_dir: Path, installed: Path) -> Place:
    """The place for the database of one data folder; made if it is new.

    Args:
        data_dir: the data folder, which exists.
        installed: PostgreSQL's installation, the folder above `bin`.
    """
    if os.geteuid() != 0:
        return Place(folder=_made(data_dir / "postgres", None), programs=installed / "bin", account=None)
    account = _unprivileged()
    folder = _cluster_folder(data_dir, account)
    return Place(folder=folder, programs=_programs(installed, account), account=account)


def _unprivileged() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and there is no user `nobody` to run it as: start as an ordinary user."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _cluster_folder(data_dir: Path, account: Account) -> Path:
    pointer = data_dir / POINTER
    if pointer.exists():
        return _made(Path(pointer.read_text(encoding="utf-8").strip()), account)
    inside = data_dir / "postgres"
    if inside.exists() or _may_enter(account, data_dir):
        return _made(inside, account)
    # A random part, because a data folder may be moved and another made in its stead.
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
    outside = _made(_shared() / f"{digest}-{secrets.token_hex(4)}", account)
    pointer.write_text(f"{outside}\n", encoding="utf-8")
    log.info("database_outside_data_folder", folder=str(outside), why=f"{data_dir} is closed to user nobody")
    return outside


def _programs(installed: Path, account: Account) -> Path:
    if _starts(account, installed / "bin"):
        return installed / "bin"
    # The digest of the path tells installations apart, the time of the program their versions.
    made_ns = (installed / "bin" / "postgres").stat().st_mtime_ns
    digest = hashlib.sha256(f"{installed}\x1f{made_ns}".encode()).hexdigest()[:12]
    copy = _shared() / f"postgresql-{digest}"
    programs = copy / installed.parent.name / installed.name / "bin"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        _copy_installation(installed, unfinished)
        unfinished.rename(copy)
        log.info("database_programs_copied", folder=str(copy), why=f"{installed} is closed to user nobody")
    if not _starts(account, programs):
        raise EmbeddedError(
            f"user nobody cannot run {programs / 'postgres'}: mount {SHARED} without noexec, "
            "or start as an ordinary user."
        )
    return programs


def _copy_installation(installed: Path, copy: Path) -> None:
    """As in the wheel: the programs look for their libraries in a folder beside the package's."""
    package = installed.parent
    unneeded = shutil.ignore_patterns("include", "doc")
    shutil.copytree(installed, copy / package.name / installed.name, symlinks=True, ignore=unneeded)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    # A strict umask installs for the owner alone; whoever may read may then also enter and run.
    for path in (copy, *copy.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (mode & 0o100 and 0o111))


def _shared() -> Path:
    SHARED.mkdir(parents=True, exist_ok=True)
    SHARED.chmod(0o755)
    return SHARED


def _made(folder: Path, account: Account | None) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def _starts(account: Account, programs: Path) -> bool:
    return _succeeds(account, [str(programs / "postgres"), "--version"])


def _may_enter(account: Account, folder: Path) -> bool:
    return _succeeds(account, [shutil.which("test") or "/usr/bin/test", "-x", str(folder)])


def _succeeds(account: Account, command: list[str]) -> bool:
    """Ask the kernel as that user: access lists, mounts and security modules have their say too."""
    try:
        answer = subprocess.run(  # noqa: S603 - our own programs and paths
            command,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            check=False,
            capture_output=True,
        )
    except PermissionError:
        return False
    return answer.returncode == 0
