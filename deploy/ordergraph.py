#!/usr/bin/python3
"""What a container of the image is, by its command: `web`, `worker`, `money`, `mail`, `relay` or `migrate`.

Any other command is one of manage.py. `alive` is the health check of workers and relay, `answers` that of `web`. In the
image this is the program `ordergraph`; elsewhere start it in the folder of manage.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

HEARTBEAT = "/tmp/ordergraph.alive"  # noqa: S108  # a container has a /tmp of its own
OLDEST = 60.0  # seconds
PORT = os.environ.get("PORT", "8000")
MANAGE = ("manage.py",)
WORKER = ("-m", "celery", "--app", "backend", "worker", "--loglevel", "INFO", "--heartbeat-file", HEARTBEAT)
ROLES: dict[str, tuple[str, ...]] = {
    # HTTP/1 only: what HTTP/2 compresses is not bounded before it is unpacked; a proxy speaks it to the world. Headers
    # have 20 s and 64 kB. A process that dies is started again alone. SIGTERM waits 25 s for running requests, and for
    # a process that is too young to have heard it.
    "web": (
        *("-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws", "--backlog", "4096"),
        *("--backpressure", "4096", "--http1-header-read-timeout", "20000", "--http1-buffer-size", "65536"),
        *("--workers-kill-timeout", "25", "--respawn-failed-workers", "--host", "0.0.0.0", "--port", PORT),
        "backend.asgi:application",
    ),
    # Work that waits for somebody else has workers of its own: a mail server that hangs holds up mails, and nothing
    # else. What those two leave out, queues of later domains too, is for the first.
    "worker": (*WORKER, "--exclude-queues", "ordergraph.money,ordergraph.mail"),
    "money": (*WORKER, "--queues", "ordergraph.money"),
    "mail": (*WORKER, "--queues", "ordergraph.mail"),
    "relay": (*MANAGE, "relay", "--heartbeat", HEARTBEAT),
    "migrate": (*MANAGE, "migrate", "--no-input"),
}


def alive() -> None:
    """Ends with status 1 where the heartbeat is old, or none."""
    if time.time() - Path(HEARTBEAT).stat().st_mtime > OLDEST:
        sys.exit(f"no heartbeat for {OLDEST:.0f} s")


def answers() -> None:
    """Ends with status 1 where the web server does not answer within 4 s."""
    from urllib.request import urlopen  # dear to import

    urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=4).close()


def become(command: str, *rest: str) -> None:
    """In the place of this process, so that signals reach it.

    Workers and relay count database connections themselves. For web processes it is done here, once: each would be
    started again and again.
    """
    if command == "web":
        status = subprocess.run([sys.executable, *MANAGE, "check_connections"], check=False).returncode
        if status:
            sys.exit(status)
    arguments = (*ROLES.get(command, (*MANAGE, command)), *rest)
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    given = sys.argv[1:] or ["web"]
    if given == ["alive"]:
        alive()
    elif given == ["answers"]:
        answers()
    else:
        become(*given)
