"""What can go wrong with an account."""

from __future__ import annotations

from domains.common.errors import DomainError


class EmailTakenError(DomainError):
    """The e-mail belongs to an account already."""

    code = "EMAIL_TAKEN"
    meaning = "An account with this e-mail exists."
    text = "An account with this e-mail exists; log in or reset its password, which also opens a closed one again"
    place = ("email",)


class InvalidCredentialsError(DomainError):
    """At sign-in: unknown e-mail, wrong password or inactive account, one answer for all. Else: a wrong password."""

    code = "INVALID_CREDENTIALS"
    meaning = "E-mail or password is wrong, or the account is not active, which look the same. Nothing was written."
    text = "The e-mail or the password is wrong"


class InvalidTokenError(DomainError):
    """A token that is unknown, used, expired or revoked; by default a refresh token."""

    code = "INVALID_TOKEN"
    meaning = "The token is unknown, used, expired or revoked. Sign in again or ask for a new link."
    text = "This token is not valid any more; sign in again"
    place = ("refreshToken",)
