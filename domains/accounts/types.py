"""What clients see of people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from domains.accounts import errors, models
from domains.accounts.loaders import SessionsByUserIdLoader
from domains.accounts.tokens import Tokens
from domains.common.graphql.context import Info
from domains.common.graphql.errors import UserError, ValidationError, answers
from domains.common.graphql.types import Node, entity


@entity(models.Session, description="A signed-in device. Only its owner sees it.")
class Session(Node):
    user_agent: str = strawberry.field(description="What the client called itself at sign-in; may be empty.")
    ip_address: str | None = strawberry.field(description="Where the sign-in came from, IPv4 or IPv6.")
    last_used_at: datetime = strawberry.field(description="When its tokens were last refreshed.")
    expires_at: datetime = strawberry.field(description="Its absolute end; refreshing does not move it.")
    created_at: datetime = strawberry.field(description="When it was signed in.")

    @strawberry.field(description="Whether this request belongs to it.")
    def current(self, root: strawberry.Parent[models.Session], info: Info) -> bool:
        return root.id == info.context.viewer.session_id


@entity(models.User, description="A person with an account. Visible to that person and to staff.")
class User(Node):
    email: str = strawberry.field(description="Sign-in name, in small letters.")
    name: str = strawberry.field(description="What to call this person, 1 to 150 characters.")
    is_staff: bool = strawberry.field(description="Whether this person manages the catalogue and all orders.")
    email_verified: bool = strawberry.field(description="Whether the e-mail was confirmed by a link sent to it.")
    version: int = strawberry.field(description="Raised by each change; send it as `expectedVersion`.")
    created_at: datetime = strawberry.field(description="When the account was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")

    @strawberry.field(
        graphql_type=list[Session],
        description="Signed-in devices, newest first, at most 100. One's own only: staff see an empty list for others.",
    )
    async def sessions(self, root: strawberry.Parent[models.User], info: Info) -> list[models.Session]:
        return await info.context.loaders.get(SessionsByUserIdLoader).load(root.id)


@strawberry.type(description="What a client keeps to stay signed in. Never put a token into a URL.")
class AuthTokens:
    access_token: str = strawberry.field(description="Send as `Authorization: Bearer ...`. A JWT.")
    access_token_expires_at: datetime = strawberry.field(description="15 minutes after issue by default.")
    refresh_token: str | None = strawberry.field(
        description="Opaque; swap it for new tokens with `refreshToken`, once. Null in cookie mode."
    )
    refresh_token_expires_at: datetime = strawberry.field(description="7 days after issue by default.")

    @classmethod
    def of(cls, tokens: Tokens) -> AuthTokens:
        """From what the service issued."""
        return cls(
            access_token=tokens.access_token,
            access_token_expires_at=tokens.access_token_expires_at,
            refresh_token=tokens.refresh_token,
            refresh_token_expires_at=tokens.refresh_token_expires_at,
        )


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


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = strawberry.field(description="An e-mail address, at most 254 characters; compared without case.")
    password: str = strawberry.field(description="12 to 128 characters, not a common one, not like e-mail or name.")
    name: str = strawberry.field(description="What to call this person, 1 to 150 characters.")


@strawberry.input(description="A sign-in.")
class LoginInput:
    email: str = strawberry.field(description="The account's e-mail; case does not matter.")
    password: str = strawberry.field(description="The account's password.")


@strawberry.input(description="A refresh token to swap.")
class RefreshTokenInput:
    refresh_token: str | None = strawberry.field(
        default=strawberry.UNSET, description="The session's latest refresh token; null in cookie mode."
    )
