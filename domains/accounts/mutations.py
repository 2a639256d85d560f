"""Mutations of accounts."""

from __future__ import annotations

import strawberry

from domains.accounts import services
from domains.accounts.inputs import LoginInput, RefreshTokenInput, RegisterInput
from domains.accounts.results import (
    LoginResult,
    LoginSuccess,
    LogoutResult,
    LogoutSuccess,
    RefreshTokenResult,
    RefreshTokenSuccess,
    RegisterResult,
    RegisterSuccess,
)
from domains.accounts.services import Device
from domains.accounts.types import AuthTokens
from domains.common.graphql.context import Info
from domains.common.graphql.errors import mutation
from domains.common.graphql.permissions import IsAuthenticated

# Clients send stale headers with these; they are answered as if there were none.
IGNORE_AUTHORIZATION = frozenset({"register", "login", "refreshToken"})


def _device(info: Info) -> Device:
    request = info.context.request
    return Device(request.headers.get("User-Agent", ""), request.META.get("REMOTE_ADDR") or None)


@strawberry.type
class Mutation:
    @mutation(description="Make an account and sign it in. Ignores the Authorization header.")
    def register(self, info: Info, input: RegisterInput) -> RegisterResult:
        user, tokens = services.register(
            email=input.email, password=input.password, name=input.name, device=_device(info)
        )
        return RegisterSuccess(user=user, tokens=AuthTokens.of(tokens))

    @mutation(description="Sign in with e-mail and password. Ignores the Authorization header.")
    def login(self, info: Info, input: LoginInput) -> LoginResult:
        user, tokens = services.login(email=input.email, password=input.password, device=_device(info))
        return LoginSuccess(user=user, tokens=AuthTokens.of(tokens))

    @mutation(
        description="Swap a refresh token for fresh tokens. The same token again gives the same answer for 10 seconds; "
        "after that its use ends the session. Ignores the Authorization header."
    )
    def refresh_token(self, input: RefreshTokenInput) -> RefreshTokenResult:
        return RefreshTokenSuccess(tokens=AuthTokens.of(services.refresh(refresh_token=input.refresh_token or None)))

    @mutation(
        description="End the session of this request; its tokens stop working at once.",
        permission_classes=[IsAuthenticated],
    )
    def logout(self, info: Info) -> LogoutResult:
        return LogoutSuccess(revoked_sessions=services.logout(viewer=info.context.viewer))
