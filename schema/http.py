"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import View
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
)

from domains.accounts.tokens import viewer_of
from domains.common import tracing
from domains.common.errors import UnauthenticatedError
from domains.common.graphql.context import Context
from domains.common.graphql.errors import problems_told, refused_fields
from domains.common.guard import budgets, computing, deadline
from domains.common.guard.budgets import Throttle
from domains.common.guard.computing import ELSEWHERE_KEY, Elsewhere
from domains.common.guard.deadline import ENVIRON_KEY, Deadline, Stopped
from domains.common.tracing import Kind
from domains.common.viewer import ANONYMOUS, Viewer, client_address
from schema import documents, errors, metrics, nulls, persisted, redaction
from schema.cost import UNIT_SECONDS
from schema.documents import Document
from schema.errors import RequestProblem
from schema.execution.executor import execute
from schema.mending import mend
from schema.merge import IGNORE_AUTHORIZATION, core
from schema.negotiation import GRAPHQL_RESPONSE, JSON, media_type, wants_json, wants_page
from schema.reading import read
from schema.request import GraphQLRequest, read_request
from schema.writing import TooLarge, written

logger = logging.getLogger(__name__)

type Reply = tuple[int, dict[str, Any]]


class GraphQLView(View):
    """The endpoint. Synchronous: it runs in a web thread. No cookie authenticates, so no CSRF token is asked for."""

    explorer: Callable[[HttpRequest], HttpResponse] | None = None
    reads_events = False  # the client reads event streams, subscriptions among them
    cost = 0  # of this request: Django makes a view for each
    is_dear = False  # likewise

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD") and self.explorer and settings.GRAPHIQL and wants_page(request):
            return self.explorer(request)
        media = media_type(request)
        try:
            if media is None:
                raise RequestProblem(f"Accept {JSON} or {GRAPHQL_RESPONSE}", status=406)
            status, body = self._reply(request, strict=media == GRAPHQL_RESPONSE)
        except RequestProblem as problem:
            status = 200 if problem.lenient and media == JSON else problem.status
            body = refusal(request, problem.message, problem.code)
        except Exception as error:  # outside any field
            status, body = failed(request, error)
        response = HttpResponse(orjson.dumps(body), status=status, content_type=f"{media or JSON}; charset=utf-8")
        response._has_been_logged = True  # type: ignore[attr-defined]  # by us, with its reason
        return with_headers(response, body)

    def _reply(self, request: HttpRequest, *, strict: bool) -> Reply:
        """Status and body. `strict`: request errors are 400 and not 200 (the new media type)."""
        if request.method not in ("GET", "POST"):
            raise RequestProblem("Use POST, or GET for a query", status=405)
        if request.method == "GET" and not self.reads_events and not wants_json(request):
            raise RequestProblem(f"A query by GET needs an Accept header that prefers {JSON}", status=406)
        identifier = errors.request_id_in(request)
        wanted = read_request(request)
        if documents.is_long(wanted.query):
            move_elsewhere(request)
        document = documents.read(wanted.query, introspection=settings.INTROSPECTION)
        refused = 400 if strict else 200
        if document.node is None or document.errors:
            return refused, {"errors": [errors.formatted(e, document.code, identifier) for e in document.errors]}
        operation = get_operation_ast(document.node, wanted.operation_name)
        if operation is None:
            raise RequestProblem("Name one of the operations of the document in operationName", lenient=True)
        if operation.operation is OperationType.SUBSCRIPTION and not self.reads_events:
            raise RequestProblem("Read subscriptions with 'Accept: text/event-stream' and no JSON type", status=406)
        if request.method == "GET" and operation.operation is OperationType.MUTATION:
            raise RequestProblem("Mutations need POST", status=405)
        wanted = replace(wanted, variables=document.variables(operation, wanted.variables))
        if wanted.register_as:
            persisted.register(wanted.register_as, wanted.query)
        request.operation_label = document.label(operation, trusted=wanted.trusted)  # type: ignore[attr-defined]
        cost = self.cost = document.cost(operation, wanted.variables or {})
        subscribes = operation.operation is OperationType.SUBSCRIPTION
        allowed = settings.STREAM_MAX_COST if subscribes else settings.QUERY_LIMITS["cost"]
        if excess := document.refusal(operation, cost, allowed):
            return refused, {"errors": [errors.formatted(excess, errors.TOO_COMPLEX, identifier)]}
        reads = operation.operation is not OperationType.MUTATION  # which waits more than it computes
        estimate = cost * UNIT_SECONDS
        self.is_dear = reads and document.experience.is_dear(estimate)
        if self.is_dear:
            move_elsewhere(request)
        metrics.COST.observe(cost)
        name = operation.name and operation.name.value
        request.graphql_operation = name  # type: ignore[attr-defined]
        try:
            viewer = authenticate(request, document.node, operation)
        except UnauthenticatedError as error:
            return 401 if strict else 200, refusal(request, error.message, error.code)
        throttle = budgets.charge(cost, user_id=viewer.user_id, address=client_address.get())
        if throttle and throttle.retry_after:
            return 429 if strict else 200, throttled(request, throttle)
        began = computing.computed()
        status, body = self._execute(request, document, wanted, viewer, refused)
        document.experience.learn(estimate, computing.computed() - began)
        told = {"cost": {"requested": cost, "allowed": allowed}} if wanted.tells_cost else {}
        if told := told | shown(throttle):
            body["extensions"] = told
        return status, body

    def _execute(
        self, request: HttpRequest, document: Document, wanted: GraphQLRequest, viewer: Viewer, refused: int
    ) -> Reply:
        identifier = errors.request_id_in(request)
        node = document.node
        assert node is not None
        operation = get_operation_ast(node, wanted.operation_name)
        assert operation is not None
        variables = wanted.variables or {}

        def unfit(found: Sequence[GraphQLError]) -> Reply:
            mended = None if refused_fields.get(None) else mend(core, node, operation, variables)
            if mended is None:
                found = document.unfit or found
                return refused, {"errors": [errors.formatted(e, "BAD_USER_INPUT", identifier) for e in found]}
            with problems_told(mended.problems):
                return self._execute(request, document, replace(wanted, variables=mended.variables), viewer, refused)

        if absent_only := nulls.null_errors(core, node, operation, variables):
            return unfit(absent_only)
        try:
            with self._bounded(request, operation) as span:
                result = read(partial(self._result, request, document, wanted, viewer), operation, viewer)
                found = errors.execution_errors(result.errors or [], identifier)
                bound = getattr(result, "bound", math.inf)
                data = result.data and written(result.data, settings.RESPONSE_MAX_BYTES, bound=bound, beside=found)
                if span and found:
                    span.fail(found[0]["extensions"]["code"])
        except (Stopped, TooLarge) as over:
            limit = "bytes" if isinstance(over, TooLarge) else "milliseconds"
            excess = documents.excess(limit, over.measured, over.allowed)
            return refused, {"errors": [errors.formatted(excess, errors.TOO_COMPLEX, identifier)]}
        if result.data is None and not any(error.path for error in result.errors or ()):  # nothing was executed
            return unfit(redaction.variable_errors(core, operation, variables))
        nothing = all(value is None for value in (result.data or {}).values())
        away = refused == 400 and nothing and any(e["extensions"]["code"] == errors.UNAVAILABLE for e in found)
        return 503 if away else 200, {"data": data, **({"errors": found} if found else {})}

    @contextmanager
    def _bounded(self, request: HttpRequest, operation: OperationDefinitionNode) -> Iterator[tracing.Span | None]:
        of_request: Deadline = request.META.get(ENVIRON_KEY) or Deadline()
        reads = operation.operation is not OperationType.MUTATION
        bound = of_request.within(settings.QUERY_MAX_SECONDS) if reads else nullcontext()
        kind, name = operation.operation.value, getattr(request, "graphql_operation", None)
        seen = {"graphql.operation.type": kind, **({"graphql.operation.name": name[:100]} if name else {})}
        with tracing.span(kind, Kind.SERVER, seen) as span, bound, computing.alone() if self.is_dear else nullcontext():
            yield span

    def _result(
        self, request: HttpRequest, document: Document, wanted: GraphQLRequest, viewer: Viewer
    ) -> ExecutionResult:
        assert document.node is not None
        result = execute(
            core,
            document.node,
            plans=document.plans,
            context_value=self._context(request, viewer),
            variable_values=wanted.variables,
            operation_name=wanted.operation_name,
            hide_suggestions=not settings.INTROSPECTION,
        )
        if not result.errors:  # such as that the database is away
            deadline.check()
        return result

    def _context(self, request: HttpRequest, viewer: Viewer) -> Context:
        return Context(request, viewer)


