"""What people change about themselves."""

from __future__ import annotations

from typing import Any

import pytest

from domains.accounts.models import User
from domains.common.background.models import OutboxMessage
from tests.api import Api
from tests.domains.accounts.mails import deliver
from tests.domains.common.refusals import problems, refusal
from tests.domains.common.together import together
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

USER = "user { name email pendingEmail emailVerified version }"
WRONG = "The current password is missing or wrong; try again or reset it"
NEW = {"email": "new@example.com", "currentPassword": PASSWORD}


def updated(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.call("updateProfile", USER, **fields)
    assert answer["__typename"] == "UpdateProfileSuccess", answer
    user: dict[str, Any] = answer["user"]
    return user


def test_a_name_changes_alone_and_needs_no_password(api: Api, customer: User) -> None:
    assert updated(api, name="  Ada King ") == {
        "name": "Ada King",
        "email": customer.email,
        "pendingEmail": None,
        "emailVerified": False,
        "version": 2,
    }


def test_a_new_email_waits_and_the_old_address_is_told(api: Api, customer: User) -> None:
    user = updated(api, name="Ada King", **NEW)
    assert (user["name"], user["email"], user["pendingEmail"]) == ("Ada King", customer.email, "new@example.com")
    to = {message.to[0]: message for message in deliver()}
    assert set(to) == {customer.email, "new@example.com"}
    notice = to[customer.email]
    assert "reset your password" in notice.body
    assert "new@example.com" not in str(notice.message())
    assert "#token=" not in str(notice.message())


def test_the_old_address_is_told_even_when_it_is_replaced_by_then(api: Api, customer: User) -> None:
    updated(api, **NEW)
    User.objects.update(email="new@example.com", pending_email="")
    assert customer.email in [message.to[0] for message in deliver()]


def test_ones_own_email_takes_a_wish_back_without_a_password(api: Api, customer: User) -> None:
    updated(api, **NEW)
    assert updated(api, email=customer.email.upper())["pendingEmail"] is None
    assert [message.to for message in deliver()] == [[customer.email]] * 2  # the notice, and its own verification


@pytest.mark.parametrize("password", [None, "", "wrong", PASSWORD.upper()])
def test_a_new_email_needs_the_current_password(api: Api, password: str | None) -> None:
    answer = refusal(
        api, "updateProfile", "InvalidCredentialsError", name="X", email="new@example.com", currentPassword=password
    )
    assert answer == {"code": "INVALID_CREDENTIALS", "message": WRONG, "path": ["input", "currentPassword"]}
    assert api.data("{ me { name pendingEmail } }")["me"] == {"name": "Ada Person", "pendingEmail": None}
    assert not OutboxMessage.objects.exists()


def test_a_taken_email_is_refused_to_those_who_know_their_password(api: Api) -> None:
    taken = UserFactory.create().email
    answer = refusal(api, "updateProfile", "EmailTakenError", email=taken.upper(), currentPassword=PASSWORD)
    assert (answer["code"], answer["path"]) == ("EMAIL_TAKEN", ["input", "email"])
    refusal(api, "updateProfile", "InvalidCredentialsError", email=taken, currentPassword="wrong")


def test_every_field_that_breaks_a_rule_is_told(api: Api) -> None:
    assert problems(api, "updateProfile", name=" ", email="nowhere") == {"input.name", "input.email"}
    assert problems(api, "updateProfile", name="n" * 151) == {"input.name"}


def test_an_older_version_is_stale_and_the_current_one_is_not(api: Api) -> None:
    assert updated(api, name="Ada King", expectedVersion=1)["version"] == 2
    answer = refusal(api, "updateProfile", "StaleObjectError", "currentVersion", name="X", expectedVersion=1)
    assert (answer["code"], answer["currentVersion"]) == ("STALE_OBJECT", 2)
    assert answer["path"] == ["input", "expectedVersion"]
    assert updated(api, name="Ada", expectedVersion=None)["version"] == 3


def test_of_two_who_read_the_same_version_one_is_told(api: Api) -> None:
    call = lambda: api.call("updateProfile", USER, name="Ada King", expectedVersion=1)["__typename"]  # noqa: E731
    assert sorted(together(call, call)) == ["StaleObjectError", "UpdateProfileSuccess"]


def test_authorisation_comes_before_validation(nobody: Api) -> None:
    query = 'mutation { updateProfile(input: {name: "", email: "nowhere"}) { __typename } }'
    assert nobody.code(query) == "UNAUTHENTICATED"
