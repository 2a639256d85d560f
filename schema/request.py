"""Reading a GraphQL request out of an HTTP one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest

from schema import persisted
from schema.errors import RequestProblem
from schema.negotiation import JSON

NUL = b"\\u0000"  # the one spelling that JSON has for it
NUL_MESSAGE = "Text must not hold the character NUL"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client wants executed."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    register_as: str | None = None  # the hash to keep the query under, once it is found to be valid
    tells_cost: bool = False
    trusted: bool = False  # it was imported


def read_request(request: HttpRequest) -> GraphQLRequest:
    """The request in the body of a POST or the query string of a GET. Raises RequestProblem."""
    parameters = _from_query_string(request) if request.method == "GET" else _from_body(request)
    variables = _typed(parameters, "variables", dict)
    name = _typed(parameters, "operationName", str) or None
    extensions = _typed(parameters, "extensions", dict) or {}
    query, register_as, trusted = _document(parameters, extensions.get("persistedQuery"))
    return GraphQLRequest(query, variables, name, register_as, extensions.get("cost") is True, trusted)


def _document(parameters: dict[str, Any], hashed: Any) -> tuple[str, str | None, bool]:
    """The query, as it was sent or under the name that was sent for it; the hash to register it under; and whether it
    is a trusted one.
    """
    query = _typed(parameters, "query", str)
    document_id = _typed(parameters, "documentId", str)
    if query and document_id:
        raise RequestProblem('Send "query" or "documentId", not both')
    if query:
        return query, persisted.admitted(query, hashed), settings.TRUSTED_DOCUMENTS_ONLY
    if document_id or hashed is not None:
        query, trusted = persisted.named(document_id, hashed)
        return query, None, trusted
    raise RequestProblem('The request has no "query"')


def _typed[T](parameters: dict[str, Any], name: str, kind: type[T]) -> T | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, kind):
        raise RequestProblem(f'"{name}" must be {"a string" if kind is str else "a JSON object"}')
    return value


def _from_body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != JSON:
        raise RequestProblem(f"Send the request as Content-Type: {JSON}", status=415)
    if (request.content_params or {}).get("charset", "utf-8").lower().replace("-", "") != "utf8":
        raise RequestProblem("Send the request as UTF-8", status=415)
    try:
        return _object(request.body)
    except RequestDataTooBig:
        raise RequestProblem("The request is too large", status=413) from None


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RequestProblem("The request is not valid JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise RequestProblem("The request must be a JSON object")
    if NUL in (text.encode() if isinstance(text, str) else text):
        _refuse_nul(value)
    return value


def _refuse_nul(value: object) -> None:
    """A NUL cannot be stored as text; said here once, no rule behind has to. No recursion: JSON nests deeply."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\x00" in item:
                raise RequestProblem(NUL_MESSAGE, code="BAD_USER_INPUT", lenient=True)
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item


def _from_query_string(request: HttpRequest) -> dict[str, Any]:
    try:
        parameters: dict[str, Any] = dict(request.GET.items())
    except TooManyFieldsSent:
        raise RequestProblem("The query string has too many parameters") from None
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = _object(parameters[name])
        else:
            parameters.pop(name, None)
    _refuse_nul(parameters)
    return parameters
