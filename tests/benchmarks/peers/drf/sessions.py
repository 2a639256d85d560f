"""Signing in: password, session and token, without the count of failures that ours keeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from domains.accounts.jwt import AccessClaims, write_access_token
from domains.accounts.models import Session, User


def sign_in(email: str, password: str) -> dict[str, Any]:
    """Who it is, and a token. Raises AuthenticationFailed."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None or not user.check_password(password):
        raise AuthenticationFailed
    now = timezone.now()
    ends = now + timedelta(days=settings.SESSION_LIFETIME_DAYS)
    session = Session.objects.create(user=user, last_used_at=now, expires_at=ends)
    claims = AccessClaims(user.id, session.id, user.token_version)
    token = write_access_token(claims, expires_at=now + timedelta(minutes=settings.JWT_ACCESS_TOKEN_LIFETIME))
    return {"email": user.email, "accessToken": token}
