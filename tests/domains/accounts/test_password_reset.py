"""A forgotten password: a link by mail, good once and for 30 minutes."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail, signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from domains.accounts.models import AuditEvent, User
from domains.common.background.models import OutboxMessage
from tests.api import Api, gid, sign_in
from tests.domains.accounts.mails import deliver, reset_token
from tests.domains.accounts.strangers import new_address
from tests.domains.common.refusals import problems, refusal
from tests.domains.common.together import together
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "Saffron-Kettle-42"
USER = "user { id email emailVerified version }"
USED_UP = "This link was used, has expired or was replaced; ask for a new one"


def link_for(email: str) -> str:
    """The token that is mailed to this address."""
    Api().call("requestPasswordReset", "email", email=email)
    return reset_token(deliver()[-1])


def reset(token: str, password: str = NEW) -> dict[str, Any]:
    return Api().call("resetPassword", USER, token=token, newPassword=password)


def refused(token: str) -> None:
    answer = refusal(Api(), "resetPassword", "InvalidTokenError", token=token, newPassword=NEW)
    assert answer == {"code": "INVALID_TOKEN", "message": USED_UP, "path": ["input", "token"]}


def test_the_link_sets_a_password_proves_the_address_and_signs_out_everywhere(customer: User) -> None:
    here = Api(customer)
    answer = reset(link_for(customer.email.upper()))
    assert answer["user"] == {"id": gid(customer), "email": customer.email, "emailVerified": True, "version": 2}
    assert here.code("{ me { email } }") == "UNAUTHENTICATED"
    assert Api().call("login", USER, email=customer.email, password=NEW)["__typename"] == "LoginSuccess"
    refusal(Api(), "login", "InvalidCredentialsError", email=customer.email, password=PASSWORD)


def test_the_person_is_told_of_the_new_password(customer: User) -> None:
    reset(link_for(customer.email))
    (notice,) = deliver()
    assert (notice.to, notice.subject) == ([customer.email], "Your password was changed")
    assert "reset your password" in notice.body


def test_known_unknown_and_closed_get_one_answer_for_the_same_work(customer: User) -> None:
    closed = UserFactory.create(is_active=False)
    emails = [customer.email, closed.email, "nobody@example.com"]
    answers, statements = [], []
    for email in emails:
        with CaptureQueriesContext(connection) as queries:
            answers.append(Api(address=new_address()).call("requestPasswordReset", "email", email=email))
        statements.append([re.sub(r"'.*?'(::\w+)?|NULL", "?", query["sql"] or "prepared") for query in queries])
    assert answers == [{"__typename": "RequestPasswordResetSuccess", "email": email} for email in emails]
    assert statements[0] == statements[1] == statements[2]
    assert [message.to for message in deliver()] == [[customer.email], [closed.email]]


def test_the_outbox_keeps_no_address_that_was_asked_for(customer: User) -> None:
    for email in (customer.email, "nobody@example.com"):
        Api().call("requestPasswordReset", "email", email=email)
    assert OutboxMessage.objects.filter(topic="accounts.password_reset").count() == 2
    assert "@" not in str(list(OutboxMessage.objects.values()))


def test_a_link_works_once(customer: User) -> None:
    token = link_for(customer.email)
    reset(token)
    refused(token)


def test_the_first_of_two_links_that_is_used_ends_the_other(customer: User) -> None:
    first, second = link_for(customer.email), link_for(customer.email)
    reset(second)
    refused(first)


def test_of_two_who_use_one_link_at_once_exactly_one_wins(customer: User) -> None:
    token = link_for(customer.email)
    passwords = ["Saffron-Kettle-42", "Cinnamon-Ladder-77"]
    kinds = [answer["__typename"] for answer in together(*(partial(reset, token, password) for password in passwords))]
    assert sorted(kinds) == ["InvalidTokenError", "ResetPasswordSuccess"]
    winner = passwords[kinds.index("ResetPasswordSuccess")]
    assert Api().call("login", USER, email=customer.email, password=winner)["__typename"] == "LoginSuccess"


def test_a_link_is_old_after_thirty_minutes(customer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = link_for(customer.email)
    issued = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: issued + 29 * 60)
    problems(Api(), "resetPassword", token=token, newPassword="short")
    monkeypatch.setattr("django.core.signing.time.time", lambda: issued + 31 * 60)
    refused(token)


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "moved@example.com"}, {"password": "!"}], ids=str)
def test_a_link_ends_when_what_it_is_bound_to_changes(customer: User, change: dict[str, Any]) -> None:
    token = link_for(customer.email)
    User.objects.update(**change)
    refused(token)


def test_forged_foreign_and_misused_tokens_are_refused_alike(customer: User) -> None:
    token = link_for(customer.email)
    verification = signing.TimestampSigner(salt="accounts.verify-email").sign(customer.id.hex)
    other = UserFactory.create().id.hex + token[32:]
    for bad in (
        "",
        "x",
        token[:-1],
        token[:-1] + "\u00e9",
        token.upper(),
        other,
        verification,
        "0" * 5000,
        token + "A",
    ):
        refused(bad)
    assert reset(token)["__typename"] == "ResetPasswordSuccess"


def test_a_bad_password_does_not_use_the_link_up(customer: User) -> None:
    token = link_for(customer.email)
    for bad in ("short", "123456789012345", "password1234", "x" * 129, customer.email):
        assert problems(Api(), "resetPassword", token=token, newPassword=bad) == {"input.newPassword"}
    assert reset(token)["__typename"] == "ResetPasswordSuccess"


def test_what_is_no_email_is_refused() -> None:
    for bad in ("", "ada", "a@b@example.com", "a" * 250 + "@example.com"):
        assert problems(Api(), "requestPasswordReset", email=bad) == {"input.email"}
    assert not OutboxMessage.objects.exists()


def test_a_stale_header_is_ignored(customer: User) -> None:
    stale = Api(token="stale")
    assert stale.call("requestPasswordReset", "email", email=customer.email)["email"] == customer.email
    token = reset_token(deliver()[-1])
    answer = stale.call("resetPassword", USER, token=token, newPassword=NEW)
    assert answer["__typename"] == "ResetPasswordSuccess"


def test_a_reset_drops_an_email_change_that_waits(customer: User) -> None:
    User.objects.update(pending_email="thief@example.com")
    reset(link_for(customer.email))
    customer.refresh_from_db()
    assert (customer.pending_email, customer.email_verified) == ("", True)


def test_the_day_of_an_earlier_verification_stays(customer: User) -> None:
    proven = timezone.now() - timedelta(days=9)
    User.objects.update(email_verified_at=proven)
    reset(link_for(customer.email))
    customer.refresh_from_db()
    assert customer.email_verified_at == proven


def test_no_table_holds_the_secret_and_a_repeated_mail_has_the_same_message_id(customer: User) -> None:
    token = link_for(customer.email)
    stored = str([*OutboxMessage.objects.values(), *AuditEvent.objects.values(), *User.objects.values()])
    assert token[33:] not in stored
    OutboxMessage.objects.update(done_at=None, due_at=timezone.now())
    deliver()
    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second
    assert "@example.com" in first


def test_the_trail_tells_of_the_request_and_of_the_reset(customer: User) -> None:
    Api().call("requestPasswordReset", "email", email="nobody@example.com")
    reset(link_for(customer.email))
    told = AuditEvent.objects.order_by("created_at").values_list("type", "user_id", "ip_address")
    assert list(told) == [
        ("PASSWORD_RESET_REQUESTED", None, "127.0.0.1"),
        ("PASSWORD_RESET_REQUESTED", customer.id, "127.0.0.1"),
        ("PASSWORD_RESET", customer.id, "127.0.0.1"),
    ]


def test_a_session_that_was_open_cannot_be_refreshed_after_a_reset(customer: User) -> None:
    refresh_token = sign_in(customer).refresh_token
    reset(link_for(customer.email))
    refusal(Api(), "refreshToken", "InvalidTokenError", refreshToken=refresh_token)
