"""Mutations of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import strawberry

from domains.accounts import inputs, models, results, services
from domains.accounts.errors import EmailTakenError, InvalidCredentialsError
from domains.accounts.types import Session, User
from domains.common.errors import NotFoundError
from domains.common.graphql.connections import given
from domains.common.graphql.context import Info
from domains.common.graphql.errors import StaleObjectError, ValidationError, mutation
from domains.common.graphql.ids import key_of
from domains.common.graphql.permissions import IsAuthenticated

# Clients send stale headers with these; they are answered as if there were none.
IGNORE_AUTHORIZATION = frozenset({"register", "login", "refreshToken", "requestPasswordReset", "resetPassword"})


def _user_agent(info: Info) -> str:
    return str(info.context.request.headers.get("User-Agent", ""))


@contextmanager
def _ending_sessions(info: Info) -> Iterator[None]:
    """Around what may end the session of this request: what follows in the document is then asked by nobody."""
    try:
        yield
    finally:
        if services.is_over(viewer=info.context.viewer):
            info.context.forget_viewer()


@strawberry.type
class Mutation:
    @mutation(
        description="Make an account, sign it in and mail it a link that verifies its e-mail. Ignores the "
        "Authorization header.",
        fails=[ValidationError, EmailTakenError, results.RateLimitedError],
        public="how one gets an account; throttled",
    )
    def register(self, info: Info, input: inputs.RegisterInput) -> results.RegisterSuccess:
        user, tokens = services.register(
            email=input.email, password=input.password, name=input.name, user_agent=_user_agent(info)
        )
        return results.RegisterSuccess(user=user, tokens=tokens)

    @mutation(
        description="Sign in with e-mail and password. Ignores the Authorization header.",
        fails=[InvalidCredentialsError, results.RateLimitedError],
        public="how one signs in; throttled",
    )
    def login(self, info: Info, input: inputs.LoginInput) -> results.LoginSuccess:
        user, tokens = services.login(email=input.email, password=input.password, user_agent=_user_agent(info))
        return results.LoginSuccess(user=user, tokens=tokens)

    @mutation(
        description="Swap a refresh token for fresh tokens. The same token again gives the same answer for 10 seconds; "
        "after that its use ends the session. Ignores the Authorization header.",
        fails=[results.InvalidTokenError],
        public="the token is the proof",
    )
    def refresh_token(self, info: Info, input: inputs.RefreshTokenInput) -> results.RefreshTokenSuccess:
        with _ending_sessions(info):
            tokens = services.refresh(refresh_token=input.refresh_token or "")
        return results.RefreshTokenSuccess(tokens=tokens)

    @mutation(
        description="End the session of this request; its tokens stop working at once.",
        permission_classes=[IsAuthenticated],
    )
    def logout(self, info: Info) -> results.LogoutResult:
        with _ending_sessions(info):
            return results.LogoutSuccess(revoked_sessions=services.logout(viewer=info.context.viewer))

    @mutation(
        description="End every session of the viewer, this one too; all their tokens stop working at once.",
        permission_classes=[IsAuthenticated],
    )
    def logout_everywhere(self, info: Info) -> results.LogoutResult:
        with _ending_sessions(info):
            return results.LogoutSuccess(revoked_sessions=services.logout_everywhere(viewer=info.context.viewer))

    @mutation(
        description="End one of the viewer's own sessions, such as that of a lost phone; its tokens stop working at "
        "once.",
        gives=(Session, "That device is signed out; its tokens stop working at once."),
        fails=[NotFoundError],
        permission_classes=[IsAuthenticated],
    )
    def revoke_session(self, info: Info, input: inputs.RevokeSessionInput) -> models.Session:
        session_id = key_of(input.session_id, "Session")
        with _ending_sessions(info):
            return services.revoke_session(viewer=info.context.viewer, session_id=session_id)

    @mutation(
        description="Change one's own name or e-mail. A new e-mail needs `currentPassword`; a link is mailed to it, "
        "the old address is told, and `email` changes when the link is opened (`verifyEmail`).",
        gives=(User, "The changes hold; a new e-mail waits in `pendingEmail` until it is verified."),
        fails=[ValidationError, EmailTakenError, InvalidCredentialsError, StaleObjectError],
        permission_classes=[IsAuthenticated],
    )
    def update_profile(self, info: Info, input: inputs.UpdateProfileInput) -> models.User:
        return services.update_profile(
            viewer=info.context.viewer,
            edit=input.edit(),
            current_password=given(input.current_password),
            expected_version=given(input.expected_version),
        )

    @mutation(
        description="Set a new password. Ends every other session at once, drops a `pendingEmail` and tells the person "
        "by mail.",
        gives=(User, "The new password holds. Every other session is over, this one goes on."),
        fails=[ValidationError, InvalidCredentialsError, results.RateLimitedError],
        permission_classes=[IsAuthenticated],
    )
    def change_password(self, info: Info, input: inputs.ChangePasswordInput) -> models.User:
        return services.change_password(
            viewer=info.context.viewer, current_password=input.current_password, new_password=input.new_password
        )

    @mutation(
        description="Mail a link that sets a new password, valid once and for 30 minutes. The answer is the same "
        "whether the account exists. Ignores the Authorization header.",
        fails=[ValidationError, results.RateLimitedError],
        public="tells nothing; throttled",
    )
    def request_password_reset(self, input: inputs.RequestPasswordResetInput) -> results.RequestPasswordResetSuccess:
        return results.RequestPasswordResetSuccess(email=services.request_password_reset(email=input.email))

    @mutation(
        description="Set a new password by a mailed link, which verifies the e-mail too. Ends every session at once "
        "and drops a `pendingEmail`; sign in afterwards. Ignores the Authorization header.",
        gives=(User, "The new password holds and the e-mail is verified. Every session is over: sign in."),
        fails=[ValidationError, results.InvalidTokenError],
        public="the mailed token is the proof",
    )
    def reset_password(self, info: Info, input: inputs.ResetPasswordInput) -> models.User:
        with _ending_sessions(info):
            return services.reset_password(token=input.token, new_password=input.new_password)

    @mutation(
        description="Mail a link that verifies the viewer's `pendingEmail`, or else `email`, valid once and for 24 "
        "hours. Nothing is mailed when the e-mail is verified already.",
        fails=[results.RateLimitedError],
        permission_classes=[IsAuthenticated],
    )
    def request_email_verification(self, info: Info) -> results.RequestEmailVerificationSuccess:
        email = services.request_email_verification(viewer=info.context.viewer)
        return results.RequestEmailVerificationSuccess(email=email)

    @mutation(
        description="Verify an e-mail by a mailed link; a `pendingEmail` becomes the account's e-mail. Works without "
        "signing in: send no Authorization header, or one that is valid. InvalidTokenError also when another account "
        "took the address meanwhile.",
        gives=(User, "The e-mail is verified."),
        fails=[results.InvalidTokenError],
        public="the mailed token is the proof",
    )
    def verify_email(self, input: inputs.VerifyEmailInput) -> models.User:
        return services.verify_email(token=input.token)

    @mutation(
        description="Close one's own account: every session ends at once and nobody can sign in to it. Its orders "
        "stay. A password that is reset by mail opens it again, with all that belongs to it; `requestErasure` is for "
        "good.",
        gives=(User, "The account is closed and every session over. Its orders stay."),
        fails=[InvalidCredentialsError, results.RateLimitedError],
        permission_classes=[IsAuthenticated],
    )
    def deactivate_account(self, info: Info, input: inputs.DeactivateAccountInput) -> models.User:
        with _ending_sessions(info):
            return services.deactivate_account(viewer=info.context.viewer, current_password=input.current_password)

    @mutation(
        description="Have one's name, e-mail, addresses and all else that is held of oneself erased, for good, after a "
        "time of grace (14 days by default): `User.erasureDueAt`. Until then one can sign in, order and take it back "
        "(`cancelErasure`). Open orders, refunds and disputes come first: it waits for their end "
        "(`User.erasureWaitsFor`). Orders stay for the books, without the person; the e-mail is free again. Told by "
        "mail, at the end by a last one. Asked again it stays at the first date. `deactivateAccount` closes and keeps.",
        gives=(User, "It will be done at `erasureDueAt`. Nothing has changed yet."),
        fails=[InvalidCredentialsError, results.RateLimitedError],
        permission_classes=[IsAuthenticated],
    )
    def request_erasure(self, info: Info, input: inputs.RequestErasureInput) -> models.User:
        return services.request_erasure(viewer=info.context.viewer, current_password=input.current_password)

    @mutation(
        description="Take `requestErasure` back, before it is carried out. Told by mail.",
        gives=(User, "All stays as it is."),
        fails=[NotFoundError, results.RateLimitedError],
        permission_classes=[IsAuthenticated],
    )
    def cancel_erasure(self, info: Info) -> models.User:
        return services.cancel_erasure(viewer=info.context.viewer)
