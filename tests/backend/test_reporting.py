"""What nobody foresaw is reported to SENTRY_DSN, with the id of its request and without anything of a person."""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection

from backend import reporting
from domains.common.background import delivering
from domains.common.background.delivering import MAX_FAILURES
from domains.common.background.models import OutboxMessage
from domains.common.tracing import Origin, caused_by
from tests.api import Api
from tests.domains.common.promise import Promise, promise

__all__ = ["promise"]
pytestmark = pytest.mark.django_db

PASSWORD, EMAIL, TOKEN, STREET = (
    "quetzal kettle of fish",
    "quetzal-4b1d@example.com",
    "quetzal.e30.tok",
    "1 Quetzal Row",
)
REGISTER = f"""mutation Join($email: String!) {{ register(input: {{
    email: $email, password: "{PASSWORD}", name: "{STREET}" }}) {{ __typename }} }}"""


class Reports:
    """What came, as bytes and as events."""

    def __init__(self) -> None:
        self.raw = b""
        self.events: list[dict[str, Any]] = []

    def take(self, envelope: bytes) -> None:
        self.raw += envelope
        parts = [orjson.loads(line) for line in envelope.splitlines()[1:] if line]
        self.events += [event for about, event in zip(parts[::2], parts[1::2], strict=True) if about["type"] == "event"]


@contextmanager
def sentry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reports]:
    """A server in Sentry's place; at the end of the block it has got everything."""
    reports = Reports()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/api/7/envelope/"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reports.take(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True).start()
        monkeypatch.setenv("SENTRY_DSN", f"http://key@127.0.0.1:{server.server_port}/7")
        reporting.begin()
        try:
            yield reports
        finally:
            reporting.end()
            server.shutdown()


def test_an_unexpected_error_is_reported_with_its_request_and_nothing_of_the_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user ADD CONSTRAINT broken CHECK (false) NOT VALID")
    with sentry(monkeypatch) as reports:
        headers = {"X-Request-ID": "reported-0001", "Cookie": TOKEN, "X-Forwarded-For": "203.0.113.9"}
        answer = Api().post(REGISTER, {"email": EMAIL}, **headers)
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    (event,) = reports.events
    assert event["tags"]["request_id"] == "reported-0001"
    assert event["exception"]["values"][-1]["type"] == "IntegrityError"
    frames = [frame["function"] for error in event["exception"]["values"] for frame in error["stacktrace"]["frames"]]
    assert "register" in frames
    assert b"quetzal" not in reports.raw.lower()
    assert b"203.0.113.9" not in reports.raw


def test_work_that_fails_and_a_message_that_dies_are_reported(
    promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(message: OutboxMessage) -> None:
        raise ValueError(EMAIL)

    with caused_by(Origin("reported-0002")):
        message = promise(fail)
    OutboxMessage.objects.update(failures=MAX_FAILURES - 1)
    with sentry(monkeypatch) as reports:
        delivering.deliver(message.id)
    assert [event["logentry"]["message"] for event in reports.events] == [
        "outbox message failed",
        "outbox message died",
    ]
    for event in reports.events:
        assert event["tags"]["request_id"] == "reported-0002"
        assert (event["tags"]["topic"], event["tags"]["attempt"]) == (message.topic, "1")
    assert b"quetzal" not in reports.raw


def test_an_outage_and_what_is_expected_are_not_reported(monkeypatch: pytest.MonkeyPatch, nobody: Api) -> None:
    with sentry(monkeypatch) as reports:
        nobody.post("{ me { id } nonsense }")
        log = logging.getLogger("domains")
        log.error("database away", extra={"error": "OperationalError"})
        with suppress(OperationalError), connection.cursor() as cursor:
            try:
                cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
            except OperationalError:
                log.exception("a statement ran out of time")
                raise
    assert reports.events == []


def test_nothing_is_reported_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    before = list(logging.getLogger().handlers)
    reporting.begin()
    assert logging.getLogger().handlers == before
