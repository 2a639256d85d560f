"""What clients see of people."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domains.accounts import models
from domains.accounts.loaders import SessionsByUserIdLoader
from domains.accounts.tokens import Tokens
from domains.common.graphql.context import Info
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
