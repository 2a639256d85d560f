"""The client of a replay: what it retries, what it gives up, and how it reads an answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest

from tests.replay import client as module
from tests.replay.client import Placed, Refused, ShopClient, Unanswered

KEY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
ORDER = {
    "number": "2031-000007",
    "status": "CONFIRMED",
    "createdAt": "2031-05-02T09:00:00+00:00",
    "total": {"amount": "29.90", "currencyCode": "GBP"},
}
SUCCESS = {"data": {"createOrder": {"__typename": "CreateOrderSuccess", "replayed": False, "order": ORDER}}}
PLACED = Placed("2031-000007", "CONFIRMED", Decimal("29.90"), datetime(2031, 5, 2, 9, tzinfo=UTC), replayed=False)
GARBAGE = b"<html>Bad gateway</html>"
HANG_UP = b""


class Script(ThreadingHTTPServer):
    """A server that gives the scripted answers in turn and keeps what it was sent."""

    def __init__(self, *answers: object) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = [a if isinstance(a, bytes) else json.dumps(a).encode() for a in answers]
        self.received: list[tuple[str | None, dict[str, dict[str, dict[str, object]]]]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/graphql"


class Handler(BaseHTTPRequestHandler):
    server: Script
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.headers["Authorization"], body))
        answer = self.server.answers.pop(0)
        self.close_connection = answer == HANG_UP
        if answer != HANG_UP:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)


@pytest.fixture
def servers() -> Iterator[list[Script]]:
    started: list[Script] = []
    yield started
    for server in started:
        server.shutdown()
        server.server_close()


def order(servers: list[Script], *answers: object) -> Placed | Refused:
    servers.append(Script(*answers))
    with closing(ShopClient(servers[0].url)) as client:
        return client.create_order(items={"UHJvZHVjdDox": 3}, key=KEY, token="secret")


def failure(name: str) -> dict[str, object]:
    return {"data": {"createOrder": {"__typename": name, "code": "X", "message": "why"}}}


def top_level(code: str) -> dict[str, object]:
    return {"data": None, "errors": [{"message": "why", "extensions": {"code": code}}]}


def test_an_order_is_sent_with_its_key_and_token_and_its_total_is_exact(servers: list[Script]) -> None:
    assert order(servers, SUCCESS) == PLACED
    [(authorization, body)] = servers[0].received
    assert authorization == "Bearer secret"
    assert body["variables"]["input"] == {
        "lines": [{"productId": "UHJvZHVjdDox", "quantity": 3}],
        "paymentMethod": "pm_card_visa",
        "idempotencyKey": str(KEY),
    }


@pytest.mark.parametrize(
    "trouble",
    [
        HANG_UP,
        GARBAGE,
        b"[]",
        failure("PaymentPendingError"),
        top_level("RATE_LIMITED"),
        top_level("SERVICE_UNAVAILABLE"),
    ],
)
def test_the_same_call_is_repeated_where_that_may_help(servers: list[Script], trouble: object) -> None:
    assert order(servers, trouble, SUCCESS) == PLACED
    first, second = servers[0].received
    assert first == second


def test_a_refusal_is_named_by_its_type_and_not_repeated(servers: list[Script]) -> None:
    assert order(servers, failure("InsufficientStockError")) == Refused("InsufficientStockError", "why")


def test_an_error_is_named_by_its_code_and_not_repeated(servers: list[Script]) -> None:
    assert order(servers, top_level("UNAUTHENTICATED")) == Refused("UNAUTHENTICATED", "why")


def test_patience_ends(servers: list[Script], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    assert order(servers, GARBAGE) == Refused("Unanswered", "the answer is not JSON")


def test_an_address_without_a_graphql_api_is_told_from_one_with(servers: list[Script]) -> None:
    servers.append(Script({"data": {"__typename": "Query"}}, GARBAGE, {"detail": "Not found"}, HANG_UP))
    with closing(ShopClient(servers[0].url)) as client:
        client.check()
        for _ in range(3):
            with pytest.raises(Unanswered):
                client.check()


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://localhost/", "http:///graphql"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not an http or https address"):
        ShopClient(url)
