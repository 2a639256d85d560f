"""What clients send about accounts."""

from __future__ import annotations

import strawberry


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
