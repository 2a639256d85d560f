"""A process that is told to stop loses no request: it serves on until proxies send it none."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest

from backend.draining import take_no_connections
from tests.backend.test_bridge import Server


def test_a_draining_server_is_not_ready_answers_on_and_ends_each_connection() -> None:
    server = Server(WEB_DRAIN_SECONDS="600")
    with closing(server.connect()) as kept:
        kept.request("GET", "/set?name=before")
        before = kept.getresponse()
        before.read()
        server.process.send_signal(signal.SIGTERM)
        assert server.logs("draining")
        pid = server.process.pid
        workers = list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
        for worker in workers:
            os.kill(worker, signal.SIGTERM)  # as whoever signals a whole group does: it drains all the same
        kept.request("GET", "/set?name=after")
        after = kept.getresponse()
        after.read()
    assert (before.status, before.headers["connection"]) == (201, None)
    assert (after.status, after.headers["connection"]) == (201, "close")
    assert server.get("/healthz")[0] == 200
    assert server.get("/readyz") == (503, b'{"status":"unavailable","server":"draining"}')
    for worker in workers:
        os.kill(worker, signal.SIGINT)  # ends it at once
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is one of Linux")
def test_who_has_connected_is_served_and_nobody_else_connects() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as early,
    ):
        take_no_connections()
        with pytest.raises(TimeoutError):
            socket.create_connection(listening.getsockname(), timeout=0.1)
        taken, _ = listening.accept()
        with taken:
            early.sendall(b"x")
            assert taken.recv(1) == b"x"
