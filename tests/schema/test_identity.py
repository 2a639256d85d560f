"""Who asks, and under which id the request is known."""

from __future__ import annotations

import re

import pytest

from tests.schema.wire import GRAPHQL, JSON, body, code, post

ME = {"query": "{ me { id } }"}
LOGIN = 'login(input: {email: "nobody@example.com", password: "x"}) { __typename }'
LOGOUT = "logout { __typename }"


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer a.b.c", "Bearer a b", "x" * 9_000]
)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 401), (JSON, 200)])
def test_a_header_that_does_not_verify_is_never_taken_for_nobody(header: str, accept: str, status: int) -> None:
    response = post(ME, Accept=accept, Authorization=header)
    assert (response.status_code, code(response)) == (status, "UNAUTHENTICATED")
    assert response.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


@pytest.mark.django_db
def test_nobody_may_ask_without_a_header() -> None:
    assert body(post(ME)) == {"data": {"me": None}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        f"mutation {{ {LOGIN} }}",
        f"mutation {{ __typename {LOGIN} }}",
        f"mutation {{ ... on Mutation {{ again: {LOGIN} }} {LOGIN} }}",
        f"mutation {{ ...A ...A }} fragment A on Mutation {{ ...B }} fragment B on Mutation {{ {LOGIN} }}",
    ],
)
def test_signing_in_ignores_a_stale_header_however_it_is_written(query: str) -> None:
    assert body(post({"query": query}, Authorization="Bearer a.b.c"))["data"]["login"]


@pytest.mark.parametrize(
    "query",
    [
        "mutation { __typename }",
        "{ __typename }",
        f"mutation {{ {LOGIN} {LOGOUT} }}",
        f"mutation {{ {LOGIN} other: {LOGOUT} }}",
        f"mutation {{ {LOGIN} ... {{ {LOGOUT} }} }}",
        f"mutation {{ {LOGIN} ... on Mutation @skip(if: true) {{ {LOGOUT} }} }}",
        f"mutation {{ {LOGIN} ...A }} fragment A on Mutation {{ ...B }} fragment B on Mutation {{ {LOGOUT} }}",
    ],
)
def test_whatever_else_is_asked_with_it_needs_a_header_that_verifies(query: str) -> None:
    assert code(post({"query": query}, Authorization="Bearer a.b.c")) == "UNAUTHENTICATED"


@pytest.mark.parametrize("given", ["abcd-1234", "a" * 64, "0192d3f1-7a68-7cc4-8f3e-0a1b2c3d4e5f"])
def test_a_sane_request_id_is_kept(given: str) -> None:
    response = post(b"{", X_Request_ID=given)
    assert response.headers["X-Request-ID"] == given
    assert body(response)["errors"][0]["extensions"]["requestId"] == given


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "with space", 'quote"quote', "täglich-mehr", "a/b/c/d/e"])
def test_any_other_is_replaced_by_one_of_ours(given: str) -> None:
    response = post(b"{", X_Request_ID=given)
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])
    assert code(response) == "BAD_REQUEST"
