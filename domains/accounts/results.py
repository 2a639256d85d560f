"""How the mutations of accounts can end."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domains.accounts import errors, models
from domains.accounts.types import AuthTokens, User
from domains.common.graphql.errors import UserError, ValidationError, answers


@answers(errors.InvalidCredentialsError)
@strawberry.type(description="Unknown e-mail, wrong password or inactive account: the answer is the same.")
class InvalidCredentialsError(UserError):
    pass


@answers(errors.InvalidTokenError)
@strawberry.type(description="The token is unknown, used, expired or revoked.")
class InvalidTokenError(UserError):
    pass


@answers(errors.EmailTakenError)
@strawberry.type(description="An account with this e-mail exists.")
class EmailTakenError(UserError):
    pass


@strawberry.type(description="Too many attempts in a short time.")
class RateLimitedError(UserError):
    retry_after_seconds: int = strawberry.field(description="How long to wait, in seconds, 1 or more.")


@strawberry.type(description="The account exists and is signed in.")
class RegisterSuccess:
    user: models.User = strawberry.field(graphql_type=User, description="The new account.")
    tokens: AuthTokens = strawberry.field(description="Its first session.")


@strawberry.type(description="Signed in.")
class LoginSuccess:
    user: models.User = strawberry.field(graphql_type=User, description="Who signed in.")
    tokens: AuthTokens = strawberry.field(description="The new session.")


@strawberry.type(description="Fresh tokens; the old refresh token is used up.")
class RefreshTokenSuccess:
    tokens: AuthTokens = strawberry.field(description="The session's next tokens.")


@strawberry.type(description="Signed out.")
class LogoutSuccess:
    revoked_sessions: int = strawberry.field(description="How many sessions this ended, 0 or more.")


RegisterResult = Annotated[
    RegisterSuccess | ValidationError | EmailTakenError | RateLimitedError,
    strawberry.union("RegisterResult", description="How `register` can end."),
]
LoginResult = Annotated[
    LoginSuccess | InvalidCredentialsError | RateLimitedError,
    strawberry.union("LoginResult", description="How `login` can end."),
]
RefreshTokenResult = Annotated[
    RefreshTokenSuccess | InvalidTokenError,
    strawberry.union("RefreshTokenResult", description="How `refreshToken` can end."),
]
LogoutResult = Annotated[
    LogoutSuccess | InvalidTokenError,
    strawberry.union("LogoutResult", description="How `logout` can end."),
]
