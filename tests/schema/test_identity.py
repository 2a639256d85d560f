"""Who asks, and under which id the request is known."""

from __future__ import annotations

import re

import pytest

from tests.factories import UserFactory
from tests.schema.wire import GRAPHQL, JSON, body, code, post

ME = {"query": "{ me { id } }"}
LOGIN = """mutation { login(input: {email: "nobody@example.com", password: "x"}) { __typename } }"""


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer a.b.c", "Bearer a b", "x" * 9_000]
)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 401), (JSON, 200)])
def test_a_header_that_does_not_verify_is_never_taken_for_nobody(header: str, accept: str, status: int) -> None:
    response = post(ME, Accept=accept, Authorization=header)
    assert (response.status_code, code(response)) == (status, "UNAUTHENTICATED")


@pytest.mark.django_db
def test_nobody_may_ask_without_a_header() -> None:
    assert body(post(ME)) == {"data": {"me": None}}


@pytest.mark.django_db
def test_signing_in_ignores_a_stale_header_but_only_when_it_is_all_that_is_asked() -> None:
    UserFactory.create()
    stale = "Bearer a.b.c"
    assert body(post({"query": LOGIN}, Authorization=stale))["data"]["login"]
    for more in ("logout { __typename }", "...M"):
        query = LOGIN[: LOGIN.rindex("}")] + more + "} fragment M on Mutation { logout { __typename } }"
        query = query if more == "...M" else query.partition("} fragment")[0] + "}"
        assert code(post({"query": query}, Authorization=stale)) == "UNAUTHENTICATED"


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