def move_elsewhere(request: HttpRequest) -> None:
    """What is heavy belongs on a thread for that. Raises Elsewhere unless it is on one, or there is none."""
    if request.META.get(ELSEWHERE_KEY):
        raise Elsewhere


def with_headers[R: HttpResponseBase](response: R, body: dict[str, Any]) -> R:
    """The headers of every answer: what its status and the errors in its body call for, and that nobody keeps it."""
    response.codes = [error["extensions"]["code"] for error in body.get("errors", ())]  # type: ignore[attr-defined]
    if response.status_code == 405:
        response["Allow"] = "GET, POST"
    if response.status_code == 401:
        response["WWW-Authenticate"] = "Bearer"
    if wait := errors.retry_after(body):
        response["Retry-After"] = str(wait)
    if throttle := body.get("extensions", {}).get("throttle"):  # draft-ietf-httpapi-ratelimit-headers
        maximum, available, window = throttle["maximumAvailable"], throttle["currentlyAvailable"], budgets.WINDOW
        response["RateLimit-Policy"] = f'"cost";q={maximum};w={window};qu="cost"'
        response["RateLimit"] = f'"cost";r={available};t={-(-(maximum - available) * window // maximum)}'
    response["Vary"] = "Accept, Authorization"
    response["Cache-Control"] = "no-store"
    return response


