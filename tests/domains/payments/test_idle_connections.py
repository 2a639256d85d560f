"""A gateway on the way to Stripe forgets connections that were idle, and answers the next packet with RST."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytest_django import Settings

from domains.payments.stripe.gateway import StripeGateway

CREATED = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "requires_confirmation",
    "client_secret": "",
    "amount_received": 0,
    "currency": "gbp",
    "last_payment_error": None,
}
keys: list[str] = []


class Forgetful(BaseHTTPRequestHandler):
    """One request a connection is answered; the next one on it meets a gateway that knows nothing of it."""

    protocol_version = "HTTP/1.1"
    knows_it = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        keys.append(self.headers["Idempotency-Key"])
        if not self.knows_it:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        body, self.knows_it = json.dumps(CREATED).encode(), False
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def finish(self) -> None:
        if self.connection.fileno() != -1:
            super().finish()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def forgetful() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_what_met_a_dead_connection_is_asked_once_more_with_the_same_key(forgetful: str, settings: Settings) -> None:
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test", forgetful
    gateway = StripeGateway()
    for key in ("one", "two"):
        wanted = {"amount": 100, "currency": "GBP", "method": "pm_card_visa", "reference": "2026-000123"}
        assert gateway.create(key=key, **wanted).id == "pi_1"  # type: ignore[arg-type]
    assert keys == ["one", "two", "two"]
