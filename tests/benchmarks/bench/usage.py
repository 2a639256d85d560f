"""Processor time and memory of a server with all its processes. Linux alone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

TICKS = 100  # a second, in /proc


def cpu_seconds(pid: int) -> float:
    """Used by the process and all below it, those that have ended included."""
    return sum(_own(each) + _of_ended_children(each) for each in processes(pid))


def resident_mb(pid: int) -> float:
    """Of the largest of its processes: the worker of a web server."""
    return max((_resident_kb(each) for each in processes(pid)), default=0) / 1024


def processes(pid: int) -> Iterator[int]:
    """It and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                yield from processes(int(child))


def listener(port: int) -> int | None:
    """The process that listens on a port of this machine; of a server with workers the parent."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        with contextlib.suppress(OSError):
            if any(str(each.readlink()) in sockets for each in (process / "fd").iterdir()):
                return int(process.name)
    return None


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _own(pid: int) -> float:
    """By its clock of processor time, in nanoseconds: /proc counts in hundredths of a second."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _of_ended_children(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / TICKS


def _resident_kb(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
