"""What clients see of people."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from domains.accounts import models
from domains.accounts.loaders import AuditEventsByUserIdLoader, SessionsByUserIdLoader
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


def _told(name: str, description: str) -> Any:
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="What happened to an account's security. Values are added, never renamed.")
class AuditEventType(Enum):
    REGISTERED = _told("REGISTERED", "The account was made.")
    SIGNED_IN = _told("SIGNED_IN", "Somebody signed in.")
    SIGN_IN_FAILED = _told("SIGN_IN_FAILED", "Somebody tried a wrong password.")
    SIGNED_OUT = _told("SIGNED_OUT", "A session was ended from within.")
    SIGNED_OUT_EVERYWHERE = _told("SIGNED_OUT_EVERYWHERE", "All sessions were ended at once.")
    SESSION_REVOKED = _told("SESSION_REVOKED", "A session was ended from another one.")
    REFRESH_REUSED = _told("REFRESH_REUSED", "A used refresh token came again, as if stolen; its session ended.")
    PASSWORD_REFUSED = _told("PASSWORD_REFUSED", "Somebody who was signed in gave a wrong current password.")
    PASSWORD_CHANGED = _told("PASSWORD_CHANGED", "The password was changed by somebody who knew the old one.")
    PASSWORD_RESET_REQUESTED = _told("PASSWORD_RESET_REQUESTED", "Somebody asked for a link that resets the password.")
    PASSWORD_RESET = _told("PASSWORD_RESET", "The password was set by a mailed link.")
    EMAIL_CHANGE_REQUESTED = _told("EMAIL_CHANGE_REQUESTED", "A new e-mail was asked for.")
    EMAIL_CHANGED = _told("EMAIL_CHANGED", "The new e-mail was verified and holds.")
    EMAIL_VERIFIED = _told("EMAIL_VERIFIED", "The e-mail was verified.")
    DEACTIVATED = _told("DEACTIVATED", "The account was closed.")
    STAFF_REVOKED = _told("STAFF_REVOKED", "The account is a staff account no more.")


@entity(models.AuditEvent, description="One thing that happened to an account's security. Only its owner sees it.")
class AuditEvent(Node):
    ip_address: str | None = strawberry.field(description="Where it was asked for, IPv4 or IPv6; null for commands.")
    created_at: datetime = strawberry.field(description="When it happened.")

    @strawberry.field(description="What happened.")
    def type(self, root: strawberry.Parent[models.AuditEvent]) -> AuditEventType:
        return AuditEventType(root.type)


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
        description="The address that becomes `email` when the link sent to it is opened; null when none waits."
    )
    def pending_email(self, root: strawberry.Parent[models.User]) -> str | None:
        return root.pending_email or None

    @strawberry.field(
        graphql_type=list[Session],
        description="Signed-in devices, newest first, at most 100. One's own only: staff see an empty list for others.",
    )
    async def sessions(self, root: strawberry.Parent[models.User], info: Info) -> list[models.Session]:
        return await info.context.loaders.get(SessionsByUserIdLoader).load(root.id)

    @strawberry.field(
        graphql_type=list[AuditEvent],
        description="Sign-ins, failures, password and e-mail changes, newest first, at most 100, kept 180 days by "
        "default. One's own only: staff see an empty list for others.",
    )
    async def audit_events(self, root: strawberry.Parent[models.User], info: Info) -> list[models.AuditEvent]:
        return await info.context.loaders.get(AuditEventsByUserIdLoader).load(root.id)


@strawberry.type(description="What a client keeps to stay signed in. Never put a token into a URL.")
class AuthTokens:
    access_token: str = strawberry.field(description="Send as `Authorization: Bearer ...`. A JWT.")
    access_token_expires_at: datetime = strawberry.field(description="15 minutes after issue by default.")
    refresh_token: str | None = strawberry.field(
        description="Opaque; swap it for new tokens with `refreshToken`, once. Never null today."
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
