"""Closing an account, and taking staff rights away: both hold at once."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from domains.accounts.models import AuditEvent, User
from tests.api import Api, sign_in
from tests.domains.accounts.mails import deliver, reset_token
from tests.domains.common.refusals import refusal
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

WRONG = "The current password is missing or wrong; try again or reset it"
CREATE = 'mutation { createCategory(input: {name: "x"}) { __typename } }'
CLOSE = "mutation ($input: DeactivateAccountInput!) { deactivateAccount(input: $input) { __typename } }"


def test_a_closed_account_is_out_everywhere(customer: User) -> None:
    here, elsewhere, refresh_token = Api(customer), Api(customer), sign_in(customer).refresh_token
    answer = here.call("deactivateAccount", "user { email version }", currentPassword=PASSWORD)
    assert answer["user"] == {"email": customer.email, "version": 2}
    for api in (here, elsewhere):
        assert api.code("{ me { email } }") == "UNAUTHENTICATED"
    refusal(Api(), "refreshToken", "InvalidTokenError", refreshToken=refresh_token)
    refusal(Api(), "login", "InvalidCredentialsError", email=customer.email, password=PASSWORD)


def test_whoever_closed_an_account_comes_back_by_a_new_password(customer: User) -> None:
    old, before = "Saffron-Kettle-42", sign_in(customer).refresh_token
    Api().call("requestPasswordReset", "email", email=customer.email)
    early = reset_token(deliver()[-1])
    Api(customer).call("deactivateAccount", "user { id }", currentPassword=PASSWORD)
    told = refusal(Api(), "register", "EmailTakenError", email=customer.email, password=old, name="Ada")["message"]
    assert "reset its password, which also opens a closed one" in told
    refusal(Api(), "resetPassword", "InvalidTokenError", token=early, newPassword="Copper-Ladder-17")
    Api().call("requestPasswordReset", "email", email=customer.email)
    (mail,) = deliver()
    assert "closed" in mail.body
    Api().call("resetPassword", "user { id }", token=reset_token(mail), newPassword="Copper-Ladder-17")
    Api().call("login", "user { id }", email=customer.email, password="Copper-Ladder-17")
    refusal(Api(), "refreshToken", "InvalidTokenError", refreshToken=before)


def test_the_row_stays_and_so_does_the_email(api: Api, nobody: Api, customer: User) -> None:
    api.call("deactivateAccount", "user { id }", currentPassword=PASSWORD)
    assert User.objects.get(id=customer.id).is_active is False
    refusal(nobody, "register", "EmailTakenError", email=customer.email, password="Saffron-Kettle-42", name="Ada")
    assert AuditEvent.objects.filter(type="DEACTIVATED", user=customer).count() == 1


def test_a_wrong_password_closes_nothing(api: Api) -> None:
    answer = refusal(api, "deactivateAccount", "InvalidCredentialsError", currentPassword="wrong")
    assert answer == {"code": "INVALID_CREDENTIALS", "message": WRONG, "path": ["input", "currentPassword"]}
    assert api.data("{ me { version } }")["me"] == {"version": 1}


def test_guessing_is_throttled(api: Api) -> None:
    for n in range(5):
        refusal(api, "deactivateAccount", "InvalidCredentialsError", currentPassword=f"guess {n}")
    answer = refusal(api, "deactivateAccount", "RateLimitedError", "retryAfterSeconds", currentPassword=PASSWORD)
    assert 1 <= answer["retryAfterSeconds"] <= 60


def test_nobody_cannot_close_an_account(nobody: Api) -> None:
    assert nobody.code(CLOSE, {"input": {"currentPassword": ""}}) == "UNAUTHENTICATED"


def test_a_demoted_person_loses_the_rights_at_once_and_signs_in_as_a_customer(staff: Api, staff_member: User) -> None:
    out = StringIO()
    call_command("demote_staff", staff_member.email.upper(), stdout=out)
    assert out.getvalue() == f"{staff_member.email} is an ordinary customer now and signed out everywhere.\n"
    assert staff.code(CREATE) == "UNAUTHENTICATED"
    tokens = Api().call("login", "tokens { accessToken }", email=staff_member.email, password=PASSWORD)["tokens"]
    assert Api(token=tokens["accessToken"]).code(CREATE) == "FORBIDDEN"
    assert AuditEvent.objects.filter(type="STAFF_REVOKED", user=staff_member).count() == 1


def test_only_staff_can_be_demoted() -> None:
    for email in (UserFactory.create().email, "nobody@example.com"):
        with pytest.raises(CommandError, match="No staff account has this e-mail"):
            call_command("demote_staff", email)
