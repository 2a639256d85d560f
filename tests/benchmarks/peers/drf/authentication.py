"""A signed token, and a session that is alive, as ours."""

from __future__ import annotations

from typing import Any

import jwt
from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from domains.accounts.models import Session


class Bearer(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            claims = jwt.decode(
                token,
                settings.JWT_KEYS[settings.JWT_ACTIVE_KID],
                algorithms=["HS256"],
                audience=settings.JWT_AUDIENCE,
                issuer=settings.JWT_ISSUER,
            )
        except jwt.PyJWTError:
            raise AuthenticationFailed from None
        alive = Session.objects.select_related("user").filter(
            id=claims["sid"], revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
        )
        session = alive.filter(user_id=claims["sub"], user__token_version=claims["ver"]).first()
        if session is None:
            raise AuthenticationFailed
        return session.user, session

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"
