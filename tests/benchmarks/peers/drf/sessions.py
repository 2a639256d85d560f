"""Signing in: password, session and token, without the count of failures that ours keeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from domains.accounts.models import Session, User


def sign_in(email: str, password: str) -> dict[str, Any]:
    """Who it is, and a token. Raises AuthenticationFailed."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None or not user.check_password(password):
        raise AuthenticationFailed
    now = timezone.now()
    ends = now + timedelta(days=settings.SESSION_LIFETIME_DAYS)
    session = Session.objects.create(user=user, last_used_at=now, expires_at=ends)
    claims = {
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
        "sub": str(user.id),
        "sid": str(session.id),
        "jti": uuid4().hex,
        "ver": user.token_version,
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=settings.JWT_ACCESS_TOKEN_LIFETIME),
    }
    kid = settings.JWT_ACTIVE_KID
    token = jwt.encode(claims, settings.JWT_KEYS[kid], algorithm="HS256", headers={"kid": kid, "typ": "at+jwt"})
    return {"email": user.email, "accessToken": token}
