"""Spans are sent while OTEL_EXPORTER_OTLP_ENDPOINT says where to; they slow down nobody and tell no values."""

from __future__ import annotations

import socket
import sys
import threading

import pytest
from django.db import DataError, connection

from backend import spans, tracing
from domains.common import tracing as ours
from domains.common.guard.computing import Elsewhere
from domains.common.tracing import Kind, Origin, caused_by, origin, span
from tests.api import Api
from tests.collector import attributes, collector, traced
from tests.commands import python
from tests.logs import json_log, lines
from tests.processes import environment, wait_until

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
FORKED = """
import os, django
django.setup()
from domains.common.tracing import Kind, span
from backend import tracing
with span("before", Kind.SERVER, {}):
    pass
if child := os.fork():
    os.waitpid(child, 0)
else:
    with span("after", Kind.SERVER, {}):
        pass
    tracing.end()
    os._exit(0)
"""


def test_nothing_is_recorded_without_a_collector() -> None:
    tracing.begin()
    assert ours.recorder is None
    with span("x", Kind.SERVER, {}) as recorded:
        assert (recorded, origin()) == (None, Origin())


def test_without_the_packages_nothing_is_recorded_and_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.delitem(sys.modules, "backend.spans")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with json_log() as log:
        tracing.begin()
    assert ours.recorder is None
    assert "`tracing`" in lines(log)[0]["message"]


@pytest.mark.django_db
def test_what_is_not_sampled_is_not_sent_and_whatever_it_causes_neither(nobody: Api) -> None:
    with collector() as taker, traced(taker.url, OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0"):
        nobody.data("{ __typename }")
        with span("a", Kind.SERVER, {}) as recorded:
            assert recorded is None
            left = origin()
        with caused_by(left), span("b", Kind.CONSUMER, {}):
            pass
    assert left.traceparent.endswith(("-00", "-02"))
    assert not taker.spans


def test_what_is_begun_again_elsewhere_is_recorded_once() -> None:
    with collector() as taker, traced(taker.url):
        with pytest.raises(Elsewhere), span("first", Kind.SERVER, {}):
            raise Elsewhere
        with span("second", Kind.SERVER, {}):
            pass
    assert [recorded.name for recorded in taker.spans.values()] == ["second"]


@pytest.mark.django_db
def test_a_statement_that_fails_tells_its_sqlstate_and_no_value() -> None:
    with collector() as taker, traced(taker.url), span("request", Kind.SERVER, {}), connection.cursor() as cursor:  # noqa: SIM117
        with pytest.raises(DataError, match="canary"):
            cursor.execute("SELECT %s::int FROM common_outboxmessage", ["canary"])
    told = attributes(taker.named("SELECT common_outboxmessage"))
    assert (told["error.type"], told["db.query.text"]) == ("22P02", "SELECT %s::int FROM common_outboxmessage")
    assert b"canary" not in taker.raw


def senders() -> list[str]:
    """The threads that send spans."""
    return [each.name for each in threading.enumerate() if each.name.startswith(("OtelBatch", "tracing-end"))]


def test_a_collector_that_hangs_keeps_no_process_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "FLUSH_SECONDS", 0.1)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent, traced(f"http://127.0.0.1:{silent.getsockname()[1]}"):
        for _ in range(5_000):  # more than it queues
            with span("x", Kind.SERVER, {}):
                pass
        tracing.end()
        with span("y", Kind.SERVER, {}) as recorded:
            assert recorded is None
    wait_until(lambda: not senders(), what="what still sends has given up")  # it would make up pauses by chance


def test_forked_processes_send_what_they_record_and_the_one_before_them_too() -> None:
    with collector() as taker:
        python("-W", "ignore", "-c", FORKED, environment=environment(**{ENDPOINT: taker.url}))
    assert {recorded.name for recorded in taker.spans.values()} == {"before", "after"}
