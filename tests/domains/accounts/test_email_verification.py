"""An e-mail is verified by a link that only its owner gets; a new e-mail counts from then on."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from domains.accounts.models import AuditEvent, User
from tests.api import Api, gid
from tests.domains.accounts.mails import deliver, verification_token
from tests.domains.common.refusals import refusal
from tests.domains.common.together import together
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

USER = "user { email pendingEmail emailVerified version }"
ASK = """mutation { requestEmailVerification { __typename
    ... on RequestEmailVerificationSuccess { email } ... on UserError { code message path } } }"""
USED_UP = "This link was used, has expired or was replaced; ask for a new one"


def ask(api: Api) -> dict[str, Any]:
    answer: dict[str, Any] = api.data(ASK)["requestEmailVerification"]
    return answer


def verify(token: str) -> dict[str, Any]:
    return Api().call("verifyEmail", USER, token=token)


def refused(token: str) -> None:
    answer = refusal(Api(), "verifyEmail", "InvalidTokenError", token=token)
    assert answer == {"code": "INVALID_TOKEN", "message": USED_UP, "path": ["input", "token"]}


def move(api: Api, email: str = "new@example.com") -> str:
    """Ask for a new e-mail; the token that is mailed to it."""
    answer = api.call("updateProfile", USER, email=email, currentPassword=PASSWORD)
    assert answer["__typename"] == "UpdateProfileSuccess", answer
    (to_new,) = [message for message in deliver() if message.to == [email]]
    return verification_token(to_new)


def test_registering_mails_a_link_that_verifies_without_signing_in(nobody: Api) -> None:
    fields = {"email": "ada@example.com", "password": "Saffron-Kettle-42", "name": "Buy at http://evil.example"}
    nobody.call("register", USER, **fields)
    (message,) = deliver()
    assert (message.to, message.subject) == (["ada@example.com"], "Confirm your e-mail address")
    assert "evil" not in str(message.message())
    assert verify(verification_token(message))["user"] == {
        "email": "ada@example.com",
        "pendingEmail": None,
        "emailVerified": True,
        "version": 2,
    }


def test_registering_a_taken_email_mails_nothing(nobody: Api, customer: User) -> None:
    nobody.call("register", USER, email=customer.email, password="Saffron-Kettle-42", name="Ada")
    assert deliver() == []


def test_another_link_can_be_asked_for_and_using_one_ends_both(api: Api, customer: User) -> None:
    assert ask(api) == {"__typename": "RequestEmailVerificationSuccess", "email": customer.email}
    ask(api)
    first, second = map(verification_token, deliver())
    assert verify(second)["user"]["emailVerified"] is True
    refused(first)
    refused(second)


def test_a_verified_email_is_mailed_nothing(api: Api, customer: User) -> None:
    User.objects.update(email_verified_at=timezone.now())
    assert ask(api)["email"] == customer.email
    assert deliver() == []


def test_what_was_verified_meanwhile_is_not_mailed(api: Api) -> None:
    ask(api)
    User.objects.update(email_verified_at=timezone.now())
    assert deliver() == []


def test_asking_needs_somebody_who_is_signed_in(nobody: Api) -> None:
    assert nobody.code(ASK) == "UNAUTHENTICATED"


def test_a_new_email_counts_when_its_link_is_opened(api: Api, customer: User) -> None:
    token = move(api, " New@Example.com ".strip().lower())
    assert api.data("{ me { email pendingEmail } }")["me"] == {
        "email": customer.email,
        "pendingEmail": "new@example.com",
    }
    assert verify(token)["user"] == {
        "email": "new@example.com",
        "pendingEmail": None,
        "emailVerified": True,
        "version": 3,
    }
    assert api.data("{ me { id email } }")["me"] == {"id": gid(customer), "email": "new@example.com"}
    refused(token)


def test_the_link_can_be_asked_for_again_and_goes_to_the_new_address(api: Api) -> None:
    move(api)
    assert ask(api)["email"] == "new@example.com"
    (again,) = deliver()
    assert again.to == ["new@example.com"]
    assert verify(verification_token(again))["user"]["email"] == "new@example.com"


def test_a_later_wish_replaces_an_earlier_one(api: Api) -> None:
    first = move(api, "first@example.com")
    second = move(api, "second@example.com")
    refused(first)
    assert verify(second)["user"]["email"] == "second@example.com"


def test_an_address_that_somebody_took_meanwhile_is_not_given(api: Api, customer: User) -> None:
    token = move(api)
    UserFactory.create(email="new@example.com")
    refused(token)
    assert User.objects.get(id=customer.id).email == customer.email


def test_of_two_who_move_to_one_address_at_once_exactly_one_gets_it(customer: User) -> None:
    tokens = [move(Api(user)) for user in (customer, UserFactory.create())]
    kinds = [answer["__typename"] for answer in together(*(partial(verify, token) for token in tokens))]
    assert sorted(kinds) == ["InvalidTokenError", "VerifyEmailSuccess"]
    assert User.objects.filter(email="new@example.com").count() == 1


def test_a_link_that_is_opened_twice_at_once_counts_once(api: Api, customer: User) -> None:
    token = move(api)
    kinds = [answer["__typename"] for answer in together(*[partial(verify, token)] * 2)]
    assert sorted(kinds) == ["InvalidTokenError", "VerifyEmailSuccess"]
    assert User.objects.get(id=customer.id).version == 3


def test_a_link_is_old_after_a_day(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    token = move(api)
    issued = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: issued + 24 * 3600 + 60)
    refused(token)
    monkeypatch.setattr("django.core.signing.time.time", lambda: issued + 24 * 3600 - 60)
    assert verify(token)["__typename"] == "VerifyEmailSuccess"


def test_a_link_of_a_closed_account_and_a_made_up_one_are_refused(api: Api) -> None:
    token = move(api)
    User.objects.update(is_active=False)
    for bad in (token, "", "made up", token[:-2]):
        refused(bad)


def test_the_trail_tells_a_verified_email_from_a_changed_one(api: Api, customer: User) -> None:
    ask(api)
    verify(verification_token(deliver()[0]))
    verify(move(api))
    told = AuditEvent.objects.exclude(type="SIGNED_IN").order_by("created_at").values_list("type", "user_id")
    types = ["EMAIL_VERIFIED", "EMAIL_CHANGE_REQUESTED", "EMAIL_CHANGED"]
    assert list(told) == [(type_, customer.id) for type_ in types]
