"""Secrets, e-mails and names that clients send reach no log line, error or token, however the request ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import UserFactory
from tests.logs import json_log, lines
from tests.schema.test_unexpected_errors import take_away
from tests.schema.wire import get, post

CANARY = "canary-9f3b-Passw0rd"
EMAIL = "canary-2d7e@example.com"
NAME = "Canary Nettlefold"
PLANTED = re.compile(r"canary|nettlefold", re.IGNORECASE)
LITERAL = f'mutation {{ login(input: {{email: "{EMAIL}", password: "{CANARY}"}}) {{ __typename }} }}'
LOGIN = "mutation Login($input: LoginInput!) { login(input: $input) { __typename } }"
REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { __typename } }"
REFRESH = "mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { __typename } }"
PERSON = {"email": EMAIL, "password": CANARY}

pytestmark = pytest.mark.django_db

REQUESTS: dict[str, Callable[[], Any]] = {
    "a wrong password in a literal": lambda: post({"query": LITERAL}),
    "a wrong password in a variable": lambda: post({"query": LOGIN, "variables": {"input": PERSON}}),
    "a taken e-mail": lambda: post({"query": REGISTER, "variables": {"input": {**PERSON, "name": NAME}}}),
    "a password that breaks a rule": lambda: post(
        {"query": REGISTER, "variables": {"input": {"email": "x", "password": CANARY, "name": CANARY}}}
    ),
    "a refresh token": lambda: post({"query": REFRESH, "variables": {"input": {"refreshToken": CANARY}}}),
    "an access token": lambda: post({"query": "{ me { id } }"}, Authorization=f"Bearer {CANARY}"),
    "a document that does not parse": lambda: post({"query": LITERAL[:-1]}),
    "a document that does not validate": lambda: post({"query": LITERAL.replace("__typename", "nope")}),
    "a literal of the wrong type": lambda: post({"query": LITERAL.replace(f'"{EMAIL}"', "1")}),
    "variables that do not fit": lambda: post({"query": LOGIN, "variables": {"input": {"password": CANARY}}}),
    "a variable of the wrong type": lambda: post({"query": LOGIN, "variables": {"input": CANARY}}),
    "an unknown operation": lambda: post({"query": LITERAL, "operationName": CANARY}),
    "broken JSON": lambda: post(b'{"query": "' + CANARY.encode()),
    "the wrong content type": lambda: post(LITERAL.encode(), content_type="text/plain"),
    "a query string": lambda: get(query=LITERAL),
    "a query string that a browser sends": lambda: get({"Accept": "text/html"}, query=LITERAL),
    "NUL": lambda: post({"query": LOGIN, "variables": {"input": {**PERSON, "email": "\x00"}}}),
}


@pytest.mark.parametrize("end", REQUESTS)
def test_a_secret_in_a_request_is_not_logged_with(end: str, caplog: pytest.LogCaptureFixture) -> None:
    UserFactory.create(email=EMAIL)
    with json_log() as log:
        response = REQUESTS[end]()
    assert lines(log, "request")
    assert not PLANTED.findall(log.getvalue() + caplog.text)
    assert not PLANTED.findall(response.content.decode())


@pytest.mark.parametrize("end", ["a wrong password in a literal", "a wrong password in a variable", "a taken e-mail"])
def test_a_secret_is_not_logged_when_we_fail_ourselves(end: str, caplog: pytest.LogCaptureFixture) -> None:
    take_away("accounts_user")
    with json_log() as log:
        REQUESTS[end]()
    assert "Traceback" in lines(log, "unexpected error")[0]["exception"]
    assert not PLANTED.findall(log.getvalue() + caplog.text)
