"""A header that does not verify is an error for the whole request; signing in takes no notice of it."""

from __future__ import annotations

import pytest

from domains.accounts.models import User
from tests.api import Api, sign_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

PUBLIC = "{ categories { name } me { email } }"


@pytest.mark.parametrize("header", ["Basic YWRhOnBhc3N3b3Jk", "Bearer", "Bearer  ", "Token abc", "abc", "Bearer stale"])
def test_a_header_that_does_not_verify_refuses_also_what_is_public(nobody: Api, header: str) -> None:
    answer = nobody.post(PUBLIC, Authorization=header)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["requestId"]


def test_a_valid_token_under_another_scheme_is_refused(nobody: Api, customer: User) -> None:
    access = sign_in(customer).access_token
    assert "errors" in nobody.post(PUBLIC, Authorization=f"Basic {access}")
    assert "errors" not in nobody.post(PUBLIC, Authorization=f"bEARER   {access}")


def test_without_a_header_one_is_nobody(nobody: Api) -> None:
    assert nobody.data(PUBLIC) == {"categories": [], "me": None}


def test_signing_in_registering_and_refreshing_ignore_a_stale_header(customer: User) -> None:
    stale = Api(token="stale")
    register = stale.call("register", "user { name }", email="new@example.com", password="Saffron-42-Kettle", name="N")
    login = stale.call("login", "user { name }", email=customer.email, password=PASSWORD)
    refresh = stale.call("refreshToken", "tokens { accessToken }", refreshToken=sign_in(customer).refresh_token)
    assert [answer["__typename"] for answer in (register, login, refresh)] == [
        "RegisterSuccess",
        "LoginSuccess",
        "RefreshTokenSuccess",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "mutation { logout { __typename } }",
        'mutation { refreshToken(input: {refreshToken: "x"}) { __typename } logout { __typename } }',
        "mutation { ...Anything } fragment Anything on Mutation { logout { __typename } }",
    ],
)
def test_any_other_field_in_the_request_brings_the_header_back(query: str) -> None:
    answer = Api(token="stale").post(query)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer


def test_signing_out_needs_somebody_who_is_signed_in(nobody: Api) -> None:
    assert nobody.code("mutation { logout { __typename } }") == "UNAUTHENTICATED"
