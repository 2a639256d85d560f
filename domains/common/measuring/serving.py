"""`/metrics` on METRICS_PORT: the first process of a container that can bind it serves the sum of all of them.

From a thread of its own, so that it is answered while all others hang; one connection at a time, each for CALL_SECONDS
at most. When the process ends, another one takes over. No application listens on this port, and nothing here is an
answer of the public one.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from django.conf import settings

from domains.common.measuring.instruments import ON, folder
from domains.common.measuring.retiring import retire

logger = logging.getLogger(__name__)

PATH = "/metrics"
CALL_SECONDS = 5.0
TAKE_OVER_SECONDS = 2.0  # between two attempts to bind the port


def start() -> None:
    """Serve, or wait to take over."""
    if ON:
        threading.Thread(target=_run, name="metrics", daemon=True).start()


def page(path: Path) -> bytes:
    """All that the processes with files in the folder have counted, in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    retire(path)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(path))  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "metrics", ""

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self.send_error(404)
            return
        body = page(folder())
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """A scrape is no news."""


class _Server(TCPServer):
    allow_reuse_address = True  # of a connection that lingers; not of one that listens

    def finish_request(self, request: Any, client_address: Any) -> None:
        end = threading.Timer(CALL_SECONDS, _hang_up, [request])
        end.daemon = True
        end.start()
        try:
            super().finish_request(request, client_address)
        finally:
            end.cancel()

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.warning("metrics were not served", exc_info=sys.exception())


def _hang_up(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def _run() -> None:
    while True:
        with suppress(OSError), _Server((settings.METRICS_HOST, settings.METRICS_PORT), _Handler) as server:
            os.register_at_fork(after_in_child=server.socket.close)  # else a child would keep the port
            server.serve_forever()
        time.sleep(TAKE_OVER_SECONDS)
