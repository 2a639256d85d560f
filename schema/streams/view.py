"""The endpoint for those who read event streams. Everything but the form of the answer is the JSON endpoint's."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable
from functools import partial
from random import randint
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from graphql import ExecutionResult, OperationType, get_operation_ast

from domains.common.data.transactions import snapshot
from domains.common.graphql.context import Context, NothingYet
from domains.common.guard import budgets
from domains.common.guard.addresses import network
from domains.common.viewer import Viewer, client_address
from schema.documents import Document
from schema.errors import RequestProblem
from schema.http import GraphQLView, Reply, authenticate, failed, refusal, with_headers
from schema.request import GraphQLRequest
from schema.streams.live import COMPLETE, EVENT_STREAM, EventStreamResponse, Live, Postponed, Result, next_event

MAX_BYTES = 65_536  # of a subscription's request: it is kept as long as the stream is open
RETRY_MILLISECONDS = (1_000, 3_000)  # after which an EventSource connects again
RETRY_SECONDS = 5  # a page that is loaded again has given its streams back by then


class Slots:
    """Counts the streams that each user, or without one each address, has open on this process."""

    def __init__(self) -> None:
        self._taken: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def take(self, owner: Hashable) -> bool:
        """False when all are taken. Whoever got True gives back."""
        with self._lock:
            if self._taken[owner] >= settings.STREAMS_PER_USER:
                return False
            self._taken[owner] += 1
            return True

    def give_back(self, owner: Hashable) -> None:
        """After a `take` that was True."""
        with self._lock:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]


slots = Slots()


class StreamView(GraphQLView):
    """Queries and mutations answer one event; a subscription one at once and one after each change."""

    reads_events = True
    _live: Live | None = None  # of this request: Django makes a view for each

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        try:
            response = self._answer(request)
        except RequestProblem as problem:
            # What is wrong with the operation is told in the stream; other refusals must not look like one.
            body = refusal(request, problem.message, problem.code)
            response = _whole(body) if problem.status == 400 else _json(body, problem.status)
        except Exception as error:  # outside any field
            status, body = failed(request, error)
            response = _json(body, status)
        response["X-Accel-Buffering"] = "no"  # nginx would hold events back
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in ("PUT", "DELETE"):
            raise RequestProblem("One stream an operation: turn the client's single connection mode off", status=405)
        try:
            _, result = self._reply(request, strict=True)
            if self._live is None:
                return _whole(result)
            first = self._live.first(result)
        except Exception:
            self._close()
            raise
        if first.last:
            self._close()
            return with_headers(HttpResponse(first.data, content_type=EVENT_STREAM), result)
        # An EventSource, which can only GET, connects again by itself; clients that POST decide that themselves, and
        # graphql-sse takes the field for an error. Each at another moment: all streams of a process end at once.
        retry = f"retry: {randint(*RETRY_MILLISECONDS)}\n".encode() if request.method == "GET" else b""
        return with_headers(EventStreamResponse(retry + first.data, self._live), {})

    def _execute(
        self, request: HttpRequest, document: Document, wanted: GraphQLRequest, viewer: Viewer, refused: int
    ) -> Reply:
        assert document.node is not None
        operation = get_operation_ast(document.node, wanted.operation_name)
        if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
            return super()._execute(request, document, wanted, viewer, refused)
        if len(request.body) + len(request.META["QUERY_STRING"]) > MAX_BYTES:
            raise RequestProblem(f"The request of a subscription may have at most {MAX_BYTES} bytes", status=413)
        address = client_address.get()  # of the request: events are made outside of it
        owner = viewer.user_id or network(address)
        if not slots.take(owner):
            message = f"You have {settings.STREAMS_PER_USER} streams open; close one of them first"
            return 200, refusal(request, message, "RATE_LIMITED", retryAfterSeconds=RETRY_SECONDS)
        execute = super()._execute

        def read(viewer: Viewer) -> Reply:
            with snapshot():  # a change while it is read must not be shown in halves
                return execute(request, document, wanted, viewer, refused)

        def look(viewer: Viewer) -> Result:
            throttle = budgets.charge(self.cost, user_id=viewer.user_id, address=address)
            if throttle and throttle.retry_after:
                raise Postponed
            return read(viewer)[1]

        self._live = Live(
            viewer,
            operation=(
                wanted.query,
                wanted.operation_name,
                orjson.dumps(wanted.variables, option=orjson.OPT_SORT_KEYS),
            ),
            authenticate=partial(authenticate, request, document.node, operation),
            run=look,
            refusal=lambda error: refusal(request, error.message, error.code),
            on_close=partial(slots.give_back, owner),
        )
        return read(viewer)

    def _context(self, request: HttpRequest, viewer: Viewer) -> Context:
        if self._live is None:
            return super()._context(request, viewer)
        return Context(request, viewer, self._live.follow, self._live.each)

    def _result(
        self, request: HttpRequest, document: Document, wanted: GraphQLRequest, viewer: Viewer
    ) -> ExecutionResult:
        result = super()._result(request, document, wanted, viewer)
        nothing = any(isinstance(error.original_error, NothingYet) for error in result.errors or ())
        return ExecutionResult({}) if nothing else result

    def _close(self) -> None:
        if self._live is not None:
            self._live.close()


def _whole(result: Result) -> HttpResponse:
    """All there is to say, in one event."""
    return with_headers(HttpResponse(next_event(result) + COMPLETE, content_type=EVENT_STREAM), result)


def _json(body: Result, status: int) -> HttpResponse:
    """A refusal that must not look like a stream."""
    return with_headers(JsonResponse(body, status=status), body)
