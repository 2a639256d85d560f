"""What an e-mail, a name and a password must be like."""

from __future__ import annotations

import unicodedata

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email

from domains.accounts.hashing import MAX_CHARACTERS as MAX_PASSWORD_CHARACTERS
from domains.accounts.models import ERASED_DOMAIN, User
from domains.common.errors import FieldErrorCode, FieldProblem
from domains.common.validation import Problems, checked

MAX_NAME_CHARACTERS = 150
MAX_EMAIL_CHARACTERS = 254
# NFKC makes one character of up to four (UAX #15): what is longer than this is too long whatever it becomes.
MAX_RAW_PASSWORD_CHARACTERS = 4 * MAX_PASSWORD_CHARACTERS
# Where the validator only says what is wrong: what to do about it.
ADVICE = {
    "password_too_common": "Choose one that is hard to guess, such as several unrelated words.",
    "password_too_similar": "Choose one that does not resemble it.",
    "password_entirely_numeric": "Add letters.",
}
CODES = {
    "password_too_short": FieldErrorCode.TOO_SHORT,
    "password_too_common": FieldErrorCode.TOO_COMMON,
    "password_too_similar": FieldErrorCode.TOO_SIMILAR,
}


def normalize_password(password: str) -> str:
    """NFKC: the same password typed on two keyboards is the same password (NIST SP 800-63B, 5.1.1.2).

    What no password can become stays as it is, too long for all who look at it: normalising takes a time that grows
    with the square of the combining marks, during which the whole process stands still.
    """
    return unicodedata.normalize("NFKC", password) if len(password) <= MAX_RAW_PASSWORD_CHARACTERS else password


def validate(user: User, password: str) -> None:
    """A whole new account. Raises ValidationError with all that is wrong."""
    Problems([*email_problems(user.email), *name_problems(user.name), *password_problems(user, password)]).check()


def email_problems(email: str) -> list[FieldProblem]:
    """What is wrong with a normalised e-mail."""
    if len(email) > MAX_EMAIL_CHARACTERS:
        return [FieldProblem(["email"], f"At most {MAX_EMAIL_CHARACTERS} characters", FieldErrorCode.TOO_LONG)]
    try:
        validate_email(email)
    except DjangoValidationError:
        code = FieldErrorCode.INVALID if email else FieldErrorCode.REQUIRED
        return [FieldProblem(["email"], "This is not an e-mail address", code)]
    if email.endswith(ERASED_DOMAIN):
        return [FieldProblem(["email"], "Mails cannot be sent to this address", FieldErrorCode.INVALID)]
    if not (email.isascii() and email.isprintable()):
        message = "Mails cannot be sent to this address; try its domain as xn--..."
        return [FieldProblem(["email"], message, FieldErrorCode.INVALID)]
    return []


def named(name: str) -> str:
    """A person's name as it is kept."""
    return checked(name, most=MAX_NAME_CHARACTERS)[0]


def name_problems(name: str) -> list[FieldProblem]:
    """What is wrong with a name."""
    _, flaw = checked(name, most=MAX_NAME_CHARACTERS)
    return [FieldProblem(["name"], flaw.message, flaw.code)] if flaw else []


def password_problems(user: User, password: str, *, field: str = "password") -> list[FieldProblem]:
    """What is wrong with a normalised new password of this person; `field` is its name in the input.

    It is compared with no more of their e-mail and name than they may have: that takes long for long ones.
    """
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return [FieldProblem([field], f"At most {MAX_PASSWORD_CHARACTERS} characters", FieldErrorCode.TOO_LONG)]
    compared = User(email=user.email[:MAX_EMAIL_CHARACTERS], name=user.name[:MAX_NAME_CHARACTERS])
    try:
        validate_password(password, compared)
    except DjangoValidationError as error:
        return [_password_problem(field, refusal) for refusal in error.error_list]
    return []


def _password_problem(field: str, refusal: DjangoValidationError) -> FieldProblem:
    rule = refusal.code or ""
    message = " ".join(filter(None, [*refusal.messages, ADVICE.get(rule)]))
    return FieldProblem([field], message, CODES.get(rule, FieldErrorCode.INVALID))
