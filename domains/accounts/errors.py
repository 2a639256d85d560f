"""What can go wrong with an account."""

from __future__ import annotations

from collections.abc import Sequence

from domains.common.errors import DomainError


class EmailTakenError(DomainError):
    """The e-mail belongs to an account already."""

    code = "EMAIL_TAKEN"
    meaning = "An account with this e-mail exists."

    def __init__(self) -> None:
        super().__init__("An account with this e-mail exists; sign in or reset its password", path=["email"])


class InvalidCredentialsError(DomainError):
    """At sign-in: unknown e-mail, wrong password or inactive account, one answer for all. Else: a wrong password."""

    code = "INVALID_CREDENTIALS"
    meaning = "E-mail or password is wrong, or the account is not active."

    def __init__(self, message: str = "The e-mail or the password is wrong", *, path: Sequence[str] = ()) -> None:
        super().__init__(message, path=path)


class InvalidTokenError(DomainError):
    """A token that is unknown, used, expired or revoked; by default a refresh token."""

    code = "INVALID_TOKEN"
    meaning = "The token is unknown, used, expired or revoked. Sign in again or ask for a new link."

    def __init__(
        self,
        message: str = "This token is not valid any more; sign in again",
        *,
        path: Sequence[str] = ("refreshToken",),
    ) -> None:
        super().__init__(message, path=path)
