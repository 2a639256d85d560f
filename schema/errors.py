"""Top-level errors: each has `extensions.code` and `requestId`; nothing internal leaves."""

from __future__ import annotations

import logging
import re
from typing import Any

from django.conf import settings
from graphql import GraphQLError
from strawberry.exceptions import StrawberryGraphQLError

from domains.common.errors import RequestError

logger = logging.getLogger(__name__)

INTERNAL = "INTERNAL_SERVER_ERROR"
HIDDEN = "Something went wrong on our side; tell us the requestId"
_FOR_DEVELOPERS = re.compile(r" Field of type 'Maybe\[.*$")
_SUGGESTION = re.compile(r" Did you mean [^?]*\?$")


def request_error(message: str, code: str, request_id: str) -> dict[str, Any]:
    """An error of the whole request."""
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}


def formatted(error: GraphQLError, code: str, request_id: str) -> dict[str, Any]:
    """An error found by parsing or validating, with its locations."""
    answer = dict(error.formatted)
    if not settings.INTROSPECTION:  # a schema that is not told must not be guessed from suggestions
        answer["message"] = _SUGGESTION.sub("", error.message)
    answer["extensions"] = {"code": code, "requestId": request_id}
    return answer


def execution_error(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """An error of execution: ours are told as they are, the unexpected is logged and hidden."""
    cause = error.original_error
    if isinstance(cause, RequestError):
        return formatted(error, cause.code, request_id)
    # graphql-core's own: variables and arguments that do not fit. Those of a field that point nowhere in the document
    # are of another kind: a value of ours that its type cannot represent.
    if cause is None or (isinstance(cause, GraphQLError) and (cause.nodes or not error.path)):
        return formatted(error, "BAD_USER_INPUT", request_id)
    if isinstance(cause, StrawberryGraphQLError):  # a null variable where a value may only be absent
        told = GraphQLError(_FOR_DEVELOPERS.sub("", cause.message), nodes=error.nodes, path=error.path)
        return formatted(told, "BAD_USER_INPUT", request_id)
    logger.error("unexpected error", exc_info=cause, extra={"field": ".".join(map(str, error.path or []))})
    hidden = GraphQLError(HIDDEN, nodes=error.nodes, path=error.path)
    return formatted(hidden, INTERNAL, request_id)
