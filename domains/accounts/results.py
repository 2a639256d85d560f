"""How the mutations of accounts can end."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domains.accounts import errors, models
from domains.accounts.tokens import Tokens
from domains.accounts.types import AuthTokens, User
from domains.common import errors as common_errors
from domains.common.graphql.errors import UserError, answers
from domains.common.graphql.permissions import OF_THE_CALL


@answers(
    errors.InvalidTokenError,
    description="The token is unknown, used, expired, revoked or was replaced; nothing was written.",
)
class InvalidTokenError(UserError):
    pass


@answers(common_errors.RateLimitedError, description="Too many attempts in a short time; this one was not made.")
class RateLimitedError(UserError):
    retry_after_seconds: int = strawberry.field(
        description="How long to wait, in seconds, 1 or more.", metadata=OF_THE_CALL
    )


@strawberry.type(description="The account exists and is signed in.")
class RegisterSuccess:
    user: models.User = strawberry.field(graphql_type=User, description="The new account.")
    tokens: Tokens = strawberry.field(graphql_type=AuthTokens, description="Its first session.")


@strawberry.type(description="Signed in.")
class LoginSuccess:
    user: models.User = strawberry.field(graphql_type=User, description="Who signed in.")
    tokens: Tokens = strawberry.field(graphql_type=AuthTokens, description="The new session.")


@strawberry.type(description="Fresh tokens; the old refresh token is used up.")
class RefreshTokenSuccess:
    tokens: Tokens = strawberry.field(graphql_type=AuthTokens, description="The session's next tokens.")


@strawberry.type(description="Signed out.")
class LogoutSuccess:
    revoked_sessions: int = strawberry.field(
        description="How many sessions this ended, 0 or more.", metadata=OF_THE_CALL
    )


@strawberry.type(description="If an active account has this e-mail, a link is on its way to it.")
class RequestPasswordResetSuccess:
    email: str = strawberry.field(description="What was asked for, in small letters.", metadata=OF_THE_CALL)


@strawberry.type(description="A link is on its way, unless the e-mail is verified already.")
class RequestEmailVerificationSuccess:
    email: str = strawberry.field(
        description="Where the link goes: `pendingEmail` if there is one, else `email`.", metadata=OF_THE_CALL
    )


LogoutResult = Annotated[
    LogoutSuccess | InvalidTokenError,
    strawberry.union(
        "LogoutResult",
        description="How `logout` and `logoutEverywhere` can end; InvalidTokenError is not answered today.",
    ),
]
