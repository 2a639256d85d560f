"""Run a command that dies with its parent; started as a script, by path, so it may import nothing of the project.

    launch.py PARENT_PID DEATH_SIGNAL UID GID COMMAND...

A process of its own rather than a preexec_fn: that one runs Python between fork and exec, which can hang in a program
with threads. UID 0 keeps the user. The order matters: changing the user clears the death signal.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, death_signal, uid, gid = (int(value) for value in sys.argv[1:5])
    command = sys.argv[5:]
    if uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the parent has gone")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


main()
