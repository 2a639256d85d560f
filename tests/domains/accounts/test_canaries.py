"""E-mails, names and passwords are in no token, log line or error, whatever becomes of a call about an account."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from graphql import GraphQLUnionType
from pytest_django import Settings

from domains.accounts.models import User
from domains.common.background import delivering, outbox
from domains.common.background.models import OutboxMessage
from schema.merge import core
from tests.api import Api, sign_in
from tests.factories import UserFactory
from tests.logs import json_log, lines
from tests.mail_server import mail_server
from tests.schema.test_unexpected_errors import take_away

EMAIL, OTHER = "canary-4b1d@example.com", "canary-8e6f@example.com"
NAME, PASSWORD, NEXT = "Canary Nettlefold", "quetzal kettle of fish", "quetzal pot of fowl"
PLANTED = re.compile(r"canary|nettlefold|quetzal", re.IGNORECASE)

pytestmark = pytest.mark.django_db

VALID: dict[str, dict[str, Any]] = {
    "register": {"email": OTHER, "password": PASSWORD, "name": NAME},
    "login": {"email": EMAIL, "password": PASSWORD},
    "updateProfile": {"email": OTHER, "name": NAME, "currentPassword": PASSWORD},
    "changePassword": {"currentPassword": PASSWORD, "newPassword": NEXT},
    "requestPasswordReset": {"email": EMAIL},
    "deactivateAccount": {"currentPassword": PASSWORD},
}
INVALID: dict[str, dict[str, Any]] = {
    "register": {"email": EMAIL, "password": PASSWORD, "name": NAME},
    "login": {"email": OTHER, "password": NEXT},
    "refreshToken": {"refreshToken": PASSWORD},
    "revokeSession": {"sessionId": PASSWORD},
    "updateProfile": {"email": f"{OTHER}@", "name": NAME * 20},
    "changePassword": {"currentPassword": NEXT, "newPassword": f"{EMAIL} {NAME}"},
    "requestPasswordReset": {"email": f"{EMAIL}@"},
    "resetPassword": {"token": PASSWORD, "newPassword": "canary"},
    "verifyEmail": {"token": PASSWORD},
    "deactivateAccount": {"currentPassword": NEXT},
}
MALFORMED: list[Any] = [
    PASSWORD,
    [PASSWORD],
    {"password": [PASSWORD], "email": {"name": NAME}},
    {"newPassword": 1},
    None,
]


@pytest.fixture
def owner() -> User:
    return UserFactory.create(email=EMAIL, name=NAME, password=make_password(PASSWORD))


@pytest.fixture
def own(owner: User) -> Api:
    return Api(owner)


def ask(api: Api, mutation: str, given: Any) -> str:
    """The whole answer; only type names and errors were asked for."""
    kind = f"{mutation[0].upper()}{mutation[1:]}"
    union = core.type_map[f"{kind}Result"]
    assert isinstance(union, GraphQLUnionType)
    told = "__typename ... on UserError { message path }"
    if core.type_map["ValidationError"] in union.types:
        told += " ... on ValidationError { fields { message path } }"
    document = f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ {told} }} }}"
    return str(api.respond(document, {"input": given}).content.decode())


@pytest.mark.parametrize("mutation", VALID)
def test_nothing_is_told_of_what_succeeds(own: Api, mutation: str) -> None:
    with json_log() as log:
        answer = ask(own, mutation, VALID[mutation])
    assert "Success" in answer
    assert not PLANTED.findall(answer + log.getvalue())


@pytest.mark.parametrize("mutation", INVALID)
def test_nothing_is_told_of_what_is_refused(own: Api, mutation: str) -> None:
    with json_log() as log:
        answer = ask(own, mutation, INVALID[mutation])
    assert "Error" in answer
    assert not PLANTED.findall(answer + log.getvalue())


@pytest.mark.parametrize("mutation", INVALID)
def test_nothing_is_told_of_what_is_malformed(own: Api, mutation: str) -> None:
    for given in MALFORMED:
        with json_log() as log:
            answer = ask(own, mutation, given)
        assert '"errors"' in answer
        assert not PLANTED.findall(answer + log.getvalue())


@pytest.mark.parametrize("mutation", ["register", "updateProfile", "changePassword", "deactivateAccount"])
def test_nothing_is_told_when_the_database_quotes_the_whole_row(own: Api, mutation: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user ADD CONSTRAINT broken CHECK (false) NOT VALID")
    with json_log() as log:
        answer = ask(own, mutation, VALID[mutation])
    assert "INTERNAL_SERVER_ERROR" in answer
    assert "broken" in lines(log, "unexpected error")[0]["exception"]
    assert not PLANTED.findall(answer + log.getvalue())


@pytest.mark.parametrize("mutation", VALID)
def test_nothing_is_told_when_a_table_is_gone(own: Api, mutation: str) -> None:
    take_away("common_attempt")
    with json_log() as log:
        answer = ask(own, mutation, VALID[mutation])
    assert not PLANTED.findall(answer + log.getvalue())


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_when_the_mail_server_refuses_the_address(owner: User, settings: Settings) -> None:
    Api().call("requestPasswordReset", "email", email=EMAIL)
    with mail_server(settings, rcpt="550 no {}"), json_log() as log:
        assert not any(delivering.deliver(message_id) for message_id in outbox.hand_over())
    assert [line["error"] for line in lines(log, "outbox message refused")] == ["MailRefused 550"]
    assert not PLANTED.findall(log.getvalue() + str(list(OutboxMessage.objects.values())))


def test_tokens_hold_ids_and_times_and_nothing_of_the_person(owner: User) -> None:
    tokens = sign_in(owner)
    parts = [base64.urlsafe_b64decode(f"{part}==") for part in tokens.access_token.split(".")]
    assert b'"sub"' in parts[1]
    for told in (*parts, tokens.access_token.encode(), tokens.refresh_token.encode()):
        assert not PLANTED.findall(told.decode(errors="replace"))
