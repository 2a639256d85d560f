"""A new password, by somebody who knows the old one."""

from __future__ import annotations

import unicodedata
from functools import partial

import pytest

from domains.accounts.models import AuditEvent, User
from tests.api import Api, sign_in
from tests.domains.accounts.mails import deliver
from tests.domains.common.refusals import broken, problems, refusal
from tests.domains.common.together import together
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "Saffron-Kettle-42"
FIELDS = {"currentPassword": PASSWORD, "newPassword": NEW}
WRONG = "The current password is missing or wrong; try again or reset it"


def signs_in(user: User, password: str) -> bool:
    answer = Api().call("login", "user { id }", email=user.email, password=password)
    return bool(answer["__typename"] == "LoginSuccess")


def test_the_new_password_holds_and_the_old_one_no_more(api: Api, customer: User) -> None:
    assert api.call("changePassword", "user { version }", **FIELDS)["user"] == {"version": 2}
    assert (signs_in(customer, NEW), signs_in(customer, PASSWORD)) == (True, False)
    (notice,) = deliver()
    assert (notice.to, notice.subject) == ([customer.email], "Your password was changed")


def test_every_other_session_is_over_and_this_one_goes_on(customer: User) -> None:
    tokens = sign_in(customer)
    here, elsewhere, lost = Api(token=tokens.access_token), Api(customer), sign_in(customer)
    here.call("changePassword", "user { id }", **FIELDS)
    assert here.data("{ me { sessions { current } } }")["me"]["sessions"] == [{"current": True}]
    assert Api().call("refreshToken", "__typename", refreshToken=tokens.refresh_token)["__typename"] == (
        "RefreshTokenSuccess"
    )
    assert elsewhere.code("{ me { email } }") == "UNAUTHENTICATED"
    refusal(Api(), "refreshToken", "InvalidTokenError", refreshToken=lost.refresh_token)


def test_a_wrong_current_password_changes_nothing(api: Api, customer: User) -> None:
    fields = {"currentPassword": "wrong", "newPassword": NEW}
    answer = refusal(api, "changePassword", "InvalidCredentialsError", **fields)
    assert answer == {"code": "INVALID_CREDENTIALS", "message": WRONG, "path": ["input", "currentPassword"]}
    assert signs_in(customer, PASSWORD)
    assert AuditEvent.objects.filter(type="PASSWORD_REFUSED", user=customer, session_id__isnull=False).exists()


def test_guessing_the_current_password_is_throttled(api: Api) -> None:
    guesses = [
        api.call("changePassword", "user { id }", currentPassword=f"guess {n}", newPassword=NEW) for n in range(6)
    ]
    assert [guess["__typename"] for guess in guesses] == ["InvalidCredentialsError"] * 5 + ["RateLimitedError"]


@pytest.mark.parametrize(
    ("password", "code", "message"),
    [
        ("Kettle-4", "TOO_SHORT", "This password is too short. It must contain at least 12 characters."),
        ("x" * 129, "TOO_LONG", "At most 128 characters"),
        (
            "password1234",
            "TOO_COMMON",
            "This password is too common. Choose one that is hard to guess, such as several unrelated words.",
        ),
        ("837465019283746", "INVALID", "This password is entirely numeric. Add letters."),
        (
            "Ada Person Ada",
            "TOO_SIMILAR",
            "The password is too similar to the name. Choose one that does not resemble it.",
        ),
        (PASSWORD, "TOO_SIMILAR", "This is the current password; choose another one"),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(api: Api, password: str, code: str, message: str) -> None:
    fields = {"currentPassword": PASSWORD, "newPassword": password}
    answer = refusal(api, "changePassword", "ValidationError", "fields { path message }", **fields)
    assert {"path": ["input", "newPassword"], "message": message} in answer["fields"]
    assert broken(api, "changePassword", **fields) >= {("input.newPassword", code)}


def test_the_same_password_typed_on_another_keyboard_is_the_same(api: Api, customer: User) -> None:
    composed = "Käse-Saffron-42-ﬁre"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    api.call("changePassword", "user { id }", currentPassword=PASSWORD, newPassword=decomposed)
    assert signs_in(customer, composed)


def test_lengths_are_counted_after_normalisation(api: Api) -> None:
    fields = {"currentPassword": PASSWORD, "newPassword": "Ke\u0301-Saffro1"}  # 12 code points, 11 when composed
    assert problems(api, "changePassword", **fields) == {"input.newPassword"}


def test_what_follows_the_longest_password_is_not_cut_off(api: Api, customer: User) -> None:
    longest = "Saffron-Kettle-4" * 8
    api.call("changePassword", "user { id }", currentPassword=PASSWORD, newPassword=longest)
    assert (signs_in(customer, longest), signs_in(customer, longest + "x")) == (True, False)


def test_of_two_changes_at_once_one_wins(customer: User) -> None:
    passwords = ["Saffron-Kettle-42", "Cinnamon-Ladder-77"]
    apis = [Api(customer), Api(customer)]
    calls = [
        partial(api.post, CHANGE, {"input": {"currentPassword": PASSWORD, "newPassword": password}})
        for api, password in zip(apis, passwords, strict=True)
    ]
    won = ["ChangePasswordSuccess" in str(answer) for answer in together(*calls)]
    assert sorted(won) == [False, True]
    assert signs_in(customer, passwords[won.index(True)])


CHANGE = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }"


def test_authorisation_comes_before_validation(nobody: Api) -> None:
    fields = {"currentPassword": "", "newPassword": ""}
    assert nobody.code(CHANGE, {"input": fields}) == "UNAUTHENTICATED"


def test_a_change_drops_an_email_that_waits(api: Api, customer: User) -> None:
    User.objects.update(pending_email="thief@example.com")
    api.call("changePassword", "user { id }", **FIELDS)
    assert User.objects.get(id=customer.id).pending_email == ""
