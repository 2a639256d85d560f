"""Making an account."""

from __future__ import annotations

from typing import Any

import pytest

from domains.accounts.models import Session, User
from tests.api import Api
from tests.domains.common.refusals import broken, problems, refusal
from tests.domains.common.together import together
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

GOOD = {"email": "ada@example.com", "password": "Saffron-Kettle-42", "name": "Ada Lovelace"}
SELECTION = "user { email name isStaff emailVerified version } tokens { accessToken refreshToken }"


def test_a_new_person_is_signed_in_at_once(nobody: Api) -> None:
    answer = nobody.call("register", SELECTION, **GOOD)
    assert answer["user"] == {
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "isStaff": False,
        "emailVerified": False,
        "version": 1,
    }
    assert Api(token=answer["tokens"]["accessToken"]).data("{ me { email } }")["me"] == {"email": "ada@example.com"}
    assert Session.objects.get().user.email == "ada@example.com"


def test_the_password_is_kept_as_argon2_only_and_signs_in(nobody: Api) -> None:
    nobody.call("register", SELECTION, **GOOD)
    assert User.objects.get().password.startswith("argon2$argon2id$")
    assert nobody.call("login", "user { name }", email=GOOD["email"], password=GOOD["password"])["user"]


def test_email_and_name_are_kept_without_white_space_and_the_email_in_small_letters(nobody: Api) -> None:
    answer = nobody.call("register", SELECTION, **{**GOOD, "email": "  ADA@Example.COM ", "name": " Ada  "})
    assert (answer["user"]["email"], answer["user"]["name"]) == ("ada@example.com", "Ada")


def test_the_same_password_typed_on_another_keyboard_signs_in(nobody: Api) -> None:
    composed, decomposed = "Caf\u00e9-Saffron-42", "Cafe\u0301-Saffron-42"
    nobody.call("register", SELECTION, **{**GOOD, "password": composed})
    answer = nobody.call("login", "user { name }", email=GOOD["email"], password=decomposed)
    assert answer["__typename"] == "LoginSuccess"


def test_a_taken_email_is_refused_whatever_its_case(nobody: Api) -> None:
    UserFactory.create(email="ada@example.com")
    answer = refusal(nobody, "register", "EmailTakenError", **{**GOOD, "email": "Ada@EXAMPLE.com"})
    assert (answer["code"], answer["path"]) == ("EMAIL_TAKEN", ["input", "email"])
    assert User.objects.count() == 1
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "twin", ["x@M\u00dcNCHEN.example", "X@xn--mnchen-3ya.example", "x@m\uff55\u0308nchen\u3002example"], ids=ascii
)
def test_one_mailbox_is_one_account_however_its_domain_is_written(nobody: Api, twin: str) -> None:
    made = nobody.call("register", SELECTION, **{**GOOD, "email": "x@m\u00fcnchen.example"})
    assert made["user"]["email"] == "x@xn--mnchen-3ya.example"
    refusal(nobody, "register", "EmailTakenError", **{**GOOD, "email": twin})
    assert nobody.call("login", "user { id }", email=twin, password=GOOD["password"])["__typename"] == "LoginSuccess"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "", "REQUIRED"),
        ("email", "ada", "INVALID"),
        ("email", "ada@", "INVALID"),
        ("email", "ada@example.com\nBcc: eve@example.com", "INVALID"),
        ("email", "a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".com", "TOO_LONG"),
        ("name", "", "REQUIRED"),
        ("name", "   ", "REQUIRED"),
        ("name", "n" * 151, "TOO_LONG"),
        ("name", "\u200b", "INVALID"),
        ("name", "winner\n\nPay here", "INVALID"),
        ("password", "", "TOO_SHORT"),
        ("password", "Kettle-42", "TOO_SHORT"),
        ("password", "password1234", "TOO_COMMON"),
        ("password", "748201937465", "INVALID"),
        ("password", "ada@example.com", "TOO_SIMILAR"),
        ("password", "AdaLovelace1", "TOO_SIMILAR"),
        ("password", "Kettle-42" * 15, "TOO_LONG"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_with_its_code(nobody: Api, field: str, value: str, code: str) -> None:
    assert broken(nobody, "register", **{**GOOD, field: value}) == {(f"input.{field}", code)}
    assert not User.objects.exists()


def test_all_problems_are_told_at_once(nobody: Api) -> None:
    fields: dict[str, Any] = {"email": "nowhere", "password": "1234", "name": ""}
    assert problems(nobody, "register", **fields) == {"input.email", "input.password", "input.name"}
    answer = refusal(nobody, "register", "ValidationError", "fields { path }", **{**GOOD, "password": "1234"})
    assert len(answer["fields"]) == 3  # too short, too common, digits only


def test_the_longest_name_and_password_are_accepted(nobody: Api) -> None:
    answer = nobody.call("register", SELECTION, **{**GOOD, "name": "n" * 150, "password": "Kettle42" * 16})
    assert answer["__typename"] == "RegisterSuccess"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_register_one_email_at_once_one_is_told_that_it_is_taken() -> None:
    call = lambda: Api().call("register", SELECTION, **GOOD)["__typename"]  # noqa: E731
    assert sorted(together(call, call)) == ["EmailTakenError", "RegisterSuccess"]
    assert User.objects.count() == 1
