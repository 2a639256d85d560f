"""Sweep up after a supervisor that was killed; a script started by path, so it imports nothing of the project.

Reads `+ TARGET SIGNAL` and `- TARGET` lines on its standard input (a negative target is a process group). When the
input closes, however the supervisor went, every target still listed gets its signal, and SIGKILL if it lingers. The
death signal of launch.py reaches direct children only; this reaches theirs too, and works where prctl does not exist.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PATIENCE = 5.0  # seconds


def send(target: int, number: int) -> bool:
    """Whether there was anything to signal."""
    try:
        os.killpg(-target, number) if target < 0 else os.kill(target, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def is_running(target: int) -> bool:
    """A dead process stays visible until its new parent has taken note; that may be a while in a container."""
    try:
        with open(f"/proc/{abs(target)}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not os.path.exists("/proc/self") and send(target, 0)


def main() -> None:
    targets: dict[int, int] = {}
    for line in sys.stdin:
        sign, target, *number = line.split()
        if sign == "+":
            targets[int(target)] = int(number[0])
        else:
            targets.pop(int(target), None)
    told = [target for target, number in targets.items() if send(target, number) and number != signal.SIGKILL]
    deadline = time.monotonic() + PATIENCE
    while (told := [target for target in told if is_running(target)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    for target in told:
        send(target, signal.SIGKILL)


main()
