"""What clients send about accounts."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domains.accounts.filtering import UserQuery
from domains.accounts.models import email_key
from domains.accounts.services import ProfileEdit
from domains.common.data.searching import beginnings
from domains.common.errors import BadUserInputError
from domains.common.graphql.connections import given

MAX_SEARCH_CHARACTERS = 254  # of an e-mail


@strawberry.input(description="Which people; the conditions given must all hold, null counts as not given.")
class UserFilter:
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Beginnings of words that must all occur in the name, or the e-mail address or its beginning; "
        f"never what stands in the middle. Case and accents do not count. At most {MAX_SEARCH_CHARACTERS} characters, "
        "of which the first 10 words count. Null or empty does not filter.",
        metadata={"cost": 2_000},
    )
    is_staff: bool | None = strawberry.field(default=strawberry.UNSET, description="Staff, or not.")
    created_after: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Whose account was made after this moment."
    )
    created_before: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Whose account was made before this moment."
    )

    def query(self) -> UserQuery:
        """Checked. Raises BadUserInputError."""
        search = given(self.search) or None
        if search and len(search) > MAX_SEARCH_CHARACTERS:
            raise BadUserInputError(f"search has at most {MAX_SEARCH_CHARACTERS} characters")
        return UserQuery(
            words=beginnings(search) if search else None,
            email=(email_key(search) or None) if search else None,
            is_staff=given(self.is_staff),
            created_at__gt=given(self.created_after),
            created_at__lt=given(self.created_before),
        )


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
        default=strawberry.UNSET, description="The session's latest refresh token; without one: InvalidTokenError."
    )


@strawberry.input(description="A session to end.")
class RevokeSessionInput:
    session_id: strawberry.ID = strawberry.field(description="Which of the viewer's own sessions.")


@strawberry.input(description="Changes to one's own account; what is absent stays as it is.")
class UpdateProfileInput:
    name: strawberry.Maybe[str] = strawberry.field(description="What to call this person, 1 to 150 characters.")
    email: strawberry.Maybe[str] = strawberry.field(
        description="A new e-mail, at most 254 characters; compared without case. It becomes `pendingEmail` until the "
        "link sent to it is opened. The account's own e-mail takes such a wish back."
    )
    current_password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The account's password; needed for a new e-mail only."
    )
    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET, description="The `version` you read; StaleObjectError when it is another by now."
    )

    def edit(self) -> ProfileEdit:
        """What the service changes."""
        return ProfileEdit(name=self.name.value if self.name else None, email=self.email.value if self.email else None)


@strawberry.input(description="A new password, by somebody who knows the old one.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The account's password until now.")
    new_password: str = strawberry.field(
        description="12 to 128 characters, not a common one, not like e-mail or name, not the current one."
    )


@strawberry.input(description="A forgotten password.")
class RequestPasswordResetInput:
    email: str = strawberry.field(description="The account's e-mail, at most 254 characters; case does not matter.")


@strawberry.input(description="A new password, by somebody who got a link by mail.")
class ResetPasswordInput:
    token: str = strawberry.field(description="From the link: what follows `#token=`. Valid once, for 30 minutes.")
    new_password: str = strawberry.field(description="12 to 128 characters, not a common one, not like e-mail or name.")


@strawberry.input(description="The proof that an e-mail arrived.")
class VerifyEmailInput:
    token: str = strawberry.field(description="From the link: what follows `#token=`. Valid once, for 24 hours.")


@strawberry.input(description="The wish that all that is held of oneself be erased.")
class RequestErasureInput:
    current_password: str = strawberry.field(description="The account's password.")


@strawberry.input(description="The end of one's own account.")
class DeactivateAccountInput:
    current_password: str = strawberry.field(description="The account's password.")
