"""What can go wrong with an account."""

from __future__ import annotations

from domains.common.errors import DomainError


class EmailTakenError(DomainError):
    """The e-mail belongs to an account already."""

    code = "EMAIL_TAKEN"

    def __init__(self) -> None:
        super().__init__("An account with this e-mail exists; sign in or reset its password", path=["email"])


class InvalidCredentialsError(DomainError):
    """Unknown e-mail, wrong password or inactive account: one answer for all."""

    code = "INVALID_CREDENTIALS"

    def __init__(self) -> None:
        super().__init__("The e-mail or the password is wrong")


class InvalidTokenError(DomainError):
    """A refresh token that is unknown, expired, revoked or used again too late."""

    code = "INVALID_TOKEN"

    def __init__(self) -> None:
        super().__init__("This token is not valid any more; sign in again", path=["refreshToken"])
