"""The endpoint as bytes on the wire: for what a well-behaved client never sends."""

from __future__ import annotations

from typing import Any, cast

import orjson
from django.http import HttpResponse
from django.test import Client

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


def post(body: bytes | dict[str, Any], *, content_type: str = JSON, **headers: str) -> HttpResponse:
    """POST bytes, or a request as JSON. Headers by their names with `_` for `-`."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return _send("POST", data=data, content_type=content_type, headers=headers)


def get(headers: dict[str, str] | None = None, /, **parameters: str) -> HttpResponse:
    return _send("GET", query_params=parameters, headers=headers or {"Accept": JSON})


def _send(method: str, *, headers: dict[str, str], **more: Any) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Any = Client().generic(method, "/graphql", headers=named, **more)
    return cast("HttpResponse", response)


def body(response: HttpResponse) -> dict[str, Any]:
    """The answer, which is a JSON object whatever went wrong, without what every answer tells of the budget."""
    answer = orjson.loads(response.content)
    assert isinstance(answer, dict)
    return without_throttle(answer)


def without_throttle(answer: dict[str, Any]) -> dict[str, Any]:
    answer.get("extensions", {}).pop("throttle", None)
    return {name: value for name, value in answer.items() if value != {}}


def code(response: HttpResponse) -> str:
    """The code of a refusal: no data, and on every error a message and this request's id."""
    answer = body(response)
    assert "data" not in answer
    for error in answer["errors"]:
        assert error["message"]
        assert error["extensions"]["requestId"] == response.headers["X-Request-ID"]
    return str(answer["errors"][0]["extensions"]["code"])
