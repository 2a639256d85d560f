"""Passwords and tokens never reach a log line, whatever becomes of the call."""

from __future__ import annotations

import logging

import pytest

from backend.logging import JsonFormatter
from domains.accounts.models import User
from tests.api import Api, sign_in
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

CANARY = "Canary-42-Kettle"
TOKENS = "tokens { accessToken refreshToken }"


def told(caplog: pytest.LogCaptureFixture) -> str:
    text = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert "/graphql" in text  # the requests themselves are logged
    return text


def test_registering_logs_neither_password_nor_tokens(nobody: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fields = {"email": "ada@example.com", "password": CANARY, "name": "Ada"}
    tokens = nobody.call("register", TOKENS, **fields)["tokens"]
    for bad in ({"email": "nowhere"}, {}, {"name": ""}):
        nobody.call("register", TOKENS, **{**fields, **bad})
    text = told(caplog)
    for secret in (CANARY, tokens["accessToken"], tokens["refreshToken"]):
        assert secret not in text


def test_signing_in_and_refreshing_log_no_secret(nobody: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    user = UserFactory.create()
    nobody.call("login", TOKENS, email=user.email, password=CANARY)
    first = nobody.call("login", TOKENS, email=user.email, password=PASSWORD)["tokens"]
    second = nobody.call("refreshToken", TOKENS, refreshToken=first["refreshToken"])["tokens"]
    nobody.call("refreshToken", TOKENS, refreshToken=CANARY)
    text = told(caplog)
    for secret in (CANARY, PASSWORD, *first.values(), *second.values()):
        assert secret not in text


def test_secrets_in_requests_that_are_refused_are_not_logged(nobody: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    written = f'mutation {{ login(input: {{email: "a@example.com", password: "{CANARY}"'
    nobody.post(f"{written}}}) {{ nothing }} }}")
    nobody.post(f"{written}, more: 1}}) {{ __typename }} }}")
    nobody.post(f"{written}")
    nobody.post(
        "mutation ($input: LoginInput!) { login(input: $input) { __typename } }", {"input": {"password": CANARY}}
    )
    nobody.post("{ me { email } }", Authorization=f"Bearer {CANARY}")
    assert CANARY not in told(caplog)


def test_the_token_of_a_request_is_not_logged(customer: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = sign_in(customer)
    Api(token=tokens.access_token).data("{ me { sessions { id } } }")
    Api(token=tokens.access_token).data("mutation { logout { __typename } }")
    Api(token=tokens.access_token).post("{ me { email } }")
    text = told(caplog)
    assert tokens.access_token not in text
    assert tokens.refresh_token not in text
