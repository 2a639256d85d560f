"""What an e-mail, a name and a password must be like."""

from __future__ import annotations

import unicodedata

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email

from domains.accounts.models import User
from domains.common.errors import FieldProblem, ValidationError

MAX_PASSWORD_CHARACTERS = 128
MAX_NAME_CHARACTERS = 150
MAX_EMAIL_CHARACTERS = 254


def normalize_password(password: str) -> str:
    """NFKC: the same password typed on two keyboards is the same password (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def validate(user: User, password: str) -> None:
    """A whole new account. Raises ValidationError with all that is wrong."""
    problems = [*_email_problems(user.email), *_name_problems(user.name), *_password_problems(user, password)]
    if problems:
        raise ValidationError(problems)


def _email_problems(email: str) -> list[FieldProblem]:
    try:
        validate_email(email)
    except DjangoValidationError:
        return [FieldProblem(["email"], "This is not an e-mail address")]
    too_long = len(email) > MAX_EMAIL_CHARACTERS
    return [FieldProblem(["email"], f"At most {MAX_EMAIL_CHARACTERS} characters")] if too_long else []


def _name_problems(name: str) -> list[FieldProblem]:
    if 1 <= len(name) <= MAX_NAME_CHARACTERS and "\x00" not in name:
        return []
    return [FieldProblem(["name"], f"A name has 1 to {MAX_NAME_CHARACTERS} characters")]


def _password_problems(user: User, password: str) -> list[FieldProblem]:
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return [FieldProblem(["password"], f"At most {MAX_PASSWORD_CHARACTERS} characters")]
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        return [FieldProblem(["password"], message) for message in error.messages]
    return []
