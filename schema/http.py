"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views import View
from graphql import DocumentNode, ExecutionResult, OperationDefinitionNode, OperationType

from domains.accounts.tokens import viewer_of
from domains.common.errors import UnauthenticatedError
from domains.common.graphql.context import Context
from domains.common.viewer import ANONYMOUS, Viewer
from schema import documents, errors
from schema.execution import execute
from schema.merge import IGNORE_AUTHORIZATION, core
from schema.negotiation import GRAPHQL_RESPONSE, JSON, media_type, names_json, wants_page
from schema.request import GraphQLRequest, RequestProblem, read_request

logger = logging.getLogger(__name__)

type Reply = tuple[int, dict[str, Any]]


class GraphQLView(View):
    """The endpoint. Synchronous: it runs in a web thread. No cookie authenticates, so no CSRF token is asked for."""

    explorer: Callable[[HttpRequest], HttpResponse] | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD") and self.explorer and settings.GRAPHIQL and wants_page(request):
            return self.explorer(request)
        media = media_type(request)
        try:
            if media is None:
                raise RequestProblem(f"Accept {JSON} or {GRAPHQL_RESPONSE}", status=406)
            status, body = self._reply(request, strict=media == GRAPHQL_RESPONSE)
        except RequestProblem as problem:
            status, body = problem.status, _refusal(request, problem.message, problem.code)
        except Exception:  # outside any field: the database is away, for one
            logger.exception("unexpected error")
            status, body = 500, _refusal(request, errors.HIDDEN, errors.INTERNAL)
        response = HttpResponse(orjson.dumps(body), status=status, content_type=f"{media or JSON}; charset=utf-8")
        if status == 405:
            response["Allow"] = "GET, POST"
        response["Vary"] = "Accept, Authorization"
        response["Cache-Control"] = "no-store"
        return response

    def _reply(self, request: HttpRequest, *, strict: bool) -> Reply:
        """Status and body. `strict`: request errors are 400 and not 200 (the new media type)."""
        if request.method not in ("GET", "POST"):
            raise RequestProblem("Use POST, or GET for a query", status=405)
        if request.method == "GET" and not names_json(request):
            raise RequestProblem(f"A query by GET needs an Accept header that names {JSON}", status=406)
        identifier = _request_id(request)
        wanted = read_request(request)
        document = documents.read(wanted.query, introspection=settings.INTROSPECTION)
        refused = 400 if strict else 200
        if document.node is None or document.errors:
            return refused, {"errors": [errors.formatted(e, document.code, identifier) for e in document.errors]}
        operation = document.operation(wanted.operation_name)
        if operation is None:
            raise RequestProblem("Name one of the operations of the document in operationName")
        if operation.operation is OperationType.SUBSCRIPTION:
            raise RequestProblem("Subscriptions are read as text/event-stream", status=406)
        if request.method == "GET" and operation.operation is OperationType.MUTATION:
            raise RequestProblem("Mutations need POST", status=405)
        request.graphql_operation = wanted.operation_name or _name(operation)  # type: ignore[attr-defined]
        try:
            viewer = authenticate(request, operation)
        except UnauthenticatedError as error:
            return 401 if strict else 200, _refusal(request, error.message, error.code)
        return self._execute(request, document.node, wanted, viewer, refused)

    def _execute(
        self, request: HttpRequest, node: DocumentNode, wanted: GraphQLRequest, viewer: Viewer, refused: int
    ) -> Reply:
        result: ExecutionResult = execute(
            core,
            node,
            context_value=Context(request, viewer),
            variable_values=wanted.variables,
            operation_name=wanted.operation_name,
        )
        identifier = _request_id(request)
        found = [errors.execution_error(error, identifier) for error in result.errors or ()]
        if result.data is None and not any(error.path for error in result.errors or ()):
            return refused, {"errors": found}  # nothing was executed: the variables did not fit
        return 200, {"data": result.data, **({"errors": found} if found else {})}


def authenticate(request: HttpRequest, operation: OperationDefinitionNode) -> Viewer:
    """Who asks. A header that does not verify is an error for the whole request, never silently nobody.

    Some mutations ignore the header: clients send stale ones with them. Raises UnauthenticatedError.
    """
    header = request.headers.get("Authorization")
    if not header or documents.root_fields(operation) <= IGNORE_AUTHORIZATION:
        return ANONYMOUS
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("The Authorization header must be 'Bearer <access token>'")
    return viewer_of(token.strip())


def _refusal(request: HttpRequest, message: str, code: str) -> dict[str, Any]:
    return {"errors": [errors.request_error(message, code, _request_id(request))]}


def _request_id(request: HttpRequest) -> str:
    identifier: str = getattr(request, "request_id", "")
    return identifier


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None