def authenticate(request: HttpRequest, document: DocumentNode, operation: OperationDefinitionNode) -> Viewer:
    """Who asks. A header that does not verify is an error for the whole request, never silently nobody.

    Some mutations ignore the header: clients send stale ones with them. Raises UnauthenticatedError.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if not header or _ignores_authorization(document, operation):
        return ANONYMOUS
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("The Authorization header must be 'Bearer <access token>'")
    return viewer_of(token.strip())


def _ignores_authorization(document: DocumentNode, operation: OperationDefinitionNode) -> bool:
    if operation.operation is not OperationType.MUTATION:
        return False
    fields = documents.root_fields(document, operation)
    return (
        bool(fields) and fields.keys() <= IGNORE_AUTHORIZATION
    )  # with none of them the header is all there is to check


def failed(request: HttpRequest, error: Exception) -> Reply:
    """500, or 503 when the database is away or too slow."""
    if told := errors.explanation(error):
        errors.log_outage(error)
        return 503, refusal(request, told, errors.UNAVAILABLE)
    logger.error("unexpected error", exc_info=error)
    return 500, refusal(request, errors.HIDDEN, errors.INTERNAL)


def refusal(request: HttpRequest, message: str, code: str, **told: int) -> dict[str, Any]:
    """An answer that is one error of the whole request; what is told besides goes to its extensions."""
    return {"errors": [errors.request_error(message, code, errors.request_id_in(request), **told)]}


def throttled(request: HttpRequest, throttle: Throttle) -> dict[str, Any]:
    """The answer to a caller whose budget has no room for the request; nothing was executed."""
    message = f"Your budget has no room for this request now; try again in {throttle.retry_after} s"
    body = refusal(request, message, "RATE_LIMITED", retryAfterSeconds=throttle.retry_after)
    return {**body, "extensions": shown(throttle)}


def shown(throttle: Throttle | None) -> dict[str, Any]:
    """What clients are told of their budget, under the names that Shopify's `throttleStatus` made known."""
    if throttle is None:
        return {}
    return {
        "throttle": {
            "cost": throttle.cost,
            "currentlyAvailable": throttle.available,
            "maximumAvailable": throttle.maximum,
            "restoreRate": throttle.maximum // budgets.WINDOW,
        }
    }
