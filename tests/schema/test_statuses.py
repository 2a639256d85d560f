"""The HTTP status of each refusal is the one that the table of errors tells, under either media type."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from django.test import Client, override_settings

from tests.api import Api
from tests.schema.test_unexpected_errors import slow_down
from tests.schema.wire import GRAPHQL, JSON
from tests.tools.management.commands.print_errors import statuses

pytestmark = pytest.mark.django_db
BOTH = "query A { a: __typename } query B { b: __typename }"
CODES = statuses()
# Rate limits and outages take more than one request; they have tests of their own, as has what went wrong with us.
SEVERAL = {"RATE_LIMITED", "SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"}

BEFORE_ANY_VIEW = {408, 431}  # of a body that does not arrive, and of too many headers: see tests/backend


def ask(query: str, **more: Any) -> dict[str, Any]:
    return {"data": orjson.dumps({"query": query, **more})}


REQUESTS: dict[str, list[dict[str, Any]]] = {
    "BAD_REQUEST": [
        {"data": b"{"},
        {"path": "/nothing"},
        {"method": "PUT"},
        ask('subscription { orderUpdated(id: "x") { id } }'),
        {"data": b" " * 2_000_000},
        {"content_type": "text/plain"},
        ask(BOTH),
        ask(BOTH, operationName="C"),
    ],
    "BAD_USER_INPUT": [
        ask("{ __typename }", variables={"a": "\x00"}),
        ask(r'{ category(slug: "\u0000") { id } }'),
        ask("query ($id: ID!) { node(id: $id) { id } }"),
        ask("{ products(first: 101) { nodes { id } } }"),
    ],
    "FORBIDDEN": [
        ask('mutation { createCategory(input: {name: "A"}) { __typename } }'),
        {**ask("{ __typename }"), "settings": {"TRUSTED_DOCUMENTS_ONLY": True}},
    ],
    "GRAPHQL_PARSE_FAILED": [ask("{")],
    "GRAPHQL_VALIDATION_FAILED": [ask("{ nothing }")],
    "INVALID_CURSOR": [ask('{ products(after: "forged") { nodes { id } } }')],
    "PERSISTED_QUERY_NOT_FOUND": [
        {"data": b'{"documentId": "sha256:abc"}'},
        {"data": b'{"extensions": {"persistedQuery": {"sha256Hash": "abc"}}}'},
    ],
    "QUERY_TOO_COMPLEX": [
        ask(" ".join(["{ __typename", *(f"a{n}: __typename" for n in range(1_000)), "}"])),
        {**ask("{ categories { id } }"), "slow": True},
    ],
    "UNAUTHENTICATED": [
        {**ask("{ me { id } }"), "token": "stale"},
        {**ask("{ orders { nodes { id } } }"), "token": ""},
    ],
}


def answer(accept: str, customer: Api, request: dict[str, Any]) -> tuple[int, str]:
    """Status, and the code of the first error."""
    sent = {"method": "POST", "path": "/graphql", "content_type": JSON, "data": b"", "token": customer.token, **request}
    if sent.pop("slow", False):
        slow_down("products_category")
    headers = {"Accept": accept, **({"Authorization": f"Bearer {token}"} if (token := sent.pop("token")) else {})}
    with override_settings(**sent.pop("settings", {})):
        response: Any = Client().generic(**sent, headers=headers)
    return response.status_code, orjson.loads(response.content)["errors"][0]["extensions"]["code"]


def told(code: str, accept: str) -> set[int]:
    """The statuses in the table: `400 (200)` is 400, and 200 under application/json; `404-406` are three."""
    found: set[int] = set()
    for first, last, lenient in re.findall(r"(\d{3})(?:-(\d{3}))?(?: \((\d{3})\))?", CODES[code]):
        strict = range(int(first), int(last or first) + 1)
        found.update([int(lenient)] if lenient and accept == JSON else strict)
    return found


def test_every_code_but_those_of_several_requests_is_tried() -> None:
    assert REQUESTS.keys() | SEVERAL == CODES.keys()


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
@pytest.mark.parametrize("code", REQUESTS)
def test_a_refusal_has_the_status_that_the_table_tells(api: Api, code: str, accept: str) -> None:
    answers = [answer(accept, api, request) for request in REQUESTS[code]]
    assert {given for _, given in answers} == {code}
    assert {status for status, _ in answers} == told(code, accept) - BEFORE_ANY_VIEW
