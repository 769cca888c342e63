"""Runs as a script of its own: changes user, ties the process to its parent's life, becomes the given command.

It is started by path, before any user is dropped, so it needs nothing but the standard library and never has to be
readable for the user it changes to. It is not imported by anything.

    python -I -S guard.py PARENT_PID DEATH_SIGNAL UID:GID|- COMMAND [ARGUMENT ...]
"""

import ctypes
import os
import sys

#: From <sys/prctl.h>: the signal this process gets when its parent dies.
PR_SET_PDEATHSIG = 1


def die_with(parent: int, signal: int) -> None:
    """Ask the kernel for `signal` when the parent dies; leave at once if it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


def become(account: str) -> None:
    """Give up every privilege for `UID:GID`."""
    uid, gid = (int(part) for part in account.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main(arguments: list[str]) -> None:
    """Never returns: the process becomes the command."""
    parent, signal, account, *command = arguments
    if account != "-":
        become(account)
    # After the change of user, which clears the wish.
    die_with(int(parent), int(signal))
    os.execv(command[0], command)  # noqa: S606 - becoming it is the point


if __name__ == "__main__":
    main(sys.argv[1:])
