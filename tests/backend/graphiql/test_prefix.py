"""The page behind a reverse proxy that answers under a path of its own; a browser's view of it, over real sockets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest

from tests.processes import Stack
from tests.tools.graphiql import build

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])

PREFIX = "/shop"
HTML = {"Accept": "text/html"}
QUERY = json.dumps({"query": "{ __typename }"}).encode()
SUBSCRIPTION = json.dumps({"query": 'subscription { orderUpdated(id: "x") { id } }'}).encode()


def proxy_to(port: int, *, keeps: bool) -> ThreadingHTTPServer:
    """Hands on what begins with the prefix, with it or without it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._hand_on()

        def do_POST(self) -> None:
            self._hand_on()

        def _hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            onward = HTTPConnection("127.0.0.1", port, timeout=30)
            path = self.path if keeps else self.path.removeprefix(PREFIX)
            onward.request(self.command, path, body, dict(self.headers))
            self._answer(onward.getresponse())
            onward.close()

        def _answer(self, answer: HTTPResponse) -> None:
            body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The test speaks for itself."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture(params=["strips", "keeps"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a browser finds the page, behind a proxy that strips the prefix or keeps it."""
    keeps = request.param == "keeps"
    mount = {"GRANIAN_URL_PATH_PREFIX": PREFIX} if keeps else {}
    with Stack(tmp_path / "mails", **mount) as stack:
        if keeps:
            stack.url = stack.url.replace("/graphql", f"{PREFIX}/graphql")
        stack.start("web")
        proxy = proxy_to(stack.port, keeps=keeps)
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}{PREFIX}/graphql"
        proxy.shutdown()
        proxy.server_close()


def fetch(address: str, headers: dict[str, str], body: bytes | None = None) -> tuple[str, str]:
    """Content type and text."""
    with urlopen(Request(address, body, headers), timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_page_files_endpoint_and_subscriptions_are_found_behind_a_prefix(address: str) -> None:
    assert build.build(lambda line: None) is None
    _, page = fetch(address, HTML)
    for link in re.findall(r'(?:src|href)="([^"]*assets/[^"]*)"', page):
        assert fetch(urljoin(address, link), {})[1]
    found = re.search(r'data-endpoint="([^"]*)"', page)
    assert found
    endpoint = urljoin(address, found[1])
    headers = {"Content-Type": "application/json"}
    assert json.loads(fetch(endpoint, headers, QUERY)[1])["data"] == {"__typename": "Query"}
    kind, events = fetch(endpoint, {**headers, "Accept": "text/event-stream"}, SUBSCRIPTION)
    assert kind.startswith("text/event-stream")
    assert "UNAUTHENTICATED" in events
