"""What is looked at is short: nobody keeps a process busy with a long text. And what is accepted can be mailed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from domains.accounts import services
from domains.accounts.errors import InvalidCredentialsError
from domains.accounts.models import User, normalize_email
from domains.accounts.services import ProfileEdit
from domains.accounts.services.checking import MAX_RAW_PASSWORD_CHARACTERS, email_problems, normalize_password
from domains.accounts.tokens import viewer_of
from domains.common.errors import ValidationError
from domains.common.viewer import Viewer
from tests.api import Api, sign_in
from tests.domains.accounts.mails import deliver, reset_token
from tests.domains.common.refusals import problems
from tests.factories import PASSWORD

# Marks in the wrong order: sorting them takes a time that grows with the square of their number.
MARKS = "a" + "\u0315" * 250_000 + "\u0316" * 250_000
GOOD = {"email": "ada@example.com", "password": "Saffron-Kettle-42", "name": "Ada Lovelace"}


@pytest.fixture
def viewer(customer: User) -> Viewer:
    return viewer_of(sign_in(customer).access_token)


@pytest.fixture(autouse=True)
def normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text is not normalised: that would take minutes."""
    normalize = unicodedata.normalize

    def checked(form: Any, text: str) -> str:
        assert len(text) <= MAX_RAW_PASSWORD_CHARACTERS
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", checked)


def refused(call: Callable[..., object], **fields: Any) -> set[str]:
    with pytest.raises(ValidationError) as refusal:
        call(**fields)
    return {".".join(problem.path) for problem in refusal.value.problems}


@pytest.mark.django_db
def test_a_password_of_half_a_million_marks_is_too_long_before_it_is_normalised(viewer: Viewer) -> None:
    fields = {**GOOD, "password": MARKS}
    assert refused(services.register, **fields, user_agent="") == {"password"}
    assert refused(services.create_staff, **fields) == {"password"}
    changed = {"viewer": viewer, "current_password": PASSWORD, "new_password": MARKS}
    assert refused(services.change_password, **changed) == {"newPassword"}


@pytest.mark.django_db(transaction=True)
def test_a_mailed_link_does_not_set_a_password_of_half_a_million_marks(nobody: Api, customer: User) -> None:
    nobody.call("requestPasswordReset", "email", email=customer.email)
    assert refused(services.reset_password, token=reset_token(*deliver()), new_password=MARKS) == {"newPassword"}


@pytest.mark.django_db
def test_a_guess_of_half_a_million_marks_is_wrong_before_it_is_normalised(customer: User, viewer: Viewer) -> None:
    change = ProfileEdit(email="new@example.com")
    with pytest.raises(InvalidCredentialsError):
        services.login(email=customer.email, password=MARKS, user_agent="")
    with pytest.raises(InvalidCredentialsError):
        services.deactivate_account(viewer=viewer, current_password=MARKS)
    with pytest.raises(InvalidCredentialsError):
        services.change_password(viewer=viewer, current_password=MARKS, new_password="Saffron-Kettle-42")
    with pytest.raises(InvalidCredentialsError):
        services.update_profile(viewer=viewer, edit=change, current_password=MARKS, expected_version=None)


def test_no_password_that_fits_is_cut_off_by_the_bound() -> None:
    """Four characters become one, and nothing becomes less."""
    assert len(normalize_password("\u03b1\u0314\u0342\u0345" * 128)) == 128
    composed = [character for character in map(chr, range(0x110000)) if unicodedata.is_normalized("NFKC", character)]
    assert max(len(unicodedata.normalize("NFD", character)) for character in composed) == 4


@pytest.mark.django_db
def test_a_long_text_of_another_field_is_refused_for_itself_alone(nobody: Api) -> None:
    """Past what the field may hold nothing is compared with the password."""
    fields = {**GOOD, "password": "SaffronKettle42"}
    assert problems(nobody, "register", **{**fields, "name": "n " * 500 + fields["password"]}) == {"input.name"}
    assert problems(nobody, "register", **{**fields, "email": "n." * 500 + fields["password"]}) == {"input.email"}
    assert problems(nobody, "register", **{**fields, "name": fields["password"]}) == {"input.password"}


@pytest.mark.parametrize(
    "email",
    [
        "x@" + "\u00e4" * 60 + ".com",  # its ASCII form is too long
        "x@a\u200b.com",  # becomes x@a.com
        "x@\u2603.example",  # no domain by IDNA 2008
        "x@\ud800.com",
        '"\x01x"@example.com',  # becomes x@example.com
        '"\\\x7fx"@example.com',
        "\u017f@example.com",  # passes for the letter s
        "x" * 243 + "@example.com",
    ],
    ids=ascii,
)
def test_an_address_that_no_mail_would_reach_is_refused(email: str) -> None:
    assert [problem.path for problem in email_problems(normalize_email(email))] == [["email"]]


@pytest.mark.parametrize(
    "email",
    [
        "x@b\u00fccher.example",
        "x@xn--bcher-kva.example",
        "x@\u4f8b\u3048.jp",
        '"x y"@example.com'.replace(" ", "\\ "),
        "x@[127.0.0.1]",
        "x@localhost",
        "o'neil+shop@example.com",
        "x" * 242 + "@example.com",
    ],
    ids=ascii,
)
def test_an_unusual_address_is_accepted(email: str) -> None:
    assert email_problems(normalize_email(email)) == []
