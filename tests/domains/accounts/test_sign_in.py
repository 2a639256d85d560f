"""Signing in and out."""

from __future__ import annotations

import pytest

from domains.accounts.models import User
from tests.api import Api
from tests.factories import PASSWORD, UserFactory

TOKENS = "user { email } tokens { accessToken refreshToken }"

pytestmark = pytest.mark.django_db


def test_a_person_signs_in_whatever_the_case_of_the_email(nobody: Api) -> None:
    UserFactory.create(email="ada@example.com")
    answer = nobody.call("login", TOKENS, email="ADA@Example.com", password=PASSWORD)
    assert answer["user"] == {"email": "ada@example.com"}
    assert Api(token=answer["tokens"]["accessToken"]).data("{ me { email } }") == {"me": {"email": "ada@example.com"}}


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("gone@example.com", PASSWORD)],
)
def test_wrong_unknown_and_closed_get_one_answer(nobody: Api, email: str, password: str) -> None:
    UserFactory.create(email="ada@example.com")
    UserFactory.create(email="gone@example.com", is_active=False)
    answer = nobody.call("login", TOKENS, email=email, password=password)
    assert answer == {
        "__typename": "InvalidCredentialsError",
        "code": "INVALID_CREDENTIALS",
        "message": "The e-mail or the password is wrong",
        "path": [],
    }


def test_logout_ends_this_session_and_no_other(customer: User) -> None:
    here, elsewhere = Api(customer), Api(customer)
    assert here.data("mutation { logout { ... on LogoutSuccess { revokedSessions } } }")["logout"] == {
        "revokedSessions": 1
    }
    assert here.code("{ me { email } }") == "UNAUTHENTICATED"
    assert elsewhere.data("{ me { email } }")["me"] == {"email": customer.email}
